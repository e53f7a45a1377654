"""The interpreter on the Source page: what it has, what it lacks, and another one."""

from __future__ import annotations

import dataclasses

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.recipe import InterpreterSpec
from modelpack_gui.core.records import PackageInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.pages.source import SourcePage
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities
from tests.ui.source.page.parts import child


def test_the_interpreter_line_names_versions_cpu_and_threads(page: SourcePage) -> None:
    text = child(page, QLabel, "interpreter-facts")
    assert isinstance(text, QLabel)
    assert text.text() == "Python 3.11.7 · torch 2.13.0 · onnx 1.23.2 · no onnxruntime · A CPU · 4 threads"


def test_missing_packages_are_shown_with_one_pip_command_for_all(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    missing = (
        PackageInfo("onnxscript", "", "ONNX export with dynamo.", "python -m pip install onnxscript"),
        PackageInfo("onnx", "", "Everything.", "python -m pip install onnx"),
    )
    client.answers["hello"] = dataclasses.replace(make_capabilities(), packages=missing)
    with qtbot.waitSignal(project.capabilities_changed):
        project.refresh_capabilities()
    qtbot.waitUntil(lambda: project.capabilities is not None)
    texts = [label.text() for label in page.interpreter.findChildren(QLabel)]
    assert "onnxscript is missing, needed for ONNX export with dynamo." in texts
    assert "onnx is missing, needed for everything." in texts
    copies = [
        button for button in page.interpreter.findChildren(QToolButton) if button.toolTip() == "Copy the command"
    ]
    copies[-1].click()
    assert QGuiApplication.clipboard().text() == "python -m pip install onnxscript onnx"


def test_choosing_an_interpreter_changes_the_recipe_and_undo_the_combo(page: SourcePage, project: Controller) -> None:
    page.interpreter.interpreter_edited.emit("/opt/env/bin/python")
    assert project.recipe.interpreter == InterpreterSpec("/opt/env/bin/python")
    assert page.interpreter.combo.currentText() == "/opt/env/bin/python"
    project.undo_stack.undo()
    assert page.interpreter.combo.currentIndex() == 0


def test_details_go_to_the_inspector(page: SourcePage, project: Controller, qtbot: QtBot) -> None:
    with qtbot.waitSignal(project.inspected) as shown:
        child(page, QPushButton, "interpreter-details").click()  # type: ignore[attr-defined]
    inspection = shown.args[0]
    assert isinstance(inspection, Inspection)
    assert [section.title for section in inspection.sections][:3] == ["Interpreter", "Packages", "Machine"]


def test_an_interpreter_that_does_not_answer_is_an_error_in_place(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["hello"] = ErrorInfo("interpreter-missing", "There is no Python there.", "Choose another.")
    project.refresh_capabilities()
    qtbot.waitUntil(lambda: project.capabilities_error is not None)
    texts = [label.text() for label in page.interpreter.findChildren(QLabel) if label.isVisible()]
    assert "There is no Python there." in texts
