"""The values of one output, seen: histograms, scatter, heat map, worst elements and the tolerances that would do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.figures import significant
from modelpack_gui.core.records import OutputParity, ParityCase, ParityReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.parity_inspection import dtype_text, shape_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.values_source import ValuesSource
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.charts.chart import Chart
from modelpack_gui.ui.widgets.number_fields import spell_tolerance
from modelpack_gui.ui.widgets.segments import Segments
from modelpack_gui.ui.widgets.values.export import ValuesExportMenu
from modelpack_gui.ui.widgets.values.frontier import FrontierChart
from modelpack_gui.ui.widgets.values.heat_map import ValuesHeatMap
from modelpack_gui.ui.widgets.values.histograms import ValuesHistograms
from modelpack_gui.ui.widgets.values.scatter import ValuesScatter
from modelpack_gui.ui.widgets.values.worst import ValuesWorst

HISTOGRAMS, SCATTER, HEAT_MAP, WORST, FRONTIER = "histograms", "scatter", "heat-map", "worst", "frontier"
_TITLES = {
    HISTOGRAMS: "Histograms",
    SCATTER: "Scatter",
    HEAT_MAP: "Heat map",
    WORST: "Worst elements",
    FRONTIER: "Tolerances",
}
_TOOLTIPS = {
    HISTOGRAMS: "Absolute and relative errors of all elements, on log axes",
    SCATTER: "Expected against actual, as a density, with the tolerance band",
    HEAT_MAP: "A slice: expected, actual and the difference",
    WORST: "The elements that are farthest off, with their indices",
    FRONTIER: "The smallest pairs of rtol and atol that pass",
}
_VIEW, _UP = "values/view", "values/scatter-up"


class ValuesView(QWidget):
    """A line that says how many elements are beyond the tolerance; a choice of views; the view."""

    values_wanted = Signal(object)  # CaseChoice: its values were not kept, and are asked for

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("values-view")
        self._controller = controller
        self._settings = settings
        self.source = ValuesSource(self)
        self.badge = StatusBadge()
        self.sentence = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.sentence.setObjectName("values-sentence")
        self.facts = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.facts.setProperty("role", "muted")
        self.choice = Segments(_TITLES, _TOOLTIPS)
        self.choice.chosen.connect(self.show_view)
        self.histograms = ValuesHistograms(self.source, settings)
        self.scatter = ValuesScatter(self.source, settings)
        self.heat_map = ValuesHeatMap(self.source, settings)
        self.worst = ValuesWorst(self.source, settings)
        self.worst.jump_wanted.connect(self._on_jump_wanted)
        self.frontier = FrontierChart(settings)
        for view in (self.histograms, self.scatter, self.heat_map, self.frontier):
            view.picture_failed.connect(controller.message_raised)
        self._lay_out()
        self.source.changed.connect(self._on_changed)
        self.source.tolerance_changed.connect(self._on_tolerance_changed)
        self.source.counted.connect(self._tell)
        kept = settings.text(_VIEW)
        self.choice.set_value(kept if kept in _TITLES else HISTOGRAMS)
        self._on_changed()

    # What the page asks of it

    def show_output(self, report: ParityReport | None, case: ParityCase | None, output: OutputParity | None) -> None:
        """Look at another output; None for nothing. One with the same values, judged anew, keeps what is drawn."""
        self.source.show(report, case, output)
        self._draw_frontier()

    def set_tolerance(self, rtol: float, atol: float) -> None:
        """Judge anew."""
        self.source.set_tolerance(rtol, atol)

    def show_view(self, view: str) -> None:
        """Go to one of the views."""
        self.choice.set_value(view)
        self._settings.set_text(_VIEW, view)
        self._show_what_there_is()

    # Building

    def _lay_out(self) -> None:
        self.export_button = IconButton("Export", "export")
        self.export_button.setObjectName("values-export")
        self.export_button.setToolTip("Pictures, tables and arrays of this output")
        self.export_menu = ValuesExportMenu(self, self._settings, self.export_button)
        self.export_menu.failed.connect(self._controller.message_raised)
        self.export_button.setMenu(self.export_menu)
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self.sentence)
        told.addWidget(self.facts)
        top.addWidget(self.badge, alignment=Qt.AlignmentFlag.AlignTop)
        top.addLayout(told, 1)
        top.addWidget(self.export_button)
        self._views = QStackedWidget()
        self._places = {
            HISTOGRAMS: self.histograms,
            SCATTER: self._with_choice(),
            HEAT_MAP: self.heat_map,
            WORST: self.worst,
            FRONTIER: self.frontier,
        }
        for view in self._places.values():
            self._views.addWidget(view)
        self._nothing = QWidget()
        self._nothing.setObjectName("values-nothing")
        self.why_nothing = wrapped_label("", is_muted=True)
        self.why_nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.keep_button = IconButton("Compare this case again and keep its values", "run")
        self.keep_button.setObjectName("values-keep")
        self.keep_button.clicked.connect(self._on_keep_wanted)
        inner = QVBoxLayout(self._nothing)
        inner.addStretch(1)
        inner.addWidget(self.why_nothing)
        inner.addWidget(self.keep_button, alignment=Qt.AlignmentFlag.AlignHCenter)
        inner.addStretch(2)
        self._views.addWidget(self._nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(top)
        column.addWidget(self.choice, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._views, 1)

    def _with_choice(self) -> QWidget:
        made = QWidget()
        self.up = Segments(
            {"actual": "Actual", "difference": "Difference"},
            {"actual": "Actual up, expected across", "difference": "actual − expected up: small errors show"},
        )
        is_difference = self._settings.text(_UP) == "difference"
        self.up.set_value("difference" if is_difference else "actual")
        self.scatter.set_difference(is_difference=is_difference)
        self.up.chosen.connect(self._on_up_chosen)
        row = QHBoxLayout()
        row.addWidget(QLabel("Up"))
        row.addWidget(self.up)
        row.addStretch(1)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(row)
        column.addWidget(self.scatter, 1)
        return made

    # Showing

    def _on_changed(self) -> None:
        self._tell()
        self._show_what_there_is()
        for view in (self.histograms, self.scatter, self.heat_map, self.worst):
            view.refresh()
        self._draw_frontier()

    def _on_tolerance_changed(self) -> None:
        self._draw_frontier()

    def _draw_frontier(self) -> None:
        source = self.source
        self.frontier.show_output(source.output, source.rtol, source.atol)

    def _show_what_there_is(self) -> None:
        view = self.choice.value
        why, can_keep = self._why_nothing(view)
        self._views.setCurrentWidget(self._nothing if why else self._places[view])
        self.why_nothing.setText(why)
        self.keep_button.setVisible(can_keep)

    def _why_nothing(self, view: str) -> tuple[str, bool]:
        """Why a view cannot be drawn, and whether comparing again would help; empty if it can."""
        source, output = self.source, self.source.output
        if output is None:
            return "Choose an output of a case to look at its values.", False
        if view == FRONTIER:
            return "", False
        if source.error is not None:
            return f"{source.error.message} {source.error.hint}".strip(), True
        values = source.values
        if values is None:
            if source.is_reading:
                return "Reading the values…", False
            if view == HISTOGRAMS and output.histogram is not None:
                return "", False
            return "The values of this output were not kept.", source.case is not None
        if values.mismatch:
            return values.mismatch, False
        if values.is_text and view != WORST:
            return "Strings have no errors to draw. Those that differ are among the worst elements.", False
        if not values.size:
            return "This output has no elements.", False
        return "", False

    def _tell(self) -> None:
        """The verdict of the elements, and what they are."""
        source, output = self.source, self.source.output
        self.export_button.setEnabled(output is not None)
        if output is None:
            self.badge.hide()
            self.sentence.set_text("")
            self.facts.set_text("")
            return
        number, total = source.mismatched, output.elements
        is_counted = number is not None
        if number is None:
            number = output.mismatched
        self.badge.show()
        self.badge.set_status(self._status(number, total), f"{number:,} of {total:,}")
        self.sentence.set_text(self._sentence(number, total))
        parts = [output.name, shape_text(output), dtype_text(output)]
        facts = source.facts
        if facts is not None and (facts.expected_nans or facts.actual_nans):
            parts.append(f"NaN {facts.expected_nans:,} expected, {facts.actual_nans:,} actual")
        if facts is not None and (facts.expected_infs or facts.actual_infs):
            parts.append(f"Inf {facts.expected_infs:,} expected, {facts.actual_infs:,} actual")
        if not is_counted and source.values is None and not source.is_reading:
            parts.append("values not kept")
        self.facts.set_text("  ·  ".join(parts))

    def _status(self, number: int, total: int) -> Status:
        facts = self.source.facts
        proves_nothing = not total or (facts is not None and facts.has_nothing_finite)
        return Status.FAILED if number else Status.WARNING if proves_nothing else Status.PASSED

    def _sentence(self, number: int, total: int) -> str:
        source = self.source
        values, facts = source.values, source.facts
        if values is not None and values.mismatch:
            return values.mismatch
        if not total:
            return "elements: there is nothing to compare."
        share = f" ({significant(100 * number / total)} %)" if number else ""
        if values is not None and values.is_exact:
            return f"elements{share} differ; they must be equal"
        limit = f"elements{share} exceed {spell_tolerance(source.atol)} + {spell_tolerance(source.rtol)} · |expected|"
        if facts is not None and facts.misplaced:
            return f"{limit}; {facts.misplaced:,} of them NaN or infinite on one side"
        return f"{limit}; none is a finite number" if facts is not None and facts.has_nothing_finite else limit

    def picture_source(self) -> Chart | ValuesHeatMap | None:
        """What is drawn now and can be had as a picture."""
        shown, view = self._views.currentWidget(), self.choice.value
        if shown is self._nothing or view == WORST:
            return None
        drawings: dict[str, Chart | ValuesHeatMap] = {
            HISTOGRAMS: self.histograms.current,
            SCATTER: self.scatter,
            HEAT_MAP: self.heat_map,
            FRONTIER: self.frontier,
        }
        drawing = drawings[view]
        return drawing if drawing.has_picture else None

    # Acting

    def _on_jump_wanted(self, index: tuple[int, ...]) -> None:
        values = self.source.values
        if values is not None and not values.is_text:
            self.show_view(HEAT_MAP)
            self.heat_map.jump_to(index)
            self.heat_map.panes.setFocus()

    def _on_keep_wanted(self) -> None:
        if self.source.case is not None:
            self.values_wanted.emit(self.source.case.choice)

    def _on_up_chosen(self, up: str) -> None:
        self._settings.set_text(_UP, up)
        self.scatter.set_difference(is_difference=up == "difference")
