"""Recipes as files: what is read, what is written, and that all else in the file stays."""

from __future__ import annotations

import dataclasses
import errno
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomllib

from modelpack_gui.client.recipe_file import load_recipe, recipe_text, save_recipe
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import InterpreterSpec, Recipe, check_values
from modelpack_gui.core.records import (
    CheckpointSpec,
    DynamicDim,
    ExportSpec,
    ImageSpec,
    InputSet,
    InputSpec,
    ModelSource,
)

HANDWRITTEN = """\
# What this run is for.
schema_version = 1   # the first one

[export]  # before the source: the order is mine
output_path = 'build/net.onnx'
opset_version = 17 # our runtime is old
dynamic = [
  # any batch
  { input = "image", axis = 0, name = "batch" },
  { input = "mask", axis = 0, name = "batch" }, # as many masks
]

[source]
name = "Net"
file = "net.py"
arguments = { width = 0x10, drop = 1.0 }

# The picture.
[[inputs]]
name = "image"
shape = [2, 3, 8, 8] # small
[[inputs]]
name = "mask" # and its mask
shape = [2, 8, 8]
dtype = "bool"

[parity]
rtol = 1e-3 # generous
"""

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind the superuser"
)


def replaced(recipe: Recipe, **changes: Any) -> Recipe:
    return dataclasses.replace(recipe, **changes)


def write(path: Path, text: str = HANDWRITTEN) -> Recipe:
    path.write_text(text, encoding="utf-8")
    return load_recipe(path)


def test_a_new_file_reads_back_equal_and_spells_out_every_setting(tmp_path: Path) -> None:
    recipe = Recipe(
        source=ModelSource(
            module="a.b",
            name="Net",
            arguments={"n": 1, "x": 1.5, "flag": False, "list": [], "deep": {"a": [1, {"b": "c"}]}, "cap": math.inf},
            checkpoint=CheckpointSpec("w.pt", allowed_globals=("a.B",)),
        ),
        interpreter=InterpreterSpec("/usr/bin/python3"),
        inputs=(InputSpec("x", (1, 2), low=-1.0), InputSpec("scalar", ())),
        export=ExportSpec(dynamic=(DynamicDim("x", 0, "batch", 1),), output_path="größe.onnx"),
    )
    path = tmp_path / "new.toml"
    save_recipe(recipe, path)
    assert load_recipe(path) == recipe
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    assert tables["bench"]["warmup_runs"] == 50
    assert tables["source"]["arguments"]["list"] == []


def test_saving_what_was_loaded_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path)
    save_recipe(recipe, path)
    assert path.read_text(encoding="utf-8") == HANDWRITTEN


def test_a_changed_value_is_written_in_its_place_and_all_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path)
    changed = replaced(
        recipe,
        export=dataclasses.replace(recipe.export, opset_version=18),
        parity=dataclasses.replace(recipe.parity, atol=1e-7),
        inputs=(dataclasses.replace(recipe.inputs[0], shape=(4, 3, 8, 8)), recipe.inputs[1]),
    )
    save_recipe(changed, path)
    text = path.read_text(encoding="utf-8")
    assert load_recipe(path) == changed
    assert text == (
        HANDWRITTEN.replace("opset_version = 17 ", "opset_version = 18 ")
        .replace("shape = [2, 3, 8, 8] ", "shape = [4, 3, 8, 8] ")
        .replace("rtol = 1e-3 # generous\n", "rtol = 1e-3 # generous\natol = 1e-07\n")
    )


def test_settings_go_and_come_without_touching_the_comments_of_others(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path)
    without_image = replaced(
        recipe, inputs=recipe.inputs[1:], export=dataclasses.replace(recipe.export, dynamic=recipe.export.dynamic[1:])
    )
    save_recipe(without_image, path)
    text = path.read_text(encoding="utf-8")
    assert load_recipe(path) == without_image
    assert 'name = "mask" # and its mask' in text
    source = dataclasses.replace(recipe.source, checkpoint=CheckpointSpec("net.pt"))
    both = replaced(recipe, source=source, inputs=(*recipe.inputs, InputSpec("third", (1,))))
    save_recipe(both, path)
    assert load_recipe(path) == both
    assert "# What this run is for." in path.read_text(encoding="utf-8")


