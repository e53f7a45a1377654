"""The graph that the window shows beside another one: asked for, read off the GUI thread, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.results import ResultsFolder
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.graph.columns import ColumnsError
from modelpack_gui.core.graph.compare.difference import Difference
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphCompareRequest, GraphComparison, GraphIndex, GraphOptimizedRequest
from modelpack_gui.ui.background import Background, Check
from modelpack_gui.ui.graph.comparison.compared import Asked, Compared, rows_of
from modelpack_gui.ui.graph.comparison.facets import Facet, facets_of
from modelpack_gui.ui.graph.comparison.overlay import DifferenceSource
from modelpack_gui.ui.state.side_job import SideJob

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.state import GraphState


class ComparisonState(QObject):
    """Compares the graph of the window; there is one comparison at a time.

    Attributes:
        job: What compares.
        compared: The last comparison; None before the first time, and for another artifact.
        facets: The ways to choose among its rows.
        error: Why what was asked for last cannot be shown.
    """

    changed = Signal()  # it goes on, ended, or failed
    compared_changed = Signal()  # there is another comparison, or none any more

    def __init__(self, state: GraphState) -> None:
        super().__init__(state)
        self._state = state
        self._background = Background(self)
        self._results = ResultsFolder()
        self._asked = Asked()
        self._asked_index: GraphIndex | None = None
        self._read_index: GraphIndex | None = None
        self.compared: Compared | None = None
        self.facets: Sequence[Facet] = ()
        self.error: ErrorInfo | None = None
        self.job = SideJob(state.jobs, state.project_jobs, self)
        self.job.changed.connect(self.changed)
        self.job.ended.connect(self._on_ended)
        state.changed.connect(self._on_graph_changed)
        state.overlays.add_sources([DifferenceSource(self)])

    @property
    def is_busy(self) -> bool:
        """Whether a comparison is to come."""
        return self.job.is_running or self._background.is_busy

    @property
    def is_stale(self) -> bool:
        """Whether the graph was read again since, and may be another."""
        return self.compared is not None and self._state.index is not self._read_index

    def compare(self, other: str, *, is_swapped: bool = False) -> None:
        """Compare with another file; the window's graph is the first unless swapped."""
        index = self._state.index
        if index is None or self.is_busy:
            return
        own, sides = index.artifact.path, (index, None)
        self._asked = Asked(other, is_swapped=is_swapped)
        paths = (other, own) if is_swapped else (own, other)
        before, after = sides[::-1] if is_swapped else sides
        request = GraphCompareRequest(*paths, before, after, str(self._results.new("comparison")))
        self._start("graph.compare", request, f"Compare with {Path(other).name}")

    def optimize(self, level: str) -> None:
        """Compare with what ONNX Runtime makes of the file."""
        index = self._state.index
        if index is None or self.is_busy:
            return
        self._asked = Asked(level=level)
        folder = str(self._results.new("comparison"))
        request = GraphOptimizedRequest(index.artifact.path, level, index, folder)
        self._start("graph.optimized", request, "See what the optimiser does")

    def cancel(self) -> None:
        """Stop; what was compared before stays."""
        self.job.cancel()
        self._background.drop_all()
        self.changed.emit()

    def close(self) -> None:
        """The window closes: its files go."""
        self._background.close()
        self._results.remove()

    def _start(self, stage: str, request: GraphCompareRequest | GraphOptimizedRequest, title: str) -> None:
        self.error = None
        self._asked_index = self._state.index
        self.job.start(stage, request, title)

    def _on_ended(self, report: object) -> None:
        if not isinstance(report, GraphComparison):
            self.error = self.job.error
            return
        asked, own = self._asked, self._asked_index
        side = report.after if asked.is_swapped else report.before
        is_known = own is not None and own is self._state.index and own.columns == side.columns
        known = self._state.graph if is_known else None
        self._background.ask("comparison", lambda check: _read(asked, report, known, check), self._on_read)

    def _on_read(self, found: tuple[Compared, Sequence[Facet]] | None, error: ErrorInfo | None) -> None:
        self.error = error
        if found is not None:
            self.compared, self.facets = found
            self._read_index = self._asked_index
            self._results.keep_only(Path(self.compared.report.columns).parent)
            self._state.overlays.refresh()
            self.compared_changed.emit()
        self.changed.emit()

    def _on_graph_changed(self) -> None:
        index = self._state.index
        if self.compared is not None and (index is None or index.artifact.path != self.compared.own.artifact.path):
            self.compared, self.facets = None, ()
            self.compared_changed.emit()
        if index is None:
            self.job.forget()
            self._background.drop_all()
            self.error = None
        self.changed.emit()


def _read(
    asked: Asked, report: GraphComparison, known: Graph | None, check: Check
) -> tuple[Compared, Sequence[Facet]]:
    """Read both graphs, the window's own if it is the one that was compared, and the pairs."""
    sides = []
    try:
        for index, is_own in ((report.before, not asked.is_swapped), (report.after, asked.is_swapped)):
            check()
            sides.append(known if is_own and known is not None else Graph.read(Path(index.columns)))
        check()
        difference = Difference.read(Path(report.columns))
    except (OSError, ColumnsError) as error:
        raise UserError(
            "comparison-unreadable", f"What was compared cannot be read: {error}.", "Compare again."
        ) from error
    check()
    compared = Compared(asked, report, sides[0], sides[1], difference, rows_of(difference))
    check()
    return compared, facets_of(compared)
