"""Which inputs parity tries: sizes, seeds, and what a sweep adds to them."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QWidget

from modelpack_gui.core.records import ParitySpec, Regime
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models.parity_text import REGIMES
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.project.spec_edits import edit_parity
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.number_fields import ParsedEdit, SpinField, join, parse_seeds, parse_sizes


class CasesPanel(QWidget):
    """Fields for the cases. The sizes and seeds count with and without a sweep; the rest is the sweep's alone."""

    problem_changed = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.sizes = ParsedEdit("Sizes", parse_sizes, join)
        self.sizes.setObjectName("parity-sizes")
        self.sizes.value_edited.connect(lambda value: self._edit("sizes", value, "change sizes"))
        self.seeds = ParsedEdit("Seeds", parse_seeds, join)
        self.seeds.setObjectName("parity-seeds")
        self.seeds.value_edited.connect(lambda value: self._edit("seeds", value, "change seeds"))
        for field in (self.sizes, self.seeds):
            field.problem_changed.connect(self.problem_changed)
        self.regimes: dict[Regime, QCheckBox] = {}
        self.budget = SpinField("Time budget", 0, 86_400)
        self.budget.setObjectName("parity-budget")
        self.budget.setSuffix(" s")
        self.budget.setSpecialValueText("no limit")
        self.budget.setToolTip(
            plain_tooltip(
                "After so long a sweep starts no further case, and says which ones are left. The likeliest failures "
                "come first; Go on takes up the rest"
            )
        )
        self.budget.valueChanged.connect(self._on_budget_changed)
        self._note = wrapped_label("", is_muted=True)
        self._note.setObjectName("parity-cases-note")
        self._lay_out()
        self.setFocusProxy(self.sizes)

    def show_spec(self, spec: ParitySpec) -> None:
        """Bring the fields in line with a recipe."""
        self.sizes.set_value(spec.sizes)
        self.seeds.set_value(spec.seeds)
        for regime, box in self.regimes.items():
            box.setChecked(regime in spec.regimes)
            box.setEnabled(spec.sweep)
        self.budget.set_value(math.ceil(spec.time_budget_s))  # half a second is some limit
        self.budget.setEnabled(spec.sweep)
        self._note.setText(
            "A sweep adds a prime, a large size and both ends of the range of each dimension, sizes of two "
            "dimensions at once, and the kinds of values that are ticked."
            if spec.sweep
            else "One dimension at a time, with values as the recipe draws them. Tick Sweep for more."
        )

    def _lay_out(self) -> None:
        kinds = QWidget()
        flow = FlowLayout(kinds)
        for regime, (title, tip) in REGIMES.items():
            box = QCheckBox(title)
            box.setObjectName(f"regime-{regime.value}")
            box.setToolTip(tip)
            box.clicked.connect(self._on_regimes_clicked)
            self.regimes[regime] = box
            flow.addWidget(box)
        first = QHBoxLayout()
        first.setSpacing(SPACING)
        first.addWidget(self.sizes, 3)
        first.addSpacing(SPACING)
        first.addWidget(
            _label("Seeds", self.seeds, "Added to the seed of each example input; 0 is the example itself")
        )
        first.addWidget(self.seeds, 2)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GROUP_SPACING)
        grid.setVerticalSpacing(SPACING)
        tip = "Tried on each dynamic axis, besides the size of the example"
        grid.addWidget(_label("Sizes", self.sizes, tip), 0, 0)
        grid.addLayout(first, 0, 1)
        grid.addWidget(_label("Values", kinds, "What floating-point inputs are given in a sweep"), 1, 0)
        grid.addWidget(kinds, 1, 1)
        last = QHBoxLayout()
        last.setSpacing(GROUP_SPACING)
        last.addWidget(self.budget)
        last.addWidget(self._note, 1)
        grid.addWidget(_label("Time budget", self.budget, self.budget.toolTip()), 2, 0)
        grid.addLayout(last, 2, 1)
        grid.setColumnStretch(1, 1)

    def _edit(self, name: str, value: object, text: str) -> None:
        edit_parity(self._controller, text, f"parity.{name}", **{name: value})

    def _on_regimes_clicked(self) -> None:
        chosen = tuple(regime for regime, box in self.regimes.items() if box.isChecked())
        edit_parity(self._controller, "change the kinds of values", regimes=chosen or (Regime.NORMAL,))
        self.show_spec(self._controller.recipe.parity)  # without any, the usual one is ticked again

    def _on_budget_changed(self, seconds: int) -> None:
        edit_parity(self._controller, "change the time budget", "parity.budget", time_budget_s=float(seconds))


def cases_summary(spec: ParitySpec, planned: int) -> str:
    """The cases in a few words, for a folded panel.

    Args:
        planned: How many there are; 0 if that is not known.
    """
    number = f"{planned} planned" if planned else ""
    sizes = f"sizes {join(spec.sizes)}" if spec.sizes else "the example's size"
    seeds = f"{'seeds' if len(spec.seeds) > 1 else 'seed'} {join(spec.seeds)}"
    if not spec.sweep:
        return " · ".join(part for part in (number, sizes, seeds) if part)
    limit = f"up to {spec.time_budget_s:g} s" if spec.time_budget_s else "no time limit"
    return " · ".join(part for part in (number, f"{len(spec.regimes)} kinds of values", limit) if part)


def _label(text: str, buddy: QWidget, tip: str) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    label.setToolTip(tip)
    return label
