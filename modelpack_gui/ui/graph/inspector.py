"""Fills the inspector with what is selected in the graph, whoever selected it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explanation import SourcePlace
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import OperatorDocs, OperatorDocsRequest, TensorStats, TensorStatsRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.group_inspection import group_inspection
from modelpack_gui.ui.graph.late_answers import LateAnswers
from modelpack_gui.ui.graph.node_inspection import main_tensor, node_inspection
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick
from modelpack_gui.ui.graph.targets import TensorValues, WebPage
from modelpack_gui.ui.graph.value_inspection import value_inspection
from modelpack_gui.ui.inspection import Inspection, Section
from modelpack_gui.ui.models.node_times import NodeTimes

Maker = Callable[[Pick], Sequence[Section]]
_Operator = tuple[str, str, "int | None"]  # domain, op type, opset of the domain


class GraphInspector(QObject):
    """Shows the selection of `controller.graph`, and more of it as the worker tells it."""

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._makers: list[Maker] = []
        self._times = NodeTimes()
        self._docs: LateAnswers[_Operator, OperatorDocs] = LateAnswers(self._ask_docs, self._show, self)
        self._stats: LateAnswers[str, TensorStats] = LateAnswers(self._ask_stats, self._show, self)
        state = controller.graph
        state.selection.changed.connect(self._on_selected)
        state.changed.connect(self._on_graph_changed)
        controller.profiles.profiled.connect(self._on_profiled)
        self._on_graph_changed()

    def add_sections(self, maker: Maker) -> None:
        """Have more told of what is selected: `maker(pick)` gives sections, none for what it knows nothing of."""
        self._makers.append(maker)

    def refresh(self) -> None:
        """Show the selection again: somebody knows more of it."""
        if self._controller.graph.selection.current is not None:
            self._show()

    # What changes

    def _on_graph_changed(self) -> None:
        self._docs.forget()
        self._stats.forget()
        self._read_times()

    def _on_profiled(self) -> None:
        self._read_times()
        self.refresh()

    def _read_times(self) -> None:
        state = self._controller.graph
        kept = self._controller.profiles.of_artifact(state.index.artifact.path) if state.index is not None else None
        self._times.show(kept.report if kept is not None else None, state.graph)

    def _on_selected(self, pick: Pick | None) -> None:
        graph = self._controller.graph.graph
        if pick is None or graph is None:
            self._docs.want(None)
            self._stats.want(None)
            return
        self._docs.want(self._operator(graph, pick.node) if isinstance(pick, NodePick) else None)
        self._stats.want(_stored_name(graph, pick))
        self._show()

    # Showing

    def _show(self) -> None:
        pick, graph = self._controller.graph.selection.current, self._controller.graph.graph
        if pick is not None and graph is not None:
            shown = self._inspection(graph, pick)
            self._controller.inspect(Inspection(shown.title, shown.subtitle, shown.sections, self.follow))

    def _inspection(self, graph: Graph, pick: Pick) -> Inspection:
        more = [section for maker in self._makers for section in maker(pick)]
        if isinstance(pick, GroupPick):
            return group_inspection(graph, pick.group, more)
        stats = self._stats.known(_stored_name(graph, pick))
        if isinstance(pick, ValuePick):
            return value_inspection(graph, pick.value, stats, more)
        time = self._times.section(graph.nodes[pick.node])
        operator = self._operator(graph, pick.node)
        docs = self._docs.known(operator)
        if isinstance(docs, ErrorInfo):
            docs = OperatorDocs(operator[1], operator[0])
        before = [time] if time is not None else []
        return node_inspection(graph, pick.node, docs, operator[2], stats, [*before, *more])

    def follow(self, target: object) -> None:
        """Go to what a row or a button stands for."""
        if isinstance(target, NodePick | ValuePick | GroupPick):
            self._controller.graph.selection.select(target)
        elif isinstance(target, SourcePlace):
            self._controller.show_place(target)
        elif isinstance(target, TensorValues):
            self._controller.graph.show_tensor(target.value)
        elif isinstance(target, WebPage):
            QDesktopServices.openUrl(QUrl(target.url))

    # Asking

    def _operator(self, graph: Graph, node: int) -> _Operator:
        domain = graph.text("node_domain", node)
        index = self._controller.graph.index
        imports = index.artifact.opset_imports if index is not None else {}
        return domain, graph.text("node_op_type", node), imports.get(domain)

    def _ask_docs(self, operator: _Operator, ended: Callable[[OperatorDocs | None, ErrorInfo | None], None]) -> None:
        domain, op_type, version = operator
        request = OperatorDocsRequest(op_type, domain, version)
        self._controller.ask("operator-docs", request, f"Look up {op_type}", OperatorDocs, ended)

    def _ask_stats(self, name: str, ended: Callable[[TensorStats | None, ErrorInfo | None], None]) -> None:
        request = TensorStatsRequest(self._controller.artifact_path, name)
        self._controller.ask("tensor-stats", request, f"Read {name}", TensorStats, ended)


def _stored_name(graph: Graph, pick: Pick) -> str | None:
    """The stored tensor whose values are told of with a selection."""
    value = -1
    if isinstance(pick, NodePick):
        value = main_tensor(graph, pick.node)
    elif isinstance(pick, ValuePick) and pick.value in graph.initializer_of:
        value = pick.value
    return graph.value_name(value) if value >= 0 else None
