"""What the steps after an export did: one row each, with what it changed and whether it was kept."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import PostStepResult, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font, status_icon, status_of
from modelpack_gui.ui.models.record_table import Column, RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import heading
from modelpack_gui.ui.widgets.fitted_table import FittedTable
from modelpack_gui.ui.widgets.form_parts import NoteLabel


class PostStepsTable(QWidget):
    """A heading, the table, and a note for each step that was left out; hidden where there were no steps."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = RecordTableModel[PostStepResult](
            (
                Column(
                    "",
                    lambda item: item.is_kept,
                    text=lambda _item: "",
                    full=result_word,
                    icon=lambda item: status_icon(status_of(_verdict(item))),
                    width=32,
                    tooltip="Kept or left out",
                ),
                Column("Step", lambda item: item.step, is_mono=True, width=170),
                Column("Result", result_word, width=80),
                Column("Parity", lambda item: item.parity.verdict.value if item.parity else "", width=80),
                Column(
                    "Size",
                    lambda item: item.size_after_bytes,
                    text=lambda item: _change(fmt.size(item.size_before_bytes), _size(item.size_after_bytes)),
                    is_number=True,
                    width=150,
                    tooltip="Before and after, with data files",
                ),
                Column(
                    "Nodes",
                    lambda item: item.nodes_after,
                    text=lambda item: _change(f"{item.nodes_before:,}", _count(item.nodes_after)),
                    is_number=True,
                    width=110,
                    tooltip="Before and after, those of subgraphs included",
                ),
                Column(
                    "Time",
                    lambda item: item.duration_s,
                    text=lambda item: fmt.duration(item.duration_s),
                    is_number=True,
                    width=90,
                    tooltip="Of the step itself, without its parity check",
                ),
            ),
            mono_font(),
            self,
        )
        self.table = FittedTable(self.model, "post-steps-table", "Steps after the export")
        self.table.remember(settings)
        self.table.record_selected.connect(lambda item: controller.inspect(step_inspection(item), Stage.EXPORT))
        self._notes = QVBoxLayout()
        self._notes.setSpacing(GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(heading("Steps after the export"))
        column.addWidget(self.table)
        column.addLayout(self._notes)

    def show_steps(self, steps: tuple[PostStepResult, ...]) -> None:
        """Show what they did."""
        self.setVisible(bool(steps))
        self.model.set_records(list(steps))
        while (item := self._notes.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for step in steps:
            if step.error is not None:
                note = NoteLabel(Status.WARNING)
                note.setObjectName("post-step-note")
                self._notes.addWidget(note)
                note.set_text(f"{step.error.message} {step.error.hint}".strip())


def result_word(item: PostStepResult) -> str:
    """Whether the artifact is what the step made."""
    return "kept" if item.is_kept else "left out"


def step_inspection(item: PostStepResult) -> Inspection:
    """One step: its figures, its parity, and what went wrong."""
    figures = (
        Property("result", result_word(item)),
        Property("size", _change(fmt.size(item.size_before_bytes), _size(item.size_after_bytes))),
        Property("nodes", _change(f"{item.nodes_before:,}", _count(item.nodes_after))),
        Property("time", fmt.duration(item.duration_s), f"{item.duration_s!r} s"),
    )
    sections = [Section("What it did", figures)]
    if item.parity is not None:
        brief = item.parity
        rows = [Property("cases", str(brief.cases))]
        if brief.max_abs_diff is not None:
            rows.append(Property("largest error", fmt.significant(brief.max_abs_diff), repr(brief.max_abs_diff)))
        if brief.max_budget is not None:
            used = f"{fmt.significant(100 * brief.max_budget)} %"
            rows.append(Property("of the tolerance", used, repr(brief.max_budget)))
        sections.append(Section("Parity with the model", tuple(rows), brief.summary, is_prose=True))
    if item.error is not None:
        sections.append(Section("Why it was left out", text=f"{item.error.message} {item.error.hint}", is_prose=True))
        if item.error.details:
            sections.append(Section("Details", text=item.error.details))
    return Inspection(item.step, "step after the export", tuple(sections))


def _verdict(item: PostStepResult) -> Verdict:
    if not item.is_kept:
        return Verdict.WARNING
    return item.parity.verdict if item.parity is not None else Verdict.PASSED


def _change(before: str, after: str) -> str:
    return f"{before} → {after}" if after else before


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else fmt.size(size_bytes)


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
