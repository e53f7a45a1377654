"""What a checkpoint holds is listed without running it, whatever it is made of."""

from __future__ import annotations

import datetime
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CheckpointEntry, CheckpointScan, CheckpointScanRequest, KeyPrefix, TensorInfo
from modelpack_gui.stages.registry import resolve
from modelpack_gui.stages.source.prefixes import best_prefix, shared_prefixes

STATE = {"layer.weight": torch.zeros(3, 4), "layer.bias": torch.zeros(3, dtype=torch.float16)}


class RunsCommand:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch ran-by-pickle",)


def scan(path: Path, **options: Any) -> CheckpointScan:
    found = resolve("scan-checkpoint")(CheckpointScanRequest(str(path), **options), PlainContext(path.parent))
    assert isinstance(found, CheckpointScan)
    return found


def saved(folder: Path, content: object, **options: Any) -> Path:
    torch.save(content, folder / "weights.pt", **options)
    return folder / "weights.pt"


@pytest.mark.parametrize("is_archive", [True, False], ids=["archive", "old format"])
def test_every_nested_state_dict_is_listed_with_counts_dtypes_and_preview(tmp_path: Path, is_archive: bool) -> None:
    content = {"epoch": 3, "model": STATE, "ema": {"module": STATE, "decay": 0.9}, "optimizer": {"state": {}}}
    path = saved(tmp_path, content, _use_new_zipfile_serialization=is_archive)
    found = scan(path)
    assert [info.key for info in found.state_dicts] == ["model", "ema.module"]
    assert found.default_key == "model"
    model = found.state_dicts[0]
    assert (model.tensors, model.size_bytes, set(model.dtypes)) == (2, 54, {"float32", "float16"})
    assert model.preview[0] == TensorInfo("layer.weight", "float32", (3, 4))
    assert found.others == (CheckpointEntry("epoch", "int 3"), CheckpointEntry("optimizer", "dict of 1"))
    assert found.format == ("torch" if is_archive else "torch_old")
    assert found.size_bytes == path.stat().st_size


def test_state_dict_by_itself_has_no_key(tmp_path: Path) -> None:
    found = scan(saved(tmp_path, STATE))
    assert [info.key for info in found.state_dicts] == [""]
    assert found.default_key == ""


def test_nothing_is_chosen_among_several_of_equal_right(tmp_path: Path) -> None:
    assert scan(saved(tmp_path, {"generator": STATE, "discriminator": STATE})).default_key is None


@pytest.mark.parametrize("is_archive", [True, False], ids=["archive", "old format"])
def test_all_refused_globals_are_listed_and_none_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_archive: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    content = {"model": STATE, "when": datetime.timedelta(1), "x": RunsCommand(), "kinds": {1, 2}}
    path = saved(tmp_path, content, _use_new_zipfile_serialization=is_archive)
    system = f"{os.system.__module__}.system"
    found = scan(path)
    assert found.refused == ("datetime.timedelta", system)
    assert found.forbidden == (system,)
    assert found.state_dicts[0].tensors == 2
    assert scan(path, allowed_globals=("datetime.timedelta",)).refused == (system,)
    assert not (tmp_path / "ran-by-pickle").exists()


