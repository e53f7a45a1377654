"""What the Quantise page asks for: the method in view; data and the rest folded; advice before anything is run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize.text import METHODS
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.quantize_text import (
    FORMAT_TIPS,
    FORMATS,
    METHOD_TIPS,
    calibration_problem,
    calibration_summary,
    more_summary,
)
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.quantize_advisor import QuantizeAdvisor
from modelpack_gui.ui.state.quantize_edits import edit_quantize, take_advice
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.fold_row import FoldRow
from modelpack_gui.ui.widgets.form_parts import NoteLabel
from modelpack_gui.ui.widgets.quantize.advice import AdviceList
from modelpack_gui.ui.widgets.quantize.calibration_fields import CalibrationFields
from modelpack_gui.ui.widgets.quantize.more import MoreSettings
from modelpack_gui.ui.widgets.segments import Segments

_BEFORE = "Once the model is exported, what is known to be slow or poor is said here, before anything is quantised."
CALIBRATION, MORE = "quantize-calibration", "quantize-more"


class QuantizeSettings(QWidget):
    """Edits the recipe's QuantizeSpec, undoably."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.advisor = QuantizeAdvisor(controller, self)
        self.methods = Segments(METHODS, METHOD_TIPS)
        self.methods.setObjectName("quantize-method")
        self.methods.chosen.connect(self._on_method_chosen)
        self.formats = Segments(FORMATS, FORMAT_TIPS)
        self.formats.setObjectName("quantize-format")
        self.formats.chosen.connect(
            lambda value: edit_quantize(controller, f"quantise as {FORMATS[value]}", format=value)
        )
        self.per_channel = QCheckBox("Per channel")
        self.per_channel.setObjectName("quantize-per-channel")
        self.per_channel.setToolTip(
            plain_tooltip(
                "A scale for each output channel of a weight, in place of one for the whole: more exact, at no cost"
                " in speed for most kernels"
            )
        )
        self.per_channel.clicked.connect(
            lambda is_on: edit_quantize(
                controller, "quantise per channel" if is_on else "quantise per tensor", per_channel=is_on
            )
        )
        first = QWidget()
        flow = FlowLayout(first)
        for widget in (self.methods, self.formats, self.per_channel):
            flow.addWidget(widget)
        self.calibration = CalibrationFields(controller, settings)
        self.more = MoreSettings(controller)
        self.folds = FoldRow()
        self.folds.add(CALIBRATION, "Data", self.calibration)
        self.folds.add(MORE, "More", self.more)
        self.advice = AdviceList()
        self.folds.add_beside(self.advice.more)
        self.advice.taken.connect(lambda advice: take_advice(controller, advice))
        self.before = QWidget()
        before = QHBoxLayout(self.before)
        before.setContentsMargins(0, 0, 0, 0)
        before.setSpacing(SPACING)
        note = NoteLabel(Status.REMARK)
        before.addWidget(note, 1, Qt.AlignmentFlag.AlignVCenter)
        note.set_text(_BEFORE)
        self.export_button = IconButton("Export now", "export", "link")
        self.export_button.setObjectName("quantize-export-first")
        self.export_button.clicked.connect(lambda: controller.run(Stage.EXPORT))
        before.addWidget(self.export_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        for part in (first, self.folds, self.before, self.advice):
            column.addWidget(part)
        controller.recipe_changed.connect(self._show_recipe)
        self.advisor.changed.connect(self._show_advice)
        self._show_recipe()

    @property
    def problem(self) -> str:
        """What is missing before anything can be quantised; empty if nothing is."""
        return calibration_problem(self._controller.quantize.spec.calibration)

    def refresh(self) -> None:
        """Say where advice comes from while there is no file to look at."""
        controller = self._controller
        is_missing = not controller.quantize.artifact and not controller.problem(Stage.QUANTIZE)
        self.before.setVisible(is_missing and not controller.is_busy)

    def _show_recipe(self) -> None:
        spec = self._controller.quantize.spec
        self.methods.set_value(spec.method)
        self.formats.set_value(spec.format)
        self.formats.setVisible(spec.method == "static")
        self.per_channel.setChecked(spec.per_channel)
        self.per_channel.setVisible(spec.method != "float16")
        self.calibration.show_spec(spec.calibration)
        self.more.show_spec(spec, is_in_recipe=self._controller.recipe.quantize is not None)
        self.folds.set_summary(CALIBRATION, calibration_summary(spec.calibration))
        self.folds.set_summary(MORE, more_summary(spec))

    def _show_advice(self) -> None:
        report = self.advisor.report
        self.advice.show_advice(report.advice if report is not None else (), self.advisor.error)
        self.more.show_known(report.quantizable if report is not None else ())

    def _on_method_chosen(self, method: str) -> None:
        text = f"quantise to {METHODS[method]}"
        if method == "float16":
            edit_quantize(self._controller, text, method=method)
        else:  # as each is usually done
            edit_quantize(self._controller, text, method=method, per_channel=method == "static")
