"""Checkpoints: every format, every wrapper, and every way that one can be bad."""

from __future__ import annotations

import collections
import contextlib
import datetime
import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import CheckpointScanRequest, CheckpointSpec, ModelSource
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.source import checkpoint_scan
from modelpack_gui.stages.source.build import BuiltModel, build_model
from tests.places import MODELS

STATE = {"layer.weight": torch.arange(12.0).reshape(3, 4), "layer.bias": torch.tensor([1.0, 2.0, 3.0])}


class LoggingContext(PlainContext):
    def __init__(self) -> None:
        super().__init__(MODELS)
        self.lines: list[str] = []

    def log(self, level: str, message: str) -> None:
        self.lines.append(f"{level}: {message}")


class Settings:
    """Stands for a class of a training script, pickled along with the weights."""

    def __init__(self) -> None:
        self.rate = 0.1


class RunsCommand:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch ran-by-pickle",)


def load(path: Path, context: PlainContext | None = None, **options: Any) -> BuiltModel:
    source = ModelSource(file="tiny.py", name="Tiny", checkpoint=CheckpointSpec(str(path), **options))
    return build_model(source, context or PlainContext(MODELS))


def scan(path: Path) -> None:
    checkpoint_scan.run(CheckpointScanRequest(str(path)), PlainContext(MODELS))


def error_of(path: Path, **options: Any) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        load(path, **options)
    return caught.value.info


def saved(folder: Path, content: object, name: str = "weights.pt", **options: Any) -> Path:
    torch.save(content, folder / name, **options)
    return folder / name


@pytest.mark.parametrize("suffix", ["pt", "pth", "ckpt", "bin"])
def test_torch_archives_load_whatever_their_suffix(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path, STATE, f"weights.{suffix}")
    built = load(path)
    assert built.keys is not None
    assert (built.keys.matched, built.keys.missing, built.keys.unexpected) == (2, (), ())
    assert torch.equal(built.module.state_dict()["layer.weight"], STATE["layer.weight"])
    assert (built.checkpoint_path, built.checkpoint_size_bytes) == (str(path), path.stat().st_size)


def test_safetensors_load(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "weights.safetensors")
    built = load(tmp_path / "weights.safetensors")
    assert torch.equal(built.module.state_dict()["layer.bias"], STATE["layer.bias"])


def test_pickles_of_old_torch_load(tmp_path: Path) -> None:
    path = saved(tmp_path, STATE, _use_new_zipfile_serialization=False)
    assert torch.equal(load(path).module.state_dict()["layer.bias"], STATE["layer.bias"])


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": STATE, "epoch": 3},
        {"model_state_dict": STATE, "optimizer": {"state": {}, "param_groups": []}},
        {"model": STATE, "model_ema": STATE},
        {"student": STATE},
    ],
    ids=["state_dict", "model_state_dict", "model and another", "the only one"],
)
def test_nested_state_dict_is_unwrapped_and_said_so(tmp_path: Path, content: Mapping[str, Any]) -> None:
    context = LoggingContext()
    assert load(saved(tmp_path, content), context).keys is not None
    assert any(repr(next(iter(content))) in line for line in context.lines)


def test_two_usual_keys_are_ambiguous(tmp_path: Path) -> None:
    info = error_of(saved(tmp_path, {"state_dict": STATE, "model": STATE}))
    assert info.code == "checkpoint-ambiguous"


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod."])
def test_prefix_of_a_wrapper_is_stripped_and_said_so(tmp_path: Path, prefix: str) -> None:
    context = LoggingContext()
    path = saved(tmp_path, {prefix + key: value for key, value in STATE.items()})
    built = load(path, context)
    assert torch.equal(built.module.state_dict()["layer.bias"], STATE["layer.bias"])
    assert any(repr(prefix) in line for line in context.lines)


