from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.client.files import DATA_DIR_VARIABLE
from modelpack_gui.client.trust import is_trusted, trust, what_runs
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    BenchSpec,
    CalibrationSpec,
    CheckpointSpec,
    ExportSpec,
    InputSpec,
    ModelSource,
    ParitySpec,
    QuantizeSpec,
)

RECIPE = Recipe(
    source=ModelSource(file="net.py", name="Net", arguments={"width": 8}, checkpoint=CheckpointSpec("net.pt")),
    inputs=(InputSpec("x", (1,)),),
)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "net.py").write_text("class Net: ...\n", encoding="utf-8")
    return folder / "recipe.toml"


def with_source(**changes: Any) -> Recipe:
    return dataclasses.replace(RECIPE, source=dataclasses.replace(RECIPE.source, **changes))


def test_a_recipe_that_nobody_agreed_to_is_not_trusted_and_an_agreed_one_stays_so(path: Path) -> None:
    assert not is_trusted(RECIPE, path)
    trust(RECIPE, path)
    trust(RECIPE, path)
    assert is_trusted(RECIPE, path)


def test_a_recipe_that_runs_no_code_needs_no_question(path: Path) -> None:
    assert is_trusted(Recipe(export=ExportSpec(output_path="o.onnx")), path)


def test_a_recipe_without_a_model_that_brings_its_own_interpreter_is_asked_about(path: Path) -> None:
    assert not is_trusted(Recipe(interpreter=InterpreterSpec("./python")), path)


@pytest.mark.parametrize(
    "changed",
    [
        dataclasses.replace(RECIPE, inputs=()),
        dataclasses.replace(RECIPE, export=ExportSpec(opset_version=17)),
        dataclasses.replace(RECIPE, parity=ParitySpec(rtol=1.0), bench=BenchSpec(threads=1)),
    ],
)
def test_settings_that_name_no_code_do_not_ask_again(changed: Recipe, path: Path) -> None:
    trust(RECIPE, path)
    assert is_trusted(changed, path)


def test_calibration_data_in_python_is_asked_about_and_other_data_is_not(path: Path) -> None:
    trust(RECIPE, path)
    pictures, python = (
        dataclasses.replace(RECIPE, quantize=QuantizeSpec(calibration=CalibrationSpec(kind, "samples.py", "data")))
        for kind in ("folder", "python")
    )
    assert is_trusted(pictures, path)
    assert not is_trusted(python, path)
    assert ("Calibration data", str(path.parent.resolve() / "samples.py")) in what_runs(python, path)
    trust(python, path)
    assert is_trusted(python, path)
    assert not is_trusted(Recipe(quantize=python.quantize), path)


def test_editing_ones_own_model_file_does_not_ask_again(path: Path) -> None:
    trust(RECIPE, path)
    (path.parent / "net.py").write_text("class Net:\n    width = 3\n", encoding="utf-8")
    assert is_trusted(RECIPE, path)


@pytest.mark.parametrize(
    "changed",
    [
        with_source(file="other.py"),
        with_source(file="", module="net"),
        with_source(name="Other"),
        with_source(arguments={"width": 9}),
        with_source(checkpoint=None),
        with_source(checkpoint=CheckpointSpec("other.pt")),
        with_source(checkpoint=CheckpointSpec("net.pt", allowed_globals=("os.system",))),
        dataclasses.replace(RECIPE, interpreter=InterpreterSpec("./python")),
        dataclasses.replace(RECIPE, interpreter=InterpreterSpec("python3.12")),
    ],
)
def test_whatever_would_run_something_else_asks_again(changed: Recipe, path: Path) -> None:
    trust(RECIPE, path)
    assert not is_trusted(changed, path)


def test_the_same_text_in_another_folder_names_other_files_and_asks(path: Path, tmp_path: Path) -> None:
    trust(RECIPE, path)
    assert not is_trusted(RECIPE, tmp_path / "elsewhere" / "recipe.toml")


def test_a_renamed_recipe_beside_the_same_files_does_not_ask(path: Path) -> None:
    trust(RECIPE, path)
    assert is_trusted(RECIPE, path.with_name("renamed.toml"))


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_now_leads_elsewhere_asks_again(path: Path) -> None:
    target = path.parent / "linked.py"
    target.symlink_to(path.parent / "net.py")
    recipe = with_source(file="linked.py")
    trust(recipe, path)
    (path.parent / "evil.py").write_text("", encoding="utf-8")
    target.unlink()
    target.symlink_to(path.parent / "evil.py")
    assert not is_trusted(recipe, path)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_folder_reached_through_a_link_is_the_same_folder(path: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, interpreter=InterpreterSpec("venv/bin/python"))
    trust(recipe, path)
    link = tmp_path / "link"
    link.symlink_to(path.parent, target_is_directory=True)
    assert is_trusted(recipe, link / path.name)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"trusted": []}', '{"trusted": {"x": 1}}', "\xff"])
def test_a_damaged_list_trusts_nothing_and_can_be_written_again(content: str, data_folder: Path, path: Path) -> None:
    data_folder.mkdir()
    (data_folder / "trusted-recipes.json").write_text(content, encoding="latin-1")
    assert not is_trusted(RECIPE, path)
    trust(RECIPE, path)
    assert is_trusted(RECIPE, path)


def test_a_list_that_cannot_be_written_is_said(path: Path, data_folder: Path) -> None:
    data_folder.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        trust(RECIPE, path)
    assert caught.value.info.code == "file-not-writable"


def test_the_question_shows_everything_that_would_run(path: Path) -> None:
    recipe = with_source(checkpoint=CheckpointSpec("net.pt", allowed_globals=("os.system", "a.B")))
    recipe = dataclasses.replace(recipe, interpreter=InterpreterSpec("venv/bin/python"))
    folder = path.parent.resolve()
    assert what_runs(recipe, path) == (
        ("File", str(folder / "net.py")),
        ("Class", "Net"),
        ("Arguments", "width = 8"),
        ("Interpreter", str(folder / "venv/bin/python")),
        ("Checkpoint", str(folder / "net.pt")),
        ("Unsafe globals allowed", "os.system, a.B"),
        ("Working folder", str(folder)),
    )


def test_the_question_shows_where_an_interpreter_in_the_recipes_folder_is(path: Path) -> None:
    (path.parent / "venv-of-theirs").mkdir()
    for name, shown in (("venv-of-theirs", str(path.parent.resolve() / "venv-of-theirs")), ("python3", "python3")):
        recipe = dataclasses.replace(RECIPE, interpreter=InterpreterSpec(name))
        assert dict(what_runs(recipe, path))["Interpreter"] == shown


def test_the_question_for_a_module_names_it_and_the_apps_own_interpreter(path: Path) -> None:
    rows = dict(what_runs(Recipe(source=ModelSource(module="pkg.nets", name="Net")), path))
    assert rows["Module"] == "pkg.nets"
    assert rows["Interpreter"] == "the app's own"
    assert "File" not in rows
    assert "Checkpoint" not in rows


def test_consent_for_a_saved_model_is_part_of_what_is_trusted(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    recipe = Recipe(source=ModelSource(file="net.pt", allowed_globals=("net.Net",)))
    trust(recipe, path)
    assert is_trusted(recipe, path)
    more = dataclasses.replace(recipe, source=ModelSource(file="net.pt", allowed_globals=("net.Net", "net.Other")))
    assert not is_trusted(more, path)
    rows = dict(what_runs(more, path))
    assert rows["Saved model"] == str(tmp_path / "net.pt")
    assert rows["Unsafe globals allowed"] == "net.Net, net.Other"
