"""The words for marks: what hovering tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import NodeInfo
from modelpack_gui.ui.models.source_marks import LineMarks, Mark

_SHOWN = 6
_LENGTH = 120
_OLDER = " (before the last change)"


def nodes_text(nodes: Sequence[NodeInfo]) -> str:
    """`7 nodes`."""
    return plural(len(nodes), "node")


def mark_text(mark: Mark) -> str:
    """`Export: TracerWarning: …`, cut to a line."""
    text = mark.text if len(mark.text) <= _LENGTH else f"{mark.text[: _LENGTH - 1]}…"
    return f"{mark.stage.label}: {text}{_OLDER if mark.is_stale else ''}"


def kinds_text(nodes: Sequence[NodeInfo]) -> str:
    """`3 Conv, 3 Relu, 1 Gemm`."""
    return ", ".join(f"{count} {op}" for op, count in Counter(node.op_type for node in nodes).most_common(_SHOWN))


def line_tooltip(found: LineMarks) -> str:
    """All that points to a line, one a line."""
    lines = [mark_text(mark) for mark in found.marks[:_SHOWN]]
    if len(found.marks) > _SHOWN:
        lines.append(f"and {len(found.marks) - _SHOWN} more")
    if found.nodes:
        lines.append(f"{nodes_text(found.nodes)}: {kinds_text(found.nodes)}{_OLDER if found.is_graph_stale else ''}")
    return "\n".join(lines)
