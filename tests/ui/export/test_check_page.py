from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CheckReport, CheckRow, GraphIndex, SavedModel, SourceScan, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.check_text import row_text, sentence
from modelpack_gui.ui.pages.check import CheckPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconToolButton
from modelpack_gui.ui.widgets.check_row import CheckRowWidget
from modelpack_gui.ui.widgets.mono_block import MonoBlock
from tests.ui.export.explained import BRANCH, USE_SCRIPT
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CHECKER = CheckRow("onnx-checker", "ONNX checker", Verdict.PASSED, "The file follows the standard.")
OPSET = CheckRow(
    "opset",
    "Opset version",
    Verdict.WARNING,
    "The opset is 18, not 17. The conversion down failed.",
    "Ask for opset 18.",
    "17",
    "18",
    "RuntimeError: no adapter",
)
LOADS = CheckRow("loads", "ONNX Runtime loads it", Verdict.FAILED, "ONNX Runtime cannot load it.", "Export anew.")
SKIPPED = CheckRow("run", "Runs once", Verdict.SKIPPED, "It was not run.")


def report(*rows: CheckRow) -> CheckReport:
    return CheckReport("/models/shapes.onnx", Verdict.worst([row.verdict for row in rows]), rows, 0.5)


@pytest.fixture
def page(qtbot: QtBot, controller: Controller, settings: Settings) -> CheckPage:
    made = CheckPage(controller, settings)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


@pytest.fixture
def filled(qtbot: QtBot, page: CheckPage, client: FakeClient, tmp_path: Path) -> CheckPage:
    made = report(CHECKER, SKIPPED, OPSET, LOADS)
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")  # it is never read: the fake client answers
    client.answers |= {"inspect": small_graph(path.parent), "check": made, "scan": SourceScan(str(path), ())}
    page.controller.open_artifact(path)
    qtbot.waitUntil(lambda: page.controller.result(Stage.CHECK, CheckReport) is made)
    assert page.controller.result(Stage.GRAPH, GraphIndex) is not None
    return page


@pytest.fixture
def inspected(controller: Controller) -> list[Inspection]:
    seen: list[Inspection] = []
    controller.inspected.connect(seen.append)
    return seen


def texts(widget: CheckRowWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((CHECKER, CHECKER, OPSET), "2 of 3 checks passed, 1 warning: the opset is 18, not 17."),
        ((CHECKER, CHECKER), "All 2 checks passed."),
        ((CHECKER,), "1 of 1 check passed."),
        ((CHECKER, SKIPPED), "1 of 1 check passed, 1 not run."),
        (
            (OPSET, LOADS, CHECKER),
            "1 of 3 checks passed, 1 failed, 1 warning: ONNX Runtime cannot load it.",
        ),
        ((LOADS, LOADS), "0 of 2 checks passed, 2 failed: ONNX Runtime cannot load it."),
        ((SKIPPED,), "It was not run. No check was run."),
        ((), "Nothing was checked."),
    ],
)
def test_the_sentence_counts_and_names_the_gravest_finding(rows: tuple[CheckRow, ...], expected: str) -> None:
    assert sentence(report(*rows)) == expected


def test_what_needs_attention_comes_first(filled: CheckPage) -> None:
    assert [widget.row for widget in filled.rows] == [LOADS, OPSET, CHECKER, SKIPPED]
    assert filled.badge.status is Status.FAILED
    assert (
        filled.sentence.text() == "1 of 3 checks passed, 1 failed, 1 warning, 1 not run: ONNX Runtime cannot load it."
    )


def test_a_row_shows_explanation_fix_asked_and_got(filled: CheckPage) -> None:
    shown = texts(filled.rows[1])
    for expected in ("Opset version", OPSET.explanation, OPSET.fix, "Asked", "17", "Got", "18"):
        assert expected in shown
    assert filled.rows[1].accessibleName() == "Warning: Opset version"


def test_a_row_of_a_known_kind_offers_its_fixes_and_lines_and_says_nothing_twice(
    qtbot: QtBot, controller: Controller, client: FakeClient, page: CheckPage
) -> None:
    known = dataclasses.replace(BRANCH, cause=OPSET.explanation)
    row = dataclasses.replace(OPSET, known=known)
    page.show_result(report(row))
    (widget,) = page.rows
    shown = texts(widget)
    assert shown.count(OPSET.explanation) == 1
    assert OPSET.fix not in shown
    (fix,) = widget.findChildren(QPushButton, "apply-fix")
    with qtbot.waitSignal(widget.fix_wanted) as wanted:
        qtbot.mouseClick(fix, Qt.MouseButton.LeftButton)
    assert wanted.args == [USE_SCRIPT]
    assert controller.recipe.export.exporter == "script"
    place = widget.findChildren(QPushButton, "explanation-place")[0]
    with qtbot.waitSignal(controller.place_wanted):
        qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
    assert f"Fix: {USE_SCRIPT.text}" in row_text(row)


def test_a_row_without_fix_and_values_leaves_them_out(filled: CheckPage) -> None:
    shown = texts(filled.rows[2])
    assert "Fix" not in shown
    assert "Asked" not in shown
    assert filled.rows[2].fold is None


