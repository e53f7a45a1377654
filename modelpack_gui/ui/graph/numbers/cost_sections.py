"""What the inspector tells of the costs of a node or a group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from modelpack_gui.core.figures import percent
from modelpack_gui.core.graph.costs.formulas import formula_of
from modelpack_gui.core.graph.costs.node_costs import KNOWN, NO_FORMULA, REASONS, Costs
from modelpack_gui.core.graph.costs.text import FIGURES, dims_text, short_text, whole_text
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.inspection import Property, Section

TITLE = "Costs"


class CostSections:
    """Makes the section for what is selected; the numbers are counted from the first time on.

    Args:
        refresh: Called when there are other numbers.
    """

    def __init__(self, state: GraphState, refresh: Callable[[], None]) -> None:
        self._state = state
        self._refresh = refresh
        self._is_following = False

    def __call__(self, pick: Pick) -> Sequence[Section]:
        """The section of a node or a group; none as long as it is not counted."""
        graph, numbers = self._state.graph, self._state.numbers
        if not self._is_following:
            self._is_following = True
            numbers.changed.connect(self._refresh)
        report, costs = numbers.report, numbers.costs
        if graph is None or report is None or costs is None or not isinstance(pick, NodePick | GroupPick):
            return ()
        if isinstance(pick, NodePick):
            rows, text = list(_node_rows(graph, costs, pick.node)), _how(graph, costs, pick.node)
        else:
            rows, text = list(_group_rows(graph, costs, pick.group)), ""
        if rows and report.dims:
            rows.append(Property("Counted with", dims_text(report.dims)))
        return (Section(TITLE, tuple(rows), text, is_prose=True),) if rows or text else ()


def _node_rows(graph: Graph, costs: Costs, node: int) -> Iterator[Property]:
    root = graph.root_group(graph.ints("node_scope")[node])
    for figure in FIGURES:
        value = costs.of(figure.key)[node]
        whole = costs.groups[figure.key].sums[root]
        title = "Memory in use" if figure.key == "live_bytes" else figure.title
        if value != value:
            yield Property(title, "unknown", REASONS[costs.why[node]], meaning=figure.meaning)
        elif value:
            text = short_text(value, 0, is_bytes=figure.is_bytes)
            share = f"  ({percent(value / whole)})" if whole else ""
            yield Property(title, f"{text}{share}", whole_text(figure, value, 0), meaning=figure.meaning)


def _group_rows(graph: Graph, costs: Costs, group: int) -> Iterator[Property]:
    root = graph.root_group(graph.ints("group_scope")[group])
    for figure in FIGURES:
        found = costs.groups[figure.key]
        value, unknown, whole = found.sums[group], found.unknown[group], found.sums[root]
        if value or unknown:
            text = short_text(value, unknown, is_bytes=figure.is_bytes)
            share = f"  ({percent(value / whole)})" if whole and group != root else ""
            yield Property(figure.title, f"{text}{share}", whole_text(figure, value, unknown), meaning=figure.meaning)


def _how(graph: Graph, costs: Costs, node: int) -> str:
    """How the arithmetic of a node is counted, or why it is not."""
    why = costs.why[node]
    formula = formula_of(graph.text("node_domain", node), graph.text("node_op_type", node))
    reason = f"Unknown: {REASONS[why]}." if why != KNOWN else ""
    if formula is None or why == NO_FORMULA:
        return reason
    text = formula.text[:1].upper() + formula.text[1:]
    return f"{reason} {text}. {formula.source}.".strip()
