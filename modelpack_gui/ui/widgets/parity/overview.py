"""The whole of a parity report at once: its matrix, the errors' histogram, and the outputs of the chosen case."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.figures import duration, plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CapturedWarning, OutputParity, ParityCase, ParityReport, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING, mono_font, status_of
from modelpack_gui.ui.models.parity_text import case_heading, noise_floor
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, Foldable, heading, wrapped_label
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.explanation import ExplanationList
from modelpack_gui.ui.widgets.fitted_table import FittedTable
from modelpack_gui.ui.widgets.parity.case_browser import CaseBrowser
from modelpack_gui.ui.widgets.parity.error_histogram import ErrorHistogramChart, pooled
from modelpack_gui.ui.widgets.parity.tables import COLUMNS

_OUTPUT, _CASE, _ALL = "This output", "All outputs of this case", "All cases"


class ParityOverview(QWidget):
    """Why it differs; matrix of cases and outputs beside the error histogram; outputs of the chosen case."""

    selected = Signal()  # another case or output, or the same with other figures

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self._drawn: ParityCase | None = None
        self._cases: tuple[ParityCase, ...] = ()
        self.browser = CaseBrowser()
        self.browser.selected.connect(self._on_selected)
        self.matrix, self.measure = self.browser.matrix, self.browser.measure
        self._make_histogram()
        self._make_lower()
        self._make_reasons()
        self._lay_out()

    @property
    def case(self) -> ParityCase | None:
        """What is chosen."""
        return self.browser.case

    @property
    def output(self) -> OutputParity | None:
        """What is chosen; None for a case as a whole."""
        return self.browser.output

    def show_cases(self, cases: tuple[ParityCase, ...], *, is_sweep: bool) -> None:
        """Draw the cases of a run that is on; what is chosen stays."""
        self.explanations.show_explanations(())
        self.warnings.hide()
        self._facts.set_text("")
        self._cases = cases
        self.browser.show_cases(cases, keeps=True, is_sweep=is_sweep)

    def show_report(self, report: ParityReport, *, keeps: bool = False) -> None:
        """Draw a report.

        Args:
            keeps: What is chosen stays; else the gravest cell is chosen.
        """
        self._cases = report.cases
        # What explained a failure is worth knowing too where wider tolerances let it pass.
        status = Status.REMARK if report.verdict is Verdict.PASSED else status_of(report.verdict)
        self.explanations.show_explanations([(status, one) for one in report.explanations])
        self.browser.show_cases(report.cases, keeps=keeps, is_sweep=report.parity.sweep)
        self.warnings_text.setPlainText("\n\n".join(_warning_text(warning) for warning in report.warnings))
        self.warnings.set_title(plural(sum(one.count for one in report.warnings), "warning"))
        self.warnings.setVisible(bool(report.warnings))
        number = plural(len(report.cases), "case")
        self._facts.set_text(f"{number} · {report.runtime} · {duration(report.duration_s)}")

    def reveal(self, subject: object) -> None:
        """Unfold an explanation, or the warnings."""
        if isinstance(subject, Explanation):
            self.explanations.reveal(subject)
        elif isinstance(subject, CapturedWarning):
            self.warnings.set_open(is_open=True)

    # Building

    def _make_histogram(self) -> None:
        self.chart = ErrorHistogramChart(self._settings)
        self.chart.picture_failed.connect(self._controller.message_raised)
        self.scope = QComboBox()
        self.scope.setObjectName("histogram-scope")
        self.scope.setAccessibleName("Histogram of")
        self.scope.addItems([_OUTPUT, _CASE, _ALL])
        self.scope.currentIndexChanged.connect(lambda _: self._show_histogram())

    def _make_lower(self) -> None:
        self._rows: RecordTableModel[OutputParity] = RecordTableModel(COLUMNS, mono_font(), self)
        self.table = FittedTable(self._rows, "parity-outputs", "Outputs of the selected case")
        self.table.remember(self._settings)
        self.table.record_selected.connect(self._on_row_selected)
        self.case_error = ErrorPanel(self._controller, Stage.PARITY)
        failure = QWidget()
        column = QVBoxLayout(failure)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.case_error)
        column.addStretch(1)
        self._lower = QStackedWidget()
        self._lower.addWidget(self.table)
        self._lower.addWidget(failure)

    def _make_reasons(self) -> None:
        self.explanations = ExplanationList("Why it differs", folds_fixes=True)  # the proof is below
        self.explanations.setObjectName("parity-explanations")
        self.explanations.place_wanted.connect(self._controller.show_place)
        self.explanations.fix_wanted.connect(lambda fix: self._controller.apply_fix(fix, Stage.PARITY))
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

    def _lay_out(self) -> None:
        across = _splitter(Qt.Orientation.Horizontal, self._settings, "splits/parity-across")
        across.addWidget(self.browser)
        errors = _titled("Absolute errors", self.scope, self.chart)
        across.addWidget(errors)
        self.browser.view_changed.connect(lambda: errors.setVisible(not self.browser.is_grid))  # it needs the width
        across.setStretchFactor(0, 1)
        across.setStretchFactor(1, 1)
        across.setSizes([440, 420])
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(SPACING // 2)
        title = QHBoxLayout()
        title.setSpacing(SPACING)
        title.addWidget(self._case_heading)
        title.addWidget(self.browser.which)
        title.addStretch(1)
        below.addLayout(title)
        for widget in (self.reason, self._lower, self._facts, self.warnings):
            below.addWidget(widget)
        below.addStretch(1)
        down = _splitter(Qt.Orientation.Vertical, self._settings, "splits/parity-down")
        down.addWidget(across)
        down.addWidget(lower)
        down.setStretchFactor(0, 1)
        down.setStretchFactor(1, 0)
        down.setSizes([400, 120])
        for splitter in (across, down):
            splitter.restoreState(self._settings.state(splitter.objectName()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.explanations)
        column.addWidget(down, 1)

    # Selecting

    def _on_selected(self) -> None:
        case, output = self.case, self.output
        if case is None:
            return
        if case is not self._drawn:
            self._drawn = case
            self._rows.set_records(case.outputs)
            self._case_heading.setText(case_heading(case))
        self.case_error.show_error(case.error)
        self._lower.setCurrentIndex(0 if case.error is None else 1)
        if output is not None:
            self.table.blockSignals(True)
            self.table.select_record(output)
            self.table.blockSignals(False)
        else:
            self.table.clearSelection()
        reasons = [output] if output is not None else list(case.outputs)
        text = "\n".join(f"{one.name}: {one.reason}" for one in reasons if one.reason)
        self.reason.setText(text)
        self.reason.setVisible(bool(text))
        self._show_histogram()
        self.selected.emit()

    def _on_row_selected(self, output: OutputParity) -> None:
        if self.case is None or output is self.output:
            return
        self.browser.choose(self.case, output)

    def _show_histogram(self) -> None:
        if self.case is None:
            return
        scope = self.scope.currentText()
        if scope == _ALL:
            outputs = [output for case in self._cases for output in case.outputs]
        elif scope == _CASE or self.output is None:
            outputs = list(self.case.outputs)
        else:
            outputs = [self.output]
        floors = [floor for output in outputs if (floor := noise_floor(output)) is not None]
        data = pooled(output.histogram for output in outputs)
        atol = max((output.atol for output in outputs), default=0.0)
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
