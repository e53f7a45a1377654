"""A dock whose content is made when it is first shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDockWidget, QWidget


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
