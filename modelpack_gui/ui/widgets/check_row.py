"""One check as a row that explains itself."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from modelpack_gui.core.records import CheckRow
from modelpack_gui.ui.look.theme import GRID, SPACING, heading_font, icon, mono_font, status_icon, status_of, theme
from modelpack_gui.ui.models.check_text import VERDICT_WORDS, row_text
from modelpack_gui.ui.widgets.basics import Foldable, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.explanation import ExplanationView
from modelpack_gui.ui.widgets.mono_block import MonoBlock


class CheckRowWidget(QFrame):
    """Icon and title; explanation and fix; asked and got; details folded. Takes the focus; Space unfolds."""

    chosen = Signal(object)  # CheckRow
    fix_wanted = Signal(object)  # Fix
    place_wanted = Signal(object)  # SourcePlace
    step_wanted = Signal(int)  # rows to go, from the keyboard

    def __init__(self, row: CheckRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self._is_chosen = False
        self.setObjectName(f"check-{row.id}")
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{VERDICT_WORDS[row.verdict]}: {row.title}")
        self.setAccessibleDescription(row.explanation)

        self._picture = QLabel()
        self._picture.setToolTip(VERDICT_WORDS[row.verdict])
        title = wrapped_label(row.title)
        title.setFont(heading_font())
        self._copy_button = IconToolButton("Copy this check", "copy")
        self._copy_button.clicked.connect(self.copy)
        texts = QVBoxLayout()
        texts.setSpacing(GRID)
        texts.addWidget(title)
        texts.addWidget(wrapped_label(row.explanation, is_selectable=True))
        if row.asked or row.got:
            texts.addLayout(_asked_and_got(row))
        if row.fix and not (row.known is not None and row.known.fixes):
            texts.addLayout(_fix(row.fix))
        self.known = self._known(row)
        if self.known is not None:
            texts.addWidget(self.known)
        self.fold: Foldable | None = None
        if row.details:
            self.fold = Foldable("Details", MonoBlock(row.details))
            texts.addWidget(self.fold)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, SPACING, SPACING, SPACING)
        line.setSpacing(SPACING + GRID)
        line.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, 1)
        line.addWidget(self._copy_button, alignment=Qt.AlignmentFlag.AlignTop)

        copy = QAction("Copy this check", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_context_menu)
        self._tint()

    def _known(self, row: CheckRow) -> ExplanationView | None:
        """Cause, lines and fixes, where the finding is of a known kind; nothing is said twice."""
        if row.known is None:
            return None
        is_told = row.known.cause in row.explanation
        view = ExplanationView(dataclasses.replace(row.known, cause="") if is_told else row.known)
        view.fix_wanted.connect(self.fix_wanted)
        view.place_wanted.connect(self.place_wanted)
        return view

    def copy(self) -> None:
        """Put everything about the row on the clipboard."""
        QGuiApplication.clipboard().setText(row_text(self.row))

    def set_chosen(self, *, is_chosen: bool) -> None:
        """Mark it as the one that the inspector shows."""
        if is_chosen != self._is_chosen:
            self._is_chosen = is_chosen
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar at the left marks the chosen row, a frame the focus."""
        super().paintEvent(event)
        if not (self._is_chosen or self.hasFocus()):
            return
        accent = QColor(theme().colors.accent)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(accent, 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        if self._is_chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent)
            painter.drawRoundedRect(QRectF(0, 6, 3, self.height() - 12), 1.5, 1.5)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """What has the focus is what the inspector shows."""
        super().focusInEvent(event)
        self.chosen.emit(self.row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses it, also when it has the focus already."""
        super().mousePressEvent(event)
        self.chosen.emit(self.row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up, Down, Home, End go from row to row; Space folds and unfolds the details."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Home: -1_000_000, Qt.Key.Key_End: 1_000_000}
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            self.step_wanted.emit(step)
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.fold is not None:
            self.fold.set_open(is_open=not self.fold.is_open)
        else:
            super().keyPressEvent(event)

    def _on_context_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("copy"), "Copy this check").triggered.connect(self.copy)
        for name, text in (("Copy fix", self.row.fix), ("Copy details", self.row.details)):
            if text:
                menu.addAction(icon("copy"), name).triggered.connect(
                    lambda _checked=False, text=text: QGuiApplication.clipboard().setText(text)
                )
        menu.popup(self.mapToGlobal(position))

    def _tint(self) -> None:
        self._picture.setPixmap(status_icon(status_of(self.row.verdict)).pixmap(20, 20))


def _asked_and_got(row: CheckRow) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACING * 2)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(1, 1)
    told = [(title, text) for title, text in (("Asked", row.asked), ("Got", row.got)) if text]
    for column, (title, text) in enumerate(told):
        grid.addWidget(wrapped_label(title, is_muted=True), 0, column)
        value = wrapped_label(text, is_selectable=True)
        value.setFont(mono_font())
        grid.addWidget(value, 1, column, Qt.AlignmentFlag.AlignTop)
    return grid


def _fix(text: str) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(SPACING)
    name = QLabel("Fix")
    name.setFont(heading_font())
    line.addWidget(name, alignment=Qt.AlignmentFlag.AlignTop)
    line.addWidget(wrapped_label(text, is_selectable=True), 1)
    return line
