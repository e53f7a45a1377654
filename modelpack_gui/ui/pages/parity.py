"""The parity page: does the artifact compute what the model computes, at every size and seed tried?"""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import ParityReport, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import SPACING
from modelpack_gui.ui.widgets.number_fields import (
    ParsedEdit,
    join,
    parse_seeds,
    parse_sizes,
    parse_tolerance,
    spell_tolerance,
)
from modelpack_gui.ui.widgets.parity_overview import ParityOverview
from modelpack_gui.ui.widgets.parity_tables import inspect_case, inspect_output
from modelpack_gui.ui.widgets.status_line import StatusLine


class ParityPage(StagePage):
    """Tolerances; verdict; and below them, in tabs, the report as a whole and what the chosen output looks like."""

    stage = Stage.PARITY
    icon_name = "parity"
    empty_text = (
        "Runs the model and the artifact on the same inputs, at several sizes and seeds, and compares every output "
        "element by element."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._report: ParityReport | None = None
        self._add_settings_row()
        self.overview = ParityOverview(controller, settings)
        self.overview.selected.connect(self._on_selected)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("parity-tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.overview, "Overview")
        self.content.addWidget(self.tabs, 1)
        controller.recipe_changed.connect(self._fill_fields)
        self._fill_fields()
        self.refresh()

    # What the base asks for

    def show_result(self, result: Result) -> None:
        """Draw a report; its gravest cell is selected."""
        assert isinstance(result, ParityReport)
        self._report = result
        self.overview.show_report(result)

    def reveal(self, subject: object) -> None:
        """Unfold an explanation."""
        self.tabs.setCurrentWidget(self.overview)
        self.overview.reveal(subject)

    def refresh(self) -> None:
        """Also whether fixes can be pressed."""
        super().refresh()
        self.overview.explanations.set_fixes_enabled(is_enabled=not self.controller.state(self.stage).is_under_way)

    def sentence_for(self, result: Result) -> str:
        """The report's own."""
        assert isinstance(result, ParityReport)
        is_running = self.controller.state(self.stage).status is Status.RUNNING
        return f"Previous result: {result.summary}" if is_running else result.summary

    # Building

    def _add_settings_row(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        self.fields = {
            "rtol": ParsedEdit("rtol", parse_tolerance, spell_tolerance),
            "atol": ParsedEdit("atol", parse_tolerance, spell_tolerance),
            "sizes": ParsedEdit("Sizes", parse_sizes, join),
            "seeds": ParsedEdit("Seeds", parse_seeds, join),
        }
        tips = {
            "rtol": "Relative tolerance: an element passes if |actual − expected| ≤ atol + rtol · |expected|",
            "atol": "Absolute tolerance: an element passes if |actual − expected| ≤ atol + rtol · |expected|",
            "sizes": "Tried on each dynamic axis, besides the size of the example",
            "seeds": "Added to the seed of each example input; 0 is the example itself",
        }
        texts = {"rtol": "change relative tolerance", "atol": "change absolute tolerance"}
        for name, field in self.fields.items():
            field.setObjectName(f"parity-{name}")
            label = QLabel(field.accessibleName())
            label.setBuddy(field)
            label.setToolTip(tips[name])
            if name in texts:
                field.setFixedWidth(92)
                row.addWidget(label)
                row.addWidget(field)
            else:
                field.setMinimumWidth(92)
                row.addWidget(label)
                row.addWidget(field, 3 if name == "sizes" else 2)
            text = texts.get(name, f"change {name}")
            field.value_edited.connect(lambda value, name=name, text=text: self._edit(name, value, text))
            field.problem_changed.connect(self._show_problem)
        self.problem = StatusLine(Status.FAILED)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        place = column.count() - 1  # above what scrolls or is empty: settings can be changed before the first run
        column.insertLayout(place, row)
        column.insertWidget(place + 1, self.problem)
        column.insertSpacing(place + 2, SPACING // 2)

    # Editing

    def _fill_fields(self) -> None:
        for name, field in self.fields.items():
            field.set_value(getattr(self.controller.recipe.parity, name))

    def _edit(self, name: str, value: Any, text: str) -> None:
        recipe = self.controller.recipe
        changes: dict[str, Any] = {name: value}
        parity = dataclasses.replace(recipe.parity, **changes)
        self.controller.edit(dataclasses.replace(recipe, parity=parity), text, f"parity.{name}")

    def _show_problem(self) -> None:
        self.problem.set_text("\n".join(field.problem for field in self.fields.values() if field.problem))

    # Selecting

    def _on_selected(self) -> None:
        case, output = self.overview.case, self.overview.output
        if case is not None:
            self.controller.inspect(inspect_case(case) if output is None else inspect_output(case, output))
