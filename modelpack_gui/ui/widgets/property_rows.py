"""Rows of names and values, as the inspector lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QWidget

from modelpack_gui.ui.inspection import Property
from modelpack_gui.ui.look.theme import GRID, SPACING, icon, mono_font
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, wrapped_label

ROW_LIMIT = 32
_INDENT = 12


class PropertyRows(QWidget):
    """Names and values in two columns; a value that has no room beside its name goes below it.

    Placed by hand: a grid would give every row the width of the longest.
    """

    def __init__(self, properties: tuple[Property, ...], follow: Callable[[Any], None] | None) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._rows = [(self._name(item, follow), PropertyLabel(item, self)) for item in properties[:ROW_LIMIT]]
        self._more: QLabel | None = None
        hidden = len(properties) - ROW_LIMIT
        if hidden > 0:
            self._more = wrapped_label(f"{hidden:,} more; the copy button above copies all.", is_muted=True)
            self._more.setParent(self)
        self._height = self._arrange(240)

    def sizeHint(self) -> QSize:
        """The height that the rows take at the width they have."""
        return QSize(200, self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the rows anew."""
        super().resizeEvent(event)
        self._place(event.size().width())

    def showEvent(self, event: QShowEvent) -> None:
        """Place the rows anew: only now they have the fonts of the style, in which they may be wider."""
        super().showEvent(event)
        self._place(self.width())

    def _place(self, width: int) -> None:
        height = self._arrange(width)
        if height != self._height:
            self._height = height
            self.updateGeometry()

    def _arrange(self, width: int) -> int:
        """Place everything; gives the height."""
        names = [name.natural_width for name, _ in self._rows]
        inline = [
            name + SPACING + value.natural_width <= width for name, (_, value) in zip(names, self._rows, strict=True)
        ]
        left = max((name for name, fits in zip(names, inline, strict=True) if fits), default=0) + SPACING
        left = min(max(left, 72), width // 2)
        y = 0
        for (name, value), fits in zip(self._rows, inline, strict=True):
            height = max(name.fontMetrics().height(), value.fontMetrics().height()) + 2
            start = max(left, name.natural_width + SPACING)  # a long name pushes its own value only
            if fits and start + value.natural_width <= width:
                name.setGeometry(0, y, start - SPACING, height)
                value.setGeometry(start, y, width - start, height)
            else:
                name.setGeometry(0, y, width, height)
                y += height
                value.setGeometry(_INDENT, y, width - _INDENT, height)
                y += GRID
            y += height + GRID // 2
        if self._more is not None:
            height = self._more.heightForWidth(width)
            self._more.setGeometry(0, y, width, height)
            y += height
        return y

    def _name(self, item: Property, follow: Callable[[Any], None] | None) -> NameLabel | FollowLink:
        if follow is None or item.target is None:
            name = NameLabel(item.name, self)
            if item.meaning:
                name.setToolTip(plain_tooltip(f"{item.name}: {item.meaning}"))
            return name
        link = FollowLink(item.name, self)
        # Not at once: what is shown next takes the place of this very button.
        link.clicked.connect(lambda: QTimer.singleShot(0, lambda: follow(item.target)))
        return link


class NameLabel(ElidedLabel):
    """The name of a property."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent=parent)
        self.setProperty("role", "muted")

    @property
    def natural_width(self) -> int:
        """Pixels that the whole text takes."""
        return self.fontMetrics().horizontalAdvance(self.whole) + 2


class FollowLink(IconButton):
    """A name that leads to what it names; cut where it does not fit."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__("", role="link", parent=parent)
        self._whole = text
        self.setToolTip(plain_tooltip(f"Show {text}"))
        self.setAccessibleName(text)
        self.setStyleSheet("padding: 0;")  # its text in line with the other names

    @property
    def natural_width(self) -> int:
        """Pixels that the whole text takes."""
        return self.fontMetrics().horizontalAdvance(self._whole) + GRID + 2  # a text as wide as its room is cut

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Cut anew for another font: the first one is that of a button without its style."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        room = max(self.width() - GRID, 40)
        cut = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room)
        self.setText(cut.replace("&", "&&"))


class PropertyLabel(ElidedLabel):
    """A value: selectable, cut in the middle, whole in its tooltip and in what its menu copies."""

    def __init__(self, item: Property, parent: QWidget | None = None) -> None:
        is_one_line = "\n" not in item.value
        super().__init__(item.value if is_one_line else " ".join(item.value.split()), parent=parent)
        self._item = item
        if item.full or item.meaning or not is_one_line:
            whole = item.full or item.value.strip()
            self.setToolTip(plain_tooltip(f"{whole}\n{item.meaning}" if item.meaning else whole))
        if item.is_mono:
            self.setFont(mono_font())
        self.setAccessibleName(f"{item.name}: {item.full or item.value}")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_context_menu)

    @property
    def natural_width(self) -> int:
        """Pixels that the whole text takes."""
        return self.fontMetrics().horizontalAdvance(self.whole) + 2

    def _on_context_menu(self, position: QPoint) -> None:
        item = self._item
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = self.selectedText()
        if chosen:
            menu.addAction(icon("copy"), "Copy selection").triggered.connect(lambda: _to_clipboard(chosen))
        menu.addAction(icon("copy"), "Copy value").triggered.connect(lambda: _to_clipboard(item.full or item.value))
        menu.addAction(icon("copy"), "Copy name and value").triggered.connect(
            lambda: _to_clipboard(f"{item.name}\t{item.full or item.value}")
        )
        menu.popup(self.mapToGlobal(position))


def _to_clipboard(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
