"""Commands for results about nodes: to other viewers, and from other tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMainWindow, QWidget

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import icon
from modelpack_gui.ui.new_file import ask_where
from modelpack_gui.ui.settings import Settings

_PURPOSE = "node-data"
_KINDS = "JSON files (*.json)"
_TOLD_MS = 10_000


class NodeDataCommands(QObject):
    """Belongs to a page, whose folder dialogs it opens.

    Attributes:
        actions: For the menu.
    """

    def __init__(self, controller: Controller, settings: Settings, page: QWidget) -> None:
        super().__init__(page)
        self._controller = controller
        self._settings = settings
        self._page = page
        self._load = self._made("&Load node results…", "open", self._on_load)
        self._load.setToolTip("A profile of ONNX Runtime, node data of Model Explorer, or an attachment for Netron")
        self._for_explorer = self._made(
            "Save these colours for &Model Explorer…", "export", self._on_save_for_explorer
        )
        self._for_netron = self._made("Save all results for Netr&on…", "export", self._on_save_for_netron)
        self._for_netron.setToolTip("Drop the file onto the open model in Netron: its sidebar shows the results")
        self.actions: tuple[QAction, ...] = (self._load, self._for_explorer, self._for_netron)
        state = controller.graph
        state.node_data.told.connect(self._tell)
        state.node_data.failed.connect(controller.message_raised)
        state.node_data.job.changed.connect(self._refresh)
        state.overlays.changed.connect(self._refresh)
        self._refresh()

    def _made(self, text: str, icon_name: str, run: Callable[[], None]) -> QAction:
        action = QAction(icon(icon_name), text, self)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _refresh(self) -> None:
        state = self._controller.graph
        is_there = state.graph is not None
        current = state.overlays.current
        self._load.setEnabled(is_there and not state.node_data.job.is_running)
        self._for_netron.setEnabled(is_there)
        self._for_explorer.setEnabled(current is not None)
        tooltip = "Choose the colours of the nodes first: a file of Model Explorer holds one kind of result"
        self._for_explorer.setToolTip(f"The values and colours of {current.title}" if current else tooltip)

    def _tell(self, text: str) -> None:
        window = self._page.window()
        if isinstance(window, QMainWindow):
            window.statusBar().showMessage(text, _TOLD_MS)

    def _on_load(self) -> None:
        folder = self._settings.last_folder(_PURPOSE)
        chosen, _kind = QFileDialog.getOpenFileName(self._page, "Load node results", folder, _KINDS)
        if chosen:
            self._settings.set_last_folder(_PURPOSE, chosen)
            self._controller.graph.node_data.load(Path(chosen))

    def _on_save_for_explorer(self) -> None:
        overlay = self._controller.graph.overlays.current
        if overlay is None:
            return
        name = f"{self._stem()}.{overlay.key.rpartition(':')[2]}.json"
        path = ask_where(self._page, self._settings, _PURPOSE, "Save for Model Explorer", name, _KINDS)
        if path is not None:
            self._controller.graph.node_data.save_for_model_explorer(path, overlay)

    def _on_save_for_netron(self) -> None:
        name = f"{self._stem()}.attachment.json"
        path = ask_where(self._page, self._settings, _PURPOSE, "Save for Netron", name, _KINDS)
        if path is not None:
            self._controller.graph.node_data.save_for_netron(path)

    def _stem(self) -> str:
        index = self._controller.graph.index
        return Path(index.artifact.path).stem if index is not None else "model"
