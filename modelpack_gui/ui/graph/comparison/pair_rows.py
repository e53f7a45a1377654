"""The two nodes of a pair, property by property, with what differs marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from PySide6.QtGui import QIcon

from modelpack_gui.core.graph.compare.difference import Change, State
from modelpack_gui.core.graph.compare.model_facts import port_text
from modelpack_gui.core.graph.compare.pairs import operator_text
from modelpack_gui.core.graph.compare.text import node_title, short_operator
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.comparison.compared import Compared, PairRow
from modelpack_gui.ui.graph.comparison.rows import state_color, state_icon
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.models.record_table import Column

_WAYS = {
    "structure": "what it is computed from, or what from it",
    "weights": "the weights it reads",
    "name": "its name",
    "module": "its place in its module",
    "neighbours": "the nodes beside it",
    "order": "its place in the file",
}


class Line(NamedTuple):
    """A property of both nodes.

    Attributes:
        state: How grave the difference is; SAME for none.
    """

    what: str
    before: str
    after: str
    state: State = State.SAME


def _icon(line: Line) -> QIcon:
    return state_icon(line.state) if line.state is not State.SAME else QIcon()


def _color(line: Line) -> str:
    return state_color(line.state) if line.state is not State.SAME else theme().colors.text


LINE_COLUMNS: tuple[Column[Line], ...] = (
    Column("", value=lambda line: line.what, icon=_icon, width=120),
    Column("Before", value=lambda line: line.before, is_mono=True, color=_color, width=210),
    Column("After", value=lambda line: line.after, is_mono=True, color=_color, width=280),
)


def pair_title(compared: Compared, row: PairRow) -> str:
    """What became of the node, in one line."""
    before = node_title(compared.before, row.node) if row.node >= 0 else ""
    after = node_title(compared.after, row.other) if row.other >= 0 else ""
    if row.state is State.FUSED:
        nodes = compared.difference.origins(row.other)
        ops = " + ".join(compared.before.text("node_op_type", node) for node in nodes)
        return f"{ops} became {short_operator(operator_text(compared.after, row.other))} {after}"
    if not after:
        told = "is computed beforehand" if row.state is State.FOLDED else "has no counterpart"
        return f"{before} {told}"
    if not before:
        return f"{after} is new"
    return before if before == after else f"{before} → {after}"


def pair_lines(compared: Compared, row: PairRow) -> list[Line]:
    """All properties; those that differ come first, as far as they are more than names."""
    if row.state is State.FUSED:
        return list(_fused_lines(compared, row))
    changes = compared.difference.changes(row.node) if row.node >= 0 else []
    return sorted(_lines(compared, row, changes), key=lambda line: line.state in (State.SAME, State.RENAMED))


def _lines(compared: Compared, row: PairRow, changes: list[Change]) -> Iterator[Line]:
    sides = ((compared.before, row.node), (compared.after, row.other))
    has_both = row.node >= 0 and row.other >= 0
    found = {(change.aspect, change.what): change for change in changes}

    def both(what: str, texts: Iterable[str], state: State = State.CHANGED) -> Line:
        before, after = texts
        return Line(what, before, after, state if has_both and before != after else State.SAME)

    yield both("Operator", (operator_text(graph, node) if node >= 0 else "" for graph, node in sides))
    yield both("Name", (_text(graph, "node_name", node) for graph, node in sides), State.RENAMED)
    for column, what in (("node_module_path", "Module"), ("node_source_location", "Source")):
        texts = [_text(graph, column, node) for graph, node in sides]
        if any(texts):
            yield both(what, texts, State.RENAMED)
    yield from _attribute_lines(compared, row, found, has_both=has_both)
    yield from _port_lines(compared, row, found)
    way = compared.difference.way(row.node) if has_both else ""
    if way:
        yield Line("Found by", _WAYS[way], "")


def _attribute_lines(
    compared: Compared, row: PairRow, found: dict[tuple[str, str], Change], *, has_both: bool
) -> Iterator[Line]:
    befores = _attributes(compared.before, row.node)
    afters = _attributes(compared.after, row.other)
    for name in dict.fromkeys((*befores, *afters)):
        change = found.get(("attribute", name))
        before, after = befores.get(name, ""), afters.get(name, "")
        if change is not None:
            yield Line(name, change.before or "not given", change.after or "not given", State.CHANGED)
        elif has_both and before != after:  # one is left out, and is the default
            yield Line(name, before or "default", after or "default")
        else:
            yield Line(name, before, after)


def _port_lines(compared: Compared, row: PairRow, found: dict[tuple[str, str], Change]) -> Iterator[Line]:
    """Inputs and outputs by their place."""
    graphs = (compared.before, compared.after)
    reads = [list(graph.inputs(node)) if node >= 0 else [] for graph, node in zip(graphs, row[1:], strict=True)]
    for place in range(max(map(len, reads))):
        texts = [_port(graph, values, place) for graph, values in zip(graphs, reads, strict=True)]
        names = {
            graph.value_name(value) for graph, side in zip(graphs, reads, strict=True) for value in side[place:][:1]
        }
        change = found.get(("input", f"input {place + 1}"))
        change = change or next((found["weights", name] for name in names if ("weights", name) in found), None)
        state = State.SAME
        if change is not None:
            state = State.REWIRED if change.aspect == "input" else State.CHANGED
            if change.aspect == "weights" and texts[0].partition("  ")[2] == texts[1].partition("  ")[2]:
                texts[1] += f", {change.after}"
        precision = found.get(("quantised", f"input {place + 1}"))
        if precision is not None:
            state = State.CHANGED
            via = precision.before, precision.after
            texts = [f"{text}, via {dtype}" if dtype else text for text, dtype in zip(texts, via, strict=True)]
        yield Line(f"Input {place + 1}", texts[0], texts[1], state)
    makes = [list(graph.outputs(node)) if node >= 0 else [] for graph, node in zip(graphs, row[1:], strict=True)]
    for place in range(max(map(len, makes))):
        texts = [_port(graph, values, place) for graph, values in zip(graphs, makes, strict=True)]
        what = f"output {place + 1}" if len(makes[0]) > 1 else ""
        is_changed = ("dtype", what) in found or ("shape", what) in found
        is_renamed = ("output name", what) in found
        state = State.CHANGED if is_changed else State.RENAMED if is_renamed else State.SAME
        yield Line(f"Output {place + 1}", texts[0], texts[1], state)


def _fused_lines(compared: Compared, row: PairRow) -> Iterator[Line]:
    """Everything that was taken together beside what it became."""
    nodes = list(compared.difference.origins(row.other))
    after = f"{operator_text(compared.after, row.other)}  {node_title(compared.after, row.other)}"
    for place, node in enumerate(nodes):
        before = f"{operator_text(compared.before, node)}  {node_title(compared.before, node)}"
        yield Line(f"Node {place + 1}", before, after if place == 0 else "", State.FUSED)
    befores = {
        f"{compared.before.text('node_op_type', node)}.{name}": text
        for node in nodes
        for name, text in _attributes(compared.before, node).items()
    }
    afters = _attributes(compared.after, row.other)
    for name, text in befores.items():
        yield Line(name, text, afters.pop(name.rpartition(".")[2], ""))
    for name, text in afters.items():
        yield Line(name, "", text)
    yield from _ends(compared, nodes, row.other)


def _ends(compared: Compared, nodes: list[int], other: int) -> Iterator[Line]:
    """What goes into all of them together and comes out, beside what the one node reads and gives."""
    graph = compared.before
    made = {value for node in nodes for value in graph.outputs(node) if value >= 0}
    reads = [value for node in nodes for value in graph.inputs(node) if value >= 0 and value not in made]
    inside = {value for node in nodes for value in graph.inputs(node)}
    gives = [value for node in nodes for value in graph.outputs(node) if value >= 0 and value not in inside]
    for what, befores, afters in (
        ("Reads", list(dict.fromkeys(reads)), [value for value in compared.after.inputs(other) if value >= 0]),
        ("Gives", gives, [value for value in compared.after.outputs(other) if value >= 0]),
    ):
        for place in range(max(len(befores), len(afters))):
            yield Line(f"{what} {place + 1}", _port(graph, befores, place), _port(compared.after, afters, place))


def _text(graph: Graph, column: str, node: int) -> str:
    return graph.text(column, node) if node >= 0 else ""


def _attributes(graph: Graph, node: int) -> dict[str, str]:
    return {item.name: item.value for item in graph.nodes[node].attributes} if node >= 0 else {}


def _port(graph: Graph, values: list[int], place: int) -> str:
    """`conv1.weight  float32 64 × 3 × 7 × 7`."""
    if place >= len(values) or values[place] < 0:
        return ""
    info = graph.value_info(values[place])
    return f"{info.name}  {port_text(info)}" if info.dtype or info.shape is not None else info.name
