"""Keeps what the recipe's checkpoint holds, read anew when the recipe names another one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.locations import located
from modelpack_gui.core.records import CheckpointScan, CheckpointScanRequest
from modelpack_gui.ui.controller import Controller


class CheckpointReader(QObject):
    """What the last scan said. Nothing is asked for before the recipe is trusted: its interpreter would run.

    Attributes:
        scan: None until it was read, and when it could not be.
        error: Why it could not be read.
    """

    changed = Signal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._asked: tuple[object, ...] = ()
        self.scan: CheckpointScan | None = None
        self.error: ErrorInfo | None = None

    def follow(self) -> None:
        """Read the recipe's checkpoint if it is another file than before, or was changed since."""
        controller = self._controller
        spec = controller.recipe.source.checkpoint
        stamp: tuple[int, int] | None = None
        if spec is not None and spec.path and controller.is_trusted:
            try:
                facts = located(controller.base, spec.path).stat()
                stamp = (facts.st_mtime_ns, facts.st_size)
            except (OSError, ValueError):  # not there, or no path at all: the field says so
                stamp = None
        if spec is None or stamp is None:
            self._forget()
            return
        request = CheckpointScanRequest(spec.path, spec.allowed_globals)
        wanted = (request, controller.base, controller.recipe.interpreter, stamp)
        if wanted == self._asked:
            return
        if self._asked and self._asked[:3] != wanted[:3]:
            self._forget()
        self._asked = wanted

        def answered(scan: CheckpointScan | None, error: ErrorInfo | None) -> None:
            if self._asked == wanted:
                self.scan, self.error = scan, error
                self.changed.emit()

        controller.ask("scan-checkpoint", request, f"Read {spec.path}", CheckpointScan, answered)

    def _forget(self) -> None:
        self._asked = ()
        if self.scan is not None or self.error is not None:
            self.scan, self.error = None, None
            self.changed.emit()
