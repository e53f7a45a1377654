"""What the checks and the drawn overlay say of a selected node or module, for the inspector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick
from modelpack_gui.ui.inspection import Property, Section

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.state import GraphState

_WORDS = {"error": "Error", "warning": "Warning", "info": "Remark"}
_MOST = 5
_TOLD_ANYWAY = frozenset({"op-type", "domain", "dtype"})


def finding_sections(state: GraphState, pick: Pick) -> Sequence[Section]:
    """What was found about a node, each with why it matters and what to do; nothing before the checks were made."""
    if not isinstance(pick, NodePick):
        return ()
    found = state.checks.of_node(pick.node)
    texts = [
        f"{_WORDS[result.severity]}: {result.title}.\n{finding.text}.\n{result.why}\n{result.fix}"
        for result, finding in found[:_MOST]
    ]
    if len(found) > _MOST:
        texts.append(f"and {len(found) - _MOST} more on the Checks tab")
    return (Section("Checks", text="\n\n".join(texts), is_prose=True),) if texts else ()


def drawn_sections(state: GraphState, pick: Pick) -> Sequence[Section]:
    """The value of what is drawn on the canvas, of a node or a module."""
    overlay = state.overlays.current
    if overlay is None or overlay.key in _TOLD_ANYWAY:
        return ()
    if isinstance(pick, NodePick):
        value = overlay.values[pick.node]
    elif isinstance(pick, GroupPick):
        colors = state.overlays.colors(overlay)
        if colors is None:
            return ()
        value = float(colors.group_values[pick.group])
    else:
        return ()
    text = overlay.text(value) or overlay.unknown
    return (Section("On the canvas", (Property(overlay.title, text, overlay.full(value), meaning=overlay.note),)),)
