"""How parity judges, beyond rtol and atol: the rule itself, NaN, the noise ratio, and tolerances by dtype."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.records import LOW_PRECISION, ParitySpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING, mono_font
from modelpack_gui.ui.project.my_defaults import my_low_precision, save_low_precision
from modelpack_gui.ui.project.spec_edits import edit_parity
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.number_fields import ParsedEdit, parse_tolerance, spell_tolerance

RULE = (
    "An element passes if |actual − expected| ≤ atol + rtol · |expected|. Its budget is the quotient of the two "
    "sides: 1.0 is the limit. Names, shapes and dtypes must be the same; integers, booleans and strings must be "
    "equal; NaN, +Inf and −Inf must be at the same places. An output that would pass whatever the artifact gave "
    "proves nothing."
)
_RATIO_TIP = (
    "An output also fails if its error is more than so many noise floors. The noise floor is eager PyTorch's own "
    "error against float64: about 1 is rounding. 0 for no such limit"
)


class JudgingPanel(QWidget):
    """The rule in words, and the fields of it that are rarely changed. All of them judge anew without a run."""

    problem_changed = Signal()

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self.nan_equal = QCheckBox("NaN agrees with NaN")
        self.nan_equal.setObjectName("parity-nan-equal")
        self.nan_equal.clicked.connect(
            lambda: edit_parity(controller, "change how NaN is judged", nan_equal=self.nan_equal.isChecked())
        )
        self.ratio = ParsedEdit("Largest noise ratio", _parse_ratio, _spell_ratio)
        self.ratio.setObjectName("parity-max-noise-ratio")
        self.ratio.setPlaceholderText("no limit")
        self.ratio.setFixedWidth(84)
        self.ratio.value_edited.connect(
            lambda value: edit_parity(
                controller, "change the largest noise ratio", "parity.ratio", max_noise_ratio=value
            )
        )
        self.ratio.problem_changed.connect(self.problem_changed)
        self.cells: dict[tuple[str, int], ParsedEdit] = {}
        self.save = IconButton("Save as my defaults", "save")
        self.save.setObjectName("save-tolerances")
        self.save.clicked.connect(self._on_save)
        self.reset = IconButton("Reset", "reset")
        self.reset.setObjectName("reset-tolerances")
        self.reset.setToolTip("Back to the values that modelpack-gui comes with, in this recipe; undo takes it back")
        self.reset.clicked.connect(self._on_reset)
        self._lay_out()
        self.setFocusProxy(self.nan_equal)

    def problems(self) -> list[str]:
        """What cannot be read."""
        return [field.problem for field in (self.ratio, *self.cells.values()) if field.problem]

    def show_spec(self, spec: ParitySpec) -> None:
        """Bring the fields in line with a recipe."""
        self.nan_equal.setChecked(spec.nan_equal)
        self.ratio.set_value(spec.max_noise_ratio)
        for (dtype, place), field in self.cells.items():
            field.set_value(spec.low_precision.get(dtype, (0.0, 0.0))[place])
        is_saved = dict(spec.low_precision) == my_low_precision(self._settings)
        self.save.setEnabled(not is_saved)
        self.save.setToolTip(
            "New recipes start with these already" if is_saved else "New recipes start with these tolerances by dtype"
        )
        self.reset.setEnabled(dict(spec.low_precision) != dict(LOW_PRECISION))

    def _lay_out(self) -> None:
        rule = wrapped_label(RULE, is_muted=True, is_selectable=True)
        rule.setObjectName("parity-rule")
        ratio_label = QLabel("Largest noise ratio")
        ratio_label.setBuddy(self.ratio)
        for widget in (ratio_label, self.ratio):
            widget.setToolTip(_RATIO_TIP)
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(self.nan_equal)
        line.addSpacing(GROUP_SPACING)
        line.addWidget(ratio_label)
        line.addWidget(self.ratio)
        line.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING)
        grid.setVerticalSpacing(SPACING // 2)
        for column, title in enumerate(("rtol", "atol"), start=1):
            grid.addWidget(QLabel(title), 0, column)
        for row, dtype in enumerate(LOW_PRECISION, start=1):
            name = QLabel(dtype)
            name.setFont(mono_font())
            name.setToolTip(f"For outputs in {dtype}, and of artifacts that compute in it: the larger ones count")
            grid.addWidget(name, row, 0)
            for place, title in enumerate(("rtol", "atol")):
                grid.addWidget(self._cell(dtype, place, title), row, 1 + place)
        buttons = QVBoxLayout()
        buttons.setSpacing(SPACING)
        buttons.addStretch(1)
        for button in (self.save, self.reset):
            buttons.addWidget(button)
        across = QHBoxLayout()
        across.setSpacing(GROUP_SPACING)
        across.addLayout(grid)
        across.addLayout(buttons)
        across.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(SPACING)
        whole.addWidget(rule)
        whole.addLayout(line)
        whole.addLayout(across)

    def _cell(self, dtype: str, place: int, title: str) -> ParsedEdit:
        field = ParsedEdit(f"{title} of {dtype}", parse_tolerance, spell_tolerance)
        field.setObjectName(f"tolerance-{dtype}-{title}")
        field.setFixedWidth(84)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.value_edited.connect(lambda value: self._on_cell_edited(dtype, place, value))
        field.problem_changed.connect(self.problem_changed)
        self.cells[dtype, place] = field
        return field

    def _on_cell_edited(self, dtype: str, place: int, value: float) -> None:
        table = dict(self._controller.recipe.parity.low_precision)
        rtol, atol = table.get(dtype, (0.0, 0.0))
        table[dtype] = (value, atol) if place == 0 else (rtol, value)
        self._edit(table, f"change the tolerances of {dtype}", f"parity.{dtype}.{place}")

    def _on_save(self) -> None:
        save_low_precision(self._settings, self._controller.recipe.parity.low_precision)
        self.show_spec(self._controller.recipe.parity)

    def _on_reset(self) -> None:
        self._edit(dict(LOW_PRECISION), "reset the tolerances by dtype")

    def _edit(self, table: dict[str, tuple[float, float]], text: str, merge_key: str = "") -> None:
        edit_parity(self._controller, text, merge_key, low_precision=table)


def _parse_ratio(text: str) -> float:
    """Nothing is no limit."""
    return parse_tolerance(text) if text.strip() else 0.0


def _spell_ratio(value: float) -> str:
    return spell_tolerance(value) if value else ""


def judging_summary(spec: ParitySpec) -> str:
    """What differs from the usual way of judging, in a few words; empty if nothing does."""
    parts = []
    if not spec.nan_equal:
        parts.append("NaN fails")
    if spec.max_noise_ratio:
        parts.append(f"noise ratio up to {spell_tolerance(spec.max_noise_ratio)}")
    if dict(spec.low_precision) != dict(LOW_PRECISION):
        parts.append("own tolerances by dtype")
    return ", ".join(parts)
