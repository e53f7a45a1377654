"""What is around the two nodes of a pair, drawn side by side, coloured by what became of each node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.graph.compare.difference import State
from modelpack_gui.core.graph.compare.text import CHANGES, STATE_TITLES
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.look import metrics_of
from modelpack_gui.ui.graph.canvas.view import GraphCanvas
from modelpack_gui.ui.graph.comparison.compared import Compared, PairRow
from modelpack_gui.ui.graph.comparison.rows import STATE_TONES, state_color
from modelpack_gui.ui.graph.comparison.side_scene import SideScene
from modelpack_gui.ui.graph.overlays.colors import tone_color
from modelpack_gui.ui.graph.selection import NodePick, Pick
from modelpack_gui.ui.look.theme import GRID, SPACING, theme
from modelpack_gui.ui.widgets.basics import ElidedLabel, wrapped_label
from modelpack_gui.ui.widgets.number_fields import SpinField

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.state import GraphState

STEPS, MOST_STEPS = 2, 8
_LARGEST = 0.9
"""Zoom at most: both sides are drawn at one scale where they have room."""
_NOTHING = "Nothing stands for it here."


class CompareCanvases(QWidget):
    """Two canvases that follow one row. What is clicked on either is the row that is wanted."""

    row_wanted = Signal(object)  # PairRow

    def __init__(self, state: GraphState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare-canvases")
        self._compared: Compared | None = None
        self._row: PairRow | None = None
        self._rows: tuple[dict[int, PairRow], dict[int, PairRow]] = ({}, {})
        self.sides = (_Side(state, "Before"), _Side(state, "After"))
        self.steps = SpinField("Steps around the node", 1, MOST_STEPS)
        self.steps.setValue(STEPS)
        self.steps.valueChanged.connect(lambda _: self._draw())
        self._legend = QLabel()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        label = QLabel("&Steps around")
        label.setBuddy(self.steps)
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addWidget(self._legend, 1)
        head.addWidget(label)
        head.addWidget(self.steps)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(SPACING)
        for place, side in enumerate(self.sides):
            self.splitter.addWidget(side)
            side.canvas.picked.connect(lambda pick, place=place: self._on_picked(place, pick))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.splitter, 1)

    def show_row(self, compared: Compared | None, row: PairRow | None) -> None:
        """Draw what is around a row's nodes; None draws nothing."""
        if compared is not self._compared:
            self._compared = compared
            self._take(compared)
        self._row = row
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._color()

    def _take(self, compared: Compared | None) -> None:
        for side in self.sides:
            side.clear()
        if compared is None:
            return
        self._rows = (
            {row.node: row for row in compared.rows if row.node >= 0},
            _rows_of_second(compared),
        )
        for side, graph, index in zip(
            self.sides,
            (compared.before, compared.after),
            (compared.report.before, compared.report.after),
            strict=True,
        ):
            side.take(graph, index.columns)
        self.sides[0].set_title(f"Before: {_file_name(compared, is_second=False)}")
        self.sides[1].set_title(f"After: {_file_name(compared, is_second=True)}")
        self._color()

    def _draw(self) -> None:
        compared, row = self._compared, self._row
        if compared is None or row is None:
            return
        picks = (row.node, row.other)
        for side, nodes, pick in zip(self.sides, anchors_of(compared, row), picks, strict=True):
            side.show_nodes(nodes, pick, self.steps.value())

    def _color(self) -> None:
        compared = self._compared
        if compared is None:
            return
        difference = compared.difference
        for side, states in zip(self.sides, (difference.state, difference.back_state), strict=True):
            side.color(states)
        shown = [state for state in CHANGES if compared.report.counts.get(state.name.lower())]
        self._legend.setText(
            "  ".join(f'<span style="color:{state_color(state)}">■</span> {STATE_TITLES[state]}' for state in shown)
        )

    def _on_picked(self, place: int, pick: Pick | None) -> None:
        row = self._rows[place].get(pick.node) if isinstance(pick, NodePick) else None
        if row is not None:
            self.row_wanted.emit(row)


