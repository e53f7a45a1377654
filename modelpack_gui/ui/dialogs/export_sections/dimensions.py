"""Which axes of the inputs shall take any size."""

from __future__ import annotations

from PySide6.QtWidgets import QHeaderView, QWidget

from modelpack_gui.core.records import DynamicDim, ExporterInfo, ExportSpec, InputSpec, ProbeReport
from modelpack_gui.ui.dialogs.export_sections.base import ExportSection
from modelpack_gui.ui.look.theme import mono_font
from modelpack_gui.ui.models import exporter_choices as choices
from modelpack_gui.ui.models.dimension_table import DYNAMIC, NAME, STEP, TAKES, DimensionTableModel
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.data_table import CellDelegate
from modelpack_gui.ui.widgets.export.probe_row import ProbeRow, StartProbe
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.source.inputs_table import FittingTable

_ROWS_SHOWN = 8


class DimensionsSection(ExportSection):
    """The table of axes, and what may go wrong with them. What is typed there is kept by the table's own model."""

    concerns = ("dynamic", "inputs")

    def __init__(
        self,
        inputs: tuple[InputSpec, ...],
        dynamic: tuple[DynamicDim, ...],
        probe: StartProbe | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`probe` finds which sizes the model takes; None leaves its button out."""
        super().__init__("Dynamic axes", parent)
        self.model = DimensionTableModel(mono_font(), self)
        self.model.set_dims(inputs, dynamic)
        self.model.edited.connect(lambda: self.change(dynamic=self.model.dims))
        self.table = _make_table(self.model)
        self.caution = NoteLabel(Status.WARNING)
        self.add_wide(self.table)
        self.add_wide(self.caution)
        if not self.model.rowCount():
            self.add_wide(wrapped_label("There are no example inputs with axes yet.", is_muted=True))
            self.table.hide()
        self.table.setColumnHidden(TAKES, True)
        self.probe: ProbeRow | None = None
        if probe is not None and self.model.rowCount():
            self.probe = self._make_probe(probe)
            self.add_wide(self.probe)

    def _make_probe(self, start: StartProbe) -> ProbeRow:
        row = ProbeRow(start)
        row.probed.connect(self._on_probed)
        row.accept_wanted.connect(lambda: self.model.accept(self.table.currentIndex().row()))
        row.accept_all_wanted.connect(lambda: self.model.accept(*range(self.model.rowCount())))
        row.show_accepting(is_visible=False)
        self.table.selectionModel().currentChanged.connect(self._show_acceptable)
        self.model.dataChanged.connect(self._show_acceptable)
        return row

    def _on_probed(self, report: ProbeReport) -> None:
        self.model.set_findings(report.dims)
        self.table.setColumnHidden(TAKES, False)
        if self.probe is not None:
            self.probe.show_accepting(is_visible=any(dim.proposal is not None for dim in report.dims))
        self.table.setColumnHidden(STEP, not self.model.uses_steps)
        if not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.model.index(0, NAME))
        self._show_acceptable()

    def _show_acceptable(self) -> None:
        if self.probe is not None:
            place = self.table.currentIndex().row()
            self.probe.show_details(self.model.details(place) if place >= 0 else "")
            self.probe.show_acceptable(
                selected=place >= 0 and self.model.can_accept(place),
                any_=any(self.model.can_accept(other) for other in range(self.model.rowCount())),
            )

    def show_spec(self, spec: ExportSpec, info: ExporterInfo | None) -> None:
        """See ExportSection."""
        super().show_spec(spec, info)
        self.model.set_uses_ranges(uses_ranges=choices.uses_ranges(spec))
        self.table.setColumnHidden(STEP, not self.model.uses_steps)
        cautions = self.model.cautions
        self.caution.set_text(cautions[0] if cautions else "")

    @property
    def problem(self) -> str:
        """See ExportSection."""
        return next(iter(self.model.problems), "")


def _make_table(model: DimensionTableModel) -> FittingTable:
    table = FittingTable()
    table.rows_shown = _ROWS_SHOWN
    table.setObjectName("dimension-table")
    table.setAccessibleName("Axes of the inputs")
    table.setModel(model)
    for column in (column for column in range(model.columnCount()) if column != DYNAMIC):
        table.setItemDelegateForColumn(column, CellDelegate(table, frames_current=True))
    table.setTabKeyNavigation(False)
    table.setEditTriggers(
        table.EditTrigger.DoubleClicked
        | table.EditTrigger.EditKeyPressed
        | table.EditTrigger.AnyKeyPressed
        | table.EditTrigger.SelectedClicked
    )
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(max(26, table.fontMetrics().height() + 8))
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    for column in range(model.columnCount()):
        stretches = column in (NAME, TAKES)
        header.setSectionResizeMode(
            column, QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.ResizeToContents
        )
    header.setMinimumSectionSize(48)
    return table
