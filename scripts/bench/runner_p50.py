"""Is a runner measured in the app as fast as the same call in a bare loop in a bare process?

Two models: that of the demo, with calls of about a millisecond, and one of two small layers, with calls of about 10
microseconds. Per round: a benchmark in the real window, open and painting its live charts, then each runner in a bare
process (one library, a loop around the call); in the next round the other way round. The p50
of the app over that of the bare loop is printed for each runner, with the spread over rounds. Then, for contrast, the
naive way: the same calls timed in a thread beside the window, in its process, while its charts fill.

    xvfb-run -a .venv/bin/python scripts/bench/runner_p50.py [--rounds 5] [--runs 500] [--json FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    BenchReport,
    Capabilities,
    CheckpointSpec,
    DynamicDim,
    ExportRecord,
    ExportSpec,
    InputSpec,
    ModelSource,
    RunnerSpec,
)
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.window.main_window import MainWindow
from scripts.bench.bare_loops import CODE, Bare, Subject, bare, save_files
from scripts.bench.naive_thread import naive

LIMIT, SHORT_LIMIT = 1.05, 1.10
"""Of the p50 in the app over that of the bare loop; the second for a call of about 10 microseconds."""

DEMO = Path(__file__).parents[2] / "resources" / "demo"

SHORT_MODEL = """
import torch
from torch import nn


class Short(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.second = nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.relu(self.first(x)))
"""


def subjects(folder: Path) -> dict[str, Subject]:
    """The two models; the artifacts are made by the window."""
    short = folder / "short.py"
    short.write_text(SHORT_MODEL, encoding="utf-8")
    demo = Subject(str(DEMO / "shapes.py"), "ShapesNet", (2, 3, 32, 32), str(DEMO / "shapes.pt"))
    plain = {"demo": demo, "short": Subject(str(short), "Short", (1, 8))}
    return {
        name: dataclasses.replace(
            subject, torchscript=str(folder / f"{name}.pt"), program=str(folder / f"{name}.pt2")
        )
        for name, subject in plain.items()
    }


def recipe_of(subject: Subject, recipe: Recipe, runners: tuple[str, ...], runs: int, output: Path) -> Recipe:
    """The recipe that measures these runners on this model."""
    checkpoint = CheckpointSpec(subject.checkpoint) if subject.checkpoint else None
    inputs = (InputSpec("x" if not checkpoint else "image", subject.shape, low=0.0, high=1.0),)
    return dataclasses.replace(
        recipe,
        source=ModelSource(file=subject.file, name=subject.name, checkpoint=checkpoint),
        inputs=inputs,
        export=ExportSpec(dynamic=(DynamicDim(inputs[0].name, 0, "batch"),), output_path=str(output)),
        bench=dataclasses.replace(
            recipe.bench, runners=tuple(spec_of(runner, subject) for runner in runners), iterations=runs
        ),
    )


def spec_of(runner: str, subject: Subject) -> RunnerSpec:
    """A runner as it comes, with the file that it needs if that is not the recipe's own."""
    files = {"torchscript_file": subject.torchscript, "exported_program": subject.program}
    return RunnerSpec(runner, artifact=files.get(runner, ""))


def run_stage(window: MainWindow, stage: Stage) -> None:
    """Run a stage in the window and wait for its end with the event loop alive."""
    loop = QEventLoop()
    window.show_stage(stage)
    window.controller.stage_changed.connect(loop.quit)
    window.controller.run(stage)
    while window.controller.is_busy:
        loop.exec()
    error = window.controller.state(stage).error
    if error is not None:
        raise SystemExit(f"{stage.label}: {error.message}\n{error.hint}\n{error.details}")


def app_report(window: MainWindow) -> BenchReport:
    """One benchmark in the window."""
    run_stage(window, Stage.BENCH)
    report = window.controller.result(Stage.BENCH, BenchReport)
    assert report is not None
    for result in report.runners:
        if result.summary is None:
            raise SystemExit(f"{result.title}: {result.error}")
        if not result.is_valid:
            raise SystemExit(f"{result.title} answers wrongly: {result.outputs}")
    return report


