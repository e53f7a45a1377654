"""The settings of quantising that are rarely changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.records import QuantizeSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models.quantize_text import CALIBRATION_METHOD_TIPS, CALIBRATION_METHODS
from modelpack_gui.ui.state.quantize_edits import edit_quantize, forget_settings
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.form_parts import CalmCombo
from modelpack_gui.ui.widgets.number_fields import ParsedEdit
from modelpack_gui.ui.widgets.segments import Segments

_RANGES: tuple[tuple[str, bool | None, str], ...] = (
    ("8 bits, 7 without VNNI", None, "7 bits where the processor has no VNNI: else sums of products may saturate"),
    ("7 bits", True, "Safe on every processor, a little less exact"),
    ("8 bits", False, "Exact on processors with VNNI (AVX-512 VNNI, AVX-VNNI, ARM dot product)"),
)
_TICKS = {
    "symmetric_weights": ("Symmetric weights", "Zero point of weights at zero: what most kernels want"),
    "symmetric_activations": (
        "Symmetric activations",
        "Zero point of activations at zero: simpler, half the range is lost behind a ReLU",
    ),
    "keep_io_types": ("Inputs and outputs stay float32", "So that callers need no change"),
    "preprocess": (
        "Pre-process",
        "Infer shapes and optimise the graph first, as onnxruntime advises; unticked: quantise the file as it is",
    ),
}
_SHOWN_FOR = {
    "method": ("static",),
    "types": ("static", "dynamic"),
    "activations": ("static",),
    "symmetric_weights": ("static", "dynamic"),
    "symmetric_activations": ("static",),
    "keep_io_types": ("float16",),
    "preprocess": ("static", "dynamic", "float16"),
}


class MoreSettings(QWidget):
    """How ranges are found; types; symmetry; what is left out. What a method does not heed is hidden."""

    problem_changed = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.methods = Segments(CALIBRATION_METHODS, CALIBRATION_METHOD_TIPS)
        self.methods.setObjectName("quantize-calibration-method")
        self.methods.chosen.connect(
            lambda value: self._edit("calibration_method", value, "change how ranges are found")
        )
        self.percentile = ParsedEdit("Percentile", _parse_percentile, lambda value: f"{value:g}")
        self.percentile.setObjectName("quantize-percentile")
        self.percentile.setFixedWidth(84)
        self.percentile.value_edited.connect(lambda value: self._edit("percentile", value, "change the percentile"))
        self.weights = self._types_combo("Weights", "weight_type")
        self.activations = self._types_combo("Activations", "activation_type")
        self.ranges = CalmCombo("Range of weights")
        self.ranges.setObjectName("quantize-reduce-range")
        self.ranges.setMinimumContentsLength(24)
        for title, value, tip in _RANGES:
            self.ranges.addItem(title, value)
            self.ranges.setItemData(self.ranges.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.ranges.setToolTip("\n".join(f"{title}: {tip}" for title, _value, tip in _RANGES))
        self.ranges.activated.connect(
            lambda _: self._edit("reduce_range", self.ranges.currentData(), "change the range of weights")
        )
        self.ticks: dict[str, QCheckBox] = {}
        self.op_types = self._names_edit("Only op types", "op_types", "all that the method can")
        self.exclude = self._names_edit("Keep in float32", "exclude_nodes", "no node")
        self.reset = IconButton("Reset", "reset")
        self.reset.setObjectName("quantize-reset")
        self.reset.clicked.connect(lambda: forget_settings(controller))
        self._lay_out()
        self.setFocusProxy(self.exclude)

    def problems(self) -> list[str]:
        """What cannot be read."""
        return [field.problem for field in (self.percentile, self.op_types, self.exclude) if field.problem]

    def show_spec(self, spec: QuantizeSpec, *, is_in_recipe: bool) -> None:
        """Bring the fields in line with a recipe."""
        for name, widgets in self._groups.items():
            for widget in widgets:
                widget.setVisible(spec.method in _SHOWN_FOR[name])
        self.methods.set_value(spec.calibration_method)
        self.percentile.set_value(spec.percentile)
        self.percentile.setVisible(spec.method == "static" and spec.calibration_method == "percentile")
        self.weights.setCurrentIndex(self.weights.findData(spec.weight_type))
        self.activations.setCurrentIndex(self.activations.findData(spec.activation_type))
        self.ranges.setCurrentIndex(next(i for i, one in enumerate(_RANGES) if one[1] == spec.reduce_range))
        for name, box in self.ticks.items():
            box.setChecked(getattr(spec, name))
        self.op_types.set_value(spec.op_types)
        self.exclude.set_value(spec.exclude_nodes)
        self.reset.setEnabled(is_in_recipe)
        self.reset.setToolTip(
            "Back to the usual settings; a run of all stages then leaves quantising out. Undo takes it back"
            if is_in_recipe
            else "These are the usual settings. A run of all stages quantises once one of them is changed"
        )

    def show_known(self, op_types: Sequence[str]) -> None:
        """Say which op types of the artifact can be quantised."""
        known = ", ".join(op_types)
        self.op_types.setToolTip(f"In this artifact: {known}" if known else "")
        self.op_types.setPlaceholderText(f"all: {known}" if known else "all that the method can")

    def _lay_out(self) -> None:
        methods = QHBoxLayout()
        methods.setSpacing(SPACING)
        methods.addWidget(self.methods)
        methods.addWidget(self.percentile)
        methods.addStretch(1)
        methods_label = QLabel("Ranges")
        methods_label.setToolTip("How the range of each activation is found on the calibration data")
        types_label = QLabel("Weights")
        activations = QWidget()
        pair = QHBoxLayout(activations)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(SPACING)
        pair.addWidget(QLabel("Activations"))
        pair.addWidget(self.activations)
        types = QWidget()
        across = FlowLayout(types, SPACING)
        for widget in (self.weights, self.ranges, activations):
            across.addWidget(widget)
        ticks = self._make_ticks()
        self._groups: dict[str, tuple[QWidget, ...]] = {
            "method": (methods_label, self.methods),
            "types": (types_label, self.weights, self.ranges),
            "activations": (activations,),
            **{name: (box,) for name, box in self.ticks.items()},
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(GROUP_SPACING)
        grid.setVerticalSpacing(SPACING)
        grid.setColumnStretch(1, 1)
        grid.addWidget(methods_label, 0, 0)
        grid.addLayout(methods, 0, 1)
        grid.addWidget(types_label, 1, 0)
        grid.addWidget(types, 1, 1)
        for row, (field, tip) in enumerate(
            (
                (self.op_types, "Only nodes of these op types, with commas between; empty: all"),
                (self.exclude, "Nodes by name, with commas between. The tab What each node costs finds them"),
            ),
            start=2,
        ):
            label = QLabel(field.accessibleName())
            label.setBuddy(field)
            label.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        last = QHBoxLayout()
        last.setSpacing(SPACING)
        last.addWidget(ticks, 1)
        last.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(grid)
        column.addLayout(last)

    def _make_ticks(self) -> QWidget:
        ticks = QWidget()
        flow = FlowLayout(ticks)
        for name, (title, tip) in _TICKS.items():
            box = QCheckBox(title)
            box.setObjectName(f"quantize-{name.replace('_', '-')}")
            box.setToolTip(tip)
            box.clicked.connect(
                lambda is_on, name=name, title=title: self._edit(name, is_on, _tick_text(title, is_on))
            )
            self.ticks[name] = box
            flow.addWidget(box)
        return ticks

    def _types_combo(self, title: str, name: str) -> CalmCombo:
        combo = CalmCombo(title)
        combo.setObjectName(f"quantize-{name.replace('_', '-')}")
        combo.setMinimumContentsLength(5)
        for value in ("int8", "uint8"):
            combo.addItem(value, value)
        combo.activated.connect(
            lambda _: self._edit(name, combo.currentData(), f"change the type of {title.lower()}")
        )
        return combo

    def _names_edit(self, title: str, name: str, placeholder: str) -> ParsedEdit:
        field = ParsedEdit(title, _parse_names, ", ".join)
        field.setObjectName(f"quantize-{name.replace('_', '-')}")
        field.setPlaceholderText(placeholder)
        field.value_edited.connect(lambda value: self._edit(name, value, f"change what is left in float32: {title}"))
        return field

    def _edit(self, name: str, value: Any, text: str) -> None:
        edit_quantize(self._controller, text, f"quantize.{name}", **{name: value})


def _tick_text(title: str, is_on: bool) -> str:
    return f"{'tick' if is_on else 'untick'} {title.lower()}"


def _parse_percentile(text: str) -> float:
    try:
        value = float(text.strip())
    except ValueError:
        raise ValueError("must be a number, such as 99.99") from None
    if not 0 < value <= 100:
        raise ValueError("must be above 0, and at most 100")
    return value


def _parse_names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in (part.strip() for part in text.split(",")) if word))
