"""Bad input in the real window with real workers: each is explained in place, and the window goes on."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import LoadReport
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.window.main_window import MainWindow
from tests.fixtures.bad_input import BAD_CHECKPOINTS, recipe_text
from tests.smoke.bad_input.driving import (
    OLD_ARTIFACT,
    PATIENCE_MS,
    answer_question,
    answer_trust,
    assert_page_shows,
    assert_run_fails,
    assert_shown,
    open_recipe,
    press,
    run,
    seen,
    ways_out,
)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to die of")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the limit on addresses holds on Linux only")


@pytest.mark.parametrize(
    ("source", "code", "part"),
    [
        ({"name": "Missing"}, "class-missing", "Missing"),
        ({"name": "Abstract"}, "class-abstract", "encode"),
        ({"name": "Raises"}, "constructor-failed", "no weights today"),
        ({"name": "NeedsWidth"}, "argument-missing", "width"),
        ({"arguments": {"width": "wide"}}, "argument-type", "width"),
        ({"arguments": {"wdith": 3}}, "argument-unexpected", "wdith"),
        ({"name": "not_a_model"}, "not-a-module", "not_a_model"),
    ],
    ids=["missing", "abstract", "raises", "argument-missing", "argument-wrong", "argument-unknown", "no-model"],
)
def test_a_model_that_cannot_be_constructed_is_explained_on_the_source_page(
    source: dict[str, Any], code: str, part: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    assert_run_fails(window, qtbot, project, Stage.SOURCE, code, part, source=source)


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("class Net(:\n", "source-syntax", "nets.py:1"),
        ("import surely_not_installed\n", "import-missing", "surely_not_installed"),
        ("raise ValueError('at import')\n", "import-failed", "at import"),
    ],
    ids=["syntax", "import", "raises"],
)
def test_a_model_file_that_cannot_be_imported_is_explained_on_the_source_page(
    text: str, code: str, part: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    (project / "nets.py").write_text(text, encoding="utf-8")
    assert_run_fails(window, qtbot, project, Stage.SOURCE, code, part)


CHECKPOINT_CODES = {
    "missing": "checkpoint-missing",
    "empty": "checkpoint-empty",
    "text": "checkpoint-not-valid",
    "forbidden-global": "checkpoint-forbidden-global",
    "unknown-global": "checkpoint-unsafe-global",
    "pickle-that-torch-does-not-write": "checkpoint-not-valid",
    "no-tensors": "checkpoint-not-valid",
    "truncated": "checkpoint-truncated",
    "of-another-model": "checkpoint-keys",
}


@pytest.mark.parametrize("kind", BAD_CHECKPOINTS)
def test_a_checkpoint_that_does_not_load_is_explained_and_runs_nothing(
    kind: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    BAD_CHECKPOINTS[kind](project / "w.pt")
    source = {"checkpoint": {"path": "w.pt"}}
    assert_run_fails(window, qtbot, project, Stage.SOURCE, CHECKPOINT_CODES[kind], "w.pt", source=source)
    consent = window.page(Stage.SOURCE).findChild(QPushButton, "consent-button")
    assert consent is not None
    assert consent.isVisible() == (kind == "unknown-global")


@pytest.mark.parametrize(
    ("x", "code", "part"),
    [
        ({"shape": [2, 4]}, "forward-failed", "float32 [2, 4]"),
        ({"shape": []}, "forward-failed", "float32 []"),
        ({"shape": [2, 3], "dtype": "int64"}, "forward-failed", "int64 [2, 3]"),
        ({"shape": [2, 3], "dtype": "float99"}, "input-dtype", "float99"),
    ],
    ids=["size", "rank", "dtype", "no-such-dtype"],
)
def test_an_example_input_that_the_model_does_not_take_is_explained(
    x: dict[str, Any], code: str, part: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    assert_run_fails(window, qtbot, project, Stage.SOURCE, code, part, inputs=[{"name": "x", **x}])


@pytest.mark.parametrize(
    ("export", "source", "code", "part"),
    [
        ({"opset_version": 99}, {}, "opset-out-of-range", "99"),
        ({"exporter": "dynamo", "opset_version": 2}, {}, "opset-out-of-range", "2"),
        ({"exporter": "fax"}, {}, "exporter-unknown", "fax"),
        ({}, {"name": "Unsupported"}, "export-unsupported-op", "fft"),
        ({"dynamic": [{"input": "z", "axis": 0, "name": "n"}]}, {}, "dynamic-input-unknown", "z"),
        ({"dynamic": [{"input": "x", "axis": 5, "name": "n"}]}, {}, "dynamic-axis", "5"),
        ({"output_path": "build"}, {}, "output-is-folder", "build"),
        ({"output_path": "nets.py/o.onnx"}, {}, "output-not-writable", "nets.py is a file"),
    ],
    ids=["opset", "opset-dynamo", "exporter", "operator", "input", "axis", "folder", "below-a-file"],
)
def test_an_export_that_cannot_be_made_is_explained_and_leaves_the_old_artifact(
    export: dict[str, Any],
    source: dict[str, Any],
    code: str,
    part: str,
    window: MainWindow,
    project: Path,
    qtbot: QtBot,
) -> None:
    assert_run_fails(window, qtbot, project, Stage.EXPORT, code, part, export=export, source=source)


@contextlib.contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """A file system of its own at a folder; only root of a machine that is no bare container may make one."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if sys.platform != "linux" or mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("needs leave to mount a file system")
    folder.mkdir()
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {made.stderr.decode()}")
    try:
        yield folder
    finally:
        subprocess.run([umount, "-l", str(folder)], check=True)