class _Side(QWidget):
    """One graph: what it is called, its canvas, and what to say where there is nothing to draw."""

    def __init__(self, state: GraphState, title: str) -> None:
        super().__init__()
        self._graph: Graph | None = None
        self._columns = ""
        self._pick = -1
        self.scene = SideScene(state, self)
        self.scene.came.connect(self._on_scene)
        self.scene.changed.connect(self._tell)
        self._title = ElidedLabel(title)
        self._title.setProperty("role", "muted")
        self.canvas = GraphCanvas()
        self.canvas.setObjectName(f"compare-canvas-{title.lower()}")
        self.canvas.setAccessibleName(f"{title}: what is around the node")
        self._message = wrapped_label("", is_muted=True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self._message)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._title)
        column.addWidget(self._stack, 1)

    @property
    def message(self) -> str:
        """What is said in place of a picture; empty while there is one."""
        return self._message.text() if self._stack.currentWidget() is self._message else ""

    def set_title(self, text: str) -> None:
        """What the graph is called."""
        self._title.set_text(text)

    def take(self, graph: Graph, columns: str) -> None:
        """Draw another graph from now on."""
        self._graph, self._columns = graph, columns

    def clear(self) -> None:
        """Draw none."""
        self._graph = None
        self.scene.forget()
        self.canvas.clear()

    def color(self, states: Sequence[int]) -> None:
        """Colour the nodes by their states."""
        graph = self._graph
        if graph is None:
            return
        table = np.zeros(len(State), np.uint32)
        for state in CHANGES:
            table[state] = tone_color(STATE_TONES[state], theme().colors)
        nodes = table[np.asarray(states, np.int64)]
        self.canvas.set_coloring(nodes=nodes, groups=np.zeros(len(graph.groups), np.uint32))

    def show_nodes(self, nodes: tuple[int, ...], pick: int, steps: int) -> None:
        """Draw what is around some nodes, and select one; -1 selects none."""
        self._pick = pick
        graph = self._graph
        if graph is None:
            return
        if not nodes:
            self._say(_NOTHING)
        elif self.scene.shows(self._columns, nodes, steps):
            self._show_pick()
            self._tell()
        else:
            self.scene.show(graph, self._columns, nodes, steps, metrics_of(self.canvas.font()))

    def _on_scene(self) -> None:
        if self._graph is not None and self.scene.arrays is not None:
            self._stack.setCurrentWidget(self.canvas)  # it has its size from now on
            self.canvas.set_scene(self._graph, self.scene.arrays, ("names",), is_down=True)
            self.canvas.fit_rect(self.scene.arrays.bounds, _LARGEST)
            self._show_pick()

    def _show_pick(self) -> None:
        self.canvas.show_pick(NodePick(self._pick) if self._pick >= 0 else None)

    def _tell(self) -> None:
        error = self.scene.error
        if error is not None:
            self._say(f"{error.message} {error.hint}".strip())
        elif self.scene.arrays is None:
            self._say("Drawing…" if self.scene.is_running else _NOTHING)
        else:
            self._stack.setCurrentWidget(self.canvas)

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._stack.setCurrentWidget(self._message)


def anchors_of(compared: Compared, row: PairRow) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The nodes of both graphs to draw the surroundings of: where one has none, those that its neighbours became."""
    difference = compared.difference
    if row.state is State.FUSED:
        return tuple(difference.origins(row.other)), (row.other,)
    if row.other < 0:
        return (row.node,), _counterparts(compared.before, row.node, difference.partner)
    if row.node < 0:
        return _counterparts(compared.after, row.other, difference.back), (row.other,)
    return (row.node,), (row.other,)


def _counterparts(graph: Graph, node: int, partner: Sequence[int]) -> tuple[int, ...]:
    """What the nearest nodes around one became, those before it first."""
    makers = [graph.producers[value] for value in graph.inputs(node) if value >= 0]
    readers = [reader for value in graph.outputs(node) if value >= 0 for reader in graph.consumers(value)[:8]]
    found = [partner[near] for near in (*makers, *readers) if near >= 0 and partner[near] >= 0]
    return tuple(dict.fromkeys(found))


def _rows_of_second(compared: Compared) -> dict[int, PairRow]:
    """The row of each node of the second graph: of one that stands for several, that whose value it makes."""
    rows = {row.node: row for row in compared.rows if row.node >= 0}
    found = {row.other: row for row in compared.rows if row.node < 0}
    for other, node in enumerate(compared.difference.back):
        if node >= 0:
            found[other] = rows[node]
    return found


def _file_name(compared: Compared, *, is_second: bool) -> str:
    index = compared.report.after if is_second else compared.report.before
    if is_second and compared.report.is_optimized:
        return f"as ONNX Runtime optimises it ({compared.report.level})"
    return index.artifact.path.replace("\\", "/").rpartition("/")[2]
