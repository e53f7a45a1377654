"""Which exporter to use: a radio button for each, with what to know before choosing it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from modelpack_gui.core.records import ExporterInfo
from modelpack_gui.ui.look.theme import GRID
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.form_parts import CommandRow, NoteLabel, pip_install

_INDENT = 22


class ExporterChoice(QWidget):
    """The exporters of one format; one that lacks packages cannot be chosen, and says how to get them."""

    exporter_chosen = Signal(str)

    def __init__(self, executable: str, parent: QWidget | None = None) -> None:
        """`executable` is the interpreter that pip commands are for; empty takes `python`."""
        super().__init__(parent)
        self._executable = executable
        self._rows: list[QWidget] = []
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(lambda button: self.exporter_chosen.emit(button.property("exporter")))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID + 2)
        self._shown: tuple[ExporterInfo, ...] = ()

    def show_exporters(self, infos: Sequence[ExporterInfo], chosen: str) -> None:
        """Show the exporters of a format and which is chosen."""
        if tuple(infos) != self._shown:
            self._shown = tuple(infos)
            for row in self._rows:
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            for button in self._group.buttons():
                self._group.removeButton(button)
            self._rows = [self._make_row(info) for info in infos]
            for row in self._rows:
                self._column.addWidget(row)
        for button in self._group.buttons():
            if button.property("exporter") == chosen:
                button.setChecked(True)

    def _make_row(self, info: ExporterInfo) -> QWidget:
        row = QWidget()
        button = QRadioButton(info.title)
        button.setObjectName(f"exporter-{info.exporter}")
        button.setProperty("exporter", info.exporter)
        button.setEnabled(not info.missing)
        self._group.addButton(button)
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(button)
        if info.note:
            note = wrapped_label(info.note, is_muted=True)
            note.setContentsMargins(_INDENT, 0, 0, 0)
            button.setAccessibleDescription(info.note)
            column.addWidget(note)
        if info.missing:
            needs = NoteLabel(Status.WARNING)
            needs.setContentsMargins(_INDENT, 0, 0, 0)
            command = CommandRow(pip_install(self._executable, info.missing))
            command.setContentsMargins(_INDENT, 0, 0, 0)
            column.addWidget(needs)
            column.addWidget(command)
            needs.set_text(f"Needs {', '.join(info.missing)}, which this interpreter lacks.")
        return row
