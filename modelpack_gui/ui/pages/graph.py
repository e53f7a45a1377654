"""The graph of the artifact: its tree, tables and canvas, and what another graph has that it has not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QMouseEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.search import short_location
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex, NodeInfo, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.commands import GraphCommands
from modelpack_gui.ui.graph.facts_line import FactsLine
from modelpack_gui.ui.graph.graph_view import BOTH, CANVAS, TABLE, GraphView
from modelpack_gui.ui.graph.inspector.inspector import GraphInspector
from modelpack_gui.ui.graph.inspector.node_sections import drawn_sections, finding_sections
from modelpack_gui.ui.graph.node_data_commands import NodeDataCommands
from modelpack_gui.ui.graph.numbers.cost_sections import CostSections
from modelpack_gui.ui.graph.overlays.commands import OverlayCommands
from modelpack_gui.ui.graph.reload import GraphReload
from modelpack_gui.ui.graph.side_pane import NODES, PORTS
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ActionButton, Foldable
from modelpack_gui.ui.widgets.mono_block import MonoBlock
from modelpack_gui.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.comparison.view import CompareView

_DATA_FILE_NOTES = {
    "moved": ("A data file was moved", "lies elsewhere in the model's folder and is read there"),
    "missing": ("A data file is missing", "is not there: shapes are known, values are not. Put it beside the model"),
    "short": ("A data file is too short", "ends before its tensors do: it was cut, or is of another model"),
    "outside": ("A data file is not looked at", "is named with a path out of the model's folder. Move it into it"),
}


_GLANCE_MS = 2000
"""Until the checks are made for the marks: what the user waits for, the tables and the canvas, comes first."""


class _ComparePlace(QWidget):
    """Takes any height down to its least: of what has a height for its width a stack asks for what it prefers."""

    def hasHeightForWidth(self) -> bool:
        """The lines of text in it may wrap; the tables below them give way."""
        return False


class GraphPage(StagePage):
    """Two tabs. What is selected in either is shown in the inspector, and everywhere else."""

    stage = Stage.GRAPH
    icon_name = "graph"
    empty_text = (
        "The graph of the exported file: its modules, nodes and weights, drawn and listed, with what each costs. "
        "Of any other .onnx, .pt2 or TorchScript file, too: drop it anywhere."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._settings = settings
        self._wanted: int | None = None  # a node to select once the graph is read
        self.inspector = GraphInspector(controller, self, self.isVisible)
        self.inspector.add_sections(CostSections(controller.graph, self.inspector.refresh))
        self.facts = FactsLine()
        self.notes_text = MonoBlock(max_lines=8)
        self.notes = Foldable("", self.notes_text)
        self.notes.setObjectName("graph-notes")
        self.view = GraphView(controller, settings)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("graph-page-tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.view, "Graph")
        self.compare: CompareView | None = None
        self._compare_place = _ComparePlace()
        QVBoxLayout(self._compare_place).setContentsMargins(0, 0, 0, 0)
        self.tabs.addTab(self._compare_place, "Compare")
        self.tabs.setTabToolTip(1, "This graph beside another one, or beside what ONNX Runtime makes of it")
        self.modes = Segments(
            {TABLE: "Table", BOTH: "Both", CANVAS: "Canvas"},
            {
                TABLE: "The tree and the tables alone",
                BOTH: "Tables and canvas side by side",
                CANVAS: "The canvas alone",
            },
        )
        self.modes.setAccessibleName("What to show of the graph")
        self.modes.set_value(self.view.mode)
        place = self.header.indexOf(self.badge) + 1
        self.header.setStretch(place, 0)  # the room between the badge and the button is for the facts
        self.header.insertSpacing(place, SPACING)
        self.header.insertWidget(place + 1, self.facts, 1)
        self.content.setSpacing(GRID)
        self.content.addWidget(self.notes)
        self.content.addWidget(self.tabs, 1)

        self.tabs.currentChanged.connect(self._on_tab)
        self.modes.chosen.connect(self.view.set_mode)
        self.view.mode_changed.connect(self.modes.set_value)
        self.facts.more_wanted.connect(lambda: self.view.show_tables().show_tab(PORTS))
        reload = GraphReload(controller, settings, self)
        self.commands = GraphCommands(self, self.view, controller.graph.selection, reload)
        self._fill_corner()
        self.node_data = NodeDataCommands(controller, settings, self)
        self.commands.add("Compare with an&other file…", lambda: self.show_comparison().bar.browse(), "open")
        self.commands.add("What does the &optimiser do?", lambda: self.show_comparison().start.click(), "matrix")
        self.commands.add_submenu("Node r&esults", self.node_data.actions)
        self.colours = OverlayCommands(
            controller.graph, settings, lambda actions: self.commands.add_submenu("Co&lours", actions), self
        )
        self._tell_more()
        controller.graph.changed.connect(self._show_graph)
        controller.graph.filter_wanted.connect(lambda _query: self._show_tables())
        controller.graph.overlays.fit_wanted.connect(lambda _nodes: self._show_canvas())
        self._show_graph()
        self.refresh()

    def show_result(self, result: Result) -> None:
        """The facts of a GraphIndex; its graph follows once it is read."""
        assert isinstance(result, GraphIndex)
        self.facts.show_artifact(result.artifact)
        notes = file_notes(result)
        self.notes.setVisible(bool(notes))
        self.notes.set_title(notes[0][0] if len(notes) == 1 else f"{len(notes)} notes on this file")
        self.notes_text.set_text("\n\n".join(text for _title, text in notes))

    def refresh(self) -> None:
        """The facts are there with a result."""
        super().refresh()
        self.facts.setVisible(self.controller.state(self.stage).result is not None)

    def sentence_for(self, result: Result) -> str:
        """How big the graph is."""
        assert isinstance(result, GraphIndex)
        return graph_sentence(result)

    def reveal(self, subject: object) -> None:
        """Show some nodes: the first is selected; several are filtered by their line. Or one node, by its index."""
        if isinstance(subject, int):
            self._reveal_index(subject)
            return
        if isinstance(subject, Sequence) and subject and isinstance(subject[0], NodeInfo):
            if len(subject) > 1:
                self.controller.graph.filter_wanted.emit(f"source:{short_location(subject[0].source_location)}")
            self._select(subject[0].index)

    def show_comparison(self) -> CompareView:
        """Show this graph beside another one."""
        self.tabs.setCurrentWidget(self._compare_place)
        return self._comparison()

    def showEvent(self, event: QShowEvent) -> None:
        """The inspector tells of the graph again, whatever else was shown in it; nodes get their marks."""
        super().showEvent(event)
        self.inspector.refresh()
        self._glance.start()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The mouse's own buttons go back and forward in what was selected."""
        selection = self.controller.graph.selection
        if event.button() == Qt.MouseButton.BackButton:
            selection.back()
        elif event.button() == Qt.MouseButton.ForwardButton:
            selection.forward()
        else:
            super().mousePressEvent(event)

    def _on_tab(self) -> None:
        self.modes.setVisible(self.tabs.currentWidget() is self.view)
        if self.tabs.currentWidget() is self._compare_place:
            self._comparison()

    def _comparison(self) -> CompareView:
        if self.compare is None:
            from modelpack_gui.ui.graph.comparison.section import comparison_sections
            from modelpack_gui.ui.graph.comparison.view import CompareView  # when it is needed: the page opens sooner

            self.compare = CompareView(self.controller, self._settings)
            self.compare.graph_wanted.connect(self._show_canvas)
            comparison = self.controller.graph.comparison
            self.inspector.add_sections(lambda pick: comparison_sections(comparison, pick))
            comparison.compared_changed.connect(self.inspector.refresh)
            column = self._compare_place.layout()
            assert column is not None
            column.addWidget(self.compare)
        return self.compare

    def _fill_corner(self) -> None:
        """What to show, back and forward, at the end of the row of tabs; the keys come to them before the graph."""
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        policy = self.modes.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the arrows stay where they are, whichever tab is shown
        self.modes.setSizePolicy(policy)
        row.addWidget(self.modes)
        row.addSpacing(SPACING)
        ways = [ActionButton(action) for action in self.commands.ways]
        for way in ways:
            row.addWidget(way)
        self.tabs.setCornerWidget(corner, Qt.Corner.TopRightCorner)
        before: QWidget = self.tabs.tabBar()
        for widget in (*self.modes.buttons.values(), *ways):
            self.setTabOrder(before, widget)
            before = widget

    def _show_canvas(self) -> None:
        self.tabs.setCurrentWidget(self.view)
        if self.view.mode == TABLE:
            self.view.set_mode(BOTH)

    def _reveal_index(self, index: int) -> None:
        state = self.controller.state(self.stage)
        if self.controller.graph.graph is not None and state.status is not Status.STALE:
            self._select(index)
            return
        self._wanted = index
        if not state.is_under_way:
            self.controller.run(self.stage)

    def _tell_more(self) -> None:
        """Have the inspector tell what the checks found, and what is drawn."""
        graph = self.controller.graph
        self.inspector.add_sections(lambda pick: finding_sections(graph, pick))
        self._glance = QTimer(self, singleShot=True, interval=_GLANCE_MS)
        self._glance.timeout.connect(self._on_glance)
        self.inspector.add_sections(lambda pick: drawn_sections(graph, pick))
        for signal in (graph.checks.found, graph.overlays.changed):
            signal.connect(self.inspector.refresh)

    def _on_glance(self) -> None:
        if self.isVisible():
            self.controller.graph.checks.glance()

    def _show_graph(self) -> None:
        self._glance.start()
        if self.controller.graph.error is not None:
            self.controller.message_raised.emit(self.controller.graph.error)
        if self.controller.graph.graph is not None and self._wanted is not None:
            self._select(self._wanted)

    def _select(self, node: int) -> None:
        self._wanted = None
        graph = self.controller.graph.graph
        if graph is None or not 0 <= node < len(graph.nodes):
            return
        self.tabs.setCurrentWidget(self.view)
        if self.view.mode != CANVAS:
            self.view.side.show_tab(NODES)
        self.view.side.nodes.reveal(node)
        if self.view.mode != TABLE:
            self.view.show_on_canvas()

    def _show_tables(self) -> None:
        self.tabs.setCurrentWidget(self.view)
        self.view.show_tables()


def file_notes(index: GraphIndex) -> list[tuple[str, str]]:
    """What is odd about a file that could be read: a title and the whole of it."""
    notes = []
    if index.shape_inference_error:
        notes.append(("Shape inference failed: some dtypes and shapes are unknown", index.shape_inference_error))
    for file in index.data_files:
        if file.state != "present":
            title, what = _DATA_FILE_NOTES[file.state]
            tensors = fmt.plural(file.tensors, "tensor")
            notes.append((f"{title}: {file.name}", f"{file.name}, with {tensors}, {what}. {file.path}".rstrip()))
    return [*notes, *((note, note) for note in index.notes)]


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
