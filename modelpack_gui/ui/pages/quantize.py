"""The Quantise page: what INT8 or float16 would cost in accuracy, and what it wins in speed and size."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize.presets import usual_specs
from modelpack_gui.core.quantize.text import best_of, label_of, verdict_sentence
from modelpack_gui.core.records import QuantizeReport, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING, status_of
from modelpack_gui.ui.models.quantize_text import doubt_text
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.quantize.sensitivity_view import SensitivityView
from modelpack_gui.ui.widgets.quantize.settings import CALIBRATION, QuantizeSettings
from modelpack_gui.ui.widgets.quantize.variants_view import VariantsView
from modelpack_gui.ui.widgets.status_line import StatusLine

VARIANTS_TAB, NODES_TAB = range(2)
_MEASURE_KEY = "quantize/measures-speed"


class QuantizePage(StagePage):
    """Settings with advice; verdict; the variants with their trade-off; beside them what each node costs."""

    stage = Stage.QUANTIZE
    icon_name = "quantize"
    always_content = True  # what nodes cost can be asked for before the first variant
    empty_text = (
        "Makes INT8 and float16 files of the exported one, measures their speed and size beside it, and says what "
        "each costs in accuracy. Not sure which? Try the usual six."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._store = settings
        self._state = controller.quantize
        self._add_to_header()
        self.settings = QuantizeSettings(controller, settings)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertLayout(column.indexOf(self.sentence) + 1, self._make_doubt())
        column.insertWidget(column.count() - 1, self.settings)  # it can be changed before the first run
        column.insertSpacing(column.count() - 1, SPACING // 2)
        self.variants = VariantsView(controller, settings, self._make_empty())
        self.nodes = SensitivityView(controller, settings)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("quantize-tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.variants, "Variants")
        self.tabs.addTab(self.nodes, "What each node costs")
        self.tabs.setCornerWidget(self.variants.buttons)
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.content.addWidget(self.tabs, 1)
        self._state.changed.connect(self.refresh)
        controller.recipe_changed.connect(self.refresh)
        self.refresh()

    # What the base asks for

    def show_result(self, result: Result) -> None:
        """Nothing by itself: the state has put the variants among those that there were."""
        assert isinstance(result, QuantizeReport)

    def show_per_node(self) -> None:
        """What each node costs in accuracy."""
        self.tabs.setCurrentWidget(self.nodes)

    def sentence_for(self, result: Result) -> str:
        """Of all variants that are up to date, those of earlier runs included."""
        assert isinstance(result, QuantizeReport)
        return self._sentence() or result.summary

    def refresh(self) -> None:
        """Also without a result of this session: variants are kept with the project."""
        super().refresh()
        stage = self.controller.state(self.stage)
        rows = self._state.rows
        made = sum(bool(row.variant.path) for row in rows)
        self.tabs.setTabText(VARIANTS_TAB, f"Variants ({made})" if made else "Variants")
        self.settings.refresh()
        self.settings.advice.set_short(is_short=bool(rows))
        problem = self.controller.problem(self.stage) or self.settings.problem
        for button in (self.run_button, self._empty_run, self.try_button):
            button.setEnabled(not stage.is_under_way and not problem)
        self.try_button.setVisible(not stage.is_under_way)  # a narrow window has no room for Cancel beside it
        self.run_button.setToolTip(problem or f"{label_of(self._state.spec)} (F5)")
        self.try_button.setToolTip(
            problem
            or "Static per channel, per tensor, with entropy and as QOperator; dynamic; float16: with the data and"
            " the exclusions set here"
        )
        is_there = self._state.made_with(self._state.spec) is not None
        self.run_button.setText("Quantise again" if is_there else "Quantise")
        if rows:
            sentence = self._sentence()
            self.sentence.setText(sentence)
            self.sentence.setVisible(bool(sentence))
        self.doubt.set_text(doubt_text(best_of(self._state.fresh)))
        self.data_button.setVisible(bool(self.doubt.text))
        if not stage.is_under_way and stage.error is None and rows:
            self.badge.set_status(self._status())
        self.variants.refresh()
        self.nodes.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Advice is asked for while somebody looks; what others made meanwhile is there."""
        super().showEvent(event)
        self._state.look_again()
        self.settings.advisor.watch(is_watched=True)

    def hideEvent(self, event: QHideEvent) -> None:
        """And not while nobody does."""
        self.settings.advisor.watch(is_watched=False)
        super().hideEvent(event)

    # Parts

    def _make_doubt(self) -> QHBoxLayout:
        self.doubt = StatusLine(Status.WARNING)
        self.doubt.setObjectName("quantize-doubt")
        self.data_button = IconButton("Choose data", role="link")
        self.data_button.setObjectName("quantize-choose-data")
        self.data_button.clicked.connect(lambda: self.settings.folds.open(CALIBRATION))
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(self.doubt, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.data_button, alignment=Qt.AlignmentFlag.AlignVCenter)
        return row

    def _add_to_header(self) -> None:
        self.measures = QCheckBox("Measure speed")
        self.measures.setObjectName("quantize-measures")
        self.measures.setToolTip("After quantising, benchmark the new files beside float32 in ONNX Runtime")
        self.measures.setChecked(self._store.text(_MEASURE_KEY, "yes") != "no")
        self._state.measures_speed = self.measures.isChecked()
        self.measures.clicked.connect(self._on_measures_clicked)
        self.try_button = IconButton("Try the usual six", "matrix")
        self.try_button.setObjectName("quantize-try-all")
        self.try_button.clicked.connect(lambda: self._state.try_all(usual_specs(self._state.spec)))
        place = self.header.indexOf(self.run_button)
        self.header.insertWidget(place, self.try_button)
        self.header.insertWidget(place, self.measures)

    def _on_tab_changed(self, place: int) -> None:
        self.variants.buttons.setVisible(place == VARIANTS_TAB)

    def _on_measures_clicked(self, is_on: bool) -> None:
        self._state.measures_speed = is_on
        self._store.set_text(_MEASURE_KEY, "yes" if is_on else "no")

    def _sentence(self) -> str:
        state = self._state
        if not state.rows:
            return ""
        if not state.fresh:
            return "Out of date: the artifact changed since these were made. Quantise again to compare with it."
        told = verdict_sentence(state.fresh, state.float_size_bytes)
        stage = self.controller.state(self.stage)
        is_open = state.speed.is_running and any(one.path and one.speedup is None for one in state.fresh)
        if stage.is_under_way or is_open:  # speed may yet make another one the one to take
            return f"So far: {told}"
        return f"Before that: {told}" if stage.error is not None else told

    def _status(self) -> Status:
        """By the variant that is recommended: the others were tried to be compared with it."""
        fresh = self._state.fresh
        if not fresh:
            return Status.STALE
        made = [one for one in fresh if one.error is None]
        if not made:
            return Status.FAILED
        best = best_of(made)
        return Status.FAILED if best is None else status_of(best.verdict)
