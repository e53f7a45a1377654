"""The elements that are farthest off, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.ui.background import Check
from modelpack_gui.ui.look.theme import SPACING, mono_font, status_icon, theme
from modelpack_gui.ui.models.record_table import Column, RecordTableModel, figure_column
from modelpack_gui.ui.models.value_text import index_text, value_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.values_source import ValuesSource
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.number_fields import SpinField

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Values
    from modelpack_gui.ui.arrays.worst import Element

_MEASURES = {"budget": "Budget used", "absolute": "|Difference|", "relative": "Relative difference"}
_MOST, _MEASURE = "values/worst-number", "values/worst-measure"
_DELAY_MS = 120
DEFAULT_NUMBER = 100


class ValuesWorst(QWidget):
    """How many and by what; the table. A double click goes to the element in the heat map."""

    jump_wanted = Signal(object)  # the index

    def __init__(self, source: ValuesSource, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._settings = settings
        self._is_dirty = False
        self.number = SpinField("Number of elements", 1, 100_000)
        self.number.setObjectName("worst-number")
        kept = settings.text(_MOST)
        self.number.set_value(int(kept) if kept.isdigit() else DEFAULT_NUMBER)
        self.number.valueChanged.connect(self._on_number_changed)
        self.measure = QComboBox()
        self.measure.setObjectName("worst-measure")
        self.measure.setAccessibleName("Worst by")
        for value, title in _MEASURES.items():
            self.measure.addItem(title, value)
        self.measure.setCurrentIndex(max(0, self.measure.findData(settings.text(_MEASURE))))
        self.measure.activated.connect(self._on_measure_chosen)
        self.model: RecordTableModel[Element] = RecordTableModel(_columns(), mono_font(), self)
        self.table = DataTable(self.model, "worst-elements", "Worst elements")
        self.table.remember(settings)
        self.table.record_activated.connect(lambda element: self.jump_wanted.emit(element.index))
        self.told = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.told.setProperty("role", "muted")
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self._ask)
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        for text, field in (("Worst", self.number), ("elements by", self.measure)):
            label = QLabel(text)
            label.setBuddy(field)
            top.addWidget(label)
            top.addWidget(field)
        top.addWidget(self.told, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        source.tolerance_changed.connect(self._timer.start)

    def refresh(self) -> None:
        """Another output."""
        if self._source.values is None:
            self.model.set_records([])
            self.told.set_text("")
        self._ask()

    def rows(self) -> list[list[Any]]:
        """The table as it is sorted, with its header and whole values, for a file."""
        columns = self.model.columns[1:]
        return [
            [column.title for column in columns],
            *([column.whole(record) for column in columns] for record in self.model.records),
        ]

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what was not needed while it was hidden."""
        super().showEvent(event)
        if self._is_dirty:
            self._ask()

    def _ask(self) -> None:
        values = self._source.values
        if values is None or values.mismatch:
            return
        if not self.isVisible():
            self._is_dirty = True
            return
        self._is_dirty = False
        number, chosen = self.number.value(), self.measure.currentData()
        rtol, atol = self._source.rtol, self._source.atol

        def work(values: Values, check: Check) -> tuple[Element, ...]:
            from modelpack_gui.ui.arrays.worst import Measure, worst

            return worst(values, number, Measure(chosen), rtol, atol, check)

        def answered(result: tuple[Element, ...]) -> None:
            self.model.set_records(result)
            has_exact = any(one.exact is not None for one in result)
            self.table.setColumnHidden(len(self.model.columns) - 1, not has_exact)
            self.told.set_text(self._sentence(len(result)))

        self._source.ask("worst", work, answered)

    def _sentence(self, found: int) -> str:
        facts = self._source.facts
        if not found:
            return "All elements agree exactly." if facts is not None and facts.size else "There are no elements."
        if facts is not None and found == facts.unequal:
            return "No others differ. A double click goes to the heat map."
        return "A double click goes to the heat map."

    def _on_number_changed(self, number: int) -> None:
        self._settings.set_text(_MOST, str(number))
        self._timer.start()

    def _on_measure_chosen(self) -> None:
        self._settings.set_text(_MEASURE, self.measure.currentData())
        self._ask()


def _columns() -> tuple[Column[Element], ...]:
    def is_beyond(one: Element) -> bool:
        return one.budget > 1

    def number(
        title: str, value: Callable[[Element], float | int | None], tooltip: str, width: int = 100
    ) -> Column[Element]:
        return figure_column(title, value, tooltip, width, lambda _: theme().colors.text)

    def side(title: str, value: Callable[[Element], Any], tooltip: str) -> Column[Element]:
        return Column(
            title,
            value=lambda one: _sortable(value(one)),
            text=lambda one: value_text(value(one)),
            full=lambda one: str(value(one)),
            is_number=True,
            is_mono=True,
            width=118,
            tooltip=tooltip,
        )

    return (
        Column(
            "",
            value=lambda one: one.budget <= 1,
            text=lambda _: "",
            full=lambda one: "beyond the tolerance" if is_beyond(one) else "within the tolerance",
            icon=lambda one: status_icon(Status.FAILED if is_beyond(one) else Status.PASSED),
            width=32,
            tooltip="Within the tolerance or not",
        ),
        Column(
            "Index",
            value=lambda one: one.index,
            text=lambda one: index_text(one.index),
            is_mono=True,
            width=130,
        ),
        side("Expected", lambda one: one.expected, "Eager PyTorch's value"),
        side("Actual", lambda one: one.actual, "The artifact's value"),
        number("|Difference|", lambda one: one.abs_diff, "|actual − expected|"),
        number("Relative", lambda one: one.relative, "|actual − expected| / |expected|"),
        number(
            "Budget used", lambda one: one.budget, "|actual − expected| / (atol + rtol · |expected|): 1 is the limit"
        ),
        Column(
            "ULP",
            value=lambda one: one.ulp,
            text=lambda one: "–" if one.ulp is None else f"{one.ulp:,}",
            full=lambda one: "" if one.ulp is None else str(one.ulp),
            is_number=True,
            width=90,
            tooltip="Representable numbers of the dtype between the two values",
        ),
        side("Exact", lambda one: "–" if one.exact is None else one.exact, "In float64 arithmetic"),
    )


def _sortable(value: Any) -> Any:
    return abs(value) if isinstance(value, complex) else value
