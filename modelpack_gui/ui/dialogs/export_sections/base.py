"""What the sections of the export options share."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.records import ExporterInfo, ExportSpec, LintFinding
from modelpack_gui.ui.models.lint_items import concerning
from modelpack_gui.ui.widgets.export.lint_notes import LintNotes
from modelpack_gui.ui.widgets.form_parts import FormSection


class ExportSection(FormSection):
    """A part of the form. It shows a spec, and tells of another one when the user changes something.

    `show_spec` comes after each edit, its own included, so it must leave alone what is half typed.

    Attributes:
        concerns: Fields whose findings of lint are shown here.
    """

    edited = Signal(object)  # ExportSpec
    concerns: tuple[str, ...] = ()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.spec = ExportSpec()
        self.notes = LintNotes()

    def show_spec(self, spec: ExportSpec, info: ExporterInfo | None) -> None:  # noqa: ARG002 (for those that need it)
        """Show the options; `info` is the exporter they name, None if there is no such one."""
        self.spec = spec

    @property
    def problem(self) -> str:
        """Why what is shown cannot be used, in one sentence; empty if it can."""
        return ""

    def show_findings(self, findings: Sequence[LintFinding]) -> None:
        """Show what lint says of the fields here, below them."""
        if self.column.indexOf(self.notes) < 0:
            self.add_wide(self.notes)
        self.notes.show_findings(concerning(findings, *self.concerns))

    def change(self, **fields: Any) -> None:
        """Tell of a spec with other values in some fields."""
        self.edited.emit(dataclasses.replace(self.spec, **fields))
