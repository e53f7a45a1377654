"""What is wrong with the graph, and on which nodes: looked for when somebody first wants to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import (
    GraphCheckResult,
    GraphChecksReport,
    GraphChecksRequest,
    GraphFinding,
    GraphIndex,
    Severity,
)
from modelpack_gui.ui.state.side_job import SideJob

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.state import GraphState

GLANCE_NODES = 10_000
GLANCE_BYTES = 256_000_000
"""Of weights, which are read to find those that are stored twice."""
_GRAVITY: Mapping[Severity, int] = {"info": 0, "warning": 1, "error": 2}


class GraphChecks(QObject):
    """Runs the job beside the stages, once for each graph.

    Attributes:
        job: What looks.
        report: What was found; None until it has looked.
        marks: The gravest finding of each node that has one.
        provider: Execution provider whose kernels the operators are looked up in.
    """

    changed = Signal()  # it started, went on, or ended
    found = Signal()  # there are other findings

    def __init__(self, state: GraphState) -> None:
        super().__init__(state)
        self._state = state
        self._index: GraphIndex | None = state.index
        self._was_wanted = False
        self.job = SideJob(state.jobs, state.project_jobs, self)
        self.report: GraphChecksReport | None = None
        self.marks: Mapping[int, Severity] = {}
        self._found: dict[int, list[tuple[GraphCheckResult, GraphFinding]]] = {}
        self.provider = "CPUExecutionProvider"
        self.job.changed.connect(self.changed)
        self.job.ended.connect(self._on_ended)
        state.changed.connect(self._on_graph_changed)

    @property
    def error(self) -> ErrorInfo | None:
        """Why the last one gave nothing."""
        return self.job.error

    def want(self) -> None:
        """Look, unless that was done or tried for this graph."""
        if not self._was_wanted and self._index is not None:
            self.run()

    def glance(self) -> None:
        """Look without having been asked, so that marks are there: only where it is done in a moment."""
        index = self._index
        if index is not None and index.node_count <= GLANCE_NODES and index.weight_bytes <= GLANCE_BYTES:
            self.want()

    def run(self) -> None:
        """Look again."""
        if self._index is None or self.job.is_running:
            return
        self._was_wanted = True
        self.job.start("graph.checks", GraphChecksRequest(self._index, self.provider), "Check the graph")

    def set_provider(self, provider: str) -> None:
        """Look operators up in the kernels of another provider."""
        if provider != self.provider:
            self.provider = provider
            self.job.forget()
            self.run()

    def of_node(self, node: int) -> Sequence[tuple[GraphCheckResult, GraphFinding]]:
        """What was found about a node, the gravest first."""
        return self._found.get(node, ())

    def _on_graph_changed(self) -> None:
        if self._state.index is self._index:
            return
        self._index, self._was_wanted = self._state.index, False
        self.job.forget()
        self._put(None)

    def _on_ended(self, report: object) -> None:
        if isinstance(report, GraphChecksReport):
            self._put(report)

    def _put(self, report: GraphChecksReport | None) -> None:
        self.report = report
        self._found = {}
        for result in report.results if report is not None else ():
            for finding in result.findings:
                for node in finding.nodes:
                    self._found.setdefault(node, []).append((result, finding))
        for found in self._found.values():
            found.sort(key=lambda item: -_GRAVITY[item[0].severity])
        self.marks = {node: found[0][0].severity for node, found in self._found.items()}
        self.found.emit()
        self.changed.emit()
