"""The Source page as a form: labels, mnemonics, tab order, what is half typed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.widgets.form_parts import LABEL_WIDTH
from tests.ui.fake_client import FakeClient
from tests.ui.source.page.parts import SCAN, child, line, problems, retype


def test_a_label_stands_on_one_line_with_its_field(page: SourcePage) -> None:
    def centre(widget: QWidget) -> float:
        return page.mapFromGlobal(widget.mapToGlobal(widget.rect().topLeft())).y() + widget.height() / 2

    labels = {
        one.text().replace("&", ""): one for one in page.findChildren(QLabel) if one.minimumWidth() == LABEL_WIDTH
    }
    for text, field in (
        ("Python", page.interpreter.combo),
        ("Kept in", child(page, QRadioButton, "source-is-file")),
        ("Model file", page.model_field.file.line),
        ("Class or factory", page.model_field.combo),
        ("Checkpoint", page.checkpoint.file.line),
    ):
        assert abs(centre(labels[text]) - centre(field)) <= 1.5, text


def test_every_mnemonic_leads_to_a_field_that_takes_the_focus(page: SourcePage) -> None:
    buddies = {one.text().replace("&", ""): one.buddy() for one in page.findChildren(QLabel) if "&" in one.text()}
    assert {"Python", "Model file", "Class or factory", "Checkpoint"} <= set(buddies)
    for text, buddy in buddies.items():
        assert buddy.focusPolicy() != Qt.FocusPolicy.NoFocus, text


def test_tab_goes_through_the_form_from_the_top(page: SourcePage) -> None:
    names: list[str] = []
    widget = page.nextInFocusChain()
    while widget is not None and widget is not page:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(page):
            names.append(widget.objectName())
        widget = widget.nextInFocusChain()
    wanted = (
        "interpreter",
        "source-path",
        "source-name",
        "argument-num_classes",
        "argument-widths",
        "checkpoint-path",
    )
    places = [names.index(name) for name in (*wanted, "add-input")]
    assert places == sorted(places)


def test_reading_the_file_again_leaves_what_is_half_typed(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    retype(qtbot, line(page, "argument-num_classes"), "12x")
    del client.answers["scan"]
    project.refresh_scan()
    assert project.scan is None
    assert line(page, "argument-num_classes").text() == "12x"
    client.last("scan").answer(SCAN)
    qtbot.waitUntil(lambda: project.scan is not None)
    assert line(page, "argument-num_classes").text() == "12x"
    assert len(problems(page)) == 1
