"""Fills the inspector with what is selected in the graph, whoever selected it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    GraphDetails,
    GraphDetailsRequest,
    OperatorDocs,
    OperatorDocsRequest,
    TensorStats,
    TensorStatsRequest,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.inspector.details_sections import whole_attribute
from modelpack_gui.ui.graph.inspector.group_inspection import group_inspection
from modelpack_gui.ui.graph.inspector.late_answers import LateAnswers
from modelpack_gui.ui.graph.inspector.node_inspection import node_inspection
from modelpack_gui.ui.graph.inspector.targets import TensorStatistics, TensorValues, WebPage, WholeAttribute
from modelpack_gui.ui.graph.inspector.value_inspection import value_inspection
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick
from modelpack_gui.ui.graph.tensors.stats_section import stats_section
from modelpack_gui.ui.graph.tensors.stored_values import GIANT_BYTES, is_stored, main_tensor, stored_bytes
from modelpack_gui.ui.inspection import Inspection, Section
from modelpack_gui.ui.models.node_times import NodeTimes

Maker = Callable[[Pick], Sequence[Section]]
_Operator = tuple[str, str, "int | None"]  # domain, op type, opset of the domain


class GraphInspector(QObject):
    """Shows the selection of `controller.graph`, and more of it as the worker tells it.

    Args:
        is_watched: Whether the graph is what is looked at: another page shows its own in the inspector.
    """

    def __init__(
        self, controller: Controller, parent: QObject | None = None, is_watched: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(parent)
        self._is_watched = is_watched
        self._controller = controller
        self._makers: list[Maker] = []
        self._times = NodeTimes()
        self._docs: LateAnswers[_Operator, OperatorDocs] = LateAnswers(self._ask_docs, self._show, self)
        self._stats: LateAnswers[str, TensorStats] = LateAnswers(self._ask_stats, self._show, self)
        self._details: LateAnswers[GraphDetailsRequest, GraphDetails] = LateAnswers(
            self._ask_details, self._show, self
        )
        self._giants: set[int] = set()  # giant tensors whose statistics were asked for
        self._whole: set[WholeAttribute] = set()  # attributes that are shown in full
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
        for answers in (self._docs, self._stats, self._details):
            answers.forget()
        self._giants.clear()
        self._whole.clear()
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
            for answers in (self._docs, self._stats, self._details):
                answers.want(None)
            return
        self._docs.want(self._operator(graph, pick.node) if isinstance(pick, NodePick) else None)
        self._details.want(self._part(graph, pick))
        self._want_stats(graph, pick)
        self._show()

    def _want_stats(self, graph: Graph, pick: Pick) -> None:
        value = _stored_value(graph, pick)
        is_read = value >= 0 and (value in self._giants or stored_bytes(graph, value) <= GIANT_BYTES)
        self._stats.want(graph.value_name(value) if is_read else None)

    # Showing

    def _show(self) -> None:
        pick, graph = self._controller.graph.selection.current, self._controller.graph.graph
        if pick is not None and graph is not None and self._is_watched():
            shown = self._inspection(graph, pick)
            self._controller.inspect(replace(shown, follow=self.follow), Stage.GRAPH)

    def _inspection(self, graph: Graph, pick: Pick) -> Inspection:
        more = [section for maker in self._makers for section in maker(pick)]
        found = self._details.known(self._part(graph, pick))
        details = found if isinstance(found, GraphDetails) else None
        if isinstance(pick, GroupPick):
            return group_inspection(graph, pick.group, more, details)
        if isinstance(pick, ValuePick):
            return value_inspection(graph, pick.value, self._stats_section(graph, pick), more, details)
        time = self._times.section(graph.nodes[pick.node])
        operator = self._operator(graph, pick.node)
        docs = self._docs.known(operator)
        if isinstance(docs, ErrorInfo):
            docs = OperatorDocs(operator[1], operator[0])
        whole = [whole_attribute(details, one.name) for one in self._whole if one.node == pick.node]
        before = [*([time] if time is not None else []), *whole]
        stats = self._stats_section(graph, pick)
        return node_inspection(graph, pick.node, docs, operator[2], stats, [*before, *more], details)

    def _stats_section(self, graph: Graph, pick: Pick) -> Section | None:
        value = _stored_value(graph, pick)
        if value < 0:
            return None
        name, size = graph.value_name(value), stored_bytes(graph, value)
        title = "Values" if isinstance(pick, ValuePick) else f"Values of {name}"
        giant = size if size > GIANT_BYTES and value not in self._giants else 0
        waiting = self._controller.jobs.lone_text
        return stats_section(title, self._stats.known(name), value, giant_bytes=giant, waiting=waiting)

    def follow(self, target: object) -> None:
        """Go to what a row or a button stands for."""
        if isinstance(target, NodePick | ValuePick | GroupPick):
            self._controller.graph.selection.select(target)
        elif isinstance(target, SourcePlace):
            self._controller.show_place(target)
        elif isinstance(target, TensorValues):
            self._controller.graph.show_tensor(target.value)
        elif isinstance(target, TensorStatistics):
            self._giants.add(target.value)
            self._read_again()
        elif isinstance(target, WholeAttribute):
            self._whole.add(target)
            self._read_again()
        elif isinstance(target, WebPage):
            QDesktopServices.openUrl(QUrl(target.url))

    def _read_again(self) -> None:
        """More of the same is wanted."""
        pick, graph = self._controller.graph.selection.current, self._controller.graph.graph
        if pick is not None and graph is not None:
            self._details.want(self._part(graph, pick))
            self._want_stats(graph, pick)
            self._show()

    # Asking

    def _part(self, graph: Graph, pick: Pick) -> GraphDetailsRequest | None:
        """What to look up in the file; the other formats are read as a whole for it, so only where it is needed."""
        index = self._controller.graph.index
        if index is None:
            return None
        path, is_onnx = index.artifact.path, index.artifact.format == "onnx"
        if isinstance(pick, NodePick):
            is_wanted = is_onnx or any(one.node == pick.node for one in self._whole)
            return GraphDetailsRequest(path, "node", pick.node) if is_wanted else None
        if not is_onnx:
            return None
        if isinstance(pick, GroupPick):
            is_scope = graph.ints("group_parent")[pick.group] < 0
            return GraphDetailsRequest(path, "scope", graph.ints("group_scope")[pick.group]) if is_scope else None
        stored = graph.initializer_of.get(pick.value, -1)
        if stored >= 0:
            return GraphDetailsRequest(path, "initializer", stored)
        scope = graph.ints("value_scope")[pick.value]
        return GraphDetailsRequest(path, "value", scope, graph.value_name(pick.value))

    def _ask_details(
        self, part: GraphDetailsRequest, ended: Callable[[GraphDetails | None, ErrorInfo | None], None]
    ) -> None:
        self._controller.ask("graph.details", part, f"Look up {part.name or part.part}", GraphDetails, ended)

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
        index = self._controller.graph.index
        path = index.artifact.path if index is not None else ""  # the project may look at another file by now
        request = TensorStatsRequest(path, name)
        self._controller.ask("tensor-stats", request, f"Read {name}", TensorStats, ended)


def _stored_value(graph: Graph, pick: Pick) -> int:
    """The stored tensor whose values are told of with a selection; -1 for none."""
    if isinstance(pick, NodePick):
        return main_tensor(graph, pick.node)
    return pick.value if isinstance(pick, ValuePick) and is_stored(graph, pick.value) else -1