def test_files_that_hold_no_checkpoint_have_codes_of_their_own(tmp_path: Path) -> None:
    whole = saved(tmp_path, STATE).read_bytes()
    legacy = saved(tmp_path, STATE, "old.pt", _use_new_zipfile_serialization=False).read_bytes()
    with zipfile.ZipFile(tmp_path / "photos.pt", "w") as archive:
        archive.writestr("photo.txt", "x")
    cases: dict[str, tuple[str, bytes]] = {
        "empty.pt": ("checkpoint-empty", b""),
        "cut.pt": ("checkpoint-truncated", whole[: len(whole) // 2]),
        "cut-legacy.pt": ("checkpoint-truncated", legacy[: len(legacy) // 2]),
        "text.pt": ("checkpoint-not-valid", b"<html>Not found</html>"),
        "photos.pt": ("checkpoint-not-valid", (tmp_path / "photos.pt").read_bytes()),
        "lfs.pt": ("checkpoint-not-valid", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n"),
        "empty.safetensors": ("checkpoint-empty", b""),
        "text.safetensors": ("checkpoint-not-valid", b"\x10\0\0\0\0\0\0\0not json at all!"),
    }
    for name, (code, content) in cases.items():
        (tmp_path / name).write_bytes(content)
        info = error_of(tmp_path / name)
        assert (name, info.code) == (name, code)
        assert name in info.message
        assert info.hint
    assert error_of(tmp_path / "absent.pt").code == "checkpoint-missing"
    assert error_of(tmp_path).code == "checkpoint-is-folder"


def test_truncated_safetensors_are_said_to_be_cut_short(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "weights.safetensors")
    content = (tmp_path / "weights.safetensors").read_bytes()
    for length in (len(content) - 8, 20, 4):
        (tmp_path / "cut.safetensors").write_bytes(content[:length])
        assert error_of(tmp_path / "cut.safetensors").code == "checkpoint-truncated"


def test_truncation_at_any_length_is_an_error_of_the_checkpoint(tmp_path: Path) -> None:
    for as_archive in (True, False):
        content = saved(tmp_path, STATE, _use_new_zipfile_serialization=as_archive).read_bytes()
        for length in range(1, len(content), max(1, len(content) // 40)):
            (tmp_path / "cut.pt").write_bytes(content[:length])
            assert error_of(tmp_path / "cut.pt").code in ("checkpoint-truncated", "checkpoint-not-valid")


def test_damaged_directory_of_an_archive_is_an_error_of_the_checkpoint(tmp_path: Path) -> None:
    content = saved(tmp_path, STATE).read_bytes()
    start = content.index(b"PK\x01\x02")
    for position in range(start, len(content), 5):
        (tmp_path / "damaged.pt").write_bytes(
            content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]
        )
        for look in (load, scan):
            with contextlib.suppress(UserError):
                look(tmp_path / "damaged.pt")


def test_corrupted_bytes_raise_nothing_but_user_errors(tmp_path: Path) -> None:
    content = bytearray(saved(tmp_path, STATE, _use_new_zipfile_serialization=False).read_bytes())
    for position in range(2, 200, 7):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        (tmp_path / "damaged.pt").write_bytes(damaged)
        for look in (load, scan):
            with contextlib.suppress(UserError):  # some bytes do not matter; anything else than a UserError fails
                look(tmp_path / "damaged.pt")


def test_content_without_a_state_dict_is_described(tmp_path: Path) -> None:
    for content, described in (
        (torch.zeros(3), "Tensor"),
        ({}, "an empty dict"),
        ({"epoch": 1, "loss": 0.5}, "'epoch'"),
    ):
        info = error_of(saved(tmp_path, content))
        assert info.code == "checkpoint-no-state-dict"
        assert described in info.message


def test_refused_global_is_named_for_consent_one_on_each_line(tmp_path: Path) -> None:
    content = {"state_dict": STATE, "when": datetime.timedelta(1), "settings": Settings()}
    info = error_of(saved(tmp_path, content))
    assert info.code == "checkpoint-unsafe-global"
    assert set(info.details.splitlines()) == {"datetime.timedelta", f"{Settings.__module__}.Settings"}
    assert "datetime.timedelta" in info.message


def test_refused_global_is_named_in_old_pickles_too(tmp_path: Path) -> None:
    content = {"state_dict": STATE, "when": datetime.timedelta(1)}
    info = error_of(saved(tmp_path, content, _use_new_zipfile_serialization=False))
    assert (info.code, info.details) == ("checkpoint-unsafe-global", "datetime.timedelta")


def test_global_allowed_by_name_is_used_and_only_for_that_load(tmp_path: Path) -> None:
    path = saved(tmp_path, {"state_dict": STATE, "when": datetime.timedelta(1)})
    assert load(path, allowed_globals=("datetime.timedelta",)).keys is not None
    assert error_of(path).code == "checkpoint-unsafe-global"


def test_allowed_global_of_a_script_is_found_in_the_models_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "__module__", "__main__")
    monkeypatch.setattr("__main__.Settings", Settings, raising=False)
    path = saved(tmp_path, {"state_dict": STATE, "settings": Settings()})
    monkeypatch.undo()
    assert error_of(path).details == "__main__.Settings"
    model = (MODELS / "tiny.py").read_text() + "\n\nclass Settings: ...\n"
    (tmp_path / "tiny.py").write_text(model)
    spec = CheckpointSpec(str(path), allowed_globals=("__main__.Settings",))
    built = build_model(ModelSource(file="tiny.py", name="Tiny", checkpoint=spec), PlainContext(tmp_path))
    assert built.keys is not None


def test_allowed_global_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    info = error_of(saved(tmp_path, STATE), allowed_globals=("absent_library.Settings",))
    assert info.code == "checkpoint-global-missing"
    assert "absent_library.Settings" in info.message


def test_pickle_that_runs_a_command_is_refused_even_with_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = saved(tmp_path, {"state_dict": STATE, "x": RunsCommand()})
    name = f"{os.system.__module__}.system"
    for info in (
        error_of(path),
        error_of(path, allowed_globals=(name,)),
        error_of(path, allowed_globals=("builtins.eval",)),
        error_of(path, allowed_globals=("pty.spawn",)),
        error_of(path, allowed_globals=("torch.serialization.os.system",)),
        error_of(path, allowed_globals=("tempfile._io.open",)),
    ):
        assert info.code == "checkpoint-forbidden-global"
    assert not (tmp_path / "ran-by-pickle").exists()


def test_whole_pickled_model_is_told_apart(tmp_path: Path) -> None:
    info = error_of(saved(tmp_path, torch.nn.Linear(4, 3)))
    assert info.code == "checkpoint-whole-module"
    assert "state_dict" in info.hint


def test_torchscript_archive_is_told_apart(tmp_path: Path) -> None:
    with capture():
        torch.jit.save(torch.jit.script(torch.nn.Linear(4, 3)), str(tmp_path / "weights.pt"))
    assert error_of(tmp_path / "weights.pt").code == "checkpoint-torchscript"


def test_shapes_of_another_model_are_counted_and_listed(tmp_path: Path) -> None:
    info = error_of(saved(tmp_path, {"layer.weight": torch.zeros(9, 4), "layer.bias": torch.zeros(3)}))
    assert info.code == "checkpoint-keys"
    assert "1 of another shape (layer.weight is [9, 4], not [3, 4])" in info.message
    assert "arguments" in info.hint
    assert "layer.weight: model [3, 4], checkpoint [9, 4]" in info.details


def test_checkpoint_of_another_model_is_suspected_when_most_keys_differ(tmp_path: Path) -> None:
    info = error_of(saved(tmp_path, {"conv.weight": torch.zeros(3), "conv.bias": torch.zeros(3)}))
    assert info.code == "checkpoint-keys"
    assert "2 missing (layer.weight, layer.bias)" in info.message
    assert "2 unexpected (conv.weight, conv.bias)" in info.message
    assert "another model" in info.hint


def test_not_strict_loads_what_fits_and_reports_the_rest(tmp_path: Path) -> None:
    context = LoggingContext()
    content = {"layer.weight": torch.zeros(9, 4), "layer.bias": STATE["layer.bias"], "head.bias": torch.zeros(1)}
    built = load(saved(tmp_path, content), context, strict=False)
    assert built.keys is not None
    assert built.keys.matched == 1
    assert built.keys.missing == ()
    assert built.keys.unexpected == ("head.bias",)
    assert built.keys.mismatched[0].key == "layer.weight"
    assert torch.equal(built.module.state_dict()["layer.bias"], STATE["layer.bias"])
    assert any(line.startswith("warning: ") for line in context.lines)


def test_checkpoint_file_is_not_written_to_through_the_loaded_model(tmp_path: Path) -> None:
    path = saved(tmp_path, STATE)
    before = path.read_bytes()
    built = load(path)
    with torch.no_grad():
        for parameter in built.module.parameters():
            parameter.fill_(9.0)
    assert path.read_bytes() == before


def test_formats_that_only_look_like_checkpoints_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "old.tar", "w") as archive:
        info = tarfile.TarInfo("x")
        archive.addfile(info, io.BytesIO(b""))
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(collections.OrderedDict(a=1)))
    assert error_of(tmp_path / "old.tar").code == "checkpoint-not-valid"
    assert error_of(tmp_path / "plain.pt").code.startswith("checkpoint-")
