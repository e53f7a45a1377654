"""What became of each node in the other graph, to be drawn on the nodes of this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.compare.difference import State
from modelpack_gui.core.graph.compare.text import CHANGES, STATE_TITLES
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import UNKNOWN, Overlay
from modelpack_gui.core.records import GraphIndex
from modelpack_gui.ui.graph.comparison.rows import STATE_TONES
from modelpack_gui.ui.graph.overlays.sources import COMPARED

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.comparison.state import ComparisonState

KEY = "difference"


@dataclass(frozen=True)
class DifferenceSource:
    """The last comparison; nodes that do the same in both graphs stay plain."""

    state: ComparisonState
    key: str = KEY
    title: str = "Difference"
    section: str = COMPARED

    def problem(self, index: GraphIndex) -> str:
        """Nothing was compared, or the file was read again since."""
        compared = self.state.compared
        if compared is None or compared.own.artifact.path != index.artifact.path:
            return "This graph was not compared yet: do so on the tab Compare."
        return "The file was read again since: compare again." if self.state.is_stale else ""

    def make(self, graph: Graph, index: GraphIndex) -> Overlay:
        """The state of each node."""
        del index
        compared = self.state.compared
        assert compared is not None
        values = floats([UNKNOWN]) * len(graph.nodes)
        own = (state for state in CHANGES if state is not State.ADDED)  # what was added is in the other graph only
        shown = [state for state in own if compared.report.counts.get(state.name.lower())]
        states = {state: place for place, state in enumerate(shown)}
        for row in compared.rows:
            node = compared.own_node(row)
            if node >= 0 and row.state in states:
                values[node] = states[row.state]
        return Overlay(
            self.key,
            self.title,
            "",
            "categorical",
            values,
            tuple(STATE_TITLES[state] for state in shown),
            combine="common",
            tones=tuple(STATE_TONES[state] for state in shown),
            unknown="same",
            note=f"Beside {compared.other_title}. Nodes without a colour do the same in both.",
        )
