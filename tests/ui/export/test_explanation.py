from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation, SourcePlace
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.explanation_text import edits_text, error_text
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedButton, Foldable, IconButton, IconToolButton
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.explanation import ExplanationList, ExplanationView
from modelpack_gui.ui.widgets.mono_block import MonoBlock
from tests.ui.export.explained import BRANCH, EXPLAINED, IMPOSSIBLE, OPSET, REWRITE, USE_SCRIPT
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_recipe

pytestmark = [
    pytest.mark.usefixtures("_themed"),
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
]


@pytest.fixture
def panel(qtbot: QtBot, controller: Controller) -> ErrorPanel:
    made = ErrorPanel(controller, Stage.EXPORT)
    qtbot.addWidget(made)
    return made


def details_of(panel: ErrorPanel) -> MonoBlock:
    return panel.findChildren(MonoBlock)[-1]


def text_of(widget: QWidget, name: str) -> str:
    label = widget.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text() if not label.isHidden() else ""


def button(widget: QWidget, name: str) -> QPushButton:
    found = widget.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def open_recipe(controller: Controller, client: FakeClient) -> None:
    """A recipe whose source is never looked at: the fake client answers."""
    controller.project.recipe = make_recipe()
    client.jobs.clear()


def test_an_unknown_failure_shows_message_hint_and_folded_details_and_copies_all(
    qtbot: QtBot, panel: ErrorPanel
) -> None:
    panel.show_error(ErrorInfo("file-missing", "There is no file x.pt.", "Choose another.", "Traceback\n  line 1"))
    assert panel.isVisible()
    assert text_of(panel, "error-title") == "There is no file x.pt."
    assert text_of(panel, "error-message") == ""  # it is the title
    assert text_of(panel, "error-hint") == "Choose another."
    assert panel.view is None
    assert not details_of(panel).isVisible()
    qtbot.mouseClick(panel.findChild(IconToolButton), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied == "There is no file x.pt. [file-missing]\n\nChoose another.\n\nTraceback\n  line 1"
    panel.show_error(None)
    assert not panel.isVisible()


def test_a_long_traceback_does_not_grow_the_page(qtbot: QtBot, panel: ErrorPanel) -> None:
    panel.show_error(ErrorInfo("x", "It failed.", "", "\n".join(f"frame {i}" for i in range(500))))
    qtbot.mouseClick(panel.findChild(IconButton), Qt.MouseButton.LeftButton)
    assert details_of(panel).isVisible()
    assert panel.sizeHint().height() < 450


def test_a_known_failure_says_what_why_where_and_offers_fixes(panel: ErrorPanel) -> None:
    panel.show_error(EXPLAINED)
    assert text_of(panel, "error-title") == BRANCH.title
    assert text_of(panel, "error-message") == EXPLAINED.message
    assert text_of(panel, "explanation-cause") == BRANCH.cause
    assert text_of(panel, "error-hint") == ""  # the fixes say it better
    assert [link.whole for link in panel.findChildren(ElidedButton, "explanation-place")] == [
        "shapes.py:12",
        "shapes.py:40",
    ]
    assert [one.text() for one in panel.findChildren(QPushButton, "apply-fix")] == [USE_SCRIPT.text]
    assert text_of(panel, "fix-text") == f"• {REWRITE.text}"
    assert "torch.where(x > 0, a, b)" in error_text(EXPLAINED)


def test_a_message_that_repeats_the_cause_is_not_shown_twice(panel: ErrorPanel) -> None:
    panel.show_error(dataclasses.replace(EXPLAINED, message=f"The exporter failed: {BRANCH.cause}"))
    assert text_of(panel, "error-message") == ""


def test_the_failure_after_a_known_one_keeps_nothing_of_it(panel: ErrorPanel) -> None:
    panel.show_error(EXPLAINED)
    panel.show_error(ErrorInfo("x", "Something else.", "Try again."))
    assert panel.view is None
    assert text_of(panel, "error-title") == "Something else."
    assert text_of(panel, "error-hint") == "Try again."


def test_pressing_a_fix_changes_the_recipe_undoably_and_runs_the_stage_again(
    qtbot: QtBot, panel: ErrorPanel, controller: Controller, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller.states, "problem", lambda _stage: "")
    open_recipe(controller, client)
    panel.show_error(EXPLAINED)
    fix = button(panel, "apply-fix")
    fix.setFocus()
    qtbot.keyClick(fix, Qt.Key.Key_Space)
    assert controller.recipe.export.exporter == "script"
    assert controller.undo_stack.undoText() == f"apply fix: {USE_SCRIPT.text}"
    assert [job.stage for job in client.jobs] == ["export"]
    controller.undo_stack.undo()
    assert controller.recipe == make_recipe()


def test_a_fix_that_cannot_be_applied_says_so_and_changes_and_runs_nothing(
    qtbot: QtBot, controller: Controller, client: FakeClient
) -> None:
    open_recipe(controller, client)
    with qtbot.waitSignal(controller.message_raised) as raised:
        controller.apply_fix(IMPOSSIBLE, Stage.EXPORT)
    assert raised.args is not None
    (error,) = raised.args
    assert error.code == "fix-not-applied"
    assert "export.opset_version" in error.message
    assert controller.recipe == make_recipe()
    assert not controller.undo_stack.canUndo()
    assert client.jobs == []


def test_a_place_is_a_link_that_the_keyboard_reaches(qtbot: QtBot, panel: ErrorPanel, controller: Controller) -> None:
    panel.show_error(EXPLAINED)
    link = panel.findChildren(QPushButton, "explanation-place")[1]
    assert link.accessibleName() == "Go to shapes.py:40"
    link.setFocus()
    with qtbot.waitSignal(controller.place_wanted) as wanted:
        qtbot.keyClick(link, Qt.Key.Key_Space)
    assert wanted.args == [SourcePlace("/home/me/shapes.py", 40)]


def test_many_places_are_folded_behind_the_first_ones(qtbot: QtBot) -> None:
    places = tuple(SourcePlace("/m.py", line) for line in range(1, 31))
    view = ExplanationView(Explanation("x", "X", "Because.", places))
    qtbot.addWidget(view)
    view.show()
    shown = [link for link in view.findChildren(QPushButton, "explanation-place") if link.isVisible()]
    assert len(shown) == 4
    assert view.sizeHint().height() < 250


def test_a_list_folds_several_causes_and_opens_a_single_one(qtbot: QtBot) -> None:
    shown = ExplanationList("Troubles")
    qtbot.addWidget(shown)
    shown.show_explanations([(Status.WARNING, BRANCH), (Status.FAILED, OPSET)])
    assert [card.fold.is_open for card in shown.cards] == [False, False]
    assert shown.cards[1].accessibleName() == "failed: Opset 17 became 18"
    shown.reveal(OPSET)
    assert [card.fold.is_open for card in shown.cards] == [False, True]
    shown.show_explanations([(Status.WARNING, BRANCH)])
    assert [card.fold.is_open for card in shown.cards] == [True]
    shown.show_explanations([])
    assert shown.isHidden()


def test_where_room_is_short_the_fixes_are_one_line_that_names_them_until_it_is_clicked(qtbot: QtBot) -> None:
    shown = ExplanationList("Why it differs", folds_fixes=True)
    qtbot.addWidget(shown)
    shown.show_explanations([(Status.FAILED, BRANCH)])
    shown.show()
    fold = shown.findChild(Foldable, "explanation-fixes")
    assert isinstance(fold, Foldable)
    header = fold.focusProxy()
    assert isinstance(header, ElidedButton)
    assert all(fix.text in header.whole for fix in BRANCH.fixes)
    assert button(shown, "explanation-place").isVisible()
    assert not button(shown, "apply-fix").isVisible()
    qtbot.mouseClick(header, Qt.MouseButton.LeftButton)
    assert button(shown, "apply-fix").isVisible()


def test_fixes_of_a_list_rest_while_the_stage_runs(qtbot: QtBot) -> None:
    shown = ExplanationList("Troubles")
    qtbot.addWidget(shown)
    shown.set_fixes_enabled(is_enabled=False)
    shown.show_explanations([(Status.WARNING, OPSET)])
    assert not button(shown, "apply-fix").isEnabled()
    shown.set_fixes_enabled(is_enabled=True)
    assert button(shown, "apply-fix").isEnabled()


def test_what_a_fix_changes_is_told_before_it_is_pressed(qtbot: QtBot) -> None:
    view = ExplanationView(BRANCH)
    qtbot.addWidget(view)
    assert 'export.exporter = "script"' in button(view, "apply-fix").toolTip()
    assert edits_text(USE_SCRIPT) == 'export.exporter = "script"'


def test_an_explanation_fits_a_narrow_page(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    shown = ExplanationList("Troubles")
    column.addWidget(shown)
    long = Explanation("x", "A very long title " * 6, "Because. " * 30, BRANCH.places, (REWRITE, USE_SCRIPT))
    shown.show_explanations([(Status.WARNING, long)])
    assert host.minimumSizeHint().width() < 340
    assert shown.findChildren(Foldable)
