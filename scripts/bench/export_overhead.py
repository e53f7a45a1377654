"""What the app's export adds to a bare `torch.onnx.export` with the same arguments in the same interpreter.

Both sides export the demo's class in turn, in one process that has torch loaded: the time to start a worker is
not in it. The app's side is the whole stage: construct, load the checkpoint, export, read back, compare with what was
asked, hash, move into place. `.venv/bin/python scripts/bench/export_overhead.py`.
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

LIMIT = 1.10


def bare_export_ms(recipe: Recipe, folder: Path) -> float:
    """Construct, load and export by hand, milliseconds."""
    started_s = time.perf_counter()
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
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (image,),
            str(folder / "bare.onnx"),
            dynamo=True,
            opset_version=recipe.export.opset_version,
            input_names=["image"],
            output_names=list(recipe.export.output_names),
            dynamic_shapes=({0: batch},),
            external_data=False,
            verbose=False,
        )
    return (time.perf_counter() - started_s) * 1000.0


def app_export_ms(recipe: Recipe, folder: Path) -> float:
    """The export stage, milliseconds."""
    context = PlainContext(base=resource_path("demo"), scratch=folder)
    export = dataclasses.replace(recipe.export, output_path=str(folder / "app.onnx"))
    request = request_for(Stage.EXPORT, dataclasses.replace(recipe, export=export))
    run = resolve(Stage.EXPORT.value)
    started_s = time.perf_counter()
    run(request, context)
    return (time.perf_counter() - started_s) * 1000.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    recipe = load_recipe(resource_path("demo", "demo.toml"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in (bare_export_ms, app_export_ms):  # the first export of a process imports and compiles a lot
            side(recipe, folder)
        bare: list[float] = []
        ours: list[float] = []
        for number in range(rounds):
            sides = [(bare_export_ms, bare), (app_export_ms, ours)]
            for side, taken in sides if number % 2 else reversed(sides):  # neither always comes after the other
                gc.collect()  # nor pays for what the other left
                taken.append(side(recipe, folder))
    print(f"bare torch.onnx.export: {describe(bare)}")
    print(f"the app's export stage: {describe(ours)}")
    print(verdict_line("export, ours over bare", ratio_of_medians(ours, bare), LIMIT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
