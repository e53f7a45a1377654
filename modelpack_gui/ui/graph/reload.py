"""Reads the graph again when its file changes on disk, as long as the user wants that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from modelpack_gui.core.locations import is_file
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.file_watch import FileWatch
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status

if TYPE_CHECKING:
    from modelpack_gui.ui.controller import Controller

_KEY = "graph/reload"
_OFF = "off"


class GraphReload(QObject):
    """For a file that was opened itself, and for one that this project exported and that something else wrote since.

    What the project exports anew makes the graph stale as any result of it: F5 reads it then.

    A file that is written in steps is read after each of them: a reading that met half of it says so until then.
    """

    def __init__(self, controller: Controller, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self._is_due = False
        self._exported = FileWatch(self)
        self._exported.changed.connect(self._on_exported_changed)
        controller.graph.changed.connect(self._watch_exported)
        controller.files_changed.connect(self._on_files_changed)
        controller.stage_changed.connect(self._on_stage_changed)

    @property
    def is_on(self) -> bool:
        """Whether the user wants it."""
        return self._settings.text(_KEY) != _OFF

    def turn(self, is_on: bool) -> None:
        """Want it or not."""
        self._settings.set_text(_KEY, "" if is_on else _OFF)

    def _on_files_changed(self) -> None:
        state = self._controller.state(Stage.GRAPH)
        was_read = state.result is not None or state.error is not None
        if not (self.is_on and was_read and self._controller.looks_at_source):
            return
        if state.is_under_way:
            self._is_due = True
        elif state.status is Status.STALE and not self._controller.problem(Stage.GRAPH):
            self._controller.run(Stage.GRAPH)

    def _watch_exported(self) -> None:
        index = self._controller.graph.index
        self._exported.watch(
            index.artifact.path if index is not None and not self._controller.looks_at_source else ""
        )

    def _on_exported_changed(self) -> None:
        controller, index = self._controller, self._controller.graph.index
        state = controller.state(Stage.GRAPH)
        is_ours = controller.state(Stage.EXPORT).is_under_way or state.status is Status.STALE or state.is_under_way
        if self.is_on and not is_ours and index is not None and is_file(Path(index.artifact.path)):
            controller.run(Stage.GRAPH)

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is Stage.GRAPH and self._is_due and not self._controller.state(stage).is_under_way:
            self._is_due = False
            self._on_files_changed()
