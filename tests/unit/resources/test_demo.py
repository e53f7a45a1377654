from __future__ import annotations

from typing import Any

import pytest
import tomllib
import torch

from modelpack_gui.core import recipe
from modelpack_gui.core.records import CheckpointSpec, DynamicDim, InputSpec
from resources.demo.shapes import CLASS_NAMES, BatchBranchNet, ShapesNet
from tests.places import DEMO

CHECKPOINT = DEMO / "shapes.pt"


def _load(model: ShapesNet) -> ShapesNet:
    model.load_state_dict(torch.load(CHECKPOINT, weights_only=True))
    return model.eval()


def _pictures(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_checkpoint_stays_small_enough_to_ship() -> None:
    assert CHECKPOINT.stat().st_size <= 600_000


@pytest.mark.parametrize("model_class", [ShapesNet, BatchBranchNet])
def test_checkpoint_is_a_state_dict_of_both_classes(model_class: type[ShapesNet]) -> None:
    model = _load(model_class())
    assert model(_pictures(2)).shape == (2, len(CLASS_NAMES))


def test_checkpoint_names_the_shapes_that_the_training_script_draws() -> None:
    from scripts.train_demo import accuracy, make_set

    assert accuracy(_load(ShapesNet()), *make_set(200, seed=123)) > 0.95


@pytest.mark.parametrize("batch", [1, 2])
def test_both_classes_agree_up_to_two_pictures(batch: int) -> None:
    pictures = _pictures(batch)
    assert torch.equal(_load(BatchBranchNet())(pictures), _load(ShapesNet())(pictures))


def test_the_branch_changes_the_answers_from_three_pictures_on() -> None:
    pictures = _pictures(3)
    difference = _load(BatchBranchNet())(pictures) - _load(ShapesNet())(pictures)
    assert difference.abs().max().item() > 0.01


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((DEMO / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "class_name", "artifact"),
    [("demo", "ShapesNet", "build/shapes.onnx"), ("batch_branch", "BatchBranchNet", "build/batch_branch.onnx")],
)
def test_recipe_exports_its_class_with_a_dynamic_batch(name: str, class_name: str, artifact: str) -> None:
    read = recipe.from_data(_data(name), name)
    assert (read.source.file, read.source.name) == ("shapes.py", class_name)
    assert read.source.checkpoint == CheckpointSpec("shapes.pt")
    assert read.inputs == (InputSpec("image", (2, 3, 32, 32), "float32", low=0.0, high=1.0, seed=0),)
    assert (read.export.format, read.export.exporter, read.export.opset_version) == ("onnx", "dynamo", 20)
    assert read.export.dynamic == (DynamicDim("image", 0, "batch"),)
    assert (read.export.output_names, read.export.output_path) == (("logits",), artifact)


@pytest.mark.parametrize("name", ["demo", "batch_branch"])
def test_recipe_arguments_construct_the_class_that_the_checkpoint_fits(name: str) -> None:
    source = recipe.from_data(_data(name), name).source
    model_class = {"ShapesNet": ShapesNet, "BatchBranchNet": BatchBranchNet}[source.name]
    assert _load(model_class(**source.arguments))(_pictures(1)).shape == (1, len(CLASS_NAMES))
