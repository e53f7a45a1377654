"""The values of a stored tensor as a dock of the main window."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow, QWidget

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.window.lazy_dock import SizedDock

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.tensors.view import TensorView

_FIRST_HEIGHT = 320  # pixels


class TensorDock(QObject):
    """Owns the dock.

    Attributes:
        dock: To be placed by the window.
    """

    def __init__(self, window: QMainWindow, controller: Controller, settings: Settings) -> None:
        super().__init__(window)
        self._controller = controller
        self._settings = settings
        self.dock = SizedDock("Tensor", "tensor-dock", self._make, window, settings, _FIRST_HEIGHT)
        self.dock.toggleViewAction().triggered.connect(self._on_toggled)
        controller.graph.tensor_wanted.connect(self.show_tensor)

    @property
    def view(self) -> TensorView:
        """The content, made now if it has not been shown yet."""
        return cast("TensorView", self.dock.content())

    def show_tensor(self, value: int) -> None:
        """Show a tensor by its number in the graph, in front of the other docks."""
        self.view.show_tensor(value)
        self.dock.bring_up()

    def _make(self) -> QWidget:
        from modelpack_gui.ui.graph.tensors.view import TensorView  # when it is needed: the window opens sooner

        return TensorView(self._controller, self._settings)

    def _on_toggled(self, is_shown: bool) -> None:
        if is_shown:
            self.dock.bring_up()
