"""The window as a user meets it: start page, commands, docks."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.events import Log
from modelpack_gui.core.pipeline import ORDER, Stage, stages_of
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CaseChoice, ParityRequest
from modelpack_gui.ui.app import make_window
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.window.command_palette import CommandPalette
from modelpack_gui.ui.widgets.window.inspector import InspectorPanel
from modelpack_gui.ui.widgets.window.jobs_panel import JobsPanel
from modelpack_gui.ui.widgets.window.log_panel import LogPanel
from modelpack_gui.ui.window.main_window import MainWindow
from tests.ui import made_reports, samples
from tests.ui.fake_client import FakeClient
from tests.ui.window.main_window.parts import action, command


def test_at_first_all_of_it_is_on_the_screen_with_a_title_bar_above(
    client: FakeClient, settings: Settings, qtbot: QtBot
) -> None:
    window = make_window(client, settings)
    qtbot.addWidget(window)
    assert window.height() == min(800, window.screen().availableGeometry().height() - 40)


def test_it_starts_on_the_start_page_with_the_project_commands_off(window: MainWindow) -> None:
    assert window.start_page.isVisible()
    assert not window.docks.inspector.isVisible()
    enabled = {action.text() for action in window.menus.actions if action.isEnabled()}
    assert "&Save" not in enabled
    assert "Open the &demo" in enabled


def test_what_shows_something_of_a_project_goes_with_it_and_comes_back(window: MainWindow) -> None:
    shown = (window.docks.inspector, window.docks.source.dock, window.docks.tensor.dock)
    window.open_demo()
    window.docks.tensor.dock.show()
    window.close_project()
    assert not any(dock.isVisible() for dock in shown)
    window.open_demo()
    assert [dock.isHidden() for dock in shown] == [False, True, False]


def test_a_dock_that_is_called_comes_before_the_one_in_its_place(window: MainWindow) -> None:
    window.open_demo()
    for dock in (window.docks.jobs, window.docks.log, window.docks.jobs):
        dock.close()
        dock.toggleViewAction().trigger()
        assert not dock.visibleRegion().isEmpty()


def test_the_inspector_follows_the_page(window: MainWindow) -> None:
    window.open_demo()
    window.show_stage(Stage.CHECK)
    window.controller.inspect(Inspection("ONNX checker"), Stage.CHECK)
    panel = window.docks.inspector.content()
    assert isinstance(panel, InspectorPanel)
    assert panel.inspection == Inspection("ONNX checker")
    window.show_stage(Stage.EXPORT)
    assert panel.inspection is None


def test_the_page_of_the_first_file_is_made_while_the_start_page_is_seen(window: MainWindow) -> None:
    made: list[Stage] = []
    window._view().page_made.connect(lambda page: made.append(page.stage))
    window.make_ready()
    assert made == [Stage.GRAPH]
    assert window.start_page.isVisible()
    assert "Find…" not in [one.text().replace("&", "") for one in window.menus.actions]
    window.new_project()
    window.make_ready()
    window.show_stage(Stage.GRAPH)
    assert made.count(Stage.GRAPH) == 1


def test_the_demo_card_opens_the_demo_ready_to_run(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    card = window.start_page.findChild(QFrame, "start-demo")
    assert card is not None
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.controller.is_trusted
    assert window.controller.recipe.source.name == "ShapesNet"
    assert window.current_stage is Stage.SOURCE
    assert {job.stage for job in client.jobs} == {"hello", "scan", "scan-checkpoint"}


@pytest.mark.parametrize("stage", ORDER)
def test_every_stage_has_a_page_reached_by_its_shortcut(window: MainWindow, qtbot: QtBot, stage: Stage) -> None:
    window.open_demo()
    number = ORDER.index(stage) + 1
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier)
    assert window.current_stage is stage
    assert window.page(stage).isVisible()


def test_f5_runs_the_shown_stage_and_escape_cancels_it(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    window.show_stage(Stage.EXPORT)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    job = client.last("export")
    assert window.controller.state(Stage.EXPORT).status is Status.RUNNING
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert job.is_cancelled


def test_run_all_runs_every_stage_in_order(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    client.answers.update(
        {stage.value: samples.FAULT for stage in stages_of(Recipe())}
        | {"load": samples.make_load_report(), "export": samples.make_export_record()}
    )
    button = window.findChild(QPushButton, "run-all")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wanted = [stage.value for stage in stages_of(Recipe())]
    qtbot.waitUntil(lambda: [job.stage for job in client.jobs if job.stage in wanted] == wanted)


def test_sweeping_and_going_on_are_commands_too(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    assert not action(window, "Sweep").isEnabled()
    window.open_demo()
    action(window, "Sweep").trigger()
    assert window.current_stage is Stage.PARITY
    assert window.controller.recipe.parity.sweep
    assert action(window, "Sweep").isChecked()
    window.controller.undo_stack.undo()
    assert not action(window, "Sweep").isChecked()
    assert not action(window, "Go on").isEnabled()
    report = made_reports.swept(left=(CaseChoice({"batch": 5}),))
    client.answers.update(export=samples.make_export_record(), parity=report)
    window.controller.run(Stage.PARITY)
    qtbot.waitUntil(action(window, "Go on").isEnabled)
    job = client.last("parity")
    action(window, "Go on").trigger()
    qtbot.waitUntil(lambda: client.last("parity") is not job)
    request = client.last("parity").request
    assert isinstance(request, ParityRequest)
    assert len(request.known) == len(report.cases)


def test_quantising_in_the_usual_ways_is_a_command_too(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    client.answers.update(export=samples.make_export_record())
    window.open_demo()
    action(window, "Try the usual").trigger()
    qtbot.waitUntil(lambda: client.jobs[-1].stage == "quantize")


def test_the_palette_finds_and_runs_a_command(window: MainWindow, qtbot: QtBot) -> None:
    window.open_demo()
    window.show_palette()
    palette = window.findChild(CommandPalette)
    assert isinstance(palette, CommandPalette)
    qtbot.keyClicks(palette.field, "pari")
    assert palette.list.count() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.current_stage is Stage.PARITY


def test_the_log_shows_lines_that_came_before_it_was_opened(
    window: MainWindow, client: FakeClient, qtbot: QtBot
) -> None:
    window.open_demo()
    job = client.last("hello")
    job.give(Log(job.id, "warning", "a model printed this", "stdout"))
    qtbot.waitUntil(lambda: len(window.controller.jobs.log) == 1)
    window.docks.log.show()
    panel = window.docks.log.content()
    assert isinstance(panel, LogPanel)
    assert "a model printed this" in panel.text()
    panel.set_filter("something else")
    assert panel.text() == ""


def test_a_running_job_is_cancelled_from_the_jobs_dock(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    window.docks.jobs.show()
    window.show_stage(Stage.EXPORT)
    window.controller.run(Stage.EXPORT)
    panel = window.docks.jobs.content()
    assert isinstance(panel, JobsPanel)
    panel.select(client.last("export").id)
    qtbot.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    assert client.last("export").is_cancelled


def test_the_status_bar_names_the_interpreter(window: MainWindow, client: FakeClient, qtbot: QtBot) -> None:
    window.open_demo()
    client.last("hello").answer(samples.make_capabilities())
    qtbot.waitUntil(lambda: window.controller.capabilities is not None)
    assert "torch 2.13.0" in window.interpreter_label.text()


def test_the_theme_is_remembered(window: MainWindow, settings: Settings) -> None:
    command(window, "Dark")
    assert settings.text("theme") == "dark"
    command(window, "Light")
    assert settings.text("theme") == "light"


def test_the_window_imports_no_torch_onnx_or_onnxruntime() -> None:
    """In a process of its own, with every page made: the window stays light and survives what happens to workers."""
    code = """
import sys
import modelpack_gui.core.recipe
def records():
    return {name for name in sys.modules if name.startswith("modelpack_gui.core.records.")}
of_recipe = records()
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.settings import Settings
from modelpack_gui.core.pipeline import ORDER
from tests.ui.fake_client import FakeClient
app = gui.make_application()
window = gui.make_window(FakeClient(), Settings())
window.show()
assert "pyqtgraph" not in sys.modules, "the start page pays for charts"
assert records() == of_recipe, "the start page pays for records that no recipe has"
window.open_demo()
for stage in ORDER:
    window.show_stage(stage)
    app.processEvents()
found = {"torch", "onnx", "onnxruntime", "onnxscript"} & set(sys.modules)
assert not found, found
window.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
