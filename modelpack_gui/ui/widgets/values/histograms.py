"""The errors of all elements, absolute and relative, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.ui.background import Check
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.values_source import ValuesSource
from modelpack_gui.ui.widgets.basics import heading
from modelpack_gui.ui.widgets.charts.chart import Chart
from modelpack_gui.ui.widgets.parity.error_histogram import ErrorHistogramChart

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.log_counts import ErrorCounts
    from modelpack_gui.ui.arrays.pair import Values

_SPLIT = "splits/values-histograms"


class ValuesHistograms(QWidget):
    """Counted from the values where they were kept; else those that the comparison itself counted."""

    picture_failed = Signal(object)  # ErrorInfo

    def __init__(self, source: ValuesSource, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._counts: ErrorCounts | None = None
        self._shown: Values | None = None
        self._is_asked = False
        self.absolute = ErrorHistogramChart(settings)
        self.relative = ErrorHistogramChart(settings, is_relative=True)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(SPACING + 4)
        for title, chart in (("Absolute errors", self.absolute), ("Relative errors", self.relative)):
            chart.picture_failed.connect(self.picture_failed)
            part = QWidget()
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(SPACING // 2)
            column.addWidget(heading(title))
            column.addWidget(chart, 1)
            split.addWidget(part)
        split.setSizes([500, 500])
        split.restoreState(settings.state(_SPLIT))
        split.splitterMoved.connect(lambda *_: settings.set_state(_SPLIT, split.saveState()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)
        source.tolerance_changed.connect(self._draw)

    @property
    def current(self) -> Chart:
        """The chart that is worked with: the one with the focus, or the first."""
        return self.relative if self.relative.hasFocus() else self.absolute

    @property
    def is_counted(self) -> bool:
        """Whether the errors of the present values were counted."""
        return self._counts is not None

    def refresh(self) -> None:
        """Another output."""
        values = self._source.values
        if values is not self._shown:
            self._shown, self._counts = values, None
        if values is not None and not values.mismatch and not values.is_text and self._counts is None:
            self._ask()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what was not needed while it was hidden."""
        super().showEvent(event)
        if self._is_asked and self._source.values is not None:
            self._ask()

    def _ask(self) -> None:
        if not self.isVisible():
            self._is_asked = True
            return
        self._is_asked = False

        def work(values: Values, check: Check) -> ErrorCounts:
            from modelpack_gui.ui.arrays.log_counts import error_counts

            return error_counts(values, check)

        def answered(result: ErrorCounts) -> None:
            self._counts = result
            self._draw()

        self._source.ask("histograms", work, answered)

    def _draw(self) -> None:
        source, output, counts = self._source, self._source.output, self._counts
        floor = source.floor or None
        if counts is not None:
            self.absolute.show_errors(counts.absolute, source.atol, floor, counts.rounding)
            self.relative.show_errors(counts.relative, source.rtol, None)
            notes = [self.absolute.note]
            if counts.misplaced:
                notes.append(f"{plural(counts.misplaced, 'element')} with NaN or infinity on one side not drawn.")
            if counts.rounding is not None:
                notes.append("Dashed: eager against float64, which is rounding.")
            self.absolute.set_note(" ".join(notes))
            if counts.without_relative:
                number = plural(counts.without_relative, "element")
                self.relative.set_note(f"{self.relative.note} {number} differ from an expected 0.")
        elif output is not None and not source.is_reading:
            self.absolute.show_errors(output.histogram, source.atol, floor)
            self.relative.show_errors(output.relative_histogram, source.rtol, None)
