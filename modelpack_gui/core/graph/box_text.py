"""The lines of text in a box: the layout makes boxes that fit them, the canvas paints them."""

from __future__ import annotations

from collections.abc import Collection

from modelpack_gui.core.figures import plural
from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph

LINE_CHARACTERS = 36
"""Longer lines are cut; what is left out is in the inspector."""
MOST_LINES = 8
"""Of attributes, and of weights."""


def box_lines(
    graph: Graph, kind: int, ref: int, details: Collection[str] = (), part: tuple[int, int] = (0, 1), count: int = 0
) -> tuple[str, ...]:
    """Title, then the lines below it.

    Args:
        kind: As in `Scene.box_kind`, as `ref` and `count` are.
        details: As in `LayoutRequest`.
        part: Which part of a group, from 0, and how many there are.
    """
    if kind == kinds.BOX_NODE:
        return _node_lines(graph, ref, details)
    if kind in (kinds.BOX_GROUP, kinds.BOX_FRAME):
        return _group_lines(graph, ref, part, count)
    if kind in (kinds.BOX_STUB_FROM, kinds.BOX_STUB_TO):
        return (_stub_title(graph, kind, ref, count),)
    if count > 1:
        what = "inputs" if kind == kinds.BOX_INPUT else "outputs"
        return (f"{count:,} {what}", shortened(f"{graph.value_name(ref)} …"))
    info = graph.value_info(ref)
    facts = " ".join(filter(None, (info.dtype, info.shape_text if info.shape is not None else "")))
    return (shortened(info.name), *([shortened(facts)] if facts else []))


def shortened(text: str, limit: int = LINE_CHARACTERS) -> str:
    """A text on one line, the middle left out if it is longer than a limit: both ends of a name tell it apart."""
    text = " ".join(text[: 40 * limit].split()) if len(text) > limit or not text.isprintable() else text
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def last_part(name: str) -> str:
    """What a name ends with: `weight` of `layers.0.conv1.weight`."""
    found = name.rstrip("/.").replace("/", ".").rpartition(".")[2]
    return found or name


def _node_lines(graph: Graph, node: int, details: Collection[str]) -> tuple[str, ...]:
    lines = [shortened(graph.text("node_op_type", node))]
    if "names" in details and (name := graph.text("node_name", node)):
        lines.append(shortened(name))
    if "attributes" in details:
        starts, names = graph.ints("attribute_starts"), "attribute_names"
        rows = range(starts[node], starts[node + 1])
        shown = [
            f"{graph.text(names, row)} = {graph.text('attribute_texts', row)[: 2 * LINE_CHARACTERS]}" for row in rows
        ]
        lines += _limited(shown)
    if "weights" in details:
        weights = [value for value in graph.inputs(node) if value >= 0 and value in graph.initializer_of]
        lines += _limited([_weight_line(graph, value) for value in weights])
    return tuple(lines)


def _weight_line(graph: Graph, value: int) -> str:
    info = graph.value_info(value)
    sizes = "×".join(map(str, info.shape or ())) or "scalar"
    return f"{shortened(last_part(info.name), LINE_CHARACTERS - len(sizes) - 1)} {sizes}"


def _limited(lines: list[str]) -> list[str]:
    shown = [shortened(line) for line in lines]
    if len(shown) <= MOST_LINES:
        return shown
    return [*shown[: MOST_LINES - 1], f"{len(shown) - MOST_LINES + 1} more"]


def _group_lines(graph: Graph, group: int, part: tuple[int, int], count: int) -> tuple[str, ...]:
    title = shortened(graph.text("group_title", group) or "(no name)")
    if part[1] > 1:
        title = f"{title} ({part[0] + 1} of {part[1]})"
    class_name = last_part(graph.text("group_class", group))
    nodes = plural(count, "node")
    return (title, shortened(f"{class_name} · {nodes}" if class_name else nodes))


def _stub_title(graph: Graph, kind: int, value: int, count: int) -> str:
    name = last_part(graph.value_name(value))
    if kind == kinds.BOX_STUB_FROM:
        return f"from {shortened(name, 20)}"
    return f"{shortened(name, 20)} to {plural(count, 'place')}"
