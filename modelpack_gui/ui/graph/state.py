"""The graph that the window shows: read from the columns that the inspection left, off the GUI thread."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.results import ResultsFolder
from modelpack_gui.core import records
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.background import Background, Check
from modelpack_gui.ui.graph.same_pick import same_pick
from modelpack_gui.ui.graph.selection import GraphSelection, Pick
from modelpack_gui.ui.idle_steps import IdleSteps
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.project.jobs import ProjectJobs
from modelpack_gui.ui.state.stages import StageStates

if TYPE_CHECKING:  # the window opens without these
    from modelpack_gui.core.graph.graph import Graph
    from modelpack_gui.core.graph.search import GraphSearch
    from modelpack_gui.core.records import GraphIndex, InspectRequest
    from modelpack_gui.ui.graph.checks import GraphChecks
    from modelpack_gui.ui.graph.comparison.state import ComparisonState
    from modelpack_gui.ui.graph.node_data import NodeDataState
    from modelpack_gui.ui.graph.numbers.state import NumbersState
    from modelpack_gui.ui.graph.overlays.state import GraphOverlays
    from modelpack_gui.ui.graph.scenes import GraphScenes
    from modelpack_gui.ui.graph.tensors.source import TensorSource
    from modelpack_gui.ui.state.layers import LayersState
    from modelpack_gui.ui.state.profiles import ProfilesState
    from modelpack_gui.ui.state.sensitivity import SensitivityState

_LATER_MS = 300
"""After a graph was shown: its first picture comes before what only makes typing quick."""


class GraphState(QObject):
    """The last graph that was read, stale or not.

    Attributes:
        index: The facts about it; None until there is one.
        graph: Its nodes and values; comes with `index`.
        search: Finds its nodes by what is typed; comes with `graph`.
        error: Why its columns cannot be read.
        selection: What is selected in it.
        jobs, project_jobs: For the states that hang on this one and run jobs of their own.
    """

    changed = Signal()
    search_ready = Signal()  # plain words are found at once from now on
    filter_wanted = Signal(str)  # a query (see `core.graph.query`), for the table of nodes
    tensor_wanted = Signal(int)  # the number of a value whose elements are to be shown

    def __init__(
        self, states: StageStates, jobs: JobCenter, project_jobs: ProjectJobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.jobs, self.project_jobs = jobs, project_jobs
        self._states = states
        self._background = Background(self)
        self._idle = IdleSteps(self)
        self._idle.finished.connect(self.search_ready)
        self._results = ResultsFolder()
        self._wanted: GraphIndex | None = None
        self.index: GraphIndex | None = None
        self.graph: Graph | None = None
        self.search: GraphSearch | None = None
        self.error: ErrorInfo | None = None
        self.selection = GraphSelection(self)
        states.changed.connect(self._on_stage_changed)

    def follow(self, layers: LayersState, profiles: ProfilesState, sensitivity: SensitivityState) -> None:
        """Be told of what was measured of the nodes, for the overlays."""
        self._measured = (layers, profiles, sensitivity)

    @functools.cached_property
    def overlays(self) -> GraphOverlays:
        """What can be drawn on the nodes, and what is."""
        from modelpack_gui.ui.graph.overlays.state import (
            GraphOverlays,  # when first asked for: the window opens sooner
        )

        return GraphOverlays(self, *self._measured)

    @functools.cached_property
    def checks(self) -> GraphChecks:
        """What is wrong with it: looked for when somebody wants to know."""
        from modelpack_gui.ui.graph.checks import GraphChecks  # as above

        return GraphChecks(self)

    @functools.cached_property
    def numbers(self) -> NumbersState:
        """What it costs: counted from the first time on that somebody asks."""
        from modelpack_gui.ui.graph.numbers.state import NumbersState  # as above

        return NumbersState(self)

    @property
    def numbers_if_asked(self) -> NumbersState | None:
        """The same, if somebody asked already: to look at it is not to have it counted."""
        return self.numbers if "numbers" in self.__dict__ else None

    @functools.cached_property
    def node_data(self) -> NodeDataState:
        """Results about nodes for other viewers, and from other tools."""
        from modelpack_gui.ui.graph.node_data import NodeDataState  # as above

        return NodeDataState(self)

    @functools.cached_property
    def tensors(self) -> TensorSource:
        """The stored tensor whose elements are looked at."""
        from modelpack_gui.ui.graph.tensors.source import TensorSource  # as above

        return TensorSource(self)

    @functools.cached_property
    def comparison(self) -> ComparisonState:
        """The graph beside another one."""
        from modelpack_gui.ui.graph.comparison.state import ComparisonState  # as above

        return ComparisonState(self)

    @functools.cached_property
    def scenes(self) -> GraphScenes:
        """The picture of it that the canvas shows, and what is open in it."""
        from modelpack_gui.ui.graph.scenes import GraphScenes  # as above

        return GraphScenes(self)

    @property
    def is_reading(self) -> bool:
        """Whether a graph is to come."""
        return self._wanted is not None and self._wanted is not self.index and self.error is None

    def prepare(self, request: InspectRequest) -> InspectRequest:
        """Give a run its folder for the columns."""
        return dataclasses.replace(request, folder=str(self._results.new("graph")))

    def hurry(self) -> None:
        """Somebody waits for `search_ready`."""
        self._idle.hurry()

    def show_tensor(self, value: int) -> None:
        """Show the elements of a stored tensor, in the tensor dock."""
        self.tensor_wanted.emit(value)

    def close(self) -> None:
        """The window closes: its files go."""
        self._background.close()
        self._idle.stop()
        self._results.remove()
        if "tensors" in self.__dict__:  # somebody looked at one
            self.tensors.close()
        if "overlays" in self.__dict__:
            self.overlays.close()
        if "comparison" in self.__dict__:
            self.comparison.close()
        if "scenes" in self.__dict__:
            self.scenes.close()

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is not Stage.GRAPH:
            return
        index = self._states.result(Stage.GRAPH, records.GraphIndex)
        if index is self._wanted:
            return
        self._wanted = index
        if index is None:
            self._background.drop_all()
            self._put(None, None, None)
            return
        self._background.ask("graph", lambda check: _read(Path(index.columns), check), self._on_read)

    def _on_read(self, graph: Graph | None, error: ErrorInfo | None) -> None:
        self._put(self._wanted if graph is not None else None, graph, error)

    def _put(self, index: GraphIndex | None, graph: Graph | None, error: ErrorInfo | None) -> None:
        again = self._picked_again(index, graph)
        self.index, self.graph, self.error = index, graph, error
        self.search = search = _search_of(graph) if graph is not None else None
        self._idle.stop()
        if search is not None and graph is not None:
            self._idle.start(search.preparing(), graph.preparing(), delay_ms=_LATER_MS)
        if index is not None:
            self._results.keep_only(Path(index.columns).parent)
        self.selection.forget()
        self.changed.emit()
        if again is not None:
            self.selection.select(again)

    def _picked_again(self, index: GraphIndex | None, graph: Graph | None) -> Pick | None:
        """What is selected, in the graph that takes the place of this one, if it is of the same file."""
        pick, before = self.selection.current, self.graph
        if pick is None or before is None or graph is None or index is None or self.index is None:
            return None
        return same_pick(pick, before, graph) if index.artifact.path == self.index.artifact.path else None


def _search_of(graph: Graph) -> GraphSearch:
    from modelpack_gui.core.graph.search import GraphSearch

    return GraphSearch(graph)


def _read(path: Path, check: Check) -> Graph:
    from modelpack_gui.core.graph.reading import stored_graph

    check()
    graph = stored_graph(path)
    graph.group_children, graph.group_nodes  # noqa: B018 (they are kept, and take their time on this thread)
    return graph
