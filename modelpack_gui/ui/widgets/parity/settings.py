"""What the parity page asks for above its results: tolerances in view; cases, sides and the rule folded."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.parity.plan import planned_cases
from modelpack_gui.core.pipeline import Stage, settings_of
from modelpack_gui.core.records import ParityReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models.parity_text import overridden_text
from modelpack_gui.ui.project.spec_edits import edit_parity
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.fold_row import FoldRow
from modelpack_gui.ui.widgets.number_fields import ParsedEdit
from modelpack_gui.ui.widgets.parity.cases import CasesPanel, cases_summary
from modelpack_gui.ui.widgets.parity.judging import JudgingPanel, judging_summary
from modelpack_gui.ui.widgets.parity.sides import SidesPanel, sides_summary
from modelpack_gui.ui.widgets.parity.tolerance_field import ToleranceField
from modelpack_gui.ui.widgets.status_line import StatusLine

CASES, SIDES, JUDGING = "cases", "sides", "judging"
_TOLERANCES = {"rtol": "relative tolerance", "atol": "absolute tolerance"}


class ParitySettings(QWidget):
    """Edits the recipe's ParitySpec, and shows it as it is now."""

    dragging_changed = Signal(bool)  # whether the slider of a tolerance is held

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._planned: tuple[object, int] | None = None  # what they were planned by, and how many they are
        self.tolerances: dict[str, ToleranceField] = {}
        row = QHBoxLayout()
        row.setSpacing(GROUP_SPACING)
        for name, meaning in _TOLERANCES.items():
            tip = f"{meaning.capitalize()}: an element passes if |actual − expected| ≤ atol + rtol · |expected|"
            field = self.tolerances[name] = ToleranceField(name, tip)
            field.value_edited.connect(lambda value, key, name=name: self._on_tolerance_edited(name, value, key))
            field.dragging_changed.connect(self.dragging_changed)
            field.line.problem_changed.connect(self._show_problem)
            row.addWidget(field, 1)
        self.cases = CasesPanel(controller)
        self.sides = SidesPanel(controller, settings)
        self.judging = JudgingPanel(controller, settings)
        self.cases.problem_changed.connect(self._show_problem)
        self.judging.problem_changed.connect(self._show_problem)
        self.folds = FoldRow()
        self.folds.add(CASES, "Cases", self.cases)
        self.folds.add(SIDES, "Sides", self.sides)
        self.folds.add(JUDGING, "Judging", self.judging)
        self.problem = StatusLine(Status.FAILED)
        self._overridden = StatusLine(Status.REMARK)
        self._overridden.setObjectName("parity-overridden")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(row)
        column.addWidget(self._overridden)
        column.addWidget(self.folds)
        column.addWidget(self.problem)
        controller.recipe_changed.connect(self._show_recipe)
        controller.capabilities_changed.connect(self._show_recipe)
        self._show_recipe()

    @property
    def fields(self) -> dict[str, ParsedEdit]:
        """What is typed into, by its name in ParitySpec."""
        return {
            **{name: field.line for name, field in self.tolerances.items()},
            "sizes": self.cases.sizes,
            "seeds": self.cases.seeds,
        }

    def show_report(self, report: ParityReport | None) -> None:
        """Say where a report was judged by other tolerances than those in view."""
        spec = self._controller.recipe.parity
        self._overridden.set_text(overridden_text(report, spec) if report is not None else "")

    def _show_recipe(self) -> None:
        spec = self._controller.recipe.parity
        for name, field in self.tolerances.items():
            field.set_value(getattr(spec, name))
        self.cases.show_spec(spec)
        self.sides.show_spec(spec)
        self.judging.show_spec(spec)
        self.folds.set_summary(CASES, cases_summary(spec, self._planned_cases()))
        self.folds.set_summary(SIDES, sides_summary(spec))
        self.folds.set_summary(JUDGING, judging_summary(spec))

    def _planned_cases(self) -> int:
        """Planned anew only where they may be others: a slider is dragged in small steps."""
        recipe = self._controller.recipe
        planned_by = settings_of(Stage.PARITY, recipe)
        if self._planned is None or self._planned[0] != planned_by:
            self._planned = (planned_by, planned_cases(recipe))
        return self._planned[1]

    def _on_tolerance_edited(self, name: str, value: float, key: str) -> None:
        edit_parity(self._controller, f"change {_TOLERANCES[name]}", f"parity.{name}.{key}", **{name: value})

    def _show_problem(self) -> None:
        problems = [field.problem for field in self.fields.values() if field.problem]
        self.problem.set_text("\n".join([*problems, *self.judging.problems()]))
