"""The factory that is offered where a constructor needs objects: drafted, edited, saved, used."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import (
    CallableInfo,
    FactoryDraft,
    FactoryRequest,
    ParameterInfo,
    SourceScan,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.write_factory import WriteFactoryDialog
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities

CONFIG = ParameterInfo("config", "positional_or_keyword", "Config", object_class="Config")
NET = CallableInfo("Net", "module", 12, parameters=(CONFIG,))
PLAIN = CallableInfo("Plain", "module", 30)
CODE = "from net import Config, Net\n\n\ndef make_net() -> Net:\n    return Net(config=Config())\n"


@pytest.fixture
def page(controller: Controller, client: FakeClient, settings: Settings, qtbot: QtBot, tmp_path: Path) -> SourcePage:
    (tmp_path / "net.py").write_text("class Net: ...\n")
    path = tmp_path / "recipe.toml"
    path.write_text(
        'schema_version = 1\n[source]\nfile = "net.py"\nname = "Net"\narguments = { depth = 3 }\n', encoding="utf-8"
    )
    client.answers |= {
        "hello": make_capabilities(),
        "scan": SourceScan(str(tmp_path / "net.py"), (NET, PLAIN)),
        "draft-factory": FactoryDraft(str(tmp_path / "net_factory.py"), "make_net", CODE),
    }
    controller.open_recipe(path, is_trusted=True)
    qtbot.waitUntil(lambda: controller.scan is not None)
    page = SourcePage(controller, settings)
    qtbot.addWidget(page)
    page.show()
    return page


def button(page: SourcePage | WriteFactoryDialog, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def opened(page: SourcePage, qtbot: QtBot) -> WriteFactoryDialog:
    button(page, "write-factory").click()
    qtbot.waitUntil(lambda: page.findChild(WriteFactoryDialog) is not None)
    dialog = page.findChild(WriteFactoryDialog)
    assert dialog is not None
    return dialog


def note(dialog: WriteFactoryDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_a_parameter_that_no_argument_can_be_is_named_with_the_offer(page: SourcePage) -> None:
    shown = "\n".join(label.text() for label in page.model_field.findChildren(QLabel))
    assert "The argument config needs an object of Config, which cannot be typed here." in shown
    assert button(page, "write-factory").isVisible()
    page.model_field.name_edited.emit("Plain")
    assert not button(page, "write-factory").isVisible()


def test_the_factory_is_saved_and_used_in_one_undoable_change(
    page: SourcePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    controller = page.controller
    dialog = opened(page, qtbot)
    assert client.last("draft-factory").request == FactoryRequest("net.py", "", "Net")
    button(dialog, "factory-save").click()
    assert (tmp_path / "net_factory.py").read_text() == CODE
    source = controller.recipe.source
    assert (source.file, source.name, source.arguments) == ("net_factory.py", "make_net", {})
    controller.undo_stack.undo()
    assert (controller.recipe.source.file, controller.recipe.source.name) == ("net.py", "Net")
    assert controller.recipe.source.arguments == {"depth": 3}


def test_a_file_that_is_there_is_replaced_only_with_a_tick(page: SourcePage, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "net_factory.py").write_text("# mine\n")
    dialog = opened(page, qtbot)
    assert not button(dialog, "factory-save").isEnabled()
    assert "There is a file net_factory.py already" in note(dialog)
    line = dialog.findChild(QLineEdit, "factory-path")
    assert line is not None
    line.setText(str(tmp_path / "other_factory.py"))
    assert button(dialog, "factory-save").isEnabled()
    line.setText(str(tmp_path / "net_factory.py"))
    tick = dialog.findChild(QCheckBox, "factory-replace")
    assert tick is not None
    tick.click()
    button(dialog, "factory-save").click()
    assert (tmp_path / "net_factory.py").read_text() == CODE


def test_code_that_is_wrong_is_not_saved_and_another_function_may_be_written(
    page: SourcePage, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened(page, qtbot)
    editor = dialog.findChild(QPlainTextEdit, "factory-text")
    assert editor is not None
    editor.setPlainText("def make_net(:\n")
    assert not button(dialog, "factory-save").isEnabled()
    assert "Line 1:" in note(dialog)
    editor.setPlainText("x = 1\n")
    assert "There is no function in it" in note(dialog)
    editor.setPlainText("def build(width=3):\n    return width")
    button(dialog, "factory-save").click()
    assert (tmp_path / "net_factory.py").read_text().endswith("return width\n")
    assert page.controller.recipe.source.name == "build"


def test_a_folder_that_cannot_be_written_is_said_in_the_dialog(
    page: SourcePage, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened(page, qtbot)
    line = dialog.findChild(QLineEdit, "factory-path")
    assert line is not None
    line.setText(str(tmp_path / "net.py" / "inside.py"))
    button(dialog, "factory-save").click()
    assert dialog.isVisible()
    assert "net.py" in note(dialog)
