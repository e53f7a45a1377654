"""The graph of the artifact: nodes, initializers, inputs and outputs, filtered as you type."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.explanation import SourcePlace, place_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex, InitializerInfo, NodeInfo, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models import graph_inspection as text
from modelpack_gui.ui.models.graph_columns import PortRow
from modelpack_gui.ui.models.node_filter import short_location
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.tensor_reader import TensorReader
from modelpack_gui.ui.theme import GROUP_SPACING, icon
from modelpack_gui.ui.widgets.basics import Foldable
from modelpack_gui.ui.widgets.graph_facts import GraphFacts
from modelpack_gui.ui.widgets.graph_tables import GraphTables, Tab
from modelpack_gui.ui.widgets.mono_block import MonoBlock

_MENU_LIMIT = 8


class GraphPage(StagePage):
    """Facts about the graph above, its tables below. What is selected is shown in the inspector."""

    stage = Stage.GRAPH
    icon_name = "graph"
    empty_text = (
        "The graph of the exported file: its nodes with their shapes, the initializers, and what it takes and gives."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._graph: Graph | None = None
        self._wanted: int | None = None  # a node to select once the graph is read
        self._initializers: Mapping[str, InitializerInfo] = {}
        self._reader = TensorReader(controller, self)

        self.facts = GraphFacts()
        self.inference_text = MonoBlock(max_lines=8)
        self.inference = Foldable("Shape inference failed: some dtypes and shapes are unknown", self.inference_text)
        self.inference.setObjectName("shape-inference")
        self.tables = GraphTables(settings)
        # The canvas will be the second pane.
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("graph-splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.tables)
        head = QVBoxLayout()
        head.setSpacing(GROUP_SPACING // 2)
        head.addWidget(self.facts)
        head.addWidget(self.inference)
        self.content.addLayout(head)
        self.content.addWidget(self.splitter, 1)

        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self.tables.focus_filter)
        self.facts.more_wanted.connect(lambda: self.tables.show_tab(Tab.PORTS))
        self.tables.node_selected.connect(self.inspect_node)
        self.tables.initializer_selected.connect(self.inspect_initializer)
        self.tables.port_selected.connect(self._on_port_selected)
        self.tables.node_activated.connect(self._go_to_source)
        self.tables.node_menu_made.connect(self._on_node_menu_made)
        controller.profiles.profiled.connect(self._show_times)
        controller.graph.changed.connect(self._show_graph)
        self._show_graph()
        self.refresh()

    def show_result(self, result: Result) -> None:
        """The facts of a GraphIndex; its graph follows once it is read."""
        assert isinstance(result, GraphIndex)
        self.facts.show_artifact(result.artifact)
        self.inference.setVisible(bool(result.shape_inference_error))
        self.inference_text.set_text(result.shape_inference_error)

    def _show_graph(self) -> None:
        state = self.controller.graph
        self._graph = graph = state.graph
        if graph is None or state.index is None:
            return
        self._reader.forget()
        self._initializers = {item.name: item for item in graph.initializers}
        self.tables.show_graph(state.index, graph)
        self._show_times()
        if self._wanted is not None:
            self._select_wanted(self._wanted)

    def _show_times(self) -> None:
        """Of the last profile of this file, if there is one and the file is still the same."""
        index = self.controller.graph.index
        kept = self.controller.profiles.of_artifact(index.artifact.path) if index is not None else None
        self.tables.show_times(kept.report if kept is not None else None, self._graph)

    def sentence_for(self, result: Result) -> str:
        """How big the graph is."""
        assert isinstance(result, GraphIndex)
        return graph_sentence(result)

    def reveal(self, subject: object) -> None:
        """Show some nodes: the first is selected; several are filtered by their line. Or one node, by its index."""
        if isinstance(subject, int):
            self._reveal_index(subject)
            return
        if isinstance(subject, tuple) and subject and isinstance(subject[0], NodeInfo):
            if len(subject) > 1:
                self.tables.filter_nodes(f"source:{short_location(subject[0].source_location)}")
            self.tables.select_node(subject[0])

    def _reveal_index(self, index: int) -> None:
        state = self.controller.state(self.stage)
        if self._graph is not None and state.status is not Status.STALE:
            self._select_wanted(index)
            return
        self._wanted = index
        if not state.is_under_way:
            self.controller.run(self.stage)

    def _select_wanted(self, index: int) -> None:
        self._wanted = None
        if self._graph is not None and 0 <= index < len(self._graph.nodes):
            self.tables.select_node(self._graph.nodes[index])

    def inspect_node(self, node: NodeInfo) -> None:
        """Show a node in the inspector, with the statistics of its first initializer as soon as they are read."""
        graph = self._graph
        if graph is None:
            return
        used = text.used_initializers(node, self._initializers)

        def show(stats: text.StatsAnswer) -> None:
            time = self.tables.times.section(node)
            self._inspect(text.node_inspection(node, graph, self._initializers, stats, time))

        self._show_with_stats(used[0].name if used else "", show)

    def inspect_initializer(self, item: InitializerInfo) -> None:
        """Show an initializer in the inspector, with its statistics as soon as they are read."""
        graph = self._graph
        if graph is not None:
            self._show_with_stats(
                item.name, lambda stats: self._inspect(text.initializer_inspection(item, graph, stats))
            )

    def _show_with_stats(self, name: str, show: text.ShowStats) -> None:
        show(self._reader.known(name))
        self._reader.want(name, show)

    def _inspect(self, inspection: Inspection) -> None:
        self.controller.inspect(text.following(inspection, self._follow))

    def _follow(self, target: object) -> None:
        if isinstance(target, InitializerInfo):
            self.tables.select_initializer(target)
        elif isinstance(target, NodeInfo):
            self.tables.select_node(target)
        elif isinstance(target, SourcePlace):
            self.controller.show_place(target)

    def _go_to_source(self, node: NodeInfo) -> None:
        place = place_of(node.source_location)
        if place is not None:
            self.controller.show_place(place)

    def _on_port_selected(self, row: PortRow) -> None:
        if self._graph is not None:
            self._reader.want("", lambda _stats: None)
            self._inspect(text.port_inspection(row, self._graph))

    def _on_node_menu_made(self, menu: QMenu, node: NodeInfo) -> None:
        menu.addSeparator()
        source = menu.addAction(icon("source"), "Go to source")
        source.setEnabled(place_of(node.source_location) is not None)
        source.triggered.connect(lambda: self._go_to_source(node))
        only = menu.addAction(icon("filter"), f"Show only {node.op_type}")
        only.triggered.connect(lambda: self.tables.choose_ops(node.op_type))
        for item in text.used_initializers(node, self._initializers)[:_MENU_LIMIT]:
            action = menu.addAction(icon("table"), f"Show initializer {item.name}".replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, item=item: self.tables.select_initializer(item))


def graph_sentence(index: GraphIndex) -> str:
    """`27 nodes of 8 kinds, opset 20, 78,037 parameters in 14 initializers; 312 kB.`"""
    artifact = index.artifact
    parts = [f"{fmt.plural(index.node_count, 'node')} of {fmt.plural(len(index.op_counts), 'kind')}"]
    if artifact.opset_version is not None:
        parts.append(f"opset {artifact.opset_version}")
    parts.append(
        f"{fmt.plural(index.parameters, 'parameter')} in {fmt.plural(index.initializer_count, 'initializer')}"
        if index.initializer_count
        else "no initializers"
    )
    return f"{', '.join(parts)}; {fmt.size(artifact.size_bytes)}."
