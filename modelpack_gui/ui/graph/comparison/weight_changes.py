"""How much each weight differs between the two files of a comparison; measured when somebody looks."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.compare.pairs import shape_text
from modelpack_gui.core.records import WeightChange, WeightChanges, WeightChangesRequest
from modelpack_gui.ui.graph.comparison.compared import Compared
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.look.theme import SPACING, mono_font
from modelpack_gui.ui.models.record_table import Column, RecordTableModel, figure_column
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.side_job import SideJob
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.progress_line import ProgressLine


def _dtypes(row: WeightChange) -> str:
    return row.dtype if row.dtype == row.other_dtype else f"{row.dtype} → {row.other_dtype}"


def _share(row: WeightChange) -> float:
    return row.changed / row.elements if row.elements else 0.0


WEIGHT_COLUMNS: tuple[Column[WeightChange], ...] = (
    Column(
        "Weight",
        value=lambda row: row.name,
        full=lambda row: row.name if row.name == row.other_name else f"{row.name}, {row.other_name} in the second",
        is_mono=True,
        width=200,
    ),
    figure_column(
        "Relative",
        lambda row: row.relative,
        "Norm of the difference over that of the first weight: 0.01 is a change by 1 %",
        width=84,
    ),
    figure_column("Largest", lambda row: row.max_abs, "Largest difference of an element", width=84),
    figure_column("Mean", lambda row: row.mean_abs, "Mean of the absolute differences", width=84),
    Column(
        "Changed",
        value=_share,
        text=lambda row: fmt.percent(_share(row)),
        full=lambda row: f"{fmt.count(row.changed)} of {fmt.plural(row.elements, 'element')}",
        is_number=True,
        width=84,
        tooltip="Share of the elements that differ",
    ),
    Column("Shape", value=lambda row: row.elements, text=lambda row: shape_text(row.shape), is_mono=True, width=120),
    Column("Dtype", value=_dtypes, is_mono=True, width=140),
)


class WeightChangesView(QWidget):
    """A table, the most changed first."""

    node_selected = Signal(int)  # of the first graph
    node_activated = Signal(int)

    def __init__(self, state: GraphState, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare-weights")
        self._compared: Compared | None = None
        self._measured: Compared | None = None  # what the rows are of, or the job is about
        self.job = SideJob(state.jobs, state.project_jobs, self)
        self.job.changed.connect(self._tell)
        self.job.ended.connect(self._on_ended)
        self.rows: RecordTableModel[WeightChange] = RecordTableModel(WEIGHT_COLUMNS, mono_font(), self)
        self.table = DataTable(self.rows, "compare-weight-rows", "Weights that differ")
        self.table.remember(settings)
        self.table.record_selected.connect(lambda row: self.node_selected.emit(row.node))
        self.table.record_activated.connect(lambda row: self.node_activated.emit(row.node))
        self.sentence = wrapped_label("", is_muted=True)
        self.note = NoteLabel(Status.WARNING)
        self.progress = ProgressLine()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        for widget in (self.progress, self.sentence, self.note):
            column.addWidget(widget)
        column.addWidget(self.table, 1)

    def show_compared(self, compared: Compared | None) -> None:
        """Another comparison: it is measured once it is looked at."""
        if compared is not self._compared:
            self._compared = compared
            self.job.forget()
            self._measured = None
            self.rows.set_records([])
            self.sentence.setText("")
            self.note.set_text("")
            self._measure()

    def showEvent(self, event: QShowEvent) -> None:
        """Now somebody looks."""
        super().showEvent(event)
        self._measure()

    def _measure(self) -> None:
        compared = self._compared
        if compared is None or not self.isVisible() or self._measured is compared or self.job.is_running:
            return
        self._measured = compared
        self.job.start("graph.weights", WeightChangesRequest(compared.report), "Compare the weights")

    def _on_ended(self, found: object) -> None:
        if not isinstance(found, WeightChanges):
            return
        self.rows.set_records(found.rows)
        self.sentence.setText(weights_sentence(found))
        if found.unread:
            name, reason = next(iter(found.unread.items()))
            more = f" {fmt.count(len(found.unread) - 1)} more could not be read." if len(found.unread) > 1 else ""
            self.note.set_text(f"{name} is left out: {reason}{more}")

    def _tell(self) -> None:
        self.progress.show_progress(self.job.message if self.job.is_running else None, self.job.fraction)
        error = self.job.error
        if error is not None:
            self.note.set_text(f"{error.message} {error.hint}".strip(), Status.FAILED)


def weights_sentence(found: WeightChanges) -> str:
    """`12 weights differ, fc.weight the most: by 3.1 % of its size.`"""
    if not found.rows:
        return "All weights that have one shape in both files have the same values."
    first = found.rows[0]
    how = f"by {fmt.percent(first.relative)} of its size" if first.relative is not None else "from all zeros"
    noun = fmt.plural(len(found.rows), "weight differs", "weights differ")
    return f"{noun}, {first.name} the most: {how}."
