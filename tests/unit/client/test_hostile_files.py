"""Files of the project and of the app itself, in whatever state they are found: read, or refused in words."""

from __future__ import annotations

import gzip
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from modelpack_gui.client import quantize_store, recovery, trust
from modelpack_gui.client.bench.files import read_report
from modelpack_gui.client.bench.store import INDEX, BenchStore
from modelpack_gui.client.files import write_text
from modelpack_gui.client.matrix_store import MatrixStore
from modelpack_gui.client.recipe_file import load_recipe, save_recipe
from modelpack_gui.client.sweep_store import SweepStore
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ExportSpec, ModelSource
from modelpack_gui.core.saved_models import kind_of_source
from tests.unit.core.bench.made_bench import bench_report

HOSTILE = {
    "nested deeper than Python goes": "[" * 100_000,
    "nested so deep that it just is read": '{"schema_version": 1, "kept": ' + "[" * 400 + "]" * 400 + "}",
    "a number that no float holds": '{"schema_version": 1, "kept": {"float_p50_ms": 1' + "0" * 400 + "}}",
    "half of a letter": '{"schema_version": 1, "trusted": {"a": "\\ud800"}, "pid": 1, "path": "\\ud800"}',
    "another kind of value": "17",
}


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODELPACK_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_store_that_anybody_wrote_into_counts_as_empty(text: str, tmp_path: Path, data_folder: Path) -> None:
    places = {
        data_folder / "trusted-recipes.json": lambda: trust.is_trusted(Recipe(), tmp_path / "r.toml"),
        data_folder / "recovery" / "1-a.json": recovery.find_lost,
        tmp_path / "m.quantized.json": lambda: quantize_store.read_kept(tmp_path / "m.onnx").variants,
        tmp_path / "m.sensitivity.json": lambda: quantize_store.read_sensitivity(tmp_path / "m.onnx"),
        tmp_path / "matrix" / "m.matrix.json": MatrixStore(tmp_path, ExportSpec(output_path="m.onnx")).read,
        tmp_path / "cells.json": SweepStore(tmp_path).read,
        tmp_path / INDEX: BenchStore(tmp_path).runs,
    }
    for path, read in places.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        assert read() in (True, (), {}, None), path.name  # a recipe that runs nothing is trusted
    with pytest.raises(UserError) as caught:
        read_report(tmp_path / "cells.json")
    assert caught.value.info.code == "bench-run-not-readable"


def test_a_list_with_a_name_of_no_letters_in_it_can_be_added_to(tmp_path: Path, data_folder: Path) -> None:
    data_folder.mkdir()
    (data_folder / "trusted-recipes.json").write_text(HOSTILE["half of a letter"], encoding="utf-8")
    recipe = Recipe(source=ModelSource("nets.py", name="Net"))
    trust.trust(recipe, tmp_path / "r.toml")
    assert trust.is_trusted(recipe, tmp_path / "r.toml")


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux alone")
def test_a_recipe_in_a_folder_whose_name_is_no_utf_8_is_trusted_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"mod\xe8les")
    folder.mkdir()
    recipe = Recipe(source=ModelSource("nets.py", name="Net"))
    save_recipe(recipe, folder / "r.toml")
    trust.trust(recipe, folder / "r.toml")
    assert trust.is_trusted(recipe, folder / "r.toml")
    recovery.RecoveryFile().write(recipe, folder / "r.toml", is_trusted=True)


def test_a_recipe_cannot_name_a_file_that_is_no_utf_8(tmp_path: Path) -> None:
    recipe = Recipe(source=ModelSource(os.fsdecode(b"mod\xe8le.py"), name="Net"))
    with pytest.raises(UserError) as caught:
        save_recipe(recipe, tmp_path / "r.toml")
    assert caught.value.info.code == "text-not-utf8"
    assert r'file = "mod\udce8le.py"' in caught.value.info.message
    assert not (tmp_path / "r.toml").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = " + "[" * 100_000, "recipe-not-toml"),
        ("[parity]\nrtol = 1" + "0" * 400, "recipe-not-valid"),
        ("[source]\narguments = { a = " + "[" * 150 + "]" * 150 + " }", "recipe-not-valid"),
        ("[bench]\niterations = 1" + "0" * 30, "recipe-not-valid"),
        ("[[inputs]]\nname = 'x'\nshape = [9223372036854775808]", "recipe-not-valid"),
        ('[parity]\nactual_artifact = "a\\u0000b"', "recipe-not-valid"),
        ('[quantize.calibration]\npath = "a\\u0000b"', "recipe-not-valid"),
        ('[[bench.runners]]\nrunner = "onnxruntime"\nartifact = "a\\u0000b"', "recipe-not-valid"),
    ],
)
def test_a_recipe_that_no_recipe_is_like_is_refused(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f"schema_version = 1\n{text}\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_recipe(path)
    assert caught.value.info.code == code
    assert str(path) in caught.value.info.message
    assert caught.value.info.hint


@pytest.fixture
def kept(tmp_path: Path) -> tuple[BenchStore, Path]:
    store = BenchStore(tmp_path / "bench")
    run = store.keep(bench_report({"eager": 2.0}))
    return store, store.folder / f"{run.id}.run.json.gz"


def _flipped(data: bytes, chance: random.Random) -> bytes:
    flipped = bytearray(data)
    flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


@pytest.mark.parametrize("damage", [_flipped, _cut])
def test_a_damaged_run_is_refused_or_read(
    damage: Callable[[bytes, random.Random], bytes], kept: tuple[BenchStore, Path]
) -> None:
    store, path = kept
    data, codes = path.read_bytes(), Counter[str]()
    for number in range(100):
        path.write_bytes(damage(data, random.Random(number)))
        try:
            store.read(path.name.partition(".")[0])
        except UserError as error:
            codes[error.info.code] += 1
    assert set(codes) == {"bench-run-not-readable"}
    assert codes.total() > 60


def test_a_run_that_grows_without_end_when_it_is_unpacked_is_refused(
    kept: tuple[BenchStore, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, path = kept
    monkeypatch.setattr("modelpack_gui.client.bench.store._MOST_BYTES", 1 << 20)
    path.write_bytes(gzip.compress(bytes(2 << 20)))
    with pytest.raises(UserError, match="holds more than 1 MiB"):
        store.read(path.name.partition(".")[0])


def test_text_of_utf_8_is_written_as_it_is(tmp_path: Path) -> None:
    write_text(tmp_path / "t", "größer\r\n")
    assert (tmp_path / "t").read_bytes() == "größer\r\n".encode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with a name")
def test_a_recipe_that_is_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "r.toml")
    with pytest.raises(UserError, match="is a pipe or a device"):
        load_recipe(tmp_path / "r.toml")


def test_a_recipe_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "r.toml").open("wb") as stream:
        stream.truncate(1 << 40)  # of which the disk keeps nothing
    with pytest.raises(UserError, match="too large") as caught:
        load_recipe(tmp_path / "r.toml")
    assert caught.value.info.code == "recipe-not-readable"


def test_a_recipe_may_name_what_no_disk_can_have(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f'schema_version = 1\n[source]\nfile = "{"a" * 5000}.pt"\n', encoding="utf-8")
    recipe = load_recipe(path)
    assert not trust.is_trusted(recipe, path)
    assert kind_of_source(recipe.source, tmp_path) is None
