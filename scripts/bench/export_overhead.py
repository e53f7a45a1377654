"""What the app's export adds to a bare `torch.onnx.export` with the same arguments in the same interpreter.

Both sides export the demo's class in turn, in one process that has torch loaded: the time to start a worker is
not in it. The app's side is the whole stage: construct, load the checkpoint, export, read back, compare with what was
asked (for which the model is run at other sizes), hash, write where it comes from, move into place. Processor time is
what counts, so that a busy machine does not. `.venv/bin/python scripts/bench/export_overhead.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch

from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.client.resources import resource_path
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.pipeline import Stage, request_for
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.stages.registry import resolve

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.ratios import describe, ratio_of_medians, verdict_line  # noqa: E402 (the checkout is put on the path above)

LIMIT = 1.05


def bare_export_s(recipe: Recipe, folder: Path) -> float:
    """Construct, load and export by hand, seconds of this process."""
    started_s = time.process_time()
    sys.path.insert(0, str(resource_path("demo")))
    try:
        sys.modules.pop("shapes", None)
        from shapes import ShapesNet  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    model = ShapesNet(**recipe.source.arguments)
    model.load_state_dict(torch.load(resource_path("demo", "shapes.pt"), weights_only=True))
    model.eval()
    image = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    options: dict[str, Any] = {"dynamo": False, "dynamic_axes": {"image": {0: "batch"}}}
    if recipe.export.exporter == "dynamo":
        batch = torch.export.Dim("batch")
        options = {"dynamo": True, "dynamic_shapes": ({0: batch},), "external_data": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (image,),
            str(folder / "bare.onnx"),
            opset_version=recipe.export.opset_version,
            input_names=["image"],
            output_names=list(recipe.export.output_names),
            verbose=False,
            **options,
        )
    return time.process_time() - started_s


def app_export_s(recipe: Recipe, folder: Path) -> float:
    """The export stage, seconds of this process."""
    context = PlainContext(base=resource_path("demo"), scratch=folder)
    export = dataclasses.replace(recipe.export, output_path=str(folder / "app.onnx"))
    request = request_for(Stage.EXPORT, dataclasses.replace(recipe, export=export))
    run = resolve(Stage.EXPORT.value)
    started_s = time.process_time()
    run(request, context)
    return time.process_time() - started_s


def measure(recipe: Recipe, rounds: int) -> None:
    """Print both sides for the exporter of a recipe."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in (bare_export_s, app_export_s):  # the first export of a process imports and compiles a lot
            side(recipe, folder)
        bare: list[float] = []
        ours: list[float] = []
        for number in range(rounds):
            sides = [(bare_export_s, bare), (app_export_s, ours)]
            for side, taken in sides if number % 2 else reversed(sides):  # neither always comes after the other
                gc.collect()  # nor pays for what the other left
                taken.append(side(recipe, folder) * 1000.0)
    exporter = recipe.export.exporter
    print(f"bare torch.onnx.export, {exporter}: {describe(bare)}")
    print(f"the app's export stage, {exporter}: {describe(ours)}")
    print(verdict_line(f"{exporter} export, ours over bare", ratio_of_medians(ours, bare), LIMIT))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--exporters", nargs="+", default=["dynamo", "trace"], choices=["dynamo", "trace"])
    options = parser.parse_args()
    torch.set_num_threads(1)  # idle threads that spin would count
    recipe = load_recipe(resource_path("demo", "demo.toml"))
    for exporter in options.exporters:
        export = dataclasses.replace(recipe.export, exporter=exporter)
        measure(dataclasses.replace(recipe, export=export), options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
