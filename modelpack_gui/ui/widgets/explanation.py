"""Known troubles drawn: what happened, why, at which lines, and the fixes as buttons.

One look for failures, warnings, differences and lint. The widgets only say what the user wants; whoever shows them
connects `fix_wanted` and `place_wanted`.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.explain.explanation import Explanation, Fix, SourcePlace
from modelpack_gui.core.figures import plural
from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font, status_icon
from modelpack_gui.ui.models.explanation_text import edits_text, explanation_text, short_place
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedButton, Foldable, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.mono_block import MonoBlock

_PLACES_SHOWN = 4


class ExplanationView(QWidget):
    """The body of an explanation: cause, places, fixes. Its title is for whoever shows it.

    Args:
        folds_fixes: The fixes are one line until it is clicked.
    """

    fix_wanted = Signal(object)  # Fix
    place_wanted = Signal(object)  # SourcePlace

    def __init__(self, explanation: Explanation, *, folds_fixes: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"explanation-{explanation.id}")
        self._buttons: list[ElidedButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        if explanation.cause:
            cause = wrapped_label(explanation.cause, is_selectable=True)
            cause.setObjectName("explanation-cause")
            column.addWidget(cause)
        for place in explanation.places[:_PLACES_SHOWN]:
            column.addLayout(self._place_line(place))
        more = explanation.places[_PLACES_SHOWN:]
        if more:
            column.addWidget(Foldable(f"{plural(len(more), 'more place')}", self._places(more)))
        if explanation.fixes:
            fixes = self._fixes(explanation.fixes)
            if folds_fixes:
                told = " · ".join(fix.text for fix in explanation.fixes)
                fixes = Foldable(f"{'Fixes' if len(explanation.fixes) > 1 else 'Fix'}: {told}", fixes)
                fixes.setObjectName("explanation-fixes")
            else:
                column.addSpacing(GRID)
            column.addWidget(fixes)

    def set_fixes_enabled(self, *, is_enabled: bool) -> None:
        """Whether the fixes can be pressed; not while the stage runs."""
        for button in self._buttons:
            button.setEnabled(is_enabled)

    def _places(self, places: Sequence[SourcePlace]) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for place in places:
            column.addLayout(self._place_line(place))
        return box

    def _place_line(self, place: SourcePlace) -> QHBoxLayout:
        link = ElidedButton(short_place(place), role="link")
        link.setObjectName("explanation-place")
        link.setFont(mono_font())
        link.setAccessibleName(f"Go to {short_place(place)}")
        link.setToolTip(plain_tooltip(f"{place.file}:{place.line}"))
        link.clicked.connect(lambda: self.place_wanted.emit(place))
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(link)
        line.addWidget(wrapped_label(place.note, is_muted=True, is_selectable=True), 1)
        return line

    def _fixes(self, fixes: Sequence[Fix]) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for fix in fixes:
            column.addWidget(self._fix(fix))
        return box

    def _fix(self, fix: Fix) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        if fix.edits:
            button = ElidedButton(fix.text, "run")
            button.setObjectName("apply-fix")
            button.setAccessibleName(fix.text)
            button.setAccessibleDescription(f"Changes {edits_text(fix)} and runs again".replace("\n", ", "))
            button.setToolTip(
                plain_tooltip(f"{fix.text}\n{edits_text(fix)}\nThen it runs again; undo takes it back.")
            )
            button.clicked.connect(lambda: self.fix_wanted.emit(fix))
            self._buttons.append(button)
            column.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
        else:
            text = wrapped_label(f"• {fix.text}", is_selectable=True)
            text.setObjectName("fix-text")
            column.addWidget(text)
        if fix.details:
            fold = Foldable("How", _details(fix.details))
            fold.setContentsMargins(SPACING, 0, 0, 0)  # it belongs to the fix above it
            column.addWidget(fold)
        return box


class ExplanationCard(QFrame):
    """One of several: shape and colour of its severity, its title, and the rest folded below it."""

    fix_wanted = Signal(object)  # Fix
    place_wanted = Signal(object)  # SourcePlace

    def __init__(
        self,
        status: Status,
        explanation: Explanation,
        *,
        is_open: bool,
        folds_fixes: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.explanation = explanation
        self._status = status
        self.setProperty("role", "card")
        self.setAccessibleName(f"{status.value}: {explanation.title}")
        self.view = ExplanationView(explanation, folds_fixes=folds_fixes)
        self.view.fix_wanted.connect(self.fix_wanted)
        self.view.place_wanted.connect(self.place_wanted)
        self.fold = Foldable(explanation.title, self.view, is_open=is_open)
        self._picture = QLabel()
        copy = IconToolButton("Copy this explanation", "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(explanation_text(explanation)))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, SPACING, SPACING, SPACING)
        row.setSpacing(SPACING)
        row.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.fold, 1)
        row.addWidget(copy, alignment=Qt.AlignmentFlag.AlignTop)
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self._picture.setPixmap(status_icon(self._status).pixmap(20, 20))


class ExplanationList(QWidget):
    """Several explanations, the gravest first as they are given; hidden while there are none.

    Args:
        folds_fixes: See ExplanationView.
    """

    fix_wanted = Signal(object)  # Fix
    place_wanted = Signal(object)  # SourcePlace

    def __init__(self, accessible_name: str, *, folds_fixes: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folds_fixes = folds_fixes
        self.setAccessibleName(accessible_name)
        self.cards: list[ExplanationCard] = []
        self._shown: tuple[tuple[Status, Explanation], ...] = ()
        self._is_enabled = True
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACING)
        self.hide()

    def show_explanations(self, items: Sequence[tuple[Status, Explanation]]) -> None:
        """Show others, each with its severity. A single one is open; of several each is opened by a click."""
        if tuple(items) == self._shown:
            return
        self._shown = tuple(items)
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.cards = [
            ExplanationCard(status, one, is_open=len(items) == 1, folds_fixes=self._folds_fixes)
            for status, one in items
        ]
        for card in self.cards:
            card.fix_wanted.connect(self.fix_wanted)
            card.place_wanted.connect(self.place_wanted)
            self._column.addWidget(card)
        self.set_fixes_enabled(is_enabled=self._is_enabled)
        self.setVisible(bool(items))

    def set_fixes_enabled(self, *, is_enabled: bool) -> None:
        """Whether the fixes can be pressed; not while the stage runs."""
        self._is_enabled = is_enabled
        for card in self.cards:
            card.view.set_fixes_enabled(is_enabled=is_enabled)

    def reveal(self, explanation: Explanation) -> None:
        """Unfold one of them and give it the focus."""
        for card in self.cards:
            if card.explanation == explanation:
                card.fold.set_open(is_open=True)
                card.fold.setFocus(Qt.FocusReason.OtherFocusReason)


def _details(text: str) -> QWidget:
    box = QWidget()
    copy = IconToolButton("Copy", "copy")
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    row.addWidget(MonoBlock(text), 1)
    row.addWidget(copy, alignment=Qt.AlignmentFlag.AlignTop)
    return box
