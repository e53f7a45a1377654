"""What heat maps of slices do alike: draw when they are seen, follow the theme, and go out as pictures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton
from modelpack_gui.ui.widgets.charts.pictures import add_picture_actions, ask_for_picture, copy_picture, write_picture
from modelpack_gui.ui.widgets.values.panes import HeatPanes

_DELAY_MS = 15


class HeatMapWidget(QWidget):
    """Panes with one cursor, what is at it, and the way back to the whole slice.

    Args:
        name: Of the pictures' files.
        prefix: Of the names of its parts (`heat-all`, `heat-told`).

    Attributes:
        all_button: Shows the whole slice; whoever lays it out has room for it.
        told: What is at the cursor.
    """

    picture_failed = Signal(object)  # ErrorInfo
    drawn = Signal()

    def __init__(self, panes: HeatPanes, settings: Settings, name: str, prefix: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._name = name
        self._is_dirty = False
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self._ask_detail)
        self.panes = panes
        self.panes.view_changed.connect(self._timer.start)
        self.panes.cursor_changed.connect(self._tell)
        self.all_button = IconButton("Whole slice", "collapse")
        self.all_button.setObjectName(f"{prefix}-all")
        self.all_button.setToolTip("Zoom out (Home, or a double click)")
        self.all_button.clicked.connect(self.panes.reset_view)
        self.told = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.told.setObjectName(f"{prefix}-told")
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def copy_picture(self) -> None:
        """Put it on the clipboard."""
        copy_picture(self.panes.size(), self._render)

    def save_picture(self, path: Path) -> None:
        """Write it as PNG or SVG."""
        error = write_picture(path, self.panes.size(), self._render)
        if error is not None:
            self.picture_failed.emit(error)

    def ask_and_save(self) -> None:
        """Let the user say where."""
        path = ask_for_picture(self, self._settings, self._name)
        if path is not None:
            self.save_picture(path)

    # What each one says

    @property
    def has_picture(self) -> bool:
        """Whether anything was drawn."""
        raise NotImplementedError

    def _draw_anew(self) -> None:
        """Draw what is to be seen now; it is not dirty any more."""
        raise NotImplementedError

    def _color(self) -> None:
        """The values are the same, their colours are not."""
        raise NotImplementedError

    def _ask_detail(self) -> None:
        """Another part is in view: have it read as finely as it is seen."""
        raise NotImplementedError

    def _tell(self) -> None:
        """Say what is at the cursor."""
        raise NotImplementedError

    # Qt's side

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while it was hidden."""
        super().showEvent(event)
        if self._is_dirty:
            self._draw_anew()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.has_picture:
            self._color()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the picture."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add_picture_actions(menu, self.copy_picture, self.ask_and_save, is_enabled=self.has_picture)
        menu.popup(event.globalPos())

    def _render(self, painter: QPainter) -> None:
        self.panes.render_panes(painter)