def test_what_was_not_asked_is_not_mentioned(qtbot: QtBot) -> None:
    widget = CheckRowWidget(dataclasses.replace(OPSET, asked=""))
    qtbot.addWidget(widget)
    shown = texts(widget)
    assert "Asked" not in shown
    assert shown[-1] != "–"
    assert {"Got", "18"} <= set(shown)


def test_details_are_folded_until_space_is_pressed(qtbot: QtBot, filled: CheckPage) -> None:
    (block,) = filled.rows[1].findChildren(MonoBlock)
    assert not block.isVisible()
    qtbot.keyClick(filled.rows[1], Qt.Key.Key_Space)
    assert block.isVisible()
    assert block.toPlainText() == "RuntimeError: no adapter"


def test_arrow_keys_go_from_row_to_row_and_fill_the_inspector(
    qtbot: QtBot, filled: CheckPage, inspected: list[Inspection]
) -> None:
    with qtbot.waitActive(filled):
        filled.activateWindow()
    filled.rows[0].setFocus()
    qtbot.keyClick(filled.rows[0], Qt.Key.Key_Down)
    assert filled.rows[1].hasFocus()
    qtbot.keyClick(filled.rows[1], Qt.Key.Key_Down)
    qtbot.keyClick(filled.rows[2], Qt.Key.Key_Up)
    assert [seen.title for seen in inspected[-2:]] == ["ONNX checker", "Opset version"]
    qtbot.keyClick(filled.rows[1], Qt.Key.Key_End)
    assert filled.rows[-1].hasFocus()
    qtbot.keyClick(filled.rows[-1], Qt.Key.Key_Down)
    assert filled.rows[-1].hasFocus()


def test_clicking_a_row_fills_the_inspector(qtbot: QtBot, filled: CheckPage, inspected: list[Inspection]) -> None:
    qtbot.mouseClick(filled.rows[1], Qt.MouseButton.LeftButton)
    seen = inspected[-1]
    facts = {item.name: item.value for item in seen.sections[0].properties}
    assert facts == {
        "Verdict": "Warning",
        "Check": "opset",
        "Asked": "17",
        "Got": "18",
        "File": "/models/shapes.onnx",
    }
    assert [(part.title, part.text) for part in seen.sections[1:]] == [
        ("Explanation", OPSET.explanation),
        ("Fix", OPSET.fix),
        ("Details", OPSET.details),
    ]


def test_a_row_is_copied_by_its_button_its_menu_and_ctrl_c(qtbot: QtBot, filled: CheckPage) -> None:
    expected = (
        "Warning: Opset version\nThe opset is 18, not 17. The conversion down failed.\nAsked: 17\nGot: 18\n"
        "Fix: Ask for opset 18.\n\nRuntimeError: no adapter"
    )
    clipboard = QGuiApplication.clipboard()
    widget = filled.rows[1]
    qtbot.mouseClick(widget.findChild(IconToolButton), Qt.MouseButton.LeftButton)
    assert clipboard.text() == expected
    clipboard.clear()
    with qtbot.waitActive(filled):
        filled.activateWindow()
    widget.setFocus()
    qtbot.keyClick(widget, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == expected
    widget.customContextMenuRequested.emit(widget.rect().center())
    menu = next(menu for menu in widget.findChildren(QMenu) if menu.isVisible())
    next(action for action in menu.actions() if action.text() == "Copy fix").trigger()
    menu.close()
    assert clipboard.text() == "Ask for opset 18."


def test_the_whole_report_is_copied_at_once(qtbot: QtBot, filled: CheckPage) -> None:
    qtbot.mouseClick(filled.findChild(QPushButton, "copy-checks"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("/models/shapes.onnx\n\n1 of 3 checks passed")
    for row in (LOADS, OPSET, CHECKER, SKIPPED):
        assert row.title in copied


def test_running_again_replaces_the_rows(qtbot: QtBot, filled: CheckPage, client: FakeClient) -> None:
    second = report(CHECKER)
    client.answers["check"] = second
    qtbot.mouseClick(filled.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: filled.controller.result(Stage.CHECK, CheckReport) is second)
    assert [widget.row for widget in filled.rows] == [CHECKER]


def test_a_long_word_does_not_make_the_page_wider(qtbot: QtBot, page: CheckPage) -> None:
    page.show_result(report(CheckRow("x", "Paths", Verdict.FAILED, f"There is no file /{'very_long' * 40}.data.")))
    page.resize(780, 600)
    assert page.minimumSizeHint().width() <= 780
    assert page.rows[0].width() <= 780


@pytest.mark.parametrize(
    ("saved", "size"),
    [
        (SavedModel("onnx", size_bytes=3_100_000_000, nodes=2), "3.10 GB"),
        (SavedModel("onnx", size_bytes=87_000_000, nodes=100_008), "100,008 nodes"),
    ],
)
def test_a_file_that_is_too_big_to_be_checked_unasked_says_so(
    qtbot: QtBot, page: CheckPage, client: FakeClient, tmp_path: Path, saved: SavedModel, size: str
) -> None:
    path = tmp_path / "giant.onnx"
    path.write_bytes(b"onnx")
    client.answers |= {"inspect": small_graph(path.parent), "scan": SourceScan(str(path), (), saved)}
    page.controller.open_artifact(path)
    qtbot.waitUntil(lambda: page.controller.scan is not None)
    assert page.sentence.isVisible()
    assert page.sentence.text() == (
        f"Not checked by itself: a runtime would load {size} for it. Press Check artifact."
    )
