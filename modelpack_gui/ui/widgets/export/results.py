"""What an export gave: asked against got, inputs and outputs, warnings, facts of the file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.asked import AskedRow
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import ExportRecord, InputSpec, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GRID, GROUP_SPACING, SPACING, mono_font, status_icon, status_of, theme
from modelpack_gui.ui.models.export_text import (
    artifact_rows,
    asked_inspection,
    aspect_title,
    mismatch_notes,
    shown_rows,
)
from modelpack_gui.ui.models.record_table import Column, RecordTableModel
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, Foldable, IconToolButton, heading, wrapped_label
from modelpack_gui.ui.widgets.export.post_steps_table import PostStepsTable
from modelpack_gui.ui.widgets.fitted_table import FittedTable
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.mono_block import MonoBlock
from modelpack_gui.ui.widgets.source.load_results import TensorGrid
from modelpack_gui.ui.widgets.warnings_table import WarningsTable

_MONO = ("SHA-256", "Output path", "Dynamic axes", "Inputs", "Outputs", "Opset imports")
_SEVERITY = {Verdict.FAILED: 0, Verdict.WARNING: 1, Verdict.PASSED: 2, Verdict.SKIPPED: 3}


class FactGrid(QFrame):
    """Names and values in two columns on a card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, SPACING, 12, SPACING)
        self._grid.setHorizontalSpacing(GROUP_SPACING)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnMinimumWidth(0, 96)
        self._grid.setColumnStretch(1, 1)
        self._names: tuple[str, ...] = ()
        self._values: list[ElidedLabel] = []

    def show_rows(self, rows: tuple[tuple[str, str, str], ...]) -> None:
        """Show names, values and full values."""
        names = tuple(name for name, _value, _whole in rows)
        if names != self._names:
            self._names = names
            self._rebuild(names)
        for text, (_name, value, whole) in zip(self._values, rows, strict=True):
            text.set_text(value)
            text.setToolTip(plain_tooltip(whole))

    def _rebuild(self, names: tuple[str, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for place in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(place, 0)
        self._values = []
        for place, name in enumerate(names):
            title = QLabel(name)
            title.setProperty("role", "muted")
            text = ElidedLabel("", Qt.TextElideMode.ElideRight)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            if name in _MONO:
                text.setFont(mono_font())
            self._grid.setRowMinimumHeight(place, 20)
            self._grid.addWidget(title, place, 0)
            self._grid.addWidget(text, place, 1)
            self._values.append(text)


class ExportResults(QWidget):
    """Draws an ExportRecord."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._path = ""
        self.model = RecordTableModel[AskedRow](
            (
                Column(
                    "",
                    lambda row: _SEVERITY[row.verdict],
                    text=lambda _row: "",
                    full=lambda row: row.verdict.value,
                    icon=lambda row: status_icon(status_of(row.verdict)),
                    width=32,
                    tooltip="Verdict",
                ),
                Column("Aspect", lambda row: aspect_title(row.aspect), color=_color, width=140),
                Column("Asked", lambda row: row.asked, color=_color, is_mono=True, width=230),
                Column("Got", lambda row: row.got, color=_color, is_mono=True, width=230),
            ),
            mono_font(),
            self,
        )
        self.table = FittedTable(self.model, "asked-table", "Asked and got")
        self.table.remember(settings)
        self.table.record_selected.connect(lambda row: controller.inspect(asked_inspection(row), Stage.EXPORT))
        self._notes = QVBoxLayout()
        self._notes.setSpacing(GRID)
        self.tensors = TensorGrid()
        self.warnings = WarningsTable("export-warnings", controller, settings, Stage.EXPORT)
        self._file = ElidedLabel("", Qt.TextElideMode.ElideMiddle)
        self._file.setFont(mono_font())
        self._file.setObjectName("artifact-path")
        copy = IconToolButton("Copy the path", "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._path))
        reveal = IconToolButton("Show in the file manager", "reveal")
        reveal.setObjectName("reveal-artifact")
        reveal.clicked.connect(self._on_reveal)
        self._facts = FactGrid()
        self.post_steps = PostStepsTable(controller, settings)
        self.draft = MonoBlock(max_lines=24)
        self.draft.setObjectName("draft-report")
        self.draft.setAccessibleName("Draft report of torch.export")
        self._draft_fold = Foldable("Draft report of torch.export", self.draft)
        file = QHBoxLayout()
        file.setSpacing(GRID)
        file.addWidget(self._file, 1)
        file.addWidget(copy)
        file.addWidget(reveal)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        self._asked_heading = heading("Asked and got")
        column.addWidget(self._asked_heading)
        column.addWidget(self.table)
        column.addLayout(self._notes)
        column.addWidget(self.post_steps)
        column.addWidget(self._draft_fold)
        column.addSpacing(SPACING)
        column.addWidget(heading("Inputs and outputs"))
        column.addWidget(self.tensors)
        column.addSpacing(SPACING)
        column.addWidget(self.warnings)
        column.addSpacing(SPACING)
        column.addWidget(heading("Artifact"))
        column.addLayout(file)
        column.addWidget(self._facts)

    def show_record(self, record: ExportRecord, inputs: tuple[InputSpec, ...]) -> None:
        """Show another export, and the example inputs it was made with."""
        rows = shown_rows(record, inputs)
        self.model.set_records(rows)
        for widget in (self._asked_heading, self.table):
            widget.setVisible(bool(rows))  # TorchScript is asked nothing that can be told apart
        self._show_notes(mismatch_notes(record), record.notes)
        self.post_steps.show_steps(record.post_steps)
        self._draft_fold.setVisible(bool(record.draft_report))
        self.draft.set_text(record.draft_report)
        self.tensors.show_tensors(record.artifact.inputs, record.artifact.outputs)
        self.warnings.show_warnings(record.warnings)
        self._path = record.artifact.path
        self._file.set_text(self._path)
        self._facts.show_rows(artifact_rows(record))

    def _show_notes(self, texts: tuple[str, ...], plain: tuple[str, ...]) -> None:
        while (item := self._notes.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for text in texts:
            note = NoteLabel(Status.WARNING)
            note.setObjectName("mismatch-note")
            self._notes.addWidget(note)
            note.set_text(text)
        for text in plain:
            self._notes.addWidget(wrapped_label(text, is_muted=True, is_selectable=True))

    def _on_reveal(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._path).parent)))


def _color(row: AskedRow) -> str:
    return theme().colors.text if row.verdict is Verdict.PASSED else theme().status_color(status_of(row.verdict))