def test_an_added_table_stands_apart_from_the_next(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path)
    save_recipe(replaced(recipe, inputs=(*recipe.inputs, InputSpec("third", (1,)))), path)
    assert "\n\n[parity]" in path.read_text(encoding="utf-8")
    text = HANDWRITTEN.split("\n[parity]")[0]
    save_recipe(replaced(write(path, text), inputs=(*recipe.inputs, InputSpec("third", (1,)))), path)
    assert not path.read_text(encoding="utf-8").endswith("\n\n")


def test_an_argument_that_turns_from_1_into_1_0_or_true_is_written(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path, HANDWRITTEN.replace("0x10", "1"))
    for value in (1.0, True, 1):
        source = dataclasses.replace(recipe.source, arguments={"width": value, "drop": 1.0})
        save_recipe(replaced(recipe, source=source), path)
        read = load_recipe(path).source.arguments["width"]
        assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        'schema_version = 1\ninputs = [{ name = "x", shape = [1] }, { name = "y", shape = [2] }]\n',
        'schema_version = 1\nsource.file = "a.py"\nsource.name = "A"\n[[inputs]]\nname = "x"\nshape = [1]\n',
        'schema_version = 1\n[source]\nfile = "a"\n[source.checkpoint]\npath = "w.pt"\n[source.arguments]\na = 1\n',
        'schema_version = 1\n[export]\noutput_path = ""\n[[export.dynamic]]\ninput = "x"\naxis = 0\nname = "b"\n',
        "schema_version = 1\r\n[bench] # c\r\nthreads = 2\r\n",
    ],
)
def test_every_way_to_lay_out_the_tables_can_be_saved_over(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(text.encode())
    recipe = load_recipe(path)
    save_recipe(recipe, path)
    assert path.read_bytes() == text.encode()
    changed = replaced(
        recipe,
        source=ModelSource(file="b.py", name="B", arguments={"a": 2}, checkpoint=CheckpointSpec("v.pt")),
        inputs=(InputSpec("y", (3,)), InputSpec("z", (4,)), InputSpec("x", ())),
        export=ExportSpec(dynamic=(DynamicDim("z", 0, "n"), DynamicDim("y", 0, "m"))),
        bench=dataclasses.replace(recipe.bench, threads=None),
    )
    save_recipe(changed, path)
    assert load_recipe(path) == changed


@pytest.mark.parametrize("old", [b"not [ toml", b"\xff\xfe", b"[tool.black]\nline-length = 3\n", b""])
def test_a_file_that_is_no_recipe_is_replaced_whole(old: bytes, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(old)
    recipe = Recipe(source=ModelSource(file="a.py", name="A"))
    save_recipe(recipe, path)
    assert load_recipe(path) == recipe
    assert "tool" not in path.read_text(encoding="utf-8")


def test_none_deep_in_an_argument_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path)
    source = dataclasses.replace(recipe.source, arguments={"sizes": [1, None]})
    with pytest.raises(UserError, match=r"source\.arguments\.sizes\.1 is None") as caught:
        save_recipe(replaced(recipe, source=source), path)
    assert caught.value.info.code == "recipe-not-toml-value"
    assert path.read_text(encoding="utf-8") == HANDWRITTEN


@pytest.mark.parametrize(
    ("make", "code", "part"),
    [
        (lambda path: None, "recipe-missing", "There is no recipe file"),
        (lambda path: path.mkdir(), "recipe-is-folder", "is a folder"),
        (lambda path: path.write_bytes(b"\x80\x81"), "recipe-not-utf8", "byte 0"),
        (lambda path: path.write_text("schema_version = 1\n[source\n"), "recipe-not-toml", "line 2"),
        (lambda path: path.write_text("schema_version = 1\nx = 1"), "recipe-not-valid", "x is not a known key"),
        (lambda path: path.write_text("schema_version = 2"), "recipe-newer", "schema_version 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_which_why_and_what_to_do(
    make: Callable[[Path], object], code: str, part: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.toml"
    make(path)
    with pytest.raises(UserError) as caught:
        load_recipe(path)
    info = caught.value.info
    assert info.code == code
    assert str(path) in info.message
    assert part in info.message
    assert info.hint


def test_a_byte_order_mark_is_not_part_of_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(b"\xef\xbb\xbf" + HANDWRITTEN.encode())
    save_recipe(load_recipe(path), path)
    assert load_recipe(path).source.name == "Net"


def test_saving_onto_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        save_recipe(Recipe(), tmp_path)
    assert caught.value.info.code == "file-is-folder"


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk-full"), (errno.EACCES, "file-not-writable"), (errno.EROFS, "file-not-writable")],
)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    number: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path)

    def full(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("modelpack_gui.client.files.os.fsync", full)
    with pytest.raises(UserError) as caught:
        save_recipe(replaced(recipe, interpreter=InterpreterSpec("python3.12")), path)
    assert caught.value.info.code == code
    assert path.read_text(encoding="utf-8") == HANDWRITTEN
    assert [item.name for item in tmp_path.iterdir()] == ["r.toml"]


def test_a_parent_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        save_recipe(Recipe(), tmp_path / "file" / "r.toml")
    assert caught.value.info.code == "file-not-writable"


@as_root
def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    recipe = write(path)
    path.chmod(0o444)
    with pytest.raises(UserError) as caught:
        save_recipe(recipe, path)
    assert caught.value.info.code == "file-not-writable"


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_saving_through_a_link_writes_the_file_it_leads_to_and_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    recipe = write(real)
    real.chmod(0o640)
    link.symlink_to(real)
    save_recipe(replaced(recipe, interpreter=InterpreterSpec("python3")), link)
    assert link.is_symlink()
    assert load_recipe(real).interpreter.path == "python3"
    assert real.stat().st_mode & 0o777 == 0o640


def test_the_text_of_a_recipe_is_what_a_new_file_holds(tmp_path: Path) -> None:
    recipe = Recipe(source=ModelSource(file="a.py", name="A"))
    save_recipe(recipe, tmp_path / "r.toml")
    assert (tmp_path / "r.toml").read_text(encoding="utf-8") == recipe_text(recipe)


def test_input_sets_and_plain_values_survive_saving_and_changing(tmp_path: Path) -> None:
    values = (
        InputSpec("times", (), is_value=True, value=3),
        InputSpec("mode", (), is_value=True, value=""),
        InputSpec("mask", (), is_value=True),
    )
    image = InputSpec("image", (2, 3), argument="batch.image")
    night = InputSet("night", (InputSpec("image", (4, 3), file="a.png", image=ImageSpec((4, 4), (0.5,))), *values))
    recipe = Recipe(inputs=(image, *values), input_sets=(night,))
    path = tmp_path / "recipe.toml"
    save_recipe(recipe, path)
    assert load_recipe(path) == recipe
    assert "[[input_sets.inputs]]" in path.read_text()
    more = dataclasses.replace(recipe, input_sets=(InputSet("day", recipe.inputs), night))
    for changed in (more, recipe, dataclasses.replace(recipe, input_sets=())):
        save_recipe(changed, path)
        assert load_recipe(path) == changed


@pytest.mark.parametrize(
    "changed",
    [
        {"input_sets": (InputSet("night", ()),)},
        {"input_sets": (InputSet("", (InputSpec("x", ()),)),)},
        {"input_sets": (InputSet("a", (InputSpec("x", ()),)),) * 2},
        {"inputs": (InputSpec("x", (), value=3),)},
        {"inputs": (InputSpec("x", (), is_value=True, value=[3]),)},
        {"inputs": (InputSpec("x", (), file="a\0.npy"),)},
    ],
)
def test_inputs_that_make_no_sense_together_are_refused(changed: dict[str, Any]) -> None:
    recipe = dataclasses.replace(Recipe(inputs=(InputSpec("x", ()),)), **changed)
    with pytest.raises(UserError) as caught:
        check_values(recipe, "here")
    assert caught.value.info.code == "recipe-not-valid"
