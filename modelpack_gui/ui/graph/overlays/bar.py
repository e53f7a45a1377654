"""Chooses what the colours of the graph say, shows what they stand for, and leads to the worst nodes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay, has_worst
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.overlays.legend import OverlayLegend
from modelpack_gui.ui.graph.overlays.sources import COMPARED, PARITY, QUANTIZING, TIME
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.look.theme import GRID, SPACING, icon
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton

WORST = 10
_PAGES = {PARITY: Stage.PARITY, TIME: Stage.BENCH, QUANTIZING: Stage.QUANTIZE}
_NAME_LENGTH = 48
_SWATCH = 12


class OverlayBar(QWidget):
    """One row: the choice, its legend, and a list of the worst nodes.

    An overlay that has not been measured can be chosen too: the row says then where to measure it.
    """

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overlay-bar")
        self._controller = controller
        self._overlays = controller.graph.overlays
        self.pick, self.menu = _menu_button("overlay-pick", self._fill_menu)
        self.pick.setIcon(icon("theme"))
        self._choices = QActionGroup(self.menu)
        self.legend = OverlayLegend()
        self.problem = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.problem.setObjectName("overlay-problem")
        self.problem.setProperty("role", "muted")
        self.go = IconButton("")
        self.go.setObjectName("overlay-go")
        self.go.clicked.connect(self._on_go)
        self.worst, self.worst_menu = _menu_button("overlay-worst", self._fill_worst)
        self.worst.setText(f"Worst {WORST} ▾")
        self.worst.setAccessibleName(f"Worst {WORST} nodes")
        self.worst.setToolTip("List the nodes with the worst values, to select them")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, 0, GRID, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.pick)
        row.addWidget(self.legend, 1)
        row.addWidget(self.problem, 1)
        row.addWidget(self.go)
        row.addWidget(self.worst)
        self._overlays.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        overlays = self._overlays
        offer = next((one for one in overlays.all if one.key == overlays.chosen), None)
        overlay = overlays.current
        title = offer.title if offer is not None else "No colours"
        self.pick.setText(f"{title} ▾")
        self.pick.setAccessibleName(f"Colours of the nodes: {title}")
        self.pick.setToolTip(plain_tooltip(overlay.note if overlay is not None else "What the colours of nodes say"))
        self.legend.show_overlay(overlay, overlays.colors(overlay) if overlay is not None else None)
        problem = offer.problem if offer is not None else ""
        stage = _PAGES.get(offer.section) if offer is not None and problem else None
        self.problem.set_text(problem)
        self.problem.setVisible(bool(problem))
        self.legend.setVisible(not problem)
        self.go.setVisible(stage is not None)
        self.go.setText(f"Go to {stage.label}" if stage is not None else "")
        self.worst.setVisible(overlay is not None and overlay.kind != "categorical")
        self.worst.setEnabled(overlay is not None and has_worst(overlay))

    def _on_go(self) -> None:
        offer = next((one for one in self._overlays.all if one.key == self._overlays.chosen), None)
        if offer is not None and offer.section in _PAGES:
            self._controller.per_node_wanted.emit(_PAGES[offer.section])

    def _fill_menu(self) -> None:
        self.menu.clear()
        self._add_choice("", "No colours", "")
        section = ""
        for offer in self._overlays.all:
            if offer.section != section:
                section = offer.section
                self.menu.addSeparator()
                self.menu.addAction(section).setEnabled(False)
            lacks = "not compared" if section == COMPARED else "not measured"
            self._add_choice(offer.key, f"{offer.title} ({lacks})" if offer.problem else offer.title, offer.problem)

    def _add_choice(self, key: str, title: str, problem: str) -> None:
        action = self.menu.addAction(title)
        action.setCheckable(True)
        action.setChecked(key == self._overlays.chosen)
        action.setToolTip(plain_tooltip(problem))
        self._choices.addAction(action)
        action.triggered.connect(lambda: self._overlays.choose(key))

    def _fill_worst(self) -> None:
        """List them."""
        self.worst_menu.clear()
        graph, overlay = self._controller.graph.graph, self._overlays.current
        nodes = self._overlays.worst(WORST)
        if graph is None or overlay is None or not nodes:
            return
        colors = self._overlays.colors(overlay)
        for place, node in enumerate(nodes):
            text = f"{place + 1}. {_name(graph, node)}\t{overlay.text(overlay.values[node])}"
            action = self.worst_menu.addAction(text.replace("&", "&&"))
            if colors is not None:
                action.setIcon(_swatch(int(colors.nodes[node])))
            action.setToolTip(plain_tooltip(_told(graph, node, overlay)))
            action.triggered.connect(lambda _checked=False, node=node: self._show(node))
        self.worst_menu.addSeparator()
        every = self.worst_menu.addAction(icon("search"), f"Show all {len(nodes)} on the canvas")
        every.triggered.connect(lambda: self._overlays.fit_wanted.emit(nodes))

    def _show(self, node: int) -> None:
        self._controller.graph.selection.select(NodePick(node))
        self._overlays.fit_wanted.emit((node,))


def _menu_button(name: str, fill: Callable[[], None]) -> tuple[QToolButton, QMenu]:
    """A flat button whose menu is filled when it opens."""
    button = QToolButton()
    button.setObjectName(name)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAutoRaise(True)
    button.setStyleSheet("QToolButton::menu-indicator { image: none; }")  # it would lie on the text
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    menu.aboutToShow.connect(fill)
    button.setMenu(menu)
    return button, menu


def _name(graph: Graph, node: int) -> str:
    """Op type and where it is, or how it is called."""
    where = graph.text("node_module_path", node) or graph.text("node_name", node)
    text = f"{graph.text('node_op_type', node)}  {where}"
    return text if len(text) <= _NAME_LENGTH else f"{text[: _NAME_LENGTH - 1]}…"


def _told(graph: Graph, node: int, overlay: Overlay) -> str:
    parts = (
        f"{overlay.title}: {overlay.full(overlay.values[node])}",
        graph.text("node_name", node),
        graph.text("node_module_path", node),
        graph.text("node_source_location", node),
    )
    return "\n".join(part for part in parts if part)


def _swatch(argb: int) -> QIcon:
    picture = QPixmap(QSize(2 * _SWATCH, 2 * _SWATCH))
    picture.fill(Qt.GlobalColor.transparent)
    picture.setDevicePixelRatio(2.0)  # crisp on dense screens
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(argb))
    painter.drawRoundedRect(1, 1, _SWATCH - 2, _SWATCH - 2, 2.0, 2.0)
    painter.end()
    return QIcon(picture)
