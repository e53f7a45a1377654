"""What a sweep of parity costs beyond the bare inferences that it needs.

The demo is exported once. Then, in one process and by turns, its inferences are made by hand (the model, the model
in float64, the artifact with the optimisations of ONNX Runtime off and on: for each case of the plan those that the
sweep makes there), and the parity stage runs the whole sweep: plan, inputs, sessions, comparison, verdict. The model
is built beforehand on both sides. Processor time is what counts, so that a busy machine does not.
`.venv/bin/python scripts/bench/parity_sweep.py`.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import onnxruntime
import torch

from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.client.resources import resource_path
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.parity.plan import Case, plan
from modelpack_gui.core.pipeline import Stage, request_for
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ParityReport, ParityRequest
from modelpack_gui.stages.parity import stage as parity
from modelpack_gui.stages.parity.regimes import in_regime
from modelpack_gui.stages.registry import resolve
from modelpack_gui.stages.source.build import BuiltModel, build_model
from modelpack_gui.stages.source.inputs import make_inputs

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts.bench.ratios import describe, ratio_of_medians, verdict_line  # noqa: E402 (the checkout is put on the path above)

LIMIT = 1.5


class Bare:
    """The inferences alone, with all that they need at hand."""

    def __init__(self, module: torch.nn.Module, path: Path, cases: Sequence[Case]) -> None:
        self._eager = module.eval()
        self._wide = copy.deepcopy(module).double()
        self._off = _session(path, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
        self._on = _session(path, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
        self._name = self._on.get_inputs()[0].name
        self._cases = cases
        self._images = [
            in_regime(make_inputs(case.inputs, seed_offset=case.seed, shapes=case.shapes), case.inputs, case.regime)[
                0
            ]
            for case in cases
        ]

    def run(self) -> None:
        """All of them once."""
        with torch.inference_mode():
            for _ in range(2):  # to see whether the model is random
                self._eager(self._images[0])
            for case, image in zip(self._cases, self._images, strict=True):
                feeds = {self._name: image.numpy()}
                self._eager(image)
                self._on.run(None, feeds)
                if case.seed == 0:
                    self._wide(image.double())
                    self._off.run(None, feeds)


def _session(path: Path, level: onnxruntime.GraphOptimizationLevel) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def sweep(request: ParityRequest, built: BuiltModel, context: PlainContext) -> ParityReport:
    """The parity stage."""
    return parity.run(request, context, built)


def measure(title: str, request: ParityRequest, built: BuiltModel, context: PlainContext, rounds: int) -> None:
    """Print both sides of one sweep."""
    _, cases = plan(request.inputs, request.dynamic, request.parity)
    bare = Bare(built.module, Path(request.artifact_path), cases)
    sides: list[tuple[Callable[[], object], list[float]]] = [
        (bare.run, []),
        (lambda: sweep(request, built, context), []),
    ]
    for run, _ in sides:  # what is imported and compiled once is on neither side
        run()
    for number in range(rounds):
        for run, taken in sides if number % 2 else reversed(sides):  # neither always comes after the other
            gc.collect()
            started_s = time.process_time()
            run()
            taken.append((time.process_time() - started_s) * 1000.0)
    (_, theirs), (_, ours) = sides
    print(f"{title}, {len(cases)} cases: bare inferences {describe(theirs)}")
    print(f"{title}, {len(cases)} cases: the parity stage {describe(ours)}")
    print(verdict_line(f"{title}: ours over bare", ratio_of_medians(ours, theirs), LIMIT), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)  # idle threads that spin would count
    demo = resource_path("demo")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = PlainContext(base=demo, scratch=folder)
        recipe = _exported(load_recipe(resource_path("demo", "demo.toml")), folder, context)
        built = build_model(recipe.source, context)
        request = request_for(Stage.PARITY, recipe)
        assert isinstance(request, ParityRequest)
        of_sizes = dataclasses.replace(request.parity, sweep=True, regimes=(), time_budget_s=0.0)
        whole = dataclasses.replace(of_sizes, regimes=type(of_sizes)().regimes)
        for title, spec, kept in (
            ("sizes", of_sizes, ""),
            ("sizes and regimes", whole, ""),
            ("sizes and regimes, values kept", whole, str(folder / "values")),
        ):
            measure(title, dataclasses.replace(request, parity=spec, folder=kept), built, context, options.rounds)
    return 0


def _exported(recipe: Recipe, folder: Path, context: PlainContext) -> Recipe:
    export = dataclasses.replace(recipe.export, output_path=str(folder / "demo.onnx"))
    changed = dataclasses.replace(recipe, export=export)
    resolve(Stage.EXPORT.value)(request_for(Stage.EXPORT, changed), context)
    return changed


if __name__ == "__main__":
    sys.exit(main())
