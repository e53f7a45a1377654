"""One runner of a benchmark: a box to measure it, its colour, name and options, and a menu of what to do with it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.look.theme import GRID, icon, status_icon, theme
from modelpack_gui.ui.models.runner_entries import RunnerEntry
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconToolButton

_WIDEST_DETAILS = 190  # pixels; the tooltip has the whole


class RunnerChip(QFrame):
    """Shows a RunnerEntry. A double click edits its options."""

    ticked = Signal(str, bool)
    options_wanted = Signal(str)
    copy_wanted = Signal(str)
    baseline_wanted = Signal(str)
    moved = Signal(str, int)
    removed = Signal(str)

    def __init__(self, entry: RunnerEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setObjectName(f"runner-chip-{entry.key}")
        self.entry = entry
        self.box = QCheckBox()
        self.box.setObjectName(f"runner-{entry.key}")
        self.box.setIconSize(QSize(12, 12))
        self.box.clicked.connect(lambda is_on: self.ticked.emit(self.entry.key, is_on))
        self._details = QLabel()
        self._details.setTextFormat(Qt.TextFormat.PlainText)
        self._details.setProperty("role", "muted")
        self._problem_icon = QLabel()
        self._problem = QLabel()
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self.menu_button = IconToolButton("Options of this runner, a copy of it, and more", "chevron-down")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setIconSize(QSize(14, 14))
        self.menu_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.menu = QMenu(self)
        self.options_action = self.menu.addAction(icon("settings"), "Options…")
        self.options_action.triggered.connect(lambda: self.options_wanted.emit(self.entry.key))
        copy = self.menu.addAction(icon("copy"), "Add a copy with other options…")
        copy.triggered.connect(lambda: self.copy_wanted.emit(self.entry.key))
        self.baseline_action = self.menu.addAction(icon("parity"), "Compare the others with it")
        self.baseline_action.setCheckable(True)
        self.baseline_action.triggered.connect(lambda: self.baseline_wanted.emit(self.entry.key))
        self.menu.addSeparator()
        self.earlier = self.menu.addAction("Show it earlier")
        self.earlier.triggered.connect(lambda: self.moved.emit(self.entry.key, -1))
        self.later = self.menu.addAction("Show it later")
        self.later.triggered.connect(lambda: self.moved.emit(self.entry.key, 1))
        self.menu.addSeparator()
        self.remove_action = self.menu.addAction(icon("remove"), "Remove from the list")
        self.remove_action.triggered.connect(lambda: self.removed.emit(self.entry.key))
        self.menu_button.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID + 2, 1, 1, 1)
        row.setSpacing(GRID)
        for widget in (self.box, self._details, self._problem_icon, self._problem, self.menu_button):
            row.addWidget(widget)
        self.show_entry(entry, is_only_one=False)

    def show_entry(self, entry: RunnerEntry, *, is_only_one: bool) -> None:
        """Bring it up to date. The only runner that is measured cannot be left out: nothing would be measured."""
        self.entry = entry
        self.box.setText(entry.title.replace("&", "&&"))
        self.box.setIcon(swatch(entry.look))
        self.box.setChecked(entry.is_on)
        self.box.setEnabled((entry.is_on or not entry.problem) and not is_only_one)
        details = " · ".join(part for part in ("baseline" if entry.is_baseline else "", entry.details) if part)
        cut = self._details.fontMetrics().elidedText(details, Qt.TextElideMode.ElideMiddle, _WIDEST_DETAILS)
        self._details.setText(cut)
        self._details.setVisible(bool(details))
        self._problem.setText(entry.problem)
        for widget in (self._problem, self._problem_icon):
            widget.setVisible(bool(entry.problem))
        told = "\n".join([entry.tooltip, *(("At least one runner is needed.",) if is_only_one else ())])
        self.setToolTip(plain_tooltip(told))
        self.box.setToolTip(plain_tooltip(told))
        parts = (entry.title, details, entry.problem)
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.box.setAccessibleName(self.accessibleName())
        self.menu_button.setAccessibleName(f"Menu of {entry.title}")
        self.baseline_action.setChecked(entry.is_baseline)
        self.baseline_action.setEnabled(entry.is_on)
        self.remove_action.setEnabled(not is_only_one)
        self._tint()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit its options."""
        self.options_wanted.emit(self.entry.key)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu as that of the button."""
        self.menu.popup(event.globalPos())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self._problem_icon.setPixmap(status_icon(Status.WARNING).pixmap(14, 14))
        sheet = f"color: {theme().colors.warning};"
        if sheet != self._problem.styleSheet():
            self._problem.setStyleSheet(sheet)
