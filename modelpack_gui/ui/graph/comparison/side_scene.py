"""The picture of what is near some nodes of one graph of a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.results import ResultsFolder
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph.compare.difference import CLUTTER
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import Around, LayoutReport, LayoutRequest
from modelpack_gui.ui.background import Background
from modelpack_gui.ui.graph.canvas.look import PADDING, Metrics
from modelpack_gui.ui.graph.latest_job import LatestJob
from modelpack_gui.ui.graph.scenes import read_scene

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
    from modelpack_gui.ui.graph.state import GraphState


class SideScene(QObject):
    """Asks for the layout of a neighbourhood; the last picture stays until the next one is there.

    Attributes:
        arrays: The last picture; None before the first one.
    """

    came = Signal()  # another picture
    changed = Signal()  # how far the layout is, or that it failed

    def __init__(self, state: GraphState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = LatestJob(state.jobs, state.project_jobs, self)
        self._background = Background(self)
        self._results = ResultsFolder()
        self._read_error: ErrorInfo | None = None
        self._shown: tuple[str, frozenset[int], int] | None = None
        self.arrays: SceneArrays | None = None
        self._job.changed.connect(self.changed)
        self._job.ended.connect(self._on_laid_out)

    @property
    def is_running(self) -> bool:
        """Whether a picture is to come."""
        return self._job.is_running or self._background.is_busy

    @property
    def error(self) -> ErrorInfo | None:
        """Why there is none."""
        return self._job.error or self._read_error

    def shows(self, columns: str, nodes: tuple[int, ...], steps: int) -> bool:
        """Whether all of some nodes are in the picture that there is, or that is to come."""
        if self._shown is None or self._shown[0] != columns or self._shown[2] != steps:
            return False
        arrays = self.arrays
        is_asked = frozenset(nodes) <= self._shown[1]
        if arrays is None or self.is_running:
            return is_asked
        return all(node < len(arrays.node_box) and arrays.node_box[node] >= 0 for node in nodes)

    def show(self, graph: Graph, columns: str, nodes: tuple[int, ...], steps: int, metrics: Metrics) -> None:
        """Draw what is so many steps around some nodes.

        Args:
            columns: Absolute path of the graph's columns.
        """
        self._shown, self._read_error = (columns, frozenset(nodes), steps), None
        self._background.drop_all()
        is_clutter = any(graph.text("node_op_type", node) in CLUTTER for node in nodes)
        request = LayoutRequest(
            columns,
            folder=str(self._results.new("scene")),
            hidden=() if is_clutter else ("constants", "identities"),
            around=Around(nodes, steps, steps),
            details=("names",),
            char_width=metrics.char_width,
            line_height=metrics.line_height,
            title_height=metrics.title_height,
            padding=PADDING,
        )
        self._job.start("graph.layout", request, "Draw what is around the node")

    def forget(self) -> None:
        """Show nothing."""
        self._job.forget()
        self._background.drop_all()
        self._shown, self.arrays = None, None

    def _on_laid_out(self, report: object) -> None:
        if isinstance(report, LayoutReport):
            self._background.ask("scene", lambda check: read_scene(Path(report.scene), check), self._on_read)

    def _on_read(self, arrays: object, error: ErrorInfo | None) -> None:
        self._results.keep_only(None)
        self._read_error = error
        if arrays is not None:
            self.arrays = cast("SceneArrays", arrays)
            self.came.emit()
        self.changed.emit()
