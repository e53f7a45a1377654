"""Pictures of what a widget shows: on the clipboard, and as PNG or SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRect, QSize
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.look.theme import icon, theme
from modelpack_gui.ui.new_file import ask_where, whole_file
from modelpack_gui.ui.settings import Settings

Render = Callable[[QPainter], None]

_SCALE = 2.0  # crisp in a document
_KINDS = "PNG picture (*.png);;SVG drawing (*.svg)"


def as_pixmap(size: QSize, render: Render) -> QPixmap:
    """A picture at twice the resolution, on the background of a card."""
    made = QPixmap(size * _SCALE)
    made.setDevicePixelRatio(_SCALE)
    made.fill(QColor(theme().colors.raised))
    painter = QPainter(made)
    render(painter)
    painter.end()
    return made


def write_picture(path: Path, size: QSize, render: Render) -> ErrorInfo | None:
    """Write SVG where the name says so, else PNG; why it could not be done, or None."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if path.suffix.lower() == ".svg":
        _write_svg(buffer, size, render)
    else:
        as_pixmap(size, render).save(buffer, "PNG")
    try:
        with whole_file(path) as partial:
            partial.write_bytes(buffer.data().data())
    except OSError as error:
        what = f"The picture could not be written to {path}: {error.strerror}."
        return ErrorInfo("picture-not-written", what, "Choose another folder.")
    return None


def copy_picture(size: QSize, render: Render) -> None:
    """Put it on the clipboard."""
    QGuiApplication.clipboard().setPixmap(as_pixmap(size, render))


def ask_for_picture(parent: QWidget, settings: Settings, name: str) -> Path | None:
    """Let the user say where a picture goes; None if there is to be none.

    Args:
        name: That is suggested, without a suffix.
    """
    return ask_where(parent, settings, "picture", "Save picture", f"{name}.png", _KINDS)


def add_picture_actions(menu: QMenu, copy: Callable[[], None], save: Callable[[], None], *, is_enabled: bool) -> None:
    """What every drawing offers."""
    for name, title, action in (("copy", "Copy picture", copy), ("image", "Save picture…", save)):
        made = menu.addAction(icon(name), title)
        made.triggered.connect(action)
        made.setEnabled(is_enabled)


def _write_svg(buffer: QBuffer, size: QSize, render: Render) -> None:
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setResolution(96)
    painter = QPainter(generator)
    painter.fillRect(QRect(0, 0, size.width(), size.height()), QColor(theme().colors.raised))
    render(painter)
    painter.end()
