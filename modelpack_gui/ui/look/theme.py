"""Colours, fonts and icons of the window, light and dark."""

from __future__ import annotations

import functools
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRect, QRectF, QSize, Qt, QTemporaryDir, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from modelpack_gui.client.resources import resource_path
from modelpack_gui.core.records import Verdict
from modelpack_gui.ui.look.colors import DARK, LIGHT, Colors
from modelpack_gui.ui.look.stylesheet import stylesheet, write_images
from modelpack_gui.ui.status import Status

GRID = 4
SPACING = 8
GROUP_SPACING = 16
PAGE_MARGIN = 24


_STATUS_ICONS = {
    Status.NOT_RUN: "not-run",
    Status.REMARK: "info",
    Status.WAITING: "not-run",
    Status.RUNNING: "running",
    Status.PASSED: "passed",
    Status.WARNING: "warning",
    Status.FAILED: "failed",
    Status.CANCELLED: "not-run",
    Status.STALE: "stale",
}


class Theme(QObject):
    """The theme of the application; there is one, see `theme()`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.colors = LIGHT
        self._choice = "system"
        self._is_started = False
        self._images = QTemporaryDir()

    @property
    def choice(self) -> str:
        """What the user chose: `system`, `light` or `dark`."""
        return self._choice

    def start(self, choice: str) -> None:
        """Take hold of the application: style, palette, and the system's changes from now on."""
        if not self._is_started:
            self._is_started = True
            QApplication.setStyle("Fusion")
            QGuiApplication.styleHints().colorSchemeChanged.connect(self._apply)
            self.choose(choice)
        elif choice != self._choice:
            self.choose(choice)

    def choose(self, choice: str) -> None:
        """Set `system`, `light` or `dark`; anything else means `system`."""
        self._choice = choice if choice in ("light", "dark") else "system"
        self._apply()

    def _apply(self) -> None:
        system_is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        is_dark = self._choice == "dark" or (self._choice == "system" and system_is_dark)
        self.colors = DARK if is_dark else LIGHT
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(_palette(self.colors))
            folder = Path(self._images.path()) / ("dark" if is_dark else "light")
            folder.mkdir(exist_ok=True)
            write_images(self.colors, folder)
            app.setStyleSheet(stylesheet(self.colors, folder))
        _pixmap.cache_clear()
        self.changed.emit()

    def status_color(self, status: Status) -> str:
        """Colour of a stage's state; its shape is `status_icon`."""
        colors = self.colors
        return {
            Status.NOT_RUN: colors.muted,
            Status.REMARK: colors.muted,
            Status.WAITING: colors.accent,
            Status.RUNNING: colors.accent,
            Status.PASSED: colors.passed,
            Status.WARNING: colors.warning,
            Status.FAILED: colors.failed,
            Status.CANCELLED: colors.muted,
            Status.STALE: colors.stale,
        }[status]


@functools.cache
def theme() -> Theme:
    """The one theme of this process."""
    return Theme()


class _TintedIconEngine(QIconEngine):
    """Draws an icon of ours when it is first shown, tinted; drawing all of them at start costs 0.1 s."""

    def __init__(self, name: str, color: str) -> None:
        super().__init__()
        self._name = name
        self._color = color

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:  # noqa: ARG002 (Qt's signature)
        colors = theme().colors
        color = colors.muted if mode == QIcon.Mode.Disabled else getattr(colors, self._color, self._color)
        return _pixmap(self._name, color, min(size.width(), size.height()))

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.drawPixmap(rect, self.pixmap(rect.size(), mode, state))

    def clone(self) -> QIconEngine:
        return _TintedIconEngine(self._name, self._color)


def icon(name: str, color: str = "text") -> QIcon:
    """An icon of ours; disabled it takes the muted colour.

    Args:
        color: One of `Colors` by name, which follows the theme, or a colour itself.
    """
    return QIcon(_TintedIconEngine(name, color))


def pixmap(name: str, size: int, color: str = "") -> QPixmap:
    """An icon of ours as a picture of `size` logical pixels."""
    return _pixmap(name, color or theme().colors.text, size)


def app_icon() -> QIcon:
    """The application's own, in its own colours."""
    return QIcon(str(resource_path("icons", "app.svg")))


def status_icon(status: Status) -> QIcon:
    """Shape and colour of a stage's state."""
    return icon(_STATUS_ICONS[status], theme().status_color(status))


def status_pixmap(status: Status, size: int, color: str = "") -> QPixmap:
    """The shape of a state as a picture, in its own colour or another."""
    return _pixmap(_STATUS_ICONS[status], color or theme().status_color(status), size)


def status_of(verdict: Verdict) -> Status:
    """A verdict as a state, for badges."""
    return {
        Verdict.PASSED: Status.PASSED,
        Verdict.WARNING: Status.WARNING,
        Verdict.FAILED: Status.FAILED,
        Verdict.SKIPPED: Status.NOT_RUN,
    }[verdict]


def mono_font() -> QFont:
    """For names, code and tensors."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF())
    return font


def title_font() -> QFont:
    """For page titles: one size up and semibold."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * 1.35)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def heading_font() -> QFont:
    """For headings inside a page: semibold."""
    font = QFont(QApplication.font())
    font.setWeight(QFont.Weight.DemiBold)
    return font


@functools.lru_cache(maxsize=512)
def _pixmap(name: str, color: str, size: int) -> QPixmap:
    svg = resource_path("icons", f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", color)
    ratio = 2.0  # crisp on dense screens; Qt scales down elsewhere
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def _palette(colors: Colors) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, value in {
        roles.Window: colors.window,
        roles.WindowText: colors.text,
        roles.Base: colors.base,
        roles.AlternateBase: colors.window,
        roles.Text: colors.text,
        roles.Button: colors.raised,
        roles.ButtonText: colors.text,
        roles.ToolTipBase: colors.raised,
        roles.ToolTipText: colors.text,
        roles.PlaceholderText: colors.muted,
        roles.Highlight: colors.selection,
        roles.HighlightedText: colors.text,
        roles.Link: colors.accent,
        roles.Accent: colors.accent,
        roles.Mid: colors.border,
        roles.BrightText: colors.failed,
    }.items():
        palette.setColor(role, QColor(value))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.muted))
    return palette
