"""What must be known with the figures of a benchmark: failures, losses, the machine's noise, doubts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.bench_doubts import Note, report_notes
from modelpack_gui.ui.widgets.basics import Foldable
from modelpack_gui.ui.widgets.status_line import StatusLine

_IN_VIEW = 3
"""Lines that are always shown; what is graver comes first."""


class BenchNotes(QWidget):
    """A line each; those beyond the first few are folded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench-notes")
        self._lines: list[StatusLine] = []
        self._first, self._rest = QWidget(), QWidget()
        self._columns = [_column(self._first), _column(self._rest)]
        self.more = Foldable("", self._rest)
        self.more.setObjectName("bench-more-notes")
        column = _column(self)
        column.addWidget(self._first)
        column.addWidget(self.more)

    def texts(self) -> list[str]:
        """All lines, folded ones included."""
        return [line.text for line in self._lines]

    def show_report(self, report: BenchReport) -> None:
        """Say what a report has."""
        notes = report_notes(report)
        for line in self._lines:
            line.setParent(None)
            line.deleteLater()
        is_folded = len(notes) > _IN_VIEW + 1  # a fold for a single line would take as much room
        first = notes[:_IN_VIEW] if is_folded else notes
        rest = notes[len(first) :]
        self._lines = [*_fill(self._columns[0], first), *_fill(self._columns[1], rest)]
        self.more.setVisible(bool(rest))
        self.more.set_title(f"{plural(len(rest), 'more remark')}")
        self.setVisible(bool(notes))


def _column(place: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(place)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACING // 2)
    return column


def _fill(column: QVBoxLayout, notes: Sequence[Note]) -> list[StatusLine]:
    lines = [StatusLine(note.status, note.text) for note in notes]
    for line in lines:
        column.addWidget(line)
    return lines
