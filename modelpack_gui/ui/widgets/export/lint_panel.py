"""What looks wrong before the export is run, as a list above its results."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.explain.lint_text import lint_sentence
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.lint_items import STATUS_OF, worst
from modelpack_gui.ui.state.advisor import Advisor
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import Foldable
from modelpack_gui.ui.widgets.explanation import ExplanationList
from modelpack_gui.ui.widgets.form_parts import NoteLabel


class LintPanel(QWidget):
    """One sentence, and the findings below it; hidden while nothing was looked at."""

    fix_wanted = Signal(object)  # Fix
    place_wanted = Signal(object)  # SourcePlace

    def __init__(self, advisor: Advisor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lint-panel")
        self._advisor = advisor
        self.sentence = NoteLabel(Status.PASSED)
        self.sentence.setObjectName("lint-sentence")
        self.findings = ExplanationList("Findings before the export")
        self.findings.setObjectName("lint-findings")
        self.findings.fix_wanted.connect(self.fix_wanted)
        self.findings.place_wanted.connect(self.place_wanted)
        self.fold = Foldable("Findings", self.findings, is_open=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self.sentence)
        column.addWidget(self.fold)
        advisor.changed.connect(self.refresh)
        self.refresh()

    def reveal(self, explanation: Explanation) -> None:
        """Unfold a finding, if it is one."""
        if any(card.explanation == explanation for card in self.findings.cards):
            self.fold.set_open(is_open=True)
            self.findings.reveal(explanation)

    def refresh(self) -> None:
        """Show what the advisor knows."""
        advisor = self._advisor
        report = advisor.report
        if report is None:
            text, status = (
                ("Looking for trouble before the export…", Status.RUNNING) if advisor.is_running else ("", None)
            )
            if advisor.error is not None and not advisor.is_running:
                text, status = f"Nothing could be said ahead of the export: {advisor.error.message}", Status.REMARK
        else:
            text, status = lint_sentence(report), worst(report)
            if advisor.is_stale:
                text, status = f"For the settings before the last change: {text}", Status.STALE
        self.sentence.set_text(text, status)
        items = report.findings if report is not None else ()
        self.findings.show_explanations([(STATUS_OF[item.severity], item.explanation) for item in items])
        self.fold.setVisible(bool(items))
        self.setVisible(bool(text))
