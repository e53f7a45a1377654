"""The graph on its page: tree and tables at the left, the canvas at the right, either or both."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.background import Background
from modelpack_gui.ui.graph.side_pane import SidePane
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.settings import Settings

if TYPE_CHECKING:
    from modelpack_gui.ui.controller import Controller
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane

TABLE, BOTH, CANVAS = "table", "both", "canvas"
_MODE_KEY = "graph/mode"
_SPLIT_KEY = "splits/graph"
_CANVAS_MODULE = "modelpack_gui.ui.graph.canvas_pane.pane"


class GraphView(QWidget):
    """Both panes follow one selection. The canvas is imported on a thread of its own: the tables are there first.

    Attributes:
        canvas: None until it was first wanted and is there.
    """

    mode_changed = Signal(str)
    canvas_made = Signal()

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self._background = Background(self)
        self._is_canvas_wanted = False
        self.mode = ""
        self.canvas: CanvasPane | None = None
        self.side = SidePane(controller, settings)
        self._room = QWidget()
        self._room.setMinimumWidth(240)
        column = QVBoxLayout(self._room)
        column.setContentsMargins(0, 0, 0, 0)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("graph-splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(SPACING)
        self.splitter.addWidget(self.side)
        self.splitter.addWidget(self._room)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([380, 420])
        self.splitter.restoreState(settings.state(_SPLIT_KEY))
        self.splitter.splitterMoved.connect(lambda: settings.set_state(_SPLIT_KEY, self.splitter.saveState()))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, SPACING, 0, 0)
        whole.addWidget(self.splitter, 1)
        self.side.node_activated.connect(lambda _node: self.show_on_canvas())
        remembered = settings.text(_MODE_KEY, BOTH)
        self.set_mode(remembered if remembered in (TABLE, BOTH, CANVAS) else BOTH)

    def set_mode(self, mode: str) -> None:
        """Show the tables, the canvas, or both. A canvas that stands alone gets the keys."""
        if mode != self.mode:
            self.mode = mode
            self.side.setVisible(mode != CANVAS)
            self._room.setVisible(mode != TABLE)
            if mode != TABLE:
                self._want_canvas()
            self._settings.set_text(_MODE_KEY, mode)
            self.mode_changed.emit(mode)
        if mode == CANVAS and self.canvas is not None:
            self.canvas.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_canvas_focused(self) -> bool:
        """Whether keys go to the canvas."""
        focused = QApplication.focusWidget()
        if focused is None:
            return self.mode == CANVAS
        return self.mode == CANVAS or (self.mode == BOTH and self._room.isAncestorOf(focused))

    def start_finding(self) -> None:
        """Start typing what to look for: on the canvas while it has the focus or stands alone, else in the table."""
        if self.canvas is not None and self.is_canvas_focused:
            self.canvas.show_find()
        else:
            if self.mode == CANVAS:
                self.set_mode(BOTH)
            self.side.focus_filter()

    def show_on_canvas(self) -> None:
        """Bring what is selected into view on the canvas."""
        if self.mode == TABLE:
            self.set_mode(BOTH)
        if self.canvas is not None:
            self.canvas.fit_selection()

    def show_tables(self) -> SidePane:
        """Bring the tables into view."""
        if self.mode == CANVAS:
            self.set_mode(BOTH)
        return self.side

    def _want_canvas(self) -> None:
        if not self._is_canvas_wanted:
            self._is_canvas_wanted = True
            self._background.ask("canvas", lambda _check: importlib.import_module(_CANVAS_MODULE), self._on_imported)

    def _on_imported(self, module: Any, error: ErrorInfo | None) -> None:
        if error is not None:
            self._controller.message_raised.emit(error)
            return
        made: CanvasPane = module.CanvasPane(self._controller, self._settings)
        self.canvas = made
        room = self._room.layout()
        assert room is not None
        room.addWidget(made)
        self.canvas_made.emit()