def test_names_are_not_even_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "leaves_a_trace.py"
    package.write_text("class Settings: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    import leaves_a_trace  # type: ignore[import-not-found]

    path = saved(tmp_path, {"model": STATE, "settings": leaves_a_trace.Settings()})
    monkeypatch.delitem(sys.modules, "leaves_a_trace")
    assert scan(path).refused == ("leaves_a_trace.Settings",)
    assert "leaves_a_trace" not in sys.modules


def test_pickled_model_is_told_apart(tmp_path: Path) -> None:
    found = scan(saved(tmp_path, torch.nn.Linear(4, 3)))
    assert found.is_whole_module
    assert found.state_dicts == ()


def test_tensors_of_unusual_kinds_are_described(tmp_path: Path) -> None:
    tensors = {
        "f8": torch.zeros(3, dtype=torch.float8_e4m3fn),
        "u16": torch.zeros(3, dtype=torch.uint16),
        "sparse": torch.eye(3).to_sparse(),
        "parameter": torch.nn.Parameter(torch.zeros(2, dtype=torch.bfloat16)),
        "flag": torch.tensor(True),
    }
    preview = scan(saved(tmp_path, tensors)).state_dicts[0].preview
    assert {info.name: (info.dtype, info.shape) for info in preview} == {
        "f8": ("float8_e4m3fn", (3,)),
        "u16": ("uint16", (3,)),
        "sparse": ("float32", (3, 3)),
        "parameter": ("bfloat16", (2,)),
        "flag": ("bool", ()),
    }


def test_safetensors_are_listed_from_their_header(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "weights.safetensors", metadata={"format": "pt"})
    found = scan(tmp_path / "weights.safetensors")
    assert found.format == "safetensors"
    assert {info.name: info.dtype for info in found.state_dicts[0].preview} == {
        "layer.weight": "float32",
        "layer.bias": "float16",
    }


def test_shards_are_listed_as_one_state_dict(tmp_path: Path) -> None:
    save_file({"a.weight": torch.zeros(2)}, tmp_path / "model-1.safetensors")
    save_file({"b.weight": torch.zeros(3)}, tmp_path / "model-2.safetensors")
    weight_map = {"a.weight": "model-1.safetensors", "b.weight": "model-2.safetensors"}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 20}, "weight_map": weight_map}))
    for path in (index, tmp_path):  # the folder leads to its index
        found = scan(path)
        assert found.path == str(index)
        assert found.shards == ("model-1.safetensors", "model-2.safetensors")
        assert found.state_dicts[0].tensors == 2


def test_damage_has_the_codes_of_loading(tmp_path: Path) -> None:
    whole = saved(tmp_path, STATE).read_bytes()
    old = saved(tmp_path, STATE, _use_new_zipfile_serialization=False).read_bytes()
    save_file(STATE, tmp_path / "whole.safetensors")
    tensors = (tmp_path / "whole.safetensors").read_bytes()
    cases = {
        "cut.pt": ("checkpoint-truncated", whole[: len(whole) // 2]),
        "cut-old.pt": ("checkpoint-truncated", old[:200]),
        "empty.pt": ("checkpoint-empty", b""),
        "text.pt": ("checkpoint-not-valid", b"<html>Not found</html>"),
        "cut.safetensors": ("checkpoint-truncated", tensors[:-4]),
        "short.safetensors": ("checkpoint-truncated", tensors[:20]),
        "text.safetensors": ("checkpoint-not-valid", b"\x10\0\0\0\0\0\0\0not json at all!"),
        "list.safetensors": ("checkpoint-not-valid", b"\x02\0\0\0\0\0\0\0[]"),
    }
    for name, (code, content) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError) as caught:
            scan(tmp_path / name)
        assert (name, caught.value.info.code) == (name, code)


def test_prefixes_of_all_keys_and_usual_ones_of_most_are_found() -> None:
    keys = ["module._orig_mod.conv.weight", "module._orig_mod.conv.bias", "module._orig_mod.head.weight"]
    wanted = (KeyPrefix("module.", 3), KeyPrefix("module._orig_mod.", 3))
    assert shared_prefixes(keys) == wanted
    assert shared_prefixes(["n_averaged", *keys[:2]]) == (KeyPrefix("module.", 2), KeyPrefix("module._orig_mod.", 2))
    assert shared_prefixes(["conv.weight", "conv.bias", "head.weight"]) == ()


def test_best_prefix_is_the_one_that_makes_most_keys_match() -> None:
    keys = ["model.encoder.weight", "model.encoder.bias", "model.head.weight", "loss.weight"]
    assert best_prefix(keys, ["encoder.weight", "encoder.bias", "head.weight", "head.bias"]) == ("model.", 3)
    assert best_prefix(["a.weight"], ["a.weight"]) == ("", 1)
    assert best_prefix(["a.weight"], ["b.bias"]) == ("", 0)
