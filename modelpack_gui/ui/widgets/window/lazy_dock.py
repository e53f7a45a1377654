"""Docks whose content is made when they are first shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from modelpack_gui.ui.settings import Settings


class LazyDock(QDockWidget):
    """A dock widget; `make` gives its content."""

    def __init__(self, title: str, name: str, make: Callable[[], QWidget], parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self._make: Callable[[], QWidget] | None = make

    def content(self) -> QWidget:
        """The content, made now if it has not been shown yet."""
        if self._make is not None:
            make, self._make = self._make, None
            self.setWidget(make())
        return self.widget()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the content."""
        self.content()
        super().showEvent(event)


class SizedDock(LazyDock):
    """One that has a height of its own when it first comes up; from then on it is as high as the user makes it.

    Args:
        first_height: In pixels.
    """

    def __init__(
        self,
        title: str,
        name: str,
        make: Callable[[], QWidget],
        window: QMainWindow,
        settings: Settings,
        first_height: int,
    ) -> None:
        super().__init__(title, name, make, window)
        self._window = window
        self._settings = settings
        self._first_height = first_height
        self._is_sized = False

    def bring_up(self) -> None:
        """Show it in front of the other docks."""
        self.show()
        self.raise_()
        if self._is_sized:
            return
        self._is_sized = True
        # Heights last only once a window was closed with the dock: before that, each session starts with ours.
        key = f"{self.objectName()}/sized"
        if self._settings.state("docks").isEmpty() or not self._settings.text(key):
            self._settings.set_text(key, "yes")
            self._window.resizeDocks([self], [self._first_height], Qt.Orientation.Vertical)
