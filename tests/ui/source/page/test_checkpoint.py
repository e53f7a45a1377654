"""The checkpoint on the Source page, and consent to what a pickle would run."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CheckpointSpec, LoadRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.allow_globals import AllowGlobalsDialog, meaning
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_load_report
from tests.ui.source.page.parts import child, line, retype, source


def test_clearing_the_checkpoint_can_be_undone(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    retype(qtbot, line(page, "checkpoint-path"), "weights.pt")
    strict = child(page, QCheckBox, "checkpoint-strict")
    assert isinstance(strict, QCheckBox)
    strict.click()
    assert source(project).checkpoint == CheckpointSpec("weights.pt", strict=False)
    child(page, QToolButton, "checkpoint-clear").click()  # type: ignore[attr-defined]
    assert source(project).checkpoint is None
    assert line(page, "checkpoint-path").text() == ""
    project.undo_stack.undo()
    assert line(page, "checkpoint-path").text() == "weights.pt"
    assert not strict.isChecked()


def test_a_missing_checkpoint_is_marked(page: SourcePage, qtbot: QtBot) -> None:
    field = line(page, "checkpoint-path")
    retype(qtbot, field, "gone.pt")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "There is no file" in field.toolTip()


def test_consent_names_each_class_adds_them_undoably_and_loads_again(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    retype(qtbot, line(page, "checkpoint-path"), "weights.pt")
    names = ("numpy.dtype", "project.config.Config")
    client.answers["load"] = ErrorInfo("checkpoint-unsafe-global", "It asks for more.", "Allow.", "\n".join(names))
    button = child(page, QPushButton, "consent-button")
    assert isinstance(button, QPushButton)
    assert not button.isVisible()
    project.run(Stage.SOURCE)
    qtbot.waitUntil(button.isVisible)
    button.click()
    dialog = page.findChild(AllowGlobalsDialog)
    assert dialog is not None
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert set(names) <= set(texts)
    client.answers["load"] = make_load_report()
    child(dialog, QPushButton, "allow-globals-accept").click()  # type: ignore[attr-defined]
    assert source(project).checkpoint == CheckpointSpec("weights.pt", True, names)
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).status is Status.PASSED)
    request = client.last("load").request
    assert isinstance(request, LoadRequest)
    assert request.source.checkpoint == CheckpointSpec("weights.pt", True, names)
    project.undo_stack.undo()
    assert source(project).checkpoint == CheckpointSpec("weights.pt")


def test_refusing_changes_nothing_and_an_allowed_class_can_be_taken_back(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    spec = CheckpointSpec("weights.pt", True, ("numpy.dtype",))
    project.edit(
        dataclasses.replace(project.recipe, source=dataclasses.replace(source(project), checkpoint=spec)), "x"
    )
    client.answers["load"] = ErrorInfo("checkpoint-unsafe-global", "More.", "", "numpy.dtype\nproject.Config")
    project.run(Stage.SOURCE)
    button = child(page, QPushButton, "consent-button")
    qtbot.waitUntil(button.isVisible)
    button.click()  # type: ignore[attr-defined]
    dialog = page.findChild(AllowGlobalsDialog)
    assert dialog is not None
    assert dialog.names == ("project.Config",)
    focused = dialog.focusWidget()
    assert focused is not None
    assert focused.objectName() == "allow-globals-reject"
    dialog.reject()
    assert source(project).checkpoint == spec
    child(page, QToolButton, "disallow-numpy.dtype").click()  # type: ignore[attr-defined]
    assert source(project).checkpoint == CheckpointSpec("weights.pt")


def test_only_globals_known_by_full_name_are_called_harmless() -> None:
    assert "data only" in meaning("numpy.dtype")
    assert meaning("numpy.load") == "Code of the package numpy. The file decides what it is called with."
    assert "looked up in your model file" in meaning("__main__.Config")
