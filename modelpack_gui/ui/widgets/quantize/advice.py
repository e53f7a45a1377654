"""Lines of advice before quantising: each with its gravity, what to choose instead, and a click that does so."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import QuantizeAdvice
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedButton, IconButton
from modelpack_gui.ui.widgets.form_parts import NoteLabel

_GRAVITY = {"error": Status.FAILED, "warning": Status.WARNING, "info": Status.REMARK}
_AT_FIRST = 2
"""Lines that are shown unfolded before the first run. After it, what came out says more."""


class AdviceLine(QWidget):
    """One piece of advice."""

    taken = Signal()

    def __init__(self, advice: QuantizeAdvice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.advice = advice
        self.note = NoteLabel(_GRAVITY[advice.severity])
        deed, _, reason = advice.hint.rstrip(".").partition(": ")  # a button has the deed alone
        more = f"{reason[:1].upper()}{reason[1:]}." if reason else ""
        text = f"{advice.text} {more if advice.changes else advice.hint}".strip()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.note, 1, Qt.AlignmentFlag.AlignVCenter)
        self.note.set_text(text)
        self.button: ElidedButton | None = None
        if advice.changes:
            self.button = ElidedButton(deed or "Do so")
            self.button.setObjectName(f"advice-{advice.kind}")
            self.button.clicked.connect(self.taken)
            row.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignVCenter)


class AdviceList(QWidget):
    """The gravest first; of many, the rest is shown on a click.

    Attributes:
        more: The button for that, hidden while there is no more; to be placed by who uses the list.
    """

    taken = Signal(object)  # QuantizeAdvice

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("quantize-advice")
        self.lines: list[AdviceLine] = []
        self._advice: tuple[QuantizeAdvice, ...] = ()
        self._is_whole = self._is_short = False
        self._failure = NoteLabel(Status.WARNING)
        self.more = IconButton("", role="link")
        self.more.setObjectName("advice-more")
        self.more.clicked.connect(self._on_more)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACING // 2)
        self._column.addWidget(self._failure)
        self.show_advice((), None)

    def show_advice(self, advice: tuple[QuantizeAdvice, ...], error: ErrorInfo | None) -> None:
        """Show other advice, or why there is none."""
        gravest = list(_GRAVITY)
        advice = tuple(sorted(advice, key=lambda one: gravest.index(one.severity)))
        self._failure.set_text(f"Nothing is known beforehand: {error.message} {error.hint}" if error else "")
        if advice != self._advice:
            self._advice = advice
            for line in self.lines:
                self._column.removeWidget(line)
                line.hide()
                line.deleteLater()
            self.lines = [AdviceLine(one) for one in advice]
            for place, line in enumerate(self.lines, start=1):
                line.taken.connect(lambda line=line: self.taken.emit(line.advice))
                self._column.insertWidget(place, line)
        self._fold()

    def set_short(self, *, is_short: bool) -> None:
        """Whether all lines are folded."""
        if is_short != self._is_short:
            self._is_short = is_short
            self._fold()

    def _on_more(self) -> None:
        self._is_whole = not self._is_whole
        self._fold()

    def _fold(self) -> None:
        shown = 0 if self._is_short else _AT_FIRST
        hidden = len(self.lines) - shown
        for place, line in enumerate(self.lines):
            line.setVisible(self._is_whole or place < shown)
        self.setVisible(bool(self._failure.text) or (bool(self.lines) and (self._is_whole or shown > 0)))
        self.more.setVisible(hidden > 0)
        self.more.setText(
            "Fewer remarks" if self._is_whole else plural(hidden, "remark" if self._is_short else "more remark")
        )
        self.more.set_icon_name("chevron-down" if self._is_whole else "chevron-right")