def available(window: MainWindow, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the runners that can run here; the others are named."""
    found: Capabilities | None = window.controller.capabilities
    assert found is not None
    known = {info.id: info for info in found.runners}
    kept = []
    for runner in wanted:
        info = known.get(runner)
        if info is None or info.missing or info.problem:
            print(f"{runner}: left out ({'not known' if info is None else info.problem or info.missing})")
        else:
            kept.append(runner)
    return tuple(kept)


def compare(window: MainWindow, name: str, subject: Subject, options: argparse.Namespace) -> dict[str, Any]:
    """All rounds of one model, and what they come to."""
    controller = window.controller
    runners = available(window, options.runners)
    save_files(subject)
    output = Path(options.folder) / f"{name}.onnx"
    controller.edit(recipe_of(subject, controller.recipe, runners, options.runs, output), "another model")
    run_stage(window, Stage.EXPORT)
    exported = controller.result(Stage.EXPORT, ExportRecord)
    assert exported is not None
    subject = dataclasses.replace(subject, artifact=exported.artifact.path)
    app: dict[str, list[float]] = {runner: [] for runner in runners}
    bares: dict[str, list[Bare]] = {runner: [] for runner in runners}
    threads = controller.recipe.bench.threads or os.cpu_count() or 1
    for number in range(options.rounds):

        def measure_app() -> None:
            nonlocal threads
            report = app_report(window)
            threads = report.threads
            if report.noise is not None and report.noise.is_noisy:
                print(f"{name}: {report.noise.text}", flush=True)
            for result in report.runners:
                assert result.summary is not None
                assert result.spec is not None
                app[result.spec.runner].append(result.summary.p50_ms.value)

        def measure_bare() -> None:
            for runner in runners:
                bares[runner].append(
                    bare(runner, subject, threads, options.runs, controller.recipe.bench.warmup_runs)
                )

        steps = (measure_app, measure_bare)
        for step in steps if number % 2 == 0 or number == 0 else reversed(steps):
            step()
        for runner in runners:
            ours, theirs = app[runner][-1], bares[runner][-1].p50_ms
            print(f"{name}, round {number + 1}, {runner}: app {ours:.4f} ms, bare {theirs:.4f} ms", flush=True)
    limit = SHORT_LIMIT if name == "short" else LIMIT
    found: dict[str, Any] = {}
    for runner in runners:
        ratios = [ours / theirs.p50_ms for ours, theirs in zip(app[runner], bares[runner], strict=True)]
        middle = statistics.median(ratios)
        found[runner] = {
            "app_p50_ms": statistics.median(app[runner]),
            "bare_p50_ms": statistics.median(one.p50_ms for one in bares[runner]),
            "bare_p95_ms": statistics.median(one.p95_ms for one in bares[runner]),
            "ratio": middle,
            "ratios": ratios,
            "limit": limit,
        }
    for runner in options.naive:
        if runner in runners:
            taken = naive(
                window, options.settings, runner, subject, threads, options.runs, controller.recipe.bench.warmup_runs
            )
            found[runner] |= {"naive_p50_ms": taken.p50_ms, "naive_p95_ms": taken.p95_ms}
    return found


def tell(name: str, found: dict[str, Any]) -> bool:
    """Print what one model came to; gives whether all limits were kept."""
    are_kept = True
    for runner, one in found.items():
        is_kept = one["ratio"] <= one["limit"]
        are_kept &= is_kept
        spread = f"{min(one['ratios']):.2f} to {max(one['ratios']):.2f} over {len(one['ratios'])} rounds"
        print(
            f"{name}, {runner}: app {one['app_p50_ms']:.4f} ms, bare {one['bare_p50_ms']:.4f} ms, "
            f"{one['ratio']:.3f} x ({spread}), {'within' if is_kept else 'BEYOND'} {one['limit']:.2f} x"
        )
        if "naive_p50_ms" in one:
            times = one["naive_p50_ms"] / one["bare_p50_ms"]
            tail = one["naive_p95_ms"] / one["bare_p95_ms"]
            print(
                f"    in a thread beside the window: p50 {one['naive_p50_ms']:.4f} ms ({times:.2f} x), "
                f"p95 {one['naive_p95_ms']:.4f} ms ({tail:.1f} x)"
            )
    return are_kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--runners", nargs="+", default=list(CODE), choices=list(CODE))
    parser.add_argument("--models", nargs="+", default=["demo", "short"], choices=["demo", "short"])
    parser.add_argument("--naive", nargs="*", default=["eager", "onnxruntime"], choices=list(CODE))
    parser.add_argument("--json", default="", help="file for all figures")
    options = parser.parse_args()
    options.runners = tuple(options.runners)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        options.folder = folder
        gui.make_application()
        options.settings = Settings(Path(folder) / "settings.ini")
        window = gui.make_window(WorkerClient(), options.settings)
        window.show()
        window.open_demo()
        run_stage(window, Stage.SOURCE)
        found = subjects(Path(folder))
        for name in options.models:
            results[name] = compare(window, name, found[name], options)
        window.controller.undo_stack.setClean()  # nothing to be saved: no question at the end
        window.close()
    are_kept = [tell(name, one) for name, one in results.items()]
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=2), encoding="utf-8")
    return 0 if all(are_kept) else 1


if __name__ == "__main__":
    sys.exit(main())
