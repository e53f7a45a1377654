"""Layer by layer: where along the network the artifact leaves the model, down to the node and the line of code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.figures import duration, plural, size
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    CaseChoice,
    LayerFault,
    LayerRow,
    LayersReport,
    LayersRequest,
    ParityCase,
    ParityReport,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.node_link import NodeLink
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.layer_columns import ROW_COLUMNS
from modelpack_gui.ui.models.layer_inspection import NodeTarget, row_inspection
from modelpack_gui.ui.models.layer_series import MEASURES
from modelpack_gui.ui.new_file import ask_where
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.table_csv import CSV_KINDS, write_csv
from modelpack_gui.ui.widgets.basics import IconButton, heading
from modelpack_gui.ui.widgets.charts.pictures import add_picture_actions
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.layers.chart import DepthChart
from modelpack_gui.ui.widgets.layers.fault import FaultCard
from modelpack_gui.ui.widgets.layers.head import LayersHead
from modelpack_gui.ui.widgets.layers.repro import ReproPanel
from modelpack_gui.ui.widgets.layers.tables import LayerTables

_SPLIT_KEY = "splits/layers-down"
_MEASURE_KEY = "layers/measure"
_EMPTY, _CONTENT, _BLANK = range(3)
_LEAST_HEIGHT, _LEAST_EMPTY = 372, 200
_REDRAW_MS = 150  # rows come faster than anybody reads them
_TORCHSCRIPT = (
    "TorchScript keeps no intermediate values that could be compared layer by layer. "
    "Export to ONNX or to an ExportedProgram (.pt2), then compare that one."
)


class LayersView(QWidget):
    """Runs the comparison of one case and draws it: verdict, first fault, error against depth, all values.

    What it shows is kept by `controller.layers`; the view itself may be made and thrown away at any time.
    """

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers-view")
        self._controller = controller
        self._settings = settings
        self._state = controller.layers
        self._parity: ParityReport | None = None
        self._case: ParityCase | None = None
        self._selected: LayerRow | None = None
        self._drawn: LayersReport | None = None
        self._late = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._late.timeout.connect(self._show_rows)

        self.head = LayersHead(settings)
        self.head.compare_wanted.connect(self.compare)
        self.head.cancel_wanted.connect(self._state.cancel)
        self.error = ErrorPanel(controller)
        self.error.hide()
        self.fault = FaultCard()
        self.fault.node_wanted.connect(controller.show_node)
        self.fault.place_wanted.connect(controller.show_place)
        self.fault.repro_wanted.connect(self._make_repro)
        self.repro = ReproPanel(controller, settings)
        self.repro.busy_changed.connect(self.refresh)
        self._link = NodeLink(controller, self._compared_path, self)
        self._link.wanted.connect(self._on_node_selected)
        self._stack = _Room()
        self._stack.addWidget(self.head.empty)
        self._stack.addWidget(self._make_content())
        self._stack.addWidget(QWidget())  # below a failure
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        for widget in (self.head, self.error, self.fault, self.repro):
            column.addWidget(widget)
        column.addWidget(self._stack, 1)
        shortcut = QShortcut(QKeySequence("Alt+F5"), self)
        shortcut.activated.connect(self.compare)

        self._state.changed.connect(self.refresh)
        self._state.rows_changed.connect(self._on_rows_changed)
        controller.stage_changed.connect(lambda _stage: self.refresh())
        controller.recipe_changed.connect(self.refresh)
        controller.project_changed.connect(self.refresh)
        self._show_rows()
        self.refresh()

    # What the page asks for

    def show_case(self, report: ParityReport | None, case: ParityCase | None) -> None:
        """The case to look at; None is the example inputs. Nothing is run by this."""
        self._parity, self._case = report, case
        self.refresh()

    def reveal(self, subject: object) -> None:
        """Select the fault, to which a mark in the source has led."""
        if isinstance(subject, LayerFault):
            self._select_first()
            self.tables.table.setFocus()

    @property
    def problem(self) -> str:
        """Why the artifact cannot be looked into, or not now, and what to do; empty if it can."""
        path = self._artifact_path
        if path.lower().endswith(SUFFIXES["torchscript"]):
            return _TORCHSCRIPT
        problem = self._controller.problem(Stage.PARITY)
        if not problem and not path:
            return "There is no artifact yet: press Compare above, which exports the model first."
        return problem

    def compare(self) -> None:
        """Run it on the case that is looked at."""
        controller = self._controller
        if self._state.is_running or self.problem:
            return
        if not controller.is_trusted:
            controller.trust_wanted.emit()
            return
        recipe = controller.recipe
        self._state.start(
            LayersRequest(
                recipe.source,
                recipe.inputs,
                self._artifact_path,
                recipe.export.dynamic,
                recipe.parity,
                recipe.input_sets,
                self._case.choice if self._case is not None else CaseChoice(),
                self.head.levels,
                self.head.memory_bytes,
            )
        )

    def refresh(self) -> None:
        """Bring everything but the rows in line with the state."""
        state = self._state
        report, request = state.report, state.request
        case = self._case.label if self._case is not None else "example"
        if self._controller.recipe.parity.expected_artifact:
            case += ", against eager PyTorch"  # and not against the artifact that the rest of the page is about
        self.head.show_state(state, self.problem, case, self._other_case())
        self.error.show_error(None if state.is_running else state.job.error)
        has_graph = request is not None and request.artifact_path == self._controller.artifact_path
        self.fault.show_report(report, has_graph=has_graph)
        self.fault.repro_button.setEnabled(not self.repro.is_busy)
        if state.is_running and not self.repro.is_busy:
            self.repro.hide()  # of what was found before
        has_rows = bool(state.rows)
        has_content = has_rows or state.is_running or report is not None
        self._stack.setCurrentIndex(_CONTENT if has_content else _BLANK if state.job.error is not None else _EMPTY)
        self._stack.setMinimumHeight(_LEAST_HEIGHT if has_content else _LEAST_EMPTY)
        if report is not self._drawn:
            self._drawn = report
            if report is not None:
                self._late.stop()
                self._show_rows()
                self._select_first()

    # Parts

    def _make_content(self) -> QWidget:
        self.chart = DepthChart(self._settings)
        self.chart.row_picked.connect(self._on_picked)
        self.chart.picture_failed.connect(self._controller.message_raised)
        self.measure = QComboBox()
        self.measure.setObjectName("layer-measure")
        self.measure.setAccessibleName("Measure of the chart")
        for one in MEASURES:
            self.measure.addItem(one.title, one.key)
        chosen = self.measure.findData(self._settings.text(_MEASURE_KEY))
        self.measure.setCurrentIndex(max(chosen, 0))
        self.measure.currentIndexChanged.connect(self._on_measure_chosen)
        self.chart.set_measure(self.measure.currentData())
        self.tables = LayerTables(self._settings)
        self.tables.row_selected.connect(self._on_selected)
        self.tables.node_wanted.connect(self._controller.show_node)
        self.tables.place_wanted.connect(self._controller.show_place)
        self.tables.repro_wanted.connect(lambda row: self._make_repro(row.value))
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(heading("Error against depth"))
        top.addWidget(self.measure)
        top.addStretch(1)
        export = IconButton("Export", "export")
        export.setObjectName("layers-export")
        export.setToolTip("The picture of the chart, and the table of all values")
        self.export_menu = QMenu(export)
        self.export_menu.aboutToShow.connect(self._fill_export_menu)
        export.setMenu(self.export_menu)
        top.addWidget(export)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(top)
        column.addWidget(self.chart, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("layers-splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(SPACING + 4)
        self.splitter.addWidget(upper)
        self.splitter.addWidget(self.tables)
        self.splitter.setSizes([270, 200])
        upper.setMinimumHeight(224)
        self.tables.setMinimumHeight(132)
        self.splitter.restoreState(self._settings.state(_SPLIT_KEY))
        self.splitter.splitterMoved.connect(
            lambda *_: self._settings.set_state(_SPLIT_KEY, self.splitter.saveState())
        )
        return self.splitter

    # Rows

    def _on_rows_changed(self) -> None:
        if not self._state.rows:
            self._selected = None
            self._show_rows()
        elif not self._late.isActive():
            self._late.start()

    def _show_rows(self) -> None:
        state, report = self._state, self._state.report
        share = facts = ""
        if report is not None:
            share = f"{100 * report.aligned_share:.0f} % of {plural(report.nodes, 'node')} aligned"
            peak = f"{size(report.peak_bytes)} of values at once" if report.peak_bytes else ""
            facts = "  ·  ".join(part for part in (report.runtime, duration(report.duration_s), peak) if part)
        self.chart.show_rows(state.rows, facts)
        self.chart.set_empty("" if state.rows else "The first values are on their way.")
        self.tables.show_rows(state.rows, state.unaligned, share)

    def _select_first(self) -> None:
        """The fault; where there is none, the largest budget."""
        rows = self._state.rows
        fault = next((row for row in rows if row.is_fault), None)
        worst = fault or max(rows, key=lambda row: row.max_budget or 0.0, default=None)
        if worst is not None:
            self.tables.select(worst)
            self.tables.table.show_current()  # the card above takes its room only now

    def _on_picked(self, row: LayerRow) -> None:
        self.tables.select(row)

    def _on_selected(self, row: LayerRow) -> None:
        self._selected = row
        self.chart.select(row)
        if self.isVisible() and not self._link.is_following:
            self._link.pick(row.node)
            self._controller.inspect(row_inspection(row, self._follow), Stage.PARITY)

    def _compared_path(self) -> str:
        return self._state.request.artifact_path if self._state.request is not None else ""

    def _on_node_selected(self, node: int) -> None:
        if self._selected is None or self._selected.node != node:
            self.tables.select_node(node)

    def _follow(self, target: Any) -> None:
        if isinstance(target, NodeTarget):
            self._controller.show_node(target.node)
        elif isinstance(target, SourcePlace):
            self._controller.show_place(target)

    def _on_measure_chosen(self) -> None:
        key = self.measure.currentData()
        self._settings.set_text(_MEASURE_KEY, key)
        self.chart.set_measure(key)

    # Cases and repros

    @property
    def _artifact_path(self) -> str:
        return self._parity.artifact_path if self._parity is not None else self._controller.artifact_path

    def _other_case(self) -> str:
        """What case the rows are of, where that is not the one that is looked at."""
        request, report = self._state.request, self._state.report
        wanted = self._case.choice if self._case is not None else CaseChoice()
        if request is None or request.case == wanted or (self._case is None and self._parity is None):
            return ""
        return report.case_label if report is not None else "another case"

    def _fill_export_menu(self) -> None:
        menu = self.export_menu
        menu.clear()
        chart = self.chart
        add_picture_actions(menu, chart.copy_picture, chart.ask_and_save, is_enabled=chart.has_picture)
        save = menu.addAction(icon("table"), "Save all values as CSV…")
        save.setEnabled(bool(self._state.rows))
        save.triggered.connect(self._save_rows)

    def _save_rows(self) -> None:
        name = f"{Path(self._artifact_path).stem or 'artifact'}-layers.csv"
        path = ask_where(self, self._settings, "csv", "Save table", name, CSV_KINDS)
        if path is not None:
            self.save_rows(path)

    def save_rows(self, path: Path) -> None:
        """Write all values as CSV; what goes wrong is told above the page."""
        try:
            write_csv(path, ROW_COLUMNS, self._state.rows)
        except UserError as error:
            self._controller.message_raised.emit(error.info)

    def _make_repro(self, value: str = "") -> None:
        request, report = self._state.request, self._state.report
        if request is None or self.repro.is_busy:
            return
        if not value and report is not None and report.fault is not None:
            value = report.fault.value
        self.repro.ask_and_make(request, value)


class _Room(QStackedWidget):
    """Takes what is left, and asks for its least height: a page that scrolls would else give it what it prefers."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)

    def hasHeightForWidth(self) -> bool:
        """For its width, any height will do."""
        return False
