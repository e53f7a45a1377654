"""Keeps unsaved edits on disk while the window lives."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from modelpack_gui.client.recovery import RecoveryFile
from modelpack_gui.core.errors import UserError
from modelpack_gui.ui.controller import Controller

DELAY_MS = 1000


class Autosave(QObject):
    """Writes the recovery file a second after the last edit, and clears it once everything is saved."""

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._file = RecoveryFile()
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self.write_now)
        controller.recipe_changed.connect(self._timer.start)
        controller.project_changed.connect(self._on_project_changed)

    def write_now(self) -> None:
        """Bring the file in line with the recipe."""
        self._timer.stop()
        if not self._controller.is_modified:
            self._file.clear()
            return
        try:
            controller = self._controller
            self._file.write(controller.recipe, controller.path, is_trusted=controller.is_trusted)
        except UserError as error:
            self._controller.message_raised.emit(error.info)

    def close(self) -> None:
        """The window was closed in order: nothing is lost."""
        self._timer.stop()
        self._file.clear()

    def _on_project_changed(self) -> None:
        if not self._controller.is_modified:
            self._file.clear()
