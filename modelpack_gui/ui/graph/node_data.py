"""Results about nodes for other viewers, and from other tools."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.graph.columns import ColumnsError, read_columns
from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.core.records import NodeDataReport, NodeDataRequest
from modelpack_gui.ui.background import Background, Check
from modelpack_gui.ui.new_file import whole_file
from modelpack_gui.ui.state.side_job import SideJob

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.state import GraphState


class NodeDataState(QObject):
    """Writes the overlays to files, and reads files as overlays.

    Attributes:
        job: What reads.
    """

    told = Signal(str)  # what was read or written, in a sentence
    failed = Signal(object)  # ErrorInfo

    def __init__(self, state: GraphState) -> None:
        super().__init__(state)
        self._state = state
        self._background = Background(self)
        self._follows_count = False
        self._waiting: Path | None = None  # to be written for Netron once the costs are counted
        self.job = SideJob(state.jobs, state.project_jobs, self)
        self.job.ended.connect(self._on_ended)
        state.changed.connect(self._on_graph_changed)

    def _on_graph_changed(self) -> None:
        self._waiting = None
        self.job.forget()

    # Reading

    def load(self, path: Path) -> None:
        """Read a file of results about the graph that is shown, and draw what it tells."""
        index = self._state.index
        if index is None or self.job.is_running:
            return
        folder = Path(index.columns).parent  # it goes with the graph
        request = NodeDataRequest(str(path), index.columns, str(folder))
        self.job.start("graph.node-data", request, f"Read {path.name}")

    def _on_ended(self, report: NodeDataReport | None) -> None:
        if report is None:
            if self.job.error is not None:
                self.failed.emit(self.job.error)
            return

        def work(_check: Check) -> list[Overlay]:
            return _overlays(report)

        def answered(overlays: list[Overlay] | None, error: ErrorInfo | None) -> None:
            if overlays is None:
                self.failed.emit(error)
                return
            for overlay in reversed(overlays):  # the first one is drawn
                self._state.overlays.add(overlay)
            self.told.emit(told_of(report))

        self._background.ask("read", work, answered)

    # Writing

    def save_for_model_explorer(self, path: Path, overlay: Overlay) -> None:
        """Write one overlay as node data of Model Explorer."""
        from modelpack_gui.core.graph.node_data.model_explorer import model_explorer_json

        graph = self._state.graph
        assert graph is not None
        self._save(path, lambda: model_explorer_json(graph, overlay))

    def save_for_netron(self, path: Path) -> None:
        """Write all that is known of the nodes as an attachment for Netron; what they cost is counted first."""
        numbers = self._state.numbers
        if numbers.is_counting and numbers.costs is None:
            self._waiting = path
            if not self._follows_count:
                self._follows_count = True
                numbers.changed.connect(self._on_counted)
        else:
            self._save_for_netron(path)

    def _on_counted(self) -> None:
        numbers, path = self._state.numbers, self._waiting
        if path is not None and not (numbers.is_counting and numbers.costs is None):
            self._waiting = None
            self._save_for_netron(path)

    def _save_for_netron(self, path: Path) -> None:
        from modelpack_gui.core.graph.node_data.netron import netron_json

        graph, all_overlays = self._state.graph, self._state.overlays
        if graph is None:
            return  # another project was opened meanwhile
        found = (all_overlays.overlay(offer.key) for offer in all_overlays.all if not offer.problem)
        overlays = [overlay for overlay in found if overlay is not None]
        self._save(path, lambda: netron_json(graph, overlays))

    def _save(self, path: Path, made: Callable[[], str]) -> None:
        def work(_check: Check) -> None:
            try:
                with whole_file(path) as partial:
                    partial.write_text(made(), encoding="utf-8")
            except OSError as error:
                what = f"{path} could not be written: {error.strerror or error}."
                raise UserError("node-data-unwritable", what, "Choose another folder.") from error

        def answered(_result: None, error: ErrorInfo | None) -> None:
            if error is not None:
                self.failed.emit(error)
            else:
                self.told.emit(f"Wrote {path}")

        self._background.ask("write", work, answered)


def told_of(report: NodeDataReport) -> str:
    """`3 results for 24 nodes from run.json; 2 names in it are of no node here: fused_1, fused_2.`"""
    count = fmt.plural(len(report.overlays), "result")
    text = f"{count} for {fmt.plural(report.nodes, 'node')} from {Path(report.path).name}"
    if report.unmatched_count:
        names = fmt.listed(report.unmatched, 3)
        text += f"; {fmt.plural(report.unmatched_count, 'name')} in it fit no node of this graph: {names}"
    return f"{text}."


def _overlays(report: NodeDataReport) -> list[Overlay]:
    try:
        columns = read_columns(Path(report.columns))
    except (OSError, ColumnsError) as error:
        raise UserError(
            "node-data-unreadable", f"The values cannot be read: {error}.", "Load the file again."
        ) from error
    return [
        Overlay(
            key=one.key,
            title=one.title,
            unit=one.unit,
            kind=one.scale,
            values=cast("array[float]", columns[one.column]),
            categories=one.categories,
            combine=one.combine,
            is_log=one.is_log,
            note=one.note,
        )
        for one in report.overlays
    ]
