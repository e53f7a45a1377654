"""Rows of a comparison: what they show, and the ways to choose among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtGui import QIcon

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.comparison_text import (
    CHANGES,
    STATE_HELP,
    STATE_TITLES,
    node_title,
    pattern_text,
    short_operator,
)
from modelpack_gui.core.graph.difference import State, is_clutter
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.pairs import operator_text
from modelpack_gui.core.records import FactChange
from modelpack_gui.ui.graph.comparison import Compared, PairRow
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.theme import icon, theme

ICONS = {
    State.SAME: "not-run",
    State.RENAMED: "not-run",
    State.REWIRED: "swap",
    State.CHANGED: "edit",
    State.FUSED: "collapse",
    State.FOLDED: "package",
    State.REMOVED: "remove",
    State.ADDED: "add",
}
_NAMES = ("name", "output name")
_MODULES = 60
"""Modules that are offered; the others are found by typing."""

View = Callable[[], Compared | None]


def state_color(state: State) -> str:
    """The colour of a state in the theme of now; its icon tells it too."""
    colors = theme().colors
    return {
        State.SAME: colors.muted,
        State.RENAMED: colors.muted,
        State.REWIRED: colors.accent,
        State.CHANGED: colors.warning,
        State.FUSED: colors.stale,
        State.FOLDED: colors.accent,
        State.REMOVED: colors.failed,
        State.ADDED: colors.passed,
    }[state]


def state_icon(state: State) -> QIcon:
    """Its shape, in its colour."""
    return icon(ICONS[state], state_color(state))


def pair_columns(view: View) -> tuple[Column[PairRow], ...]:
    """The columns of the table of nodes; `view` gives the comparison that is shown."""

    def told(tell: Callable[[Compared, PairRow], str]) -> Callable[[PairRow], str]:
        def text(row: PairRow) -> str:
            compared = view()
            return tell(compared, row) if compared is not None else ""

        return text

    return (
        Column(
            "",
            value=lambda row: int(row.state),
            text=lambda row: STATE_TITLES[row.state],
            full=lambda row: f"{STATE_TITLES[row.state].capitalize()}: {STATE_HELP[row.state]}",
            icon=lambda row: state_icon(row.state),
            color=lambda row: state_color(row.state),
            width=100,
            tooltip="What became of the node",
        ),
        Column("Operator", value=told(operator), is_mono=True, width=150),
        Column("What differs", value=told(what_differs), width=150),
        Column("Before", value=told(_before), is_mono=True, width=170, tooltip="The node of the first graph"),
        Column("After", value=told(_after), is_mono=True, width=170, tooltip="The node of the second graph"),
        Column("Module", value=told(module), is_mono=True, width=140, tooltip="The PyTorch module it came from"),
    )


FACT_COLUMNS: tuple[Column[FactChange], ...] = (
    Column("Of", value=lambda fact: fact.aspect, width=90),
    Column("What", value=lambda fact: fact.what, is_mono=True, width=180),
    Column("Before", value=lambda fact: fact.before or None, text=lambda fact: fact.before or "–", width=220),
    Column("After", value=lambda fact: fact.after or None, text=lambda fact: fact.after or "–", width=220),
)


def operator(compared: Compared, row: PairRow) -> str:
    """`Relu`, or `Relu → Gelu`."""
    before = short_operator(operator_text(compared.before, row.node)) if row.node >= 0 else ""
    after = short_operator(operator_text(compared.after, row.other)) if row.other >= 0 else ""
    if not before or not after or before == after:
        return before or after
    return f"{before} → {after}"


def module(compared: Compared, row: PairRow) -> str:
    """Of the first graph where it is known there."""
    before = compared.before.text("node_module_path", row.node) if row.node >= 0 else ""
    return before or (compared.after.text("node_module_path", row.other) if row.other >= 0 else "")


def what_differs(compared: Compared, row: PairRow) -> str:
    """`weights, shape`; of a fused node what it is taken together with."""
    if row.state is State.FUSED:
        others = [node for node in compared.difference.origins(row.other) if node != row.node]
        ops = " + ".join(compared.before.text("node_op_type", node) for node in others)
        return f"with {ops}" if ops else "becomes another operator"
    if row.state is State.REMOVED and row.other >= 0:
        return f"{node_title(compared.after, row.other)} gives the same"
    if row.node < 0 or row.other < 0:
        return ""
    aspects = compared.difference.aspects(row.node)
    return ", ".join([one for one in aspects if one not in _NAMES] or aspects)


def _before(compared: Compared, row: PairRow) -> str:
    return node_title(compared.before, row.node) if row.node >= 0 else ""


def _after(compared: Compared, row: PairRow) -> str:
    return node_title(compared.after, row.other) if row.other >= 0 else ""


@dataclass(frozen=True)
class Facet:
    """A way to choose among the rows.

    Attributes:
        key: Tells it from others, in this comparison and the next.
        section: The heading that it is below; empty for those on top.
        count: Rows that it lets through.
        holds: Whether it lets a row through.
    """

    key: str
    section: str
    title: str
    count: int
    holds: Callable[[PairRow], bool]
    tooltip: str = ""
    state: State | None = None


def facets(compared: Compared) -> list[Facet]:
    """What can be chosen, by section."""
    return [*_states(compared), *_patterns(compared), *_aspects(compared), *_modules(compared)]


def _states(compared: Compared) -> Iterator[Facet]:
    counts = Counter(row.state for row in compared.rows)
    clutter = _clutter(compared)
    changes = sum(counts[state] for state in CHANGES) - len(clutter)
    yield Facet("changes", "", "All changes", changes, lambda row: row.state in CHANGES and row not in clutter)
    if clutter:
        told = "Nodes that compute nothing, which one side has and the other has not, or has as a weight"
        ops = sorted({operator(compared, row) for row in clutter})
        yield Facet("clutter", "", ", ".join(ops), len(clutter), lambda row: row in clutter, told)
    yield Facet("everything", "", "Everything", len(compared.rows), lambda _row: True)
    for state in sorted(counts, reverse=True):
        title = STATE_TITLES[state].capitalize()
        yield Facet(
            f"state:{state.name}",
            "What became of the nodes",
            title,
            counts[state],
            lambda row, state=state: row.state is state,  # type: ignore[misc]
            STATE_HELP[state],
            state,
        )


def _clutter(compared: Compared) -> frozenset[PairRow]:
    """Rows of nodes that compute nothing and have no counterpart."""
    before, after = (
        [graph.texts[op] for op in graph.ints("node_op_type")] for graph in (compared.before, compared.after)
    )
    return frozenset(
        row for row in compared.rows if is_clutter(row.state, before[row.node] if row.node >= 0 else after[row.other])
    )


def _patterns(compared: Compared) -> Iterator[Facet]:
    for pattern in compared.report.patterns:
        nodes, others = frozenset(pattern.befores), frozenset(pattern.afters)

        def holds(row: PairRow, nodes: frozenset[int] = nodes, others: frozenset[int] = others) -> bool:
            return row.node in nodes or (row.node < 0 and row.other in others)

        title = pattern_text(pattern)
        told = f"{fmt.plural(len(nodes) or len(others), 'node')} in {fmt.plural(pattern.nodes, 'place')}"
        yield Facet(f"pattern:{title}", "What the optimiser did", title, pattern.nodes, holds, told)


def _aspects(compared: Compared) -> Iterator[Facet]:
    difference = compared.difference
    for aspect, count in difference.aspect_counts.items():
        if aspect in _NAMES:
            continue
        nodes = difference.nodes_with(aspect)
        yield Facet(
            f"aspect:{aspect}",
            "What differs",
            aspect.capitalize(),
            count,
            lambda row, nodes=nodes: row.node in nodes,  # type: ignore[misc]
        )


def _modules(compared: Compared) -> Iterator[Facet]:
    """Modules with changes directly in them, the most first."""
    places = {"before": _paths(compared.before), "after": _paths(compared.after)}

    def path(row: PairRow) -> str:
        before = places["before"][row.node] if row.node >= 0 else ""
        return before or (places["after"][row.other] if row.other >= 0 else "")

    counts = Counter(path(row) for row in compared.rows if row.state in CHANGES)
    for name, count in counts.most_common(_MODULES):
        if name:
            yield Facet(
                f"module:{name}",
                "Where it changed",
                name,
                count,
                lambda row, name=name: row.state in CHANGES and path(row) == name,  # type: ignore[misc]
            )


def _paths(graph: Graph) -> list[str]:
    texts = graph.texts
    return [texts[text] for text in graph.ints("node_module_path")]
