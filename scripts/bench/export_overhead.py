"""What the app's export adds to a bare `torch.onnx.export` with the same arguments in the same interpreter.

Both sides export the same class in turn, in one process that has torch loaded: the time to start a worker is
not in it. The app's side is the whole stage: construct, load the checkpoint, export, read back, compare with what was
asked (where the file leaves a doubt, by running the model at other sizes), write where it comes from, move it there.
Processor time is what counts, so that a busy machine does not. There are two models: the demo's, of 0.3 MB, whose
trace takes some hundredths of a second; and a ResNet-18 of 47 MB, as people have.
`.venv/bin/python scripts/bench/export_overhead.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import importlib
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.client.resources import resource_path
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.pipeline import Stage, request_for
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CheckpointSpec, DynamicDim, ExportSpec, InputSpec, ModelSource
from modelpack_gui.stages.registry import resolve

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.ratios import describe, ratio_of_medians, verdict_line  # noqa: E402 (the checkout is put on the path above)

LIMIT = 1.05

RESNET = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.down = nn.Identity()
        if stride != 1 or channels != out:
            self.down = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + self.down(x))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        stem = (nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        blocks, channels = [], 64
        for out, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
            blocks.append(Block(channels, out, stride))
            channels = out
        self.features, self.head = nn.Sequential(*stem, *blocks), nn.Linear(512, 1000)

    def forward(self, image):
        return self.head(self.features(image).mean((2, 3)))
"""


@dataclass(frozen=True)
class Case:
    """A model to export.

    Attributes:
        folder: Of its file and its checkpoint.
        rounds: Fewer where one takes seconds.
    """

    title: str
    folder: Path
    recipe: Recipe
    rounds: int


def demo(rounds: int) -> Case:
    """The model that comes with the app."""
    return Case("the demo", resource_path("demo"), load_recipe(resource_path("demo", "demo.toml")), rounds)


def resnet(folder: Path, rounds: int) -> Case:
    """A ResNet-18 with random weights."""
    (folder / "resnet.py").write_text(RESNET, encoding="utf-8")
    recipe = Recipe(
        source=ModelSource(file="resnet.py", name="ResNet18", checkpoint=CheckpointSpec("resnet.pt")),
        inputs=(InputSpec("image", (2, 3, 224, 224)),),
        export=ExportSpec(dynamic=(DynamicDim("image", 0, "batch"),), output_names=("logits",)),
    )
    case = Case("ResNet-18", folder, recipe, rounds)
    torch.manual_seed(0)
    torch.save(make_model(case).state_dict(), folder / "resnet.pt")
    return case


def make_model(case: Case) -> torch.nn.Module:
    """Import the file of a case and construct its model."""
    source = case.recipe.source
    name = Path(source.file).stem
    sys.path.insert(0, str(case.folder))
    try:
        sys.modules.pop(name, None)
        module = importlib.import_module(name)
    finally:
        sys.path.pop(0)
    model: torch.nn.Module = getattr(module, source.name)(**source.arguments)
    return model


def bare_export_s(case: Case, exporter: str, folder: Path) -> float:
    """Construct, load and export by hand, seconds of this process."""
    started_s = time.process_time()
    model = make_model(case)
    checkpoint = case.recipe.source.checkpoint
    assert checkpoint is not None
    model.load_state_dict(torch.load(case.folder / checkpoint.path, weights_only=True))
    model.eval()
    shape = case.recipe.inputs[0].shape
    image = torch.rand(*shape, generator=torch.Generator().manual_seed(0))
    options: dict[str, Any] = {"dynamo": False, "dynamic_axes": {"image": {0: "batch"}}}
    if exporter == "dynamo":
        options = {"dynamo": True, "dynamic_shapes": ({0: torch.export.Dim("batch")},), "external_data": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (image,),
            str(folder / "bare.onnx"),
            opset_version=case.recipe.export.opset_version,
            input_names=["image"],
            output_names=list(case.recipe.export.output_names),
            verbose=False,
            **options,
        )
    return time.process_time() - started_s


def app_export_s(case: Case, exporter: str, folder: Path) -> float:
    """The export stage, seconds of this process."""
    context = PlainContext(base=case.folder, scratch=folder)
    export = dataclasses.replace(case.recipe.export, exporter=exporter, output_path=str(folder / "app.onnx"))
    request = request_for(Stage.EXPORT, dataclasses.replace(case.recipe, export=export))
    run = resolve(Stage.EXPORT.value)
    started_s = time.process_time()
    run(request, context)
    return time.process_time() - started_s


def measure(case: Case, exporter: str) -> None:
    """Print both sides for a model and an exporter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in (bare_export_s, app_export_s):  # the first export of a process imports and compiles a lot
            side(case, exporter, folder)
        bare: list[float] = []
        ours: list[float] = []
        for number in range(case.rounds):
            sides = [(bare_export_s, bare), (app_export_s, ours)]
            for side, taken in sides if number % 2 else reversed(sides):  # neither always comes after the other
                gc.collect()  # nor pays for what the other left
                taken.append(side(case, exporter, folder) * 1000.0)
    what = f"{exporter}, {case.title}"
    print(f"bare torch.onnx.export, {what}: {describe(bare)}")
    print(f"the app's export stage, {what}: {describe(ours)}")
    print(verdict_line(f"{what}: ours over bare", ratio_of_medians(ours, bare), LIMIT), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="of the demo; the larger model gets half as many")
    parser.add_argument("--exporters", nargs="+", default=["dynamo", "trace"], choices=["dynamo", "trace"])
    parser.add_argument("--models", nargs="+", default=["demo", "resnet"], choices=["demo", "resnet"])
    options = parser.parse_args()
    torch.set_num_threads(1)  # idle threads that spin would count
    with tempfile.TemporaryDirectory() as name:
        for model in options.models:
            half = max(options.rounds // 2, 2)
            case = demo(options.rounds) if model == "demo" else resnet(Path(name), half)
            for exporter in options.exporters:
                measure(case, exporter)
    return 0


if __name__ == "__main__":
    sys.exit(main())
