"""The parity page: does the artifact compute what the model computes, at every size and seed tried?"""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.explanation import Explanation
from modelpack_gui.core.figures import duration, plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CapturedWarning, OutputParity, ParityCase, ParityReport, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import SPACING, mono_font, status_of
from modelpack_gui.ui.widgets.basics import ElidedLabel, Foldable, heading, wrapped_label
from modelpack_gui.ui.widgets.error_histogram import ErrorHistogramChart, pooled
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.explanation import ExplanationList
from modelpack_gui.ui.widgets.fitted_table import FittedTable
from modelpack_gui.ui.widgets.number_fields import (
    ParsedEdit,
    join,
    parse_seeds,
    parse_sizes,
    parse_tolerance,
    spell_tolerance,
)
from modelpack_gui.ui.widgets.parity_matrix import BUDGET, MAX_ABS_DIFF, ParityMatrix, case_title
from modelpack_gui.ui.widgets.parity_tables import COLUMNS, inspect_case, inspect_output
from modelpack_gui.ui.widgets.status_line import StatusLine

_OUTPUT, _CASE, _ALL = "This output", "All outputs of this case", "All cases"


class ParityPage(StagePage):
    """Tolerances; verdict; matrix of cases and outputs beside the error histogram; outputs of the chosen case."""

    stage = Stage.PARITY
    icon_name = "parity"
    empty_text = (
        "Runs the model and the artifact on the same inputs, at several sizes and seeds, and compares every output "
        "element by element."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._settings = settings
        self._report: ParityReport | None = None
        self._case: ParityCase | None = None
        self._output: OutputParity | None = None
        self._add_settings_row()
        self._make_content()
        controller.recipe_changed.connect(self._fill_fields)
        self._fill_fields()
        self.refresh()

    # What the base asks for

    def show_result(self, result: Result) -> None:
        """Draw a report; its gravest cell is selected."""
        assert isinstance(result, ParityReport)
        self._report = result
        self.explanations.show_explanations([(status_of(result.verdict), one) for one in result.explanations])
        self.matrix.show_report(result)
        warnings = "\n\n".join(_warning_text(warning) for warning in result.warnings)
        self.warnings_text.setPlainText(warnings)
        self.warnings.set_title(plural(sum(one.count for one in result.warnings), "warning"))
        self.warnings.setVisible(bool(result.warnings))
        number = plural(len(result.cases), "case")
        self._facts.set_text(f"{number} · {result.runtime} · {duration(result.duration_s)}")

    def reveal(self, subject: object) -> None:
        """Unfold an explanation."""
        if isinstance(subject, Explanation):
            self.explanations.reveal(subject)
        elif isinstance(subject, CapturedWarning):
            self.warnings.set_open(is_open=True)

    def refresh(self) -> None:
        """Also whether fixes can be pressed."""
        super().refresh()
        self.explanations.set_fixes_enabled(is_enabled=not self.controller.state(self.stage).is_under_way)

    def sentence_for(self, result: Result) -> str:
        """The report's own."""
        assert isinstance(result, ParityReport)
        is_running = self.controller.state(self.stage).status is Status.RUNNING
        return f"Previous result: {result.summary}" if is_running else result.summary

    # Building

    def _add_settings_row(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        self.fields = {
            "rtol": ParsedEdit("rtol", parse_tolerance, spell_tolerance),
            "atol": ParsedEdit("atol", parse_tolerance, spell_tolerance),
            "sizes": ParsedEdit("Sizes", parse_sizes, join),
            "seeds": ParsedEdit("Seeds", parse_seeds, join),
        }
        tips = {
            "rtol": "Relative tolerance: an element passes if |actual − expected| ≤ atol + rtol · |expected|",
            "atol": "Absolute tolerance: an element passes if |actual − expected| ≤ atol + rtol · |expected|",
            "sizes": "Tried on each dynamic axis, besides the size of the example",
            "seeds": "Added to the seed of each example input; 0 is the example itself",
        }
        texts = {"rtol": "change relative tolerance", "atol": "change absolute tolerance"}
        for name, field in self.fields.items():
            field.setObjectName(f"parity-{name}")
            label = QLabel(field.accessibleName())
            label.setBuddy(field)
            label.setToolTip(tips[name])
            if name in texts:
                field.setFixedWidth(92)
                row.addWidget(label)
                row.addWidget(field)
            else:
                field.setMinimumWidth(92)
                row.addWidget(label)
                row.addWidget(field, 3 if name == "sizes" else 2)
            text = texts.get(name, f"change {name}")
            field.value_edited.connect(lambda value, name=name, text=text: self._edit(name, value, text))
            field.problem_changed.connect(self._show_problem)
        self.problem = StatusLine(Status.FAILED)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        place = column.count() - 1  # above what scrolls or is empty: settings can be changed before the first run
        column.insertLayout(place, row)
        column.insertWidget(place + 1, self.problem)
        column.insertSpacing(place + 2, SPACING // 2)

    def _make_content(self) -> None:
        self.matrix = ParityMatrix()
        self.matrix.cell_selected.connect(self._on_cell_selected)
        self.measure = QComboBox()
        self.measure.setAccessibleName("Cells show")
        self.measure.addItem("Budget used (1 = limit)", BUDGET)
        self.measure.addItem("max_abs_diff", MAX_ABS_DIFF)
        self.measure.currentIndexChanged.connect(lambda _: self.matrix.matrix.set_measure(self.measure.currentData()))
        self.chart = ErrorHistogramChart(self._settings)
        self.chart.picture_failed.connect(self.controller.message_raised)
        self.scope = QComboBox()
        self.scope.setObjectName("histogram-scope")
        self.scope.setAccessibleName("Histogram of")
        self.scope.addItems([_OUTPUT, _CASE, _ALL])
        self.scope.currentIndexChanged.connect(lambda _: self._show_histogram())

        self._rows: RecordTableModel[OutputParity] = RecordTableModel(COLUMNS, mono_font(), self)
        self.table = FittedTable(self._rows, "parity-outputs", "Outputs of the selected case")
        self.table.remember(self._settings)
        self.table.record_selected.connect(self._on_row_selected)
        self.case_error = ErrorPanel(self.controller, self.stage)
        self._lower = QStackedWidget()
        self._lower.addWidget(self.table)
        failure = QWidget()
        failure_column = QVBoxLayout(failure)
        failure_column.setContentsMargins(0, 0, 0, 0)
        failure_column.addWidget(self.case_error)
        failure_column.addStretch(1)
        self._lower.addWidget(failure)
        self.explanations = ExplanationList("Why it differs")
        self.explanations.setObjectName("parity-explanations")
        self.explanations.place_wanted.connect(self.controller.show_place)
        self.explanations.fix_wanted.connect(lambda fix: self.controller.apply_fix(fix, self.stage))
        self._case_heading = heading("")
        self.reason = wrapped_label("", is_selectable=True)
        self.reason.setObjectName("parity-reason")
        self._facts = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self._facts.setProperty("role", "muted")
        self.warnings_text = QPlainTextEdit(readOnly=True)
        self.warnings_text.setAccessibleName("Warnings")
        self.warnings_text.setFont(mono_font())
        self.warnings_text.setFixedHeight(110)
        self.warnings = Foldable("Warnings", self.warnings_text)

        across = _splitter(Qt.Orientation.Horizontal, self._settings, "splits/parity-across")
        across.addWidget(_titled("Cases and outputs", self.measure, self.matrix))
        across.addWidget(_titled("Absolute errors", self.scope, self.chart))
        across.setStretchFactor(0, 1)
        across.setStretchFactor(1, 1)
        across.setSizes([440, 420])
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self._case_heading)
        column.addWidget(self.reason)
        column.addWidget(self._lower)
        column.addWidget(self._facts)
        column.addWidget(self.warnings)
        down = _splitter(Qt.Orientation.Vertical, self._settings, "splits/parity-down")
        down.addWidget(across)
        down.addWidget(lower)
        down.setStretchFactor(0, 1)
        down.setStretchFactor(1, 0)
        down.setSizes([400, 120])
        for splitter in (across, down):
            splitter.restoreState(self._settings.state(splitter.objectName()))
        self.content.addWidget(self.explanations)
        self.content.addWidget(down, 1)

    # Editing

    def _fill_fields(self) -> None:
        for name, field in self.fields.items():
            field.set_value(getattr(self.controller.recipe.parity, name))

    def _edit(self, name: str, value: Any, text: str) -> None:
        recipe = self.controller.recipe
        changes: dict[str, Any] = {name: value}
        parity = dataclasses.replace(recipe.parity, **changes)
        self.controller.edit(dataclasses.replace(recipe, parity=parity), text, f"parity.{name}")

    def _show_problem(self) -> None:
        self.problem.set_text("\n".join(field.problem for field in self.fields.values() if field.problem))

    # Selecting

    def _on_cell_selected(self, case: ParityCase, output: OutputParity | None) -> None:
        is_new_case = case is not self._case
        self._case, self._output = case, output
        if is_new_case:
            self._rows.set_records(case.outputs)
            self._case_heading.setText(f"{case_title(case)}, seed {case.seed}")
        self.case_error.show_error(case.error)
        self._lower.setCurrentIndex(0 if case.error is None else 1)
        if output is not None:
            self.table.blockSignals(True)
            self.table.select_record(output)
            self.table.blockSignals(False)
        else:
            self.table.clearSelection()
        self._show_selected()

    def _on_row_selected(self, output: OutputParity) -> None:
        if self._case is None or output is self._output:
            return
        row = next(i for i, case in enumerate(self.matrix.matrix.cases) if case is self._case)
        self.matrix.setCurrentIndex(self.matrix.matrix.index_of(row, output))

    def _show_selected(self) -> None:
        assert self._case is not None
        reasons = [self._output] if self._output is not None else list(self._case.outputs)
        text = "\n".join(f"{one.name}: {one.reason}" for one in reasons if one.reason)
        self.reason.setText(text)
        self.reason.setVisible(bool(text))
        self._show_histogram()
        found = inspect_case(self._case) if self._output is None else inspect_output(self._case, self._output)
        self.controller.inspect(found)

    def _show_histogram(self) -> None:
        if self._report is None or self._case is None:
            return
        scope = self.scope.currentText()
        if scope == _ALL:
            outputs = [output for case in self._report.cases for output in case.outputs]
        elif scope == _CASE or self._output is None:
            outputs = list(self._case.outputs)
        else:
            outputs = [self._output]
        floors = [output.noise_floor for output in outputs if output.noise_floor is not None]
        data = pooled(output.histogram for output in outputs)
        atol = max((output.atol for output in outputs), default=self._report.parity.atol)
        self.chart.show_errors(data, atol, max(floors, default=None))


def _titled(title: str, choice: QComboBox, content: QWidget) -> QWidget:
    choice.setMaximumWidth(choice.sizeHint().width())
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(8)  # on a small screen it gives way
    choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    made = QWidget()
    top = QHBoxLayout()
    top.setSpacing(SPACING)
    top.addWidget(heading(title))
    top.addWidget(choice, 1)
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACING // 2)
    column.addLayout(top)
    column.addWidget(content, 1)
    return made


def _splitter(orientation: Qt.Orientation, settings: Settings, key: str) -> QSplitter:
    made = QSplitter(orientation)
    made.setObjectName(key)
    made.setChildrenCollapsible(False)
    made.setHandleWidth(SPACING + 4)
    made.splitterMoved.connect(lambda *_: settings.set_state(key, made.saveState()))
    return made


def _warning_text(warning: CapturedWarning) -> str:
    where = f" ({warning.file}:{warning.line})" if warning.file else ""
    times = f" ×{warning.count}" if warning.count > 1 else ""
    return f"{warning.category}{times}: {warning.message}{where}"