@contextlib.contextmanager
def unwritable(folder: Path) -> Iterator[Path]:
    """A folder that nobody here may write to: root may write to all but a file system that is read only."""
    if sys.platform != "win32" and os.geteuid() != 0:
        folder.mkdir(mode=0o555)
        yield folder
    else:
        with small_disk(folder, "ro,size=64k"):
            yield folder


def test_an_output_folder_that_may_not_be_written_is_explained(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    export = {"output_path": "locked/net.onnx"}
    with unwritable(project / "locked"):
        assert_run_fails(window, qtbot, project, Stage.EXPORT, "output-not-writable", "locked", export=export)


@pytest.mark.parametrize("exporter", ["trace", "dynamo"])
def test_a_full_disk_is_explained_and_leaves_the_artifact_that_is_there(
    exporter: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    export = {"output_path": "full/net.onnx", "exporter": exporter}
    with small_disk(project / "full", "size=64k") as disk:
        (disk / "net.onnx").write_bytes(OLD_ARTIFACT)
        fill(disk)
        assert_run_fails(window, qtbot, project, Stage.EXPORT, "disk-full", "full", export=export)
        assert (disk / "net.onnx").read_bytes() == OLD_ARTIFACT
        assert {path.name for path in disk.iterdir()} == {"net.onnx", "filler"}


def fill(disk: Path) -> None:
    """Leave no byte free."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass


def test_a_recipe_that_cannot_be_saved_on_a_full_disk_keeps_its_edits_and_the_old_file(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    with small_disk(project / "full", "size=64k") as disk:
        path = disk / "r.toml"
        path.write_text(recipe_text(), encoding="utf-8")
        window.open_path(path)
        answer_trust(
            window, qtbot, "trust-reject"
        )  # so that no worker stands in the folder, which then stays mounted
        before = path.read_bytes()
        choose_class(window, "Raises")
        fill(disk)
        assert not window.save()
        assert_shown(window.message_bar, "r.toml")
        assert "disk is full" in seen(window.message_bar)
        assert path.read_bytes() == before
        assert window.controller.recipe.source.name == "Raises"
        assert window.isWindowModified()


def choose_class(window: MainWindow, name: str) -> None:
    """An edit, as the form of the source page makes it."""
    recipe = window.controller.recipe
    source = dataclasses.replace(recipe.source, name=name)
    window.controller.edit(dataclasses.replace(recipe, source=source), "choose class")


def open_misbehaving(window: MainWindow, qtbot: QtBot, project: Path) -> LoadReport:
    """Open and load the good one of the models that misbehave."""
    path = project / "m.toml"
    path.write_text(
        'schema_version = 1\nsource = { file = "misbehaving.py", name = "good" }\n'
        'inputs = [{ name = "x", shape = [2, 4] }]\n',
        encoding="utf-8",
    )
    open_recipe(window, qtbot, path)
    run(window, qtbot, Stage.SOURCE)
    report = window.controller.result(Stage.SOURCE, LoadReport)
    assert report is not None
    return report


def assert_good_model_loads(window: MainWindow, qtbot: QtBot) -> None:
    """Back to the model that is well: it loads, and the failure is gone from the page."""
    window.controller.undo_stack.undo()
    assert window.controller.recipe.source.name == "good"
    run(window, qtbot, Stage.SOURCE)
    assert window.controller.state(Stage.SOURCE).status is Status.PASSED
    assert not window.page(Stage.SOURCE).error_panel.isVisible()


@pytest.mark.parametrize(
    ("name", "code", "part", "hint"),
    [
        ("exits", "model-exits", "sys.exit", ""),
        ("hard_exit", "worker-crashed", "exit code 7", "os._exit"),
        pytest.param("segfault", "worker-crashed", "misbehaving.py:96", "Native code", marks=posix_only),
        pytest.param("killed", "worker-crashed", "SIGKILL", "memory", marks=posix_only),
        pytest.param("hogs_memory", "out-of-memory", "constructing hogs_memory, at", "smaller", marks=linux_only),
    ],
)
def test_a_model_that_ends_its_process_is_explained_and_the_window_goes_on(
    name: str, code: str, part: str, hint: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    report = open_misbehaving(window, qtbot, project)
    choose_class(window, name)
    run(window, qtbot, Stage.SOURCE)
    assert_page_shows(window, Stage.SOURCE, code, part)
    assert any(hint in words for words in ways_out(window.page(Stage.SOURCE).error_panel))
    assert window.controller.recipe.source.name == name
    assert window.controller.result(Stage.SOURCE, LoadReport) is report
    assert_good_model_loads(window, qtbot)


def test_an_endless_loop_is_ended_by_the_cancel_button_and_the_window_goes_on(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    report = open_misbehaving(window, qtbot, project)
    choose_class(window, "loops")
    press(window, qtbot, Stage.SOURCE)
    log = window.controller.jobs.log
    qtbot.waitUntil(lambda: bool(log) and log[-1].log.message == "looping", timeout=PATIENCE_MS)
    press(window, qtbot, Stage.SOURCE, "cancel")
    qtbot.waitUntil(lambda: not window.controller.is_busy, timeout=PATIENCE_MS)
    assert not window.page(Stage.SOURCE).error_panel.isVisible()
    assert window.controller.recipe.source.name == "loops"
    assert window.controller.result(Stage.SOURCE, LoadReport) is report
    assert_good_model_loads(window, qtbot)


def test_what_a_model_prints_is_in_the_log_and_the_model_loads(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    open_misbehaving(window, qtbot, project)
    choose_class(window, "noisy")
    run(window, qtbot, Stage.SOURCE)
    assert window.controller.state(Stage.SOURCE).status is Status.PASSED
    printed = {line.log.message for line in window.controller.jobs.log}
    assert {"printed to stdout", "printed to stderr", '{"kind": "Done", "job": "x", "result": null}'} <= printed


BAD_ARTIFACTS = {
    "empty": (b"", "artifact-empty"),
    "text": (b"weights are in the other file\n", "artifact-not-onnx"),
    "corrupt": (b"\x08\x07garbage that is not a protobuf" * 9, "artifact-corrupt"),
}


@pytest.mark.parametrize("kind", BAD_ARTIFACTS)
def test_an_artifact_that_is_damaged_is_explained_on_opening_and_again_on_a_click(
    kind: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    content, code = BAD_ARTIFACTS[kind]
    artifact = project / "build" / "net.onnx"
    artifact.write_bytes(content)
    window.open_path(artifact)
    assert window.current_stage is Stage.GRAPH
    qtbot.waitUntil(lambda: not window.controller.is_busy, timeout=PATIENCE_MS)
    assert_page_shows(window, Stage.GRAPH, code, "net.onnx")
    run(window, qtbot, Stage.GRAPH)
    assert_page_shows(window, Stage.GRAPH, code, "net.onnx")
    run(window, qtbot, Stage.CHECK)
    assert window.controller.state(Stage.CHECK).status is Status.FAILED
    row = window.page(Stage.CHECK).findChild(QWidget, "check-file")
    assert row is not None
    said = " ".join(text.text() for text in row.findChildren(QLabel) if text.isVisible())
    assert "net.onnx" in said
    assert "Export it again" in said
    assert artifact.read_bytes() == content


BAD_RECIPES = {
    "unknown-key": (recipe_text(export={"opset": 18}), "recipe-not-valid", "opset"),
    "wrong-type": (recipe_text(export={"opset_version": "new"}), "recipe-not-valid", "opset_version"),
    "newer": ("schema_version = 99\n", "recipe-newer", "99"),
    "not-toml": ("schema_version = \n", "recipe-not-toml", "line 1"),
    "negative-size": (recipe_text(inputs=[{"name": "x", "shape": [-2]}]), "recipe-not-valid", "shape"),
}


@pytest.mark.parametrize("kind", BAD_RECIPES)
def test_a_recipe_that_cannot_be_read_is_explained_and_the_open_project_keeps_its_edits(
    kind: str, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    text, code, part = BAD_RECIPES[kind]
    good, bad = project / "good.toml", project / "bad.toml"
    good.write_text(recipe_text(), encoding="utf-8")
    bad.write_text(text, encoding="utf-8")
    open_recipe(window, qtbot, good)
    choose_class(window, "Raises")
    edited = window.controller.recipe
    answer_question(QMessageBox.StandardButton.Discard)
    window.open_path(bad)
    assert_shown(window.message_bar, "bad.toml")
    assert part in seen(window.message_bar)
    copy = next(tool for tool in window.message_bar.findChildren(QToolButton) if "Copy" in tool.toolTip())
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert f"[{code}]" in QApplication.clipboard().text()
    assert window.controller.recipe is edited
    assert window.controller.path == good
    assert window.isWindowModified()
    assert bad.read_text(encoding="utf-8") == text
