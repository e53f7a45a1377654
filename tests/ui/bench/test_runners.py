"""The runners of the benchmark page: what is listed and offered, options, copies, files, and undoing all of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    BenchSpec,
    OptionInfo,
    QuantizedVariant,
    QuantizeSpec,
    RunnerInfo,
    RunnerSpec,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.runner_entries import Surroundings, runner_entry, runner_offers
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.quantize import QuantizeState, VariantRow
from modelpack_gui.ui.widgets.bench.runner_list import RunnerList
from modelpack_gui.ui.widgets.number_fields import SpinField
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient

THREADS = OptionInfo("threads", "Threads", "int", 0, minimum=0, maximum=64, note="0 takes those of the benchmark.")
LEVEL = OptionInfo("level", "Optimisation", "choice", "all", ("none", "basic", "all"))
BINDING = OptionInfo("io_binding", "IO binding", "bool", False)
CUDA = OptionInfo("cuda_graph", "CUDA graph", "bool", False, problem="There is no CUDA device.")
ORT = RunnerInfo("onnxruntime", "ONNX Runtime", "onnx", (), options=(THREADS, LEVEL, BINDING, CUDA))
COMPILE = RunnerInfo("torch_compile", "torch.compile", "", (), problem="No C++ compiler was found.")
PROGRAM = RunnerInfo("exported_program", "ExportedProgram", "pt2", ())
CAPABILITIES = dataclasses.replace(
    made.capabilities(),
    runners=(*(one for one in made.RUNNERS if one.id != "onnxruntime"), ORT, COMPILE, PROGRAM),
)


@pytest.fixture
def runners(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> RunnerList:
    client.answers["hello"] = CAPABILITIES
    controller.edit(made.ready_recipe(), "start")
    controller.undo_stack.clear()
    made_list = RunnerList(controller, settings)
    qtbot.addWidget(made_list)
    made_list.resize(900, 200)
    made_list.show()
    controller.refresh_capabilities()
    qtbot.waitUntil(lambda: controller.capabilities is not None)
    return made_list


def _keys(controller: Controller) -> list[str]:
    return [one.key for one in controller.recipe.bench.runners]


def _listed(runners: RunnerList) -> dict[str, bool]:
    return {key: chip.box.isChecked() for key, chip in runners.chips.items()}


def _put(controller: Controller, *specs: RunnerSpec) -> None:
    bench = dataclasses.replace(controller.recipe.bench, runners=specs)
    controller.edit(dataclasses.replace(controller.recipe, bench=bench), "choose")


def _menu(runners: RunnerList) -> dict[str, bool]:
    runners.add_menu.aboutToShow.emit()
    return {action.text(): action.isEnabled() for action in runners.add_menu.actions() if action.text()}


def test_the_recipes_runners_are_listed_and_ticked(runners: RunnerList) -> None:
    assert _listed(runners) == {"eager": True, "torchscript_trace": True, "onnxruntime": True}
    assert runners.chips["eager"].box.text() == "Eager PyTorch"


def test_a_runner_that_is_left_out_stays_in_its_place_in_the_list(
    runners: RunnerList, controller: Controller
) -> None:
    runners.chips["torchscript_trace"].box.click()
    assert _keys(controller) == ["eager", "onnxruntime"]
    assert _listed(runners) == {"eager": True, "torchscript_trace": False, "onnxruntime": True}
    runners.chips["torchscript_trace"].box.click()
    assert _keys(controller) == ["eager", "torchscript_trace", "onnxruntime"]
    controller.undo_stack.undo()
    controller.undo_stack.undo()
    assert _listed(runners) == {"eager": True, "torchscript_trace": True, "onnxruntime": True}


def test_the_last_runner_cannot_be_left_out_or_removed(runners: RunnerList, controller: Controller) -> None:
    for key in ("torchscript_trace", "onnxruntime", "eager"):
        runners.chips[key].box.click()
    assert _keys(controller) == ["eager"]
    assert not runners.chips["eager"].box.isEnabled()
    assert not runners.chips["eager"].remove_action.isEnabled()
    assert "At least one" in runners.chips["eager"].box.toolTip()


def test_another_project_forgets_what_was_left_out(runners: RunnerList, controller: Controller) -> None:
    runners.chips["torchscript_trace"].box.click()
    controller.new_project()
    assert _listed(runners) == {"eager": True, "torchscript_trace": True, "onnxruntime": True}
    runners.chips["eager"].box.click()
    assert list(runners.chips) == ["eager", "torchscript_trace", "onnxruntime"]


def test_the_menu_offers_every_runner_and_says_why_one_cannot_run(runners: RunnerList) -> None:
    assert _menu(runners) == {
        "Eager PyTorch…": True,
        "TorchScript (traced)…": True,
        "TorchScript (scripted)": True,
        "OpenVINO (needs openvino): copy the command that installs it": True,
        "ONNX Runtime…": True,
        "torch.compile (not here)": False,
        "ExportedProgram (needs a .pt2 file)…": True,
        "Make an INT8 or float16 variant…": True,
        "File from disk…": True,
    }
    actions = {action.text(): action for action in runners.add_menu.actions()}
    assert actions["torch.compile (not here)"].toolTip() == "No C++ compiler was found."
    openvino = actions["OpenVINO (needs openvino): copy the command that installs it"]
    assert "which this interpreter lacks" in openvino.toolTip()
    openvino.trigger()
    assert QGuiApplication.clipboard().text() == "python3 -m pip install openvino"


def test_adding_a_runner_is_undone_as_one_edit(runners: RunnerList, controller: Controller) -> None:
    runners.add_runner("torchscript_script")
    assert _keys(controller) == ["eager", "torchscript_trace", "onnxruntime", "torchscript_script"]
    controller.undo_stack.undo()
    assert "torchscript_script" not in runners.chips
    assert not controller.undo_stack.canUndo()


def test_a_runner_that_is_there_already_is_added_with_other_options(
    runners: RunnerList, controller: Controller
) -> None:
    runners.add_runner("onnxruntime")
    dialog = runners.dialog
    assert dialog is not None
    assert not dialog.ok_button.isEnabled()
    assert "is in the list" in dialog.problem.text
    threads = dialog.fields["threads"].editor
    assert isinstance(threads, SpinField)
    threads.setValue(1)
    assert dialog.ok_button.isEnabled()
    assert dialog.label.placeholderText() == "ONNX Runtime (threads 1)"
    dialog.accept()
    assert _keys(controller) == ["eager", "torchscript_trace", "onnxruntime", "onnxruntime[threads=1]"]
    assert runners.chips["onnxruntime[threads=1]"].accessibleName() == "ONNX Runtime, threads 1"


def test_options_of_every_kind_are_drawn_from_what_the_registry_says(
    runners: RunnerList, controller: Controller
) -> None:
    runners.edit_options("onnxruntime")
    dialog = runners.dialog
    assert dialog is not None
    level, binding = dialog.fields["level"].editor, dialog.fields["io_binding"].editor
    assert isinstance(level, QComboBox)
    assert isinstance(binding, QCheckBox)
    assert [level.itemText(i) for i in range(level.count())] == ["none", "basic", "all"]
    assert level.currentText() == "all"
    assert not dialog.fields["cuda_graph"].editor.isEnabled()
    level.setCurrentIndex(0)
    binding.setChecked(True)
    dialog.label.setText("  Bound  ")
    dialog.accept()
    assert controller.recipe.bench.runners[2] == RunnerSpec(
        "onnxruntime", {"level": "none", "io_binding": True}, label="Bound"
    )
    assert runners.chips["onnxruntime[io_binding=true,level=none]"].box.text() == "Bound"


def test_what_is_set_can_be_set_back_to_the_defaults(runners: RunnerList, controller: Controller) -> None:
    _put(controller, RunnerSpec("eager"), RunnerSpec("onnxruntime", {"threads": 3, "unheard_of": 1}))
    runners.edit_options("onnxruntime[threads=3,unheard_of=1]")
    assert runners.dialog is not None
    runners.dialog.reset_button.click()
    assert not runners.dialog.reset_button.isEnabled()
    runners.dialog.accept()
    assert _keys(controller) == ["eager", "onnxruntime[unheard_of=1]"]


def test_cancelling_the_options_changes_nothing(runners: RunnerList, controller: Controller) -> None:
    runners.add_copy("onnxruntime")
    dialog = runners.dialog
    assert dialog is not None
    dialog.reject()
    assert not dialog.isVisible()
    assert not controller.undo_stack.canUndo()


def test_a_copy_comes_behind_what_it_is_a_copy_of(runners: RunnerList, controller: Controller) -> None:
    runners.add_copy("eager")
    assert runners.dialog is not None
    assert not runners.dialog.ok_button.isEnabled()
    runners.dialog.reject()
    runners.choices.add(RunnerSpec("eager", {"dtype": "bfloat16"}), after="eager")
    assert list(runners.chips) == ["eager", "eager[dtype=bfloat16]", "torchscript_trace", "onnxruntime"]


def test_a_dropped_file_adds_the_runner_that_takes_it(
    runners: RunnerList, controller: Controller, tmp_path: Path
) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("int8.onnx", "net.pt2", "notes.txt")])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    runners.dropEvent(QDropEvent(QPointF(1, 1), actions, mime, buttons, Qt.KeyboardModifier.NoModifier))
    added = controller.recipe.bench.runners[3:]
    assert [(one.runner, Path(one.artifact).name) for one in added] == [
        ("onnxruntime", "int8.onnx"),
        ("exported_program", "net.pt2"),
    ]


def test_a_file_that_no_runner_takes_is_told(runners: RunnerList, controller: Controller, qtbot: QtBot) -> None:
    with qtbot.waitSignal(controller.message_raised) as told:
        runners.add_file("/models/net.tflite")
    assert told.args[0].code == "runner-file-unknown"
    assert len(controller.recipe.bench.runners) == 3


def test_as_long_as_nothing_is_quantised_the_menu_leads_to_where_it_is(
    runners: RunnerList, controller: Controller, qtbot: QtBot
) -> None:
    runners.add_menu.aboutToShow.emit()
    make = next(action for action in runners.add_menu.actions() if action.text().startswith("Make an INT8"))
    with qtbot.waitSignal(controller.page_wanted) as asked:
        make.trigger()
    assert asked.args == [Stage.QUANTIZE]


def test_what_the_quantize_page_has_made_is_added_by_a_click(
    runners: RunnerList, controller: Controller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    static = QuantizedVariant(QuantizeSpec(), "INT8 static", str(tmp_path / "net-int8.onnx"), 100, summary="Cheap.")
    broken = QuantizedVariant(QuantizeSpec("float16"), "float16", "", 0)
    monkeypatch.setattr(QuantizeState, "rows", (VariantRow(static), VariantRow(broken)))
    runners.add_menu.aboutToShow.emit()
    menu = next(action.menu() for action in runners.add_menu.actions() if action.text() == "Quantised variants")
    assert isinstance(menu, QMenu)
    (action,) = menu.actions()
    assert (action.text(), action.toolTip()) == ("INT8 static", "Cheap.")
    action.trigger()
    added = controller.recipe.bench.runners[-1]
    assert (added.runner, added.label, Path(added.artifact).name) == ("onnxruntime", "INT8 static", "net-int8.onnx")
    runners.add_menu.aboutToShow.emit()
    menu = next(action.menu() for action in runners.add_menu.actions() if action.text() == "Quantised variants")
    assert isinstance(menu, QMenu)
    assert not menu.actions()[0].isEnabled(), "it is in the list"


def test_the_baseline_is_chosen_and_given_up_in_the_menu_of_a_runner(
    runners: RunnerList, controller: Controller
) -> None:
    chip = runners.chips["onnxruntime"]
    chip.baseline_action.trigger()
    assert controller.recipe.bench.baseline == "onnxruntime"
    assert "baseline" in chip.accessibleName()
    runners.chips["onnxruntime"].box.click()
    assert controller.recipe.bench.baseline == ""


def test_runners_are_shown_in_another_order(runners: RunnerList, controller: Controller) -> None:
    runners.chips["onnxruntime"].earlier.trigger()
    assert list(runners.chips) == _keys(controller) == ["eager", "onnxruntime", "torchscript_trace"]


def test_a_removed_runner_comes_back_by_undo(runners: RunnerList, controller: Controller) -> None:
    runners.chips["eager"].remove_action.trigger()
    assert list(runners.chips) == ["torchscript_trace", "onnxruntime"]
    controller.undo_stack.undo()
    assert list(runners.chips) == ["eager", "torchscript_trace", "onnxruntime"]


def test_without_capabilities_the_recipes_runners_are_listed(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    made_list = RunnerList(controller, settings)
    qtbot.addWidget(made_list)
    assert list(made_list.chips) == ["eager", "torchscript_trace", "onnxruntime"]
    assert _menu(made_list)["The interpreter has not answered yet"] is False


def test_a_listed_runner_that_lacks_a_package_says_so_and_can_be_left_out(
    runners: RunnerList, controller: Controller
) -> None:
    _put(controller, RunnerSpec("eager"), RunnerSpec("openvino"))
    chip = runners.chips["openvino"]
    assert chip.accessibleName() == "OpenVINO, needs openvino"
    assert "python3 -m pip install openvino" in chip.box.toolTip()
    chip.box.click()
    assert _keys(controller) == ["eager"]
    assert not chip.box.isEnabled()


def test_what_cannot_be_run_is_explained() -> None:
    def problem(spec: RunnerSpec, **changes: Any) -> str:
        around = dataclasses.replace(Surroundings(CAPABILITIES), **changes)
        return runner_entry(spec, around, ()).problem

    assert problem(RunnerSpec("tensorrt")) == "unknown"
    assert problem(RunnerSpec("onnxruntime")) == ""
    assert problem(RunnerSpec("onnxruntime"), artifact_format="pt2") == "needs a .onnx file"
    assert problem(RunnerSpec("onnxruntime", artifact="a.pt")) == "needs a .onnx file"
    assert problem(RunnerSpec("exported_program", artifact="a.PT2")) == ""
    assert problem(RunnerSpec("eager"), has_model=False) == "needs a PyTorch model"


def test_offers_without_an_answer_of_the_interpreter_are_none() -> None:
    assert runner_offers(Surroundings(), [one.key for one in BenchSpec().runners]) == ()
