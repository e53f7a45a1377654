from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.look.colors import DARK, LIGHT
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import (
    ElidedButton,
    ElidedLabel,
    Foldable,
    StatusBadge,
    wrapped_label,
)
from modelpack_gui.ui.widgets.mono_block import MonoBlock

pytestmark = [
    pytest.mark.usefixtures("_themed"),
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
]


def colors_in(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}


def test_an_elided_label_cuts_what_does_not_fit_and_keeps_the_whole_in_its_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("a_rather_long_file_name.onnx")
    qtbot.addWidget(label)
    label.show()
    label.resize(90, 20)
    assert "…" in label.text()
    assert label.toolTip() == label.whole == "a_rather_long_file_name.onnx"
    label.resize(600, 20)
    assert label.text() == label.whole


def test_a_button_gives_way_to_a_narrow_page_and_keeps_its_whole_text(qtbot: QtBot) -> None:
    button = ElidedButton("Use the exporter script & opset 18 for all of it")
    qtbot.addWidget(button)
    button.show()
    button.resize(button.sizeHint())
    assert button.text() == "Use the exporter script && opset 18 for all of it"
    wide = button.sizeHint().width()
    button.resize(120, button.height())
    assert "…" in button.text()
    assert button.whole == "Use the exporter script & opset 18 for all of it"
    assert button.sizeHint().width() == wide


def test_an_elided_label_shows_tokens_that_look_like_tags(qtbot: QtBot) -> None:
    label = ElidedLabel("<b>bold</b>")
    qtbot.addWidget(label)
    label.resize(400, 20)
    assert label.text() == "<b>bold</b>"
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert "&lt;b&gt;" in label.toolTip()


def test_a_wrapped_label_breaks_a_long_path_and_copies_it_unbroken(qtbot: QtBot) -> None:
    path = "/home/somebody/" + "a_long_folder_name/" * 8 + "x" * 60
    label = wrapped_label(f"There is no file {path}.", is_selectable=True)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 250
    assert label.text() == f"There is no file {path}."
    label.setSelection(0, len(QLabel.text(label)))  # with the places to break at
    label.copy()
    assert QGuiApplication.clipboard().text() == f"There is no file {path}."


def test_a_foldable_opens_and_closes_by_mouse_and_keyboard_and_says_so(qtbot: QtBot) -> None:
    content = QLabel("inside")
    fold = Foldable("Details", content)
    qtbot.addWidget(fold)
    fold.show()
    header = fold.findChild(QPushButton)
    assert not content.isVisible()
    with qtbot.waitSignal(fold.toggled) as opened:
        qtbot.mouseClick(header, Qt.MouseButton.LeftButton)
    assert opened.args == [True]
    assert content.isVisible()
    with qtbot.waitSignal(fold.toggled) as closed:
        qtbot.keyClick(header, Qt.Key.Key_Space)
    assert closed.args == [False]
    assert not fold.is_open


def test_opening_a_foldable_by_code_is_not_the_user_s_doing(qtbot: QtBot) -> None:
    fold = Foldable("Details", QLabel("inside"))
    qtbot.addWidget(fold)
    with qtbot.assertNotEmitted(fold.toggled):
        fold.set_open(is_open=True)
    assert fold.is_open


def test_a_status_badge_has_the_colour_of_its_status_in_both_themes(qtbot: QtBot) -> None:
    badge = StatusBadge()
    qtbot.addWidget(badge)
    badge.show()
    badge.set_status(Status.FAILED)
    assert badge.accessibleName() == "Failed"
    word = badge.findChildren(QLabel)[1]
    try:
        assert LIGHT.failed in colors_in(word)
        theme().choose("dark")
        assert DARK.failed in colors_in(word)
        badge.set_status(Status.PASSED)
        assert DARK.passed in colors_in(word)
    finally:
        theme().choose("light")


@pytest.mark.parametrize("text", ["one line", "\n".join("abc" for _ in range(5)), "many words " * 20])
def test_a_mono_block_shows_all_of_a_short_text_without_scrolling(qtbot: QtBot, text: str) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    block = MonoBlock(text)
    column.addWidget(block)
    column.addStretch(1)
    host.resize(300, 600)
    host.show()
    qtbot.waitUntil(lambda: block.verticalScrollBar().maximum() == 0)
    assert block.height() < 300


def test_a_mono_block_scrolls_a_long_text(qtbot: QtBot) -> None:
    block = MonoBlock("\n".join(str(i) for i in range(200)), max_lines=6)
    qtbot.addWidget(block)
    block.resize(200, block.sizeHint().height())
    block.show()
    assert block.sizeHint().height() < 8 * block.fontMetrics().lineSpacing()
    assert block.verticalScrollBar().maximum() > 100


def test_a_content_that_shows_itself_does_not_open_a_closed_fold(qtbot: QtBot) -> None:
    content = QLabel("inside")
    fold = Foldable("Details", content)
    qtbot.addWidget(fold)
    fold.show()
    content.setVisible(True)  # as a list does when it gets its first item
    assert not fold.is_open
    assert not content.isVisible()
