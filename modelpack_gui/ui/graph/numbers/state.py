"""What the graph costs, counted again when another graph is shown or other sizes are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.graph.columns import ColumnsError
from modelpack_gui.core.graph.costs.dims import open_dims, sizes_of_inputs
from modelpack_gui.core.graph.costs.node_costs import Costs
from modelpack_gui.core.records import GraphCosts, GraphCostsRequest, GraphIndex
from modelpack_gui.ui.background import Background, Check
from modelpack_gui.ui.state.side_job import SideJob

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.state import GraphState


class NumbersState(QObject):
    """Runs the job beside the stages. As long as it runs again, the numbers of before stay, if the graph does.

    Attributes:
        job: What counts.
        report: What the graph costs in all; None until it is counted.
        costs: By node and group; comes with `report`.
        sizes: Chosen for what the inputs leave open, by `OpenDim.key`; the rest is assumed (see `report.dims`).
        error: Why there are no numbers.
    """

    changed = Signal()

    def __init__(self, state: GraphState) -> None:
        super().__init__(state)
        self._state = state
        self._background = Background(self)
        self._index: GraphIndex | None = None  # what the numbers are about
        self._wanted: GraphCostsRequest | None = None
        self._running: GraphCostsRequest | None = None
        self._chosen: dict[str, Mapping[str, int]] = {}  # by path of the artifact
        self.job = SideJob(state.jobs, state.project_jobs, self)
        self.report: GraphCosts | None = None
        self.costs: Costs | None = None
        self.sizes: Mapping[str, int] = {}
        self.error: ErrorInfo | None = None
        self.job.ended.connect(self._on_ended)
        state.changed.connect(self._on_graph_changed)
        self._on_graph_changed()

    @property
    def is_counting(self) -> bool:
        """Whether other numbers are to come."""
        return self.job.is_running or self._background.is_busy

    @property
    def sizes_counted(self) -> Mapping[str, int]:
        """Those that the numbers are counted with, the assumed ones included."""
        return {dim.key: dim.size for dim in self.report.dims} if self.report is not None else self.sizes

    def set_sizes(self, sizes: Mapping[str, int]) -> None:
        """Choose the sizes that the inputs leave open, and count again; those that are left out are assumed."""
        if sizes != self.sizes and self._index is not None:
            self.sizes = self._chosen[self._index.artifact.path] = dict(sizes)
            self.count()

    def count(self) -> None:
        """Count, once more if need be."""
        if self._index is None:
            return
        folder = Path(self._index.columns).parent  # it goes with the graph
        self._wanted = GraphCostsRequest(self._index.artifact.path, self._index.columns, str(folder), self.sizes)
        self.error = None
        if self.job.is_running:
            self.job.cancel()  # what is wanted starts when it has ended
        else:
            self._start()
        self.changed.emit()

    def _start(self) -> None:
        self._running = self._wanted
        if self._running is not None:
            self.job.start("graph.costs", self._running, "Count parameters, arithmetic and memory")

    def _on_graph_changed(self) -> None:
        index, graph = self._state.index, self._state.graph
        if index is self._index:
            return
        self._index, self._wanted = index, None
        self.report, self.costs, self.error = None, None, None
        self._background.drop_all()
        self.job.forget()
        if index is None or graph is None:
            self.sizes = {}
            self.changed.emit()
            return
        path = index.artifact.path
        self.sizes = self._chosen.get(path) or sizes_of_inputs(open_dims(graph), self._examples(path))
        self.count()

    def _examples(self, path: str) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the recipe's example inputs by name; those proposed for an opened file are nobody's choice."""
        recipe = self._state.project_jobs.project.recipe
        if recipe.source.is_saved_model and Path(recipe.source.file).name == Path(path).name:
            return {}
        return {item.name: item.shape for item in recipe.inputs}

    def _on_ended(self, result: object) -> None:
        if self._wanted is not self._running:  # other sizes were chosen meanwhile
            self._start()
            return
        if isinstance(result, GraphCosts):
            self._background.ask("costs", lambda check: (result, _read(Path(result.costs), check)), self._on_read)
        self.error = self.job.error
        self.changed.emit()

    def _on_read(self, found: tuple[GraphCosts, Costs] | None, error: ErrorInfo | None) -> None:
        if found is not None:
            self.report, self.costs = found
        self.error = error
        self.changed.emit()


def _read(path: Path, check: Check) -> Costs:
    check()
    try:
        costs = Costs.read(path)
        path.unlink(missing_ok=True)  # each count leaves one
    except (OSError, ColumnsError) as error:
        raise UserError(
            "costs-unreadable", f"The numbers cannot be read from {path}: {error}.", "Read the graph again (F5)."
        ) from error
    return costs
