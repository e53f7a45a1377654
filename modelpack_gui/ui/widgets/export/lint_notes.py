"""Findings of lint below the field that they concern: what, and the fixes that are a setting there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.core.records import LintFinding
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.models.explanation_text import edits_text
from modelpack_gui.ui.models.lint_items import STATUS_OF
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.widgets.basics import ElidedButton
from modelpack_gui.ui.widgets.form_parts import NoteLabel

_INDENT = 20


class LintNotes(QWidget):
    """A line for each finding, with buttons for fixes that change options of the export; hidden while empty."""

    fix_wanted = Signal(object)  # Fix

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.findings: tuple[LintFinding, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self.hide()

    def show_findings(self, findings: Sequence[LintFinding]) -> None:
        """Show others."""
        if tuple(findings) == self.findings:
            return
        self.findings = tuple(findings)
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for finding in self.findings:
            note = NoteLabel(STATUS_OF[finding.severity])
            note.setObjectName("lint-note")
            self._column.addWidget(note)
            note.set_text(finding.explanation.cause)
            fixes = [fix for fix in finding.explanation.fixes if is_export_option(fix)]
            if fixes:
                self._column.addWidget(self._buttons(fixes))
        self.setVisible(bool(self.findings))

    def _buttons(self, fixes: Sequence[Fix]) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(_INDENT, 0, 0, 0)
        row.setSpacing(SPACING)
        for fix in fixes:
            button = ElidedButton(fix.text)
            button.setObjectName("lint-fix")
            button.setAutoDefault(False)
            button.setAccessibleName(fix.text)
            button.setToolTip(plain_tooltip(f"{fix.text}\n{edits_text(fix)}"))
            button.clicked.connect(lambda _checked=False, fix=fix: self.fix_wanted.emit(fix))
            row.addWidget(button)
        row.addStretch(1)
        row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        return box


def is_export_option(fix: Fix) -> bool:
    """Whether a fix changes options of the export and nothing else, so that the dialog can make it."""
    return bool(fix.edits) and all(edit.path.startswith("export.") for edit in fix.edits)
