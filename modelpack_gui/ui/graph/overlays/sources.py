"""Where the overlays come from: the graph itself, and what was measured of its nodes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from modelpack_gui.core.graph import graph_overlays
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.costs.overlays import COST_FIGURES, CostFigure, cost_overlay
from modelpack_gui.core.graph.costs.rollup import WeightUse
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import UNKNOWN, Overlay, Unit
from modelpack_gui.core.records import GraphIndex, LayerRow
from modelpack_gui.ui.models.node_cost import node_costs
from modelpack_gui.ui.models.node_times import main_of
from modelpack_gui.ui.state.layers import LayersState
from modelpack_gui.ui.state.profiles import KeptProfile, ProfilesState
from modelpack_gui.ui.state.sensitivity import SensitivityState

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.state import GraphState

OF_THE_GRAPH, COST, PARITY, TIME, QUANTIZING, COMPARED, LOADED = (
    "What it is", "What it costs", "How true it is", "Where the time goes", "Quantising", "Beside another graph",
    "From files",
)  # fmt: skip
SECTIONS = (OF_THE_GRAPH, COST, TIME, PARITY, QUANTIZING, COMPARED, LOADED)


class Source(Protocol):
    """Something that an overlay can be made from, now or later."""

    @property
    def key(self) -> str:
        """Of its overlay."""

    @property
    def title(self) -> str:
        """Of its overlay."""

    @property
    def section(self) -> str:
        """What it is listed with."""

    def problem(self, index: GraphIndex) -> str:
        """Why there is nothing to show of a graph, and what to do; empty if there is."""

    def make(self, graph: Graph, index: GraphIndex) -> Overlay | None:
        """The overlay; only where there is no problem. None if it is to come, which is told by `refresh`."""


@dataclass(frozen=True)
class GraphSource:
    """What the graph itself tells."""

    key: str
    title: str
    section: str
    made: Callable[[Graph], Overlay]

    def problem(self, index: GraphIndex) -> str:
        """There is none."""
        del index
        return ""

    def make(self, graph: Graph, index: GraphIndex) -> Overlay:
        """The overlay."""
        del index
        return self.made(graph)


GRAPH_SOURCES: tuple[GraphSource, ...] = (
    GraphSource("op-type", "Op type", OF_THE_GRAPH, graph_overlays.op_types),
    GraphSource("op-kind", "Kind of operator", OF_THE_GRAPH, graph_overlays.op_kinds),
    GraphSource("domain", "Domain", OF_THE_GRAPH, graph_overlays.domains),
    GraphSource("dtype", "Dtype", OF_THE_GRAPH, graph_overlays.dtypes),
    GraphSource("quantized", "Quantised or not", OF_THE_GRAPH, graph_overlays.quantized),
)


@dataclass(frozen=True)
class WeightSource:
    """What the weights of each node add up to: as it was counted with the costs, or else added up here.

    Attributes:
        figure: Its column in `core.graph.costs.node_costs.Costs`.
    """

    state: GraphState
    key: str
    title: str
    figure: str
    made: Callable[[Graph, WeightUse | None], Overlay]
    section: str = COST

    def problem(self, index: GraphIndex) -> str:
        """There is none."""
        del index
        return ""

    def make(self, graph: Graph, index: GraphIndex) -> Overlay:
        """The overlay; to add up the weights of 100,000 nodes takes a quarter of a second."""
        del index
        numbers = self.state.numbers_if_asked
        costs = numbers.costs if numbers is not None else None
        if costs is None or len(costs.macs) != len(graph.nodes):
            return self.made(graph, None)
        return self.made(graph, WeightUse(costs.of(self.figure), costs.groups[self.figure].sums))


@dataclass(frozen=True)
class CostSource:
    """A figure of what the graph costs, which is counted when it is first asked for."""

    state: GraphState
    figure: CostFigure
    section: str = COST

    @property
    def key(self) -> str:
        """Of the overlay."""
        return self.figure.key

    @property
    def title(self) -> str:
        """Of the overlay."""
        return self.figure.title

    def problem(self, index: GraphIndex) -> str:
        """It is being counted, or could not be."""
        del index
        numbers = self.state.numbers_if_asked
        if numbers is None or numbers.costs is not None:
            return ""
        if numbers.error is not None:
            return f"It could not be counted: {numbers.error.message}"
        return "It is being counted…" if numbers.is_counting else "Counting was cancelled: do it again under Modules."

    def make(self, graph: Graph, index: GraphIndex) -> Overlay | None:
        """The figure of each node, and the sums that were counted for groups."""
        del index
        costs = self.state.numbers.costs
        if costs is None or len(costs.macs) != len(graph.nodes):
            return None
        return cost_overlay(self.figure, costs)


def cost_sources(state: GraphState) -> tuple[WeightSource | CostSource, ...]:
    """The figures of what the graph costs at the sizes that were chosen."""
    return (
        WeightSource(state, "parameters", "Parameters", "parameters", graph_overlays.parameters),
        WeightSource(state, "weight-bytes", "Weight bytes", "weight_bytes", graph_overlays.weight_bytes),
        *(CostSource(state, figure) for figure in COST_FIGURES),
    )


@dataclass(frozen=True)
class LoadedSource:
    """An overlay that was read from a file, for the nodes of one artifact."""

    overlay: Overlay
    artifact: str
    section: str = LOADED

    @property
    def key(self) -> str:
        """Of the overlay."""
        return self.overlay.key

    @property
    def title(self) -> str:
        """Of the overlay."""
        return self.overlay.title

    def problem(self, index: GraphIndex) -> str:
        """There is none."""
        del index
        return ""

    def make(self, graph: Graph, index: GraphIndex) -> Overlay:
        """The overlay itself."""
        del graph, index
        return self.overlay


@dataclass(frozen=True)
class ParitySource:
    """A figure of the comparison layer by layer: the largest of the levels of optimisation that it was run at."""

    layers: LayersState
    key: str
    title: str
    unit: Unit
    figure: Callable[[LayerRow], float | None]
    what: str
    section: str = PARITY

    def problem(self, index: GraphIndex) -> str:
        """It was not compared, or another file was."""
        request = self.layers.request
        if request is None or not self.layers.rows:
            return "Nothing was compared layer by layer yet: do so on the Parity page."
        if index.artifact.path not in (request.artifact_path, request.parity.actual_artifact):
            return "Another file was compared layer by layer: compare this one on the Parity page."
        return ""

    def make(self, graph: Graph, index: GraphIndex) -> Overlay:
        """The largest figure of each node."""
        del index
        values = floats([UNKNOWN]) * len(graph.nodes)
        for row in self.layers.rows:
            figure = self.figure(row)
            if figure is not None and 0 <= row.node < len(values) and not figure <= values[row.node]:
                values[row.node] = figure
        return Overlay(
            self.key, self.title, self.unit, "diverging" if self.unit in _RATIOS else "sequential", values,
            is_log=True, note=f"{self.what}{_STALE if self.layers.is_stale else ''}",
        )  # fmt: skip


_RATIOS = ("of the limit", "floors")
_STALE = " Settings, model or file have changed since it was measured."


def parity_sources(layers: LayersState) -> tuple[ParitySource, ...]:
    """The figures that say which node goes wrong."""
    return (
        ParitySource(
            layers, "parity-error", "Parity error", "of the limit", lambda row: row.max_budget,
            "Largest difference from eager PyTorch, in parts of the tolerance: 1 is the limit.",
        ),
        ParitySource(
            layers, "noise-ratio", "Noise ratio", "floors", lambda row: row.noise_ratio,
            "Largest error against float64, in rounding errors of eager PyTorch: about 1 is as good as eager.",
        ),
        ParitySource(
            layers, "introduced", "Error introduced", "", lambda row: row.introduced,
            "Largest error that the node itself adds, replayed on the values of eager PyTorch.",
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class TimeSource:
    """The share of the time in the last profile of this file."""

    profiles: ProfilesState
    key: str = "latency-share"
    title: str = "Latency share"
    section: str = TIME

    def problem(self, index: GraphIndex) -> str:
        """It was not profiled, or has changed since."""
        if self._kept(index) is not None:
            return ""
        return "This file was not profiled yet: do so on the Benchmark page, under Where the time goes."

    def make(self, graph: Graph, index: GraphIndex) -> Overlay:
        """The share of each node; of a fused kernel at the node that it is named after, as in the table."""
        kept = self._kept(index)
        assert kept is not None
        values = floats([UNKNOWN]) * len(graph.nodes)
        by_name = graph.nodes_by_name
        for row in kept.report.rows:
            numbers = row.indices or [by_name[name] for name in row.originals if name in by_name]
            nodes = [number for number in numbers if number < len(values)]
            main = main_of(row, nodes, graph)
            for node in nodes:
                before = 0.0 if values[node] != values[node] else values[node]
                values[node] = before + (row.share if node == main else 0.0)
        note = (
            f"Of the time in all operators, as {kept.report.title} ran them. The time of a fused kernel is shown at "
            "the node that it is named after; nodes without a value were folded away or are not told apart."
        )
        return Overlay(self.key, self.title, "share", "sequential", values, combine="sum", is_log=True, note=note)

    def _kept(self, index: GraphIndex) -> KeptProfile | None:
        return self.profiles.of_artifact(index.artifact.path)


@dataclass(frozen=True)
class SensitivitySource:
    """The share of the error that each node makes when it is quantised."""

    sensitivity: SensitivityState
    key: str = "sensitivity"
    title: str = "Sensitivity"
    section: str = QUANTIZING

    def problem(self, index: GraphIndex) -> str:
        """It was not explored for this file."""
        if self.sensitivity.rows and self.sensitivity.artifact == index.artifact.path:
            return ""
        return "What each node costs when quantised is not known: find it on the Quantise page."

    def make(self, graph: Graph, index: GraphIndex) -> Overlay:
        """The share of each node that was measured."""
        del index
        by_name = graph.nodes_by_name
        shares = {cost.row.node: cost.share for cost in node_costs(self.sensitivity.rows, ())}
        values = by_number(len(graph.nodes), ((by_name.get(name, -1), share) for name, share in shares.items()))
        note = (
            "Part of the error that all nodes make, each quantised alone. Nodes with a large one are best left in "
            f"floating point.{_STALE if self.sensitivity.is_stale else ''}"
        )
        return Overlay(self.key, self.title, "share", "sequential", values, combine="sum", is_log=True, note=note)


def by_number(count: int, known: Iterable[tuple[int, float | None]]) -> array[float]:
    """A value for each of so many nodes, from those that are known; numbers below zero are left out."""
    values = floats([UNKNOWN]) * count
    for node, value in known:
        if value is not None and 0 <= node < count:
            values[node] = value
    return values
