"""How a checkpoint's keys are brought together with a model's: key, prefix, dtype, shards, misfits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from safetensors.torch import save_file

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, JobCancelled, UserError
from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CheckpointSpec, InputSpec, KeyReport, KeySuggestion, LoadRequest, ModelSource
from modelpack_gui.stages.source import load, near_miss
from modelpack_gui.stages.source.build import BuiltModel, build_model
from modelpack_gui.stages.source.near_miss import suggestions
from tests.places import MODELS

PARTS = {
    "body.0.weight": torch.rand(8, 4), "body.0.bias": torch.rand(8), "body.1.weight": torch.rand(8),
    "body.1.bias": torch.rand(8), "body.1.running_mean": torch.rand(8), "body.1.running_var": torch.rand(8),
    "body.1.num_batches_tracked": torch.tensor(7), "head.weight": torch.rand(5, 8), "head.bias": torch.rand(5),
}  # fmt: skip


def build(path: Path, name: str = "TwoParts", **options: Any) -> BuiltModel:
    source = ModelSource(file="weights.py", name=name, checkpoint=CheckpointSpec(str(path), **options))
    return build_model(source, PlainContext(MODELS))


def keys_of(built: BuiltModel) -> KeyReport:
    assert built.keys is not None
    return built.keys


def error_of(path: Path, name: str = "TwoParts", **options: Any) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        build(path, name, **options)
    return caught.value.info


def fixes_of(info: ErrorInfo) -> tuple[Fix, ...]:
    assert info.explanation is not None
    assert info.explanation.id == info.code
    return info.explanation.fixes


def mended(path: Path, fix: Fix, name: str = "TwoParts") -> BuiltModel:
    """The model that loads after the edits of a fix."""
    recipe = Recipe(source=ModelSource(file="weights.py", name=name, checkpoint=CheckpointSpec(str(path))))
    return build_model(apply_fix(recipe, fix).source, PlainContext(MODELS))


def saved(folder: Path, content: object, **options: Any) -> Path:
    torch.save(content, folder / "weights.pt", **options)
    return folder / "weights.pt"


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + key: value for key, value in PARTS.items()}


def test_chosen_key_is_loaded_and_reported(tmp_path: Path) -> None:
    average = {key: value * 2 for key, value in PARTS.items()}
    path = saved(tmp_path, {"model": PARTS, "ema": {"module": average, "decay": 0.9}})
    assert keys_of(build(path)).key == "model"
    built = build(path, key="ema.module")
    assert keys_of(built).key == "ema.module"
    assert torch.equal(built.module.state_dict()["head.bias"], PARTS["head.bias"] * 2)


def test_ambiguous_file_offers_each_state_dict_as_a_fix(tmp_path: Path) -> None:
    path = saved(tmp_path, {"generator": PARTS, "discriminator": {"conv.weight": torch.zeros(1)}})
    info = error_of(path)
    assert info.code == "checkpoint-ambiguous"
    fixes = fixes_of(info)
    assert [fix.edits for fix in fixes] == [
        (RecipeEdit("source.checkpoint.key", "generator"),),
        (RecipeEdit("source.checkpoint.key", "discriminator"),),
    ]
    assert keys_of(mended(path, fixes[0])).key == "generator"


def test_key_that_is_not_there_offers_those_that_are(tmp_path: Path) -> None:
    path = saved(tmp_path, {"state_dict": PARTS})
    info = error_of(path, key="model")
    assert info.code == "checkpoint-key-missing"
    assert keys_of(mended(path, fixes_of(info)[0])).matched == len(PARTS)


@pytest.mark.parametrize("prefix", ["module.", "module._orig_mod.", "_orig_mod.module.", "net.model."])
def test_usual_prefixes_and_their_combinations_come_off_by_themselves(tmp_path: Path, prefix: str) -> None:
    keys = keys_of(build(saved(tmp_path, prefixed(prefix))))
    assert (keys.prefix, keys.matched) == (prefix, len(PARTS))


def test_named_prefix_comes_off_the_keys_that_have_it(tmp_path: Path) -> None:
    content = {**prefixed("student.body_of."), "loss.scale": torch.zeros(1)}
    path = saved(tmp_path, content)
    keys = keys_of(build(path, prefix="student.body_of.", strict=False))
    assert (keys.prefix, keys.matched, keys.unexpected) == ("student.body_of.", len(PARTS), ("loss.scale",))


def test_prefix_that_would_make_more_keys_match_is_offered(tmp_path: Path) -> None:
    path = saved(tmp_path, {**prefixed("module."), "n_averaged": torch.tensor(3)})
    info = error_of(path)
    assert info.code == "checkpoint-keys"
    first = fixes_of(info)[0]
    assert first.edits == (RecipeEdit("source.checkpoint.prefix", "module."),)
    assert "9 of the model's 9 keys" in first.details
    second = fixes_of(info)[1]
    assert "1 of the checkpoint would not be used" in second.details
    keys = keys_of(mended(path, second))
    assert (keys.matched, keys.unexpected) == (9, ("n_averaged",))


def test_partial_load_is_offered_with_what_would_stay_random(tmp_path: Path) -> None:
    content = {**{key: value for key, value in PARTS.items() if "head" not in key}, "classifier.bias": torch.ones(5)}
    path = saved(tmp_path, content)
    fix = fixes_of(error_of(path))[-1]
    assert fix.edits == (RecipeEdit("source.checkpoint.strict", False),)
    assert "head.weight" in fix.details
    keys = keys_of(mended(path, fix))
    assert keys.missing == ("head.weight", "head.bias")
    assert keys.suggestions == (
        KeySuggestion("head.bias", "classifier.bias", "same shape [5], same last name and numbers"),
    )


def test_partial_load_is_not_offered_where_nothing_fits(tmp_path: Path) -> None:
    path = saved(tmp_path, {"x": torch.zeros(1)})
    assert all(fix.edits == () for fix in fixes_of(error_of(path)))


def test_checkpoint_of_a_part_of_the_model_is_recognised(tmp_path: Path) -> None:
    inner = {
        key.removeprefix("layer."): value
        for key, value in {"layer.weight": torch.zeros(4, 4), "layer.bias": torch.zeros(4)}.items()
    }
    assert "the part `layer`" in error_of(saved(tmp_path, inner), "RenamesOldKeys").hint


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_floats_are_cast_and_integers_are_not(tmp_path: Path, dtype: str) -> None:
    exact = PARTS | {"head.bias": torch.full((5,), 1 / 3, dtype=torch.float64)}
    built = build(saved(tmp_path, exact), dtype=dtype)
    assert keys_of(built).dtype == dtype
    state = built.module.state_dict()
    assert {str(value.dtype) for value in state.values()} == {f"torch.{dtype}", "torch.int64"}
    assert torch.equal(state["head.bias"], exact["head.bias"].to(getattr(torch, dtype)))


def test_dtype_of_the_model_is_kept_without_a_cast(tmp_path: Path) -> None:
    half = {key: value.half() if value.is_floating_point() else value for key, value in PARTS.items()}
    built = build(saved(tmp_path, half))
    assert built.module.state_dict()["head.bias"].dtype is torch.float32


def test_unknown_dtype_is_an_error_with_the_known_ones_as_fixes(tmp_path: Path) -> None:
    info = error_of(saved(tmp_path, PARTS), dtype="int8")
    assert info.code == "checkpoint-dtype"
    assert fixes_of(info)[0].edits == (RecipeEdit("source.checkpoint.dtype", "float32"),)


def test_inputs_that_were_not_cast_with_the_weights_can_be(tmp_path: Path) -> None:
    checkpoint = CheckpointSpec(str(saved(tmp_path, PARTS)), dtype="float64")
    source = ModelSource(file="weights.py", name="TwoParts", checkpoint=checkpoint)
    inputs = (InputSpec("x", (2, 4)),)
    with pytest.raises(UserError) as caught:
        load.run(LoadRequest(source, inputs), PlainContext(MODELS))
    explanation = caught.value.info.explanation
    assert explanation is not None
    changed = apply_fix(Recipe(source=source, inputs=inputs), explanation.fixes[0])
    report = load.run(LoadRequest(changed.source, changed.inputs), PlainContext(MODELS))
    assert report.outputs[0].dtype == "float64"


def test_tied_weights_stay_tied_whichever_name_the_file_has(tmp_path: Path) -> None:
    values = torch.rand(6, 4)
    for content in (
        {"embedding.weight": values, "decoder.weight": values},
        {"embedding.weight": values},  # as save_model of safetensors leaves one of them out
        {"decoder.weight": values},
    ):
        built = build(saved(tmp_path, content), "Tied")
        module: Any = built.module
        assert module.decoder.weight is module.embedding.weight
        assert module.all_weights[0] is module.embedding.weight
        assert torch.equal(module.decoder.weight, values)
        assert keys_of(built).missing == ()
        assert len(keys_of(built).tied) == 2 - len(content)


def test_parameters_own_their_memory_and_not_the_files(tmp_path: Path) -> None:
    path = saved(tmp_path, PARTS)
    built = build(path)
    path.write_bytes(b"")  # a mapping of it would now crash whoever reads the weights
    assert torch.equal(built.module.state_dict()["head.weight"], PARTS["head.weight"])
    assert all(parameter.requires_grad for parameter in built.module.parameters())


def test_recurrent_layers_compute_with_the_loaded_weights(tmp_path: Path) -> None:
    torch.manual_seed(3)
    trained = torch.nn.LSTM(4, 3, batch_first=True)
    x = torch.rand(2, 5, 4)
    path = saved(tmp_path, {f"lstm.{key}": value for key, value in trained.state_dict().items()})
    with torch.no_grad():
        assert torch.equal(build(path, "Recurrent").module.eval()(x), torch.relu(trained(x)[0]))


def test_model_with_a_way_of_its_own_to_load_is_left_to_it(tmp_path: Path) -> None:
    content = {"weight": torch.ones(3, 4), "bias": torch.ones(3)}
    built = build(saved(tmp_path, content), "LoadsByItself", strict=False)
    assert torch.equal(built.module.state_dict()["layer.bias"], torch.ones(3))


def test_hook_that_renames_and_changes_old_keys_is_heeded(tmp_path: Path) -> None:
    weight = torch.rand(4, 4)
    built = build(saved(tmp_path, {"fc.weight": weight, "fc.bias": torch.ones(4)}), "RenamesOldKeys")
    assert torch.equal(built.module.state_dict()["layer.weight"], weight.t())
    assert keys_of(built).matched == 2


def sharded(folder: Path, weight_map: Mapping[str, str] | None = None, kind: str = "safetensors") -> Path:
    names = list(PARTS)
    parts = {"one": names[:5], "two": names[5:]}
    given: dict[str, str] = {}
    for part, keys in parts.items():
        file = f"{part}.{'safetensors' if kind == 'safetensors' else 'bin'}"
        content = {key: PARTS[key] for key in keys}
        if kind == "safetensors":
            save_file(content, folder / file)
        else:
            torch.save(content, folder / file)
        given |= dict.fromkeys(keys, file)
    stem = "model.safetensors" if kind == "safetensors" else "pytorch_model.bin"
    index = folder / f"{stem}.index.json"
    index.write_text(json.dumps({"weight_map": weight_map or given}))
    return index


@pytest.mark.parametrize("kind", ["safetensors", "bin"])
def test_shards_load_by_their_index_or_their_folder(tmp_path: Path, kind: str) -> None:
    index = sharded(tmp_path, kind=kind)
    for path in (index, tmp_path):
        built = build(path)
        assert keys_of(built).matched == len(PARTS)
        assert torch.equal(built.module.state_dict()["head.bias"], PARTS["head.bias"])
        assert built.checkpoint_path == str(index)
        assert built.checkpoint_size_bytes > sum(value.nbytes for value in PARTS.values())


def test_missing_shards_are_named(tmp_path: Path) -> None:
    index = sharded(tmp_path)
    (tmp_path / "two.safetensors").unlink()
    info = error_of(index)
    assert info.code == "checkpoint-shard-missing"
    assert "two.safetensors" in info.message


def test_index_that_disagrees_with_a_shard_is_said_so(tmp_path: Path) -> None:
    weight_map = dict.fromkeys(PARTS, "one.safetensors")
    info = error_of(sharded(tmp_path, weight_map))
    assert info.code == "checkpoint-shards-disagree"
    assert "head.bias" in info.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("{}", "has no weight_map"),
        ('{"weight_map": {"a": 3}}', "something else than file names"),
        ('{"weight_map": {"a": "../secret.bin"}}', "not in its folder"),
    ],
)
def test_bad_index_is_described(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(text)
    info = error_of(tmp_path)
    assert info.code == "checkpoint-index-not-valid"
    assert said in info.message


def test_model_files_offer_to_be_the_source_themselves(tmp_path: Path) -> None:
    path = saved(tmp_path, torch.nn.Linear(4, 3))
    info = error_of(path)
    assert info.code == "checkpoint-whole-module"
    recipe = Recipe(source=ModelSource(file="weights.py", name="TwoParts", checkpoint=CheckpointSpec(str(path))))
    source = apply_fix(recipe, fixes_of(info)[0]).source
    assert (source.file, source.name, source.checkpoint) == (str(path), "", None)
    assert source.is_saved_model


def test_copying_can_be_cancelled(tmp_path: Path) -> None:
    class Impatient(PlainContext):
        def progress(self, message: str, fraction: float | None = None) -> None:
            self.is_loading = message.startswith("Loading")

        def check_cancelled(self) -> None:
            if getattr(self, "is_loading", False):
                raise JobCancelled

    source = ModelSource(file="weights.py", name="TwoParts", checkpoint=CheckpointSpec(str(saved(tmp_path, PARTS))))
    with pytest.raises(JobCancelled):
        build_model(source, Impatient(MODELS))


def test_renamed_layers_are_paired_by_shape_and_name() -> None:
    missing = {"blocks.0.attn.q.weight": (4, 4), "blocks.0.attn.k.weight": (4, 4), "head.weight": (5, 4), "pos": (9,)}
    unexpected = {
        "layers.0.attention.key.weight": (4, 4),
        "layers.0.attention.query.weight": (4, 4),
        "classifier.weight": (5, 4),
        "other": (3,),
    }
    found = {item.missing: item.unexpected for item in suggestions(missing, unexpected)}
    assert found == {
        "blocks.0.attn.q.weight": "layers.0.attention.query.weight",
        "blocks.0.attn.k.weight": "layers.0.attention.key.weight",
        "head.weight": "classifier.weight",
    }


def test_thousands_of_renamed_keys_are_compared_with_those_of_their_layer_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = Mock(wraps=near_miss._likeness)
    monkeypatch.setattr(near_miss, "_likeness", compared)
    missing = {f"encoder.layer.{i}.{part}.weight": (64, 64) for i in range(1250) for part in "qkvo"}
    unexpected = {f"blocks.{i}.attn.{part}_proj.weight": (64, 64) for i in range(1250) for part in "qkvo"}
    found = suggestions(missing, unexpected)
    assert compared.call_count <= 1250 * 4 * 4
    assert len(found) == 5000
    assert len({item.unexpected for item in found}) == 5000
    assert found[0].unexpected == "blocks.0.attn.q_proj.weight"
