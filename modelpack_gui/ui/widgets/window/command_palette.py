"""All commands in one list, found by typing (Ctrl+K)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.ui.look.theme import SPACING

_ACTION_ROLE = Qt.ItemDataRole.UserRole


class CommandPalette(QFrame):
    """A popup over the window. Enter runs the chosen command, Escape closes it."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("command-palette")
        self.setProperty("role", "card")
        self._window = parent
        self._actions = [action for action in actions if action.isVisible() and action.text()]
        self.field = QLineEdit(placeholderText="Type a command")
        self.field.setAccessibleName("Command")
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.itemActivated.connect(lambda _item: self._run())
        self.list.itemClicked.connect(lambda _item: self._run())
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING, SPACING, SPACING, SPACING)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.resize(520, 380)
        self._fill("")

    def popup(self) -> None:
        """Show it at the top of its window."""
        window = self._window
        corner = window.mapToGlobal(QPoint((window.width() - self.width()) // 2, 60))
        self.move(corner)
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up, Down and Enter in the field drive the list."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                step = 1 if key == Qt.Key.Key_Down else -1
                count = self.list.count()
                if count:
                    self.list.setCurrentRow((self.list.currentRow() + step) % count)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        self.list.clear()
        words = text.lower().split()
        for action in self._actions:
            name = command_name(action)
            if all(word in name.lower() for word in words):
                item = QListWidgetItem(self.list)
                item.setSizeHint(QSize(0, max(30, self.fontMetrics().height() + 14)))
                item.setData(_ACTION_ROLE, action)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, name)
                item.setFlags(item.flags() if action.isEnabled() else item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                self.list.setItemWidget(item, _row(action))
        self.list.setCurrentRow(0)

    def _run(self) -> None:
        if self.list.currentRow() < 0:
            return
        action: QAction = self.list.currentItem().data(_ACTION_ROLE)
        self.close()
        if action.isEnabled():
            action.trigger()


def command_name(action: QAction) -> str:
    """An action's text as a command: without mnemonic and dots."""
    return action.text().replace("&", "").rstrip("…")


def _row(action: QAction) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(SPACING, 0, SPACING, 0)
    layout.setSpacing(SPACING + 4)
    picture = QLabel()
    picture.setFixedWidth(18)
    is_enabled = action.isEnabled()
    picture.setPixmap(action.icon().pixmap(18, 18, QIcon.Mode.Normal if is_enabled else QIcon.Mode.Disabled))
    label = QLabel(command_name(action))
    label.setEnabled(is_enabled)
    keys = QLabel(action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
    keys.setProperty("role", "muted")
    layout.addWidget(picture)
    layout.addWidget(label)
    layout.addStretch(1)
    layout.addWidget(keys)
    return row
