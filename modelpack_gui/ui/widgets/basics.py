"""Small widgets that every page uses. Pictures follow the theme by `changeEvent`, icons by themselves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import SPACING, heading_font, icon, pixmap, status_icon, theme
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.wrapped_label import WrappedLabel


class IconButton(QPushButton):
    """A push button with an icon of ours. `role` is empty, `primary` (one per page) or `link`."""

    def __init__(self, text: str, icon_name: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        if role:
            self.setProperty("role", role)
        if role == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        if icon_name:
            self.set_icon_name(icon_name)

    def set_icon_name(self, name: str) -> None:
        """Show another icon."""
        self.setIcon(icon(name, "on_accent" if self.property("role") == "primary" else "text"))


class IconToolButton(QToolButton):
    """A flat button that is only an icon; its text is the tooltip and accessible name."""

    def __init__(self, text: str, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setAutoRaise(True)
        self.setIconSize(QSize(16, 16))
        self.set_icon_name(icon_name)

    def set_icon_name(self, name: str) -> None:
        """Show another icon."""
        self.setIcon(icon(name))


class ActionButton(IconToolButton):
    """The button of a command: its icon, its title and keys as the tooltip, on and off with it."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        title, keys = action.text().replace("&", ""), action.shortcut().toString()
        super().__init__(f"{title} ({keys})" if keys else title, "graph", parent)
        self._action = action
        self.setIcon(action.icon())
        self.setCheckable(action.isCheckable())
        self.clicked.connect(lambda: action.trigger())
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setChecked(self._action.isChecked())


class IconLabel(QLabel):
    """An icon of ours as a picture."""

    def __init__(self, icon_name: str, size: int = 16, *, is_muted: bool = False, parent: QWidget | None = None):
        super().__init__(parent)
        self._icon_name, self._size, self._is_muted = icon_name, size, is_muted
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self.setPixmap(pixmap(self._icon_name, self._size, theme().colors.muted if self._is_muted else ""))


class StatusBadge(QWidget):
    """A state as shape, colour and word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = Status.NOT_RUN
        self._picture = QLabel()
        self._word = QLabel()
        self._word.setFont(heading_font())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING // 2)
        row.addWidget(self._picture)
        row.addWidget(self._word)
        self.set_status(Status.NOT_RUN)

    @property
    def status(self) -> Status:
        """What is shown."""
        return self._status

    def set_status(self, status: Status, word: str = "") -> None:
        """Show a state; `word` replaces its usual name."""
        self._status = status
        self._word.setText(word or status.value.capitalize())
        self.setAccessibleName(self._word.text())
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self._picture.setPixmap(status_icon(self._status).pixmap(16, 16))
        # A palette would be undone by the application's style sheet at the next change of theme.
        sheet = f"color: {theme().status_color(self._status)};"
        if sheet != self._word.styleSheet():
            self._word.setStyleSheet(sheet)


class ElidedLabel(QLabel):
    """One line that is cut with an ellipsis where it does not fit; the tooltip has the whole of it."""

    def __init__(
        self, text: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)  # a token such as <s> is not a tag
        self._mode = mode
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(plain_tooltip(text))
        self.setAccessibleName(text)
        self._fit()

    @property
    def whole(self) -> str:
        """The text before it is cut."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, self._mode, max(self.width(), 40)))


class ElidedButton(IconButton):
    """A button that gives way: its text is cut where there is no room for it, and whole in its tooltip."""

    def __init__(self, text: str, icon_name: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(_escaped(text), icon_name, role, parent)
        self._whole = text
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set_whole(text)

    def set_whole(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(plain_tooltip(text))
        self._fit()
        self.updateGeometry()

    @property
    def whole(self) -> str:
        """The text before it is cut."""
        return self._whole

    def sizeHint(self) -> QSize:
        """With room for the whole text."""
        return QSize(self._around() + self._width_of(_escaped(self._whole)), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(64, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def _around(self) -> int:
        """Pixels that are not text."""
        return super().sizeHint().width() - self._width_of(self.text())

    def _width_of(self, text: str) -> int:
        """As QPushButton measures it: rounded up, unlike an advance."""
        return self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, text).width()

    def _fit(self) -> None:
        room = max(self.width() - self._around(), 24)
        self.setText(_escaped(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room)))


class Foldable(QWidget):
    """A header that shows and hides what is below it."""

    toggled = Signal(bool)  # by the user: whether it is open now

    def __init__(self, title: str, content: QWidget, *, is_open: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._body = QWidget()  # so that a content that hides itself while it is empty does not open the fold
        self._header = ElidedButton(title, role="link")
        self._header.clicked.connect(self._on_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self._header, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._body)
        inner = QVBoxLayout(self._body)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(content)
        self.setFocusProxy(self._header)
        self.set_open(is_open=is_open)

    def set_open(self, *, is_open: bool) -> None:
        """Show or hide the content."""
        self._body.setVisible(is_open)
        self._header.set_icon_name("chevron-down" if is_open else "chevron-right")

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return not self._body.isHidden()

    def _on_clicked(self) -> None:
        self.set_open(is_open=not self.is_open)
        self.toggled.emit(self.is_open)

    def set_title(self, title: str) -> None:
        """Change the header's text."""
        self._header.set_whole(title)


def wrapped_label(text: str, *, is_muted: bool = False, is_selectable: bool = False) -> WrappedLabel:
    """Plain text over as many lines as it needs."""
    label = WrappedLabel(text)
    if is_muted:
        label.setProperty("role", "muted")
    if is_selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def heading(text: str) -> QLabel:
    """A title inside a page."""
    label = QLabel(text)
    label.setFont(heading_font())
    return label


def separator() -> QFrame:
    """A thin horizontal line."""
    line = QFrame()
    line.setProperty("role", "line")
    line.setFixedHeight(1)
    return line


def _escaped(text: str) -> str:
    """A button takes `&` for a mnemonic."""
    return text.replace("&", "&&")
