"""The graph of the artifact: nodes, initializers, inputs and outputs, filtered as you type."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.explanation import place_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex, InitializerInfo, NodeInfo, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.inspector import GraphInspector
from modelpack_gui.ui.graph.selection import NodePick, Pick, ValuePick
from modelpack_gui.ui.models.node_filter import short_location
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
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
        self.inspector = GraphInspector(controller, self)

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
        self.tables.node_selected.connect(self._pick_node)
        self.tables.initializer_selected.connect(lambda item: self._pick_value(item.name))
        self.tables.port_selected.connect(lambda row: self._pick_value(row.info.name))
        self.tables.node_activated.connect(self._go_to_source)
        self.tables.node_menu_made.connect(self._on_node_menu_made)
        controller.profiles.profiled.connect(self._show_times)
        controller.graph.changed.connect(self._show_graph)
        controller.graph.selection.changed.connect(self._on_selected)
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

    def _pick_node(self, node: NodeInfo) -> None:
        self.controller.graph.selection.select(NodePick(node.index))

    def _pick_value(self, name: str) -> None:
        value = self._graph.value_named(name) if self._graph is not None else -1
        if value >= 0:
            self.controller.graph.selection.select(ValuePick(value))

    def _on_selected(self, pick: Pick | None) -> None:
        """Show in the tables what was selected elsewhere."""
        graph = self._graph
        if graph is None:
            return
        if isinstance(pick, NodePick):
            self.tables.select_node(graph.nodes[pick.node])
        elif isinstance(pick, ValuePick) and pick.value in graph.initializer_of:
            self.tables.select_initializer(graph.initializers[graph.initializer_of[pick.value]])

    def _go_to_source(self, node: NodeInfo) -> None:
        place = place_of(node.source_location)
        if place is not None:
            self.controller.show_place(place)

    def _on_node_menu_made(self, menu: QMenu, node: NodeInfo) -> None:
        menu.addSeparator()
        source = menu.addAction(icon("source"), "Go to source")
        source.setEnabled(place_of(node.source_location) is not None)
        source.triggered.connect(lambda: self._go_to_source(node))
        only = menu.addAction(icon("filter"), f"Show only {node.op_type}")
        only.triggered.connect(lambda: self.tables.choose_ops(node.op_type))
        for item in self._initializers_of(node)[:_MENU_LIMIT]:
            action = menu.addAction(icon("table"), f"Show initializer {item.name}".replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, item=item: self.tables.select_initializer(item))

    def _initializers_of(self, node: NodeInfo) -> list[InitializerInfo]:
        names = dict.fromkeys(node.inputs)
        return [self._initializers[name] for name in names if name in self._initializers]


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
