"""Which exporter, and the options that it heeds."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.records import ExporterInfo, ExportSpec
from modelpack_gui.ui.dialogs.export_sections.base import ExportSection
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.models import exporter_choices as choices
from modelpack_gui.ui.models.export_ticks import TICK_GROUPS, Tick, implied_by
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.export.exporter_choice import ExporterChoice
from modelpack_gui.ui.widgets.form_parts import TICK_HEIGHT
from modelpack_gui.ui.widgets.number_fields import SpinField


class ExporterSection(ExportSection):
    """The exporters of the format, the opset, and a tick for each option of the chosen exporter."""

    exporter_chosen = Signal(str)
    concerns = ("exporter", "opset_version")

    def __init__(self, exporters: Sequence[ExporterInfo], executable: str, parent: QWidget | None = None) -> None:
        """`executable` is the interpreter that pip commands are for."""
        super().__init__("Exporter", parent)
        self._exporters = exporters
        self._info: ExporterInfo | None = None
        self._opset_remark = ""
        self.choice = ExporterChoice(executable)
        self.choice.exporter_chosen.connect(self.exporter_chosen)
        self._opset = SpinField("Opset version", 0, 1)
        self._opset.setObjectName("opset")
        self._opset.setFixedWidth(150)
        self._opset.valueChanged.connect(self._on_opset)
        self.opset_note = wrapped_label("", is_muted=True)
        self._opset_row = QHBoxLayout()
        self._opset_row.setSpacing(SPACING)
        self._opset_row.addWidget(self._opset)
        self._opset_row.addWidget(self.opset_note, 1)
        self.add_row("Exporter", self.choice, height=TICK_HEIGHT)
        self.add_row("&Opset version", self._opset_row, self._opset)
        self._ticks: dict[str, QCheckBox] = {}
        self._groups: list[tuple[QVBoxLayout, tuple[Tick, ...]]] = []
        for title, ticks in TICK_GROUPS:
            self._add_group(title, ticks)

    def remark_on_opset(self, text: str) -> None:
        """Say why the opset is another one than before; until it is changed."""
        self._opset_remark = text

    def show_spec(self, spec: ExportSpec, info: ExporterInfo | None) -> None:
        """See ExportSection."""
        super().show_spec(spec, info)
        self._info = info
        self.choice.show_exporters(choices.of_format(self._exporters, spec.format), spec.exporter)
        heeded = info.options if info is not None else ()
        for column, ticks in self._groups:
            self.form.setRowVisible(column, any(tick.field in heeded for tick in ticks))
            for tick in ticks:
                self._show_tick(tick, is_heeded=tick.field in heeded)
        self.form.setRowVisible(self._opset_row, "opset_version" in heeded)
        if info is not None and "opset_version" in heeded:
            self._show_opset(info)

    def _add_group(self, title: str, ticks: tuple[Tick, ...]) -> None:
        column = QVBoxLayout()
        column.setSpacing(GRID)
        for tick in ticks:
            box = QCheckBox(tick.title)
            box.setObjectName(tick.field.replace("_", "-"))
            box.setToolTip(tick.tooltip)
            box.setAccessibleDescription(tick.tooltip)
            box.clicked.connect(lambda is_on, field=tick.field: self.change(**{field: is_on}))
            self._ticks[tick.field] = box
            column.addWidget(box)
        self.add_row(title, column, height=TICK_HEIGHT)
        self._groups.append((column, ticks))

    def _show_tick(self, tick: Tick, *, is_heeded: bool) -> None:
        box = self._ticks[tick.field]
        implied = implied_by(self.spec, tick.field)
        box.setVisible(is_heeded)
        box.setEnabled(not implied)
        box.setChecked(bool(implied or getattr(self.spec, tick.field)))
        box.setToolTip(implied or tick.tooltip)

    def _show_opset(self, info: ExporterInfo) -> None:
        low = info.opset_min if info.opset_min is not None else 0
        high = info.opset_max if info.opset_max is not None else low
        default = info.opset_default
        with QSignalBlocker(self._opset):
            # The step below the smallest opset stands for the exporter's own choice.
            self._opset.setRange(low - 1, max(low, high))
            self._opset.setSpecialValueText(f"Default ({default})" if default is not None else "Default")
            opset = self.spec.opset_version
            self._opset.setValue(low - 1 if opset is None else opset)
        self.opset_note.setText(self._opset_remark or (f"{low} to {high}" if high else ""))

    def _on_opset(self, value: int) -> None:
        self._opset_remark = ""
        self.change(opset_version=None if value == self._opset.minimum() else value)
