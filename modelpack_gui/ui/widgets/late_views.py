"""Views of which each is imported and made when it is first shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from modelpack_gui.ui.controller import Controller
    from modelpack_gui.ui.settings import Settings


class LateViews:
    """Each view comes into a room, which is there from the start.

    Attributes:
        rooms: Widgets for a stack or tabs, by the names of the views.
        views: Those that were made, by name.
    """

    def __init__(self, controller: Controller, settings: Settings, classes: Mapping[str, str]) -> None:
        """`classes` gives `module:class` of each view; it is made as (controller, settings)."""
        self._controller = controller
        self._settings = settings
        self._classes = classes
        self.views: dict[str, QWidget] = {}
        self.rooms = {name: QWidget() for name in classes}
        for room in self.rooms.values():
            column = QVBoxLayout(room)
            column.setContentsMargins(0, 0, 0, 0)

    def view(self, name: str) -> QWidget:
        """The view of a name; it is made if it was not yet."""
        if name not in self.views:
            module, _, kind = self._classes[name].partition(":")
            made: QWidget = getattr(importlib.import_module(module), kind)(self._controller, self._settings)
            self.put(name, made)
        return self.views[name]

    def put(self, name: str, view: QWidget) -> None:
        """Put a view into its room."""
        self.views[name] = view
        room = self.rooms[name].layout()
        assert room is not None
        room.addWidget(view)
