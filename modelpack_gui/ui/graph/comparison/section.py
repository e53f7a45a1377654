"""What the inspector tells of a node's counterpart in the other graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelpack_gui.core.graph.compare.difference import NAMES, State
from modelpack_gui.core.graph.compare.pairs import operator_text
from modelpack_gui.core.graph.compare.text import STATE_HELP, STATE_TITLES, node_title, short_operator
from modelpack_gui.ui.graph.comparison.compared import Compared, PairRow
from modelpack_gui.ui.graph.comparison.state import ComparisonState
from modelpack_gui.ui.graph.selection import NodePick, Pick
from modelpack_gui.ui.inspection import Property, Section

_MOST = 8


def comparison_sections(state: ComparisonState, pick: Pick) -> Sequence[Section]:
    """The section of a node of the graph that the window shows; none where nothing was compared."""
    compared = state.compared
    if compared is None or state.is_stale or not isinstance(pick, NodePick):
        return ()
    place = compared.row_of.get(pick.node)
    if place is None:
        return ()
    title = "When optimised" if compared.asked.level else f"Beside {compared.other_title}"
    return (Section(title, tuple(_rows(compared, compared.rows[place]))),)


def _rows(compared: Compared, row: PairRow) -> Iterator[Property]:
    yield Property("What became", STATE_TITLES[row.state], meaning=STATE_HELP[row.state])
    graph, node = (compared.before, row.node) if compared.asked.is_swapped else (compared.after, row.other)
    if node >= 0:
        title = f"{short_operator(operator_text(graph, node))}  {node_title(graph, node)}"
        yield Property("Counterpart", title, is_mono=True)
    if row.state in (State.FUSED, State.FOLDED, State.REMOVED, State.ADDED):
        return
    changes = [change for change in compared.difference.changes(row.node) if change.aspect not in NAMES]
    for change in changes[:_MOST]:
        name = change.title[:1].upper() + change.title[1:]
        yield Property(name, f"{change.before or 'none'} → {change.after or 'none'}", is_mono=True)
