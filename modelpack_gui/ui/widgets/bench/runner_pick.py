"""A choice of one configured runner."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from modelpack_gui.core.records import RunnerSpec
from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.models.runner_entries import RunnerEntry
from modelpack_gui.ui.plain_text import plain_tooltip

_ICON_GAP = 8  # of the style: before and behind the icon


class RunnerPick(QComboBox):
    """Lists runners with their colours.

    Args:
        nothing: Text of a first entry that stands for no runner; empty for a box without one.
    """

    spec_chosen = Signal()  # by the user

    def __init__(self, name: str, accessible_name: str, nothing: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setIconSize(QSize(12, 12))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(18)
        self.setMaximumWidth(340)
        self._nothing = nothing
        self.currentTextChanged.connect(lambda text: self.setToolTip(plain_tooltip(text)))
        self._entries: dict[str, RunnerEntry] = {}
        self.activated.connect(lambda _: self.spec_chosen.emit())

    @property
    def key(self) -> str:
        """Key of what is chosen; empty for no runner."""
        return str(self.currentData() or "")

    @property
    def spec(self) -> RunnerSpec | None:
        """What is chosen."""
        entry = self._entries.get(self.key)
        return entry.spec if entry is not None else None

    @property
    def entry(self) -> RunnerEntry | None:
        """The same as it is listed."""
        return self._entries.get(self.key)

    @property
    def shown_text(self) -> str:
        """What there is room for of its name: the end stays, for it tells files and options apart."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width()
        if not option.currentIcon.isNull():
            room -= option.iconSize.width() + _ICON_GAP
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, room)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the box with that: Qt would cut a long name at its end."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def show_entries(self, entries: Sequence[RunnerEntry], key: str) -> None:
        """List others, with one of them chosen; the first where that one is not among them."""
        self._entries = {entry.key: entry for entry in entries}
        self.blockSignals(True)
        self.clear()
        if self._nothing:
            self.addItem(self._nothing, "")
        for entry in entries:
            title = f"{entry.title} ({entry.details})" if entry.details else entry.title
            self.addItem(swatch(entry.look), title, entry.key)
            tip = plain_tooltip(entry.tooltip or title)
            self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(max(0, self.findData(key)))
        self.blockSignals(False)

    def choose(self, key: str) -> None:
        """Choose a runner, or none, without calling it the user's choice."""
        self.setCurrentIndex(max(0, self.findData(key)))
