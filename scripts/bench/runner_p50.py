"""Is a runner measured in the app as fast as the same call in a bare loop in a bare process?

Per round: first each runner in a bare process (torch or onnxruntime alone, a loop around the call), then a benchmark
in the real window, open and painting its live histograms. The p50 of the app over the p50 of the bare loop, and the
spread over rounds, are printed for each runner. `xvfb-run -a .venv/bin/python scripts/bench/runner_p50.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QEventLoop

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport, ExportRecord, runner_specs
from modelpack_gui.ui import app as gui
from modelpack_gui.ui.main_window import MainWindow
from modelpack_gui.ui.settings import Settings

LIMIT = 1.10
RUNNERS = ("eager", "torchscript_trace", "onnxruntime")

_MODEL = """
import sys, time, json, torch
sys.path.insert(0, FOLDER)
torch.set_num_threads(THREADS)
from shapes import ShapesNet
model = ShapesNet(); model.load_state_dict(torch.load(FOLDER + "/shapes.pt", weights_only=True)); model.eval()
image = torch.rand(2, 3, 32, 32)
"""
_EAGER = _MODEL + "call = lambda: model(image)\n"
_TRACE = (
    _MODEL
    + """
import warnings; warnings.simplefilter("ignore")
with torch.inference_mode():
    traced = torch.jit.freeze(torch.jit.trace(model, image))
call = lambda: traced(image)
"""
)
_ORT = """
import sys, time, json, numpy, onnxruntime
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = THREADS; options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(ARTIFACT, options, providers=["CPUExecutionProvider"])
image = numpy.random.default_rng(0).random((2, 3, 32, 32), dtype=numpy.float32)
call = lambda: session.run(None, {"image": image})
"""
_LOOP = """
def measure():
    for _ in range(WARMUP): call()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter_ns(); call(); taken.append((time.perf_counter_ns() - start) / 1e6)
    return sorted(taken)[len(taken) // 2]
if "torch" in sys.modules:
    import torch
    with torch.inference_mode(): p50 = measure()
else:
    p50 = measure()
print(json.dumps(p50))
"""
CODE = {"eager": _EAGER, "torchscript_trace": _TRACE, "onnxruntime": _ORT}


def bare_p50_ms(runner: str, folder: Path, artifact: str, threads: int, runs: int, warmup: int) -> float:
    """p50 of a plain loop around the same call, in a process of its own, milliseconds."""
    names = {"FOLDER": str(folder), "ARTIFACT": artifact, "THREADS": threads, "RUNS": runs, "WARMUP": warmup}
    head = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    done = subprocess.run(
        [sys.executable, "-c", head + CODE[runner] + _LOOP], capture_output=True, text=True, check=True, timeout=300
    )
    return float(json.loads(done.stdout.split("\n")[-2]))


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=500)
    options = parser.parse_args()
    ratios: dict[str, list[float]] = {runner: [] for runner in RUNNERS}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        gui.make_application()
        window = gui.make_window(WorkerClient(), Settings(Path(folder) / "settings.ini"))
        window.show()
        window.open_demo()
        controller = window.controller
        bench = dataclasses.replace(controller.recipe.bench, runners=runner_specs(*RUNNERS), iterations=options.runs)
        controller.edit(dataclasses.replace(controller.recipe, bench=bench), "benchmark settings")
        run_stage(window, Stage.EXPORT)
        exported = controller.result(Stage.EXPORT, ExportRecord)
        assert exported is not None
        artifact = exported.artifact.path
        for number in range(1, options.rounds + 1):
            run_stage(window, Stage.BENCH)
            report = controller.result(Stage.BENCH, BenchReport)
            assert report is not None
            for result in report.runners:
                if result.summary is None:
                    raise SystemExit(f"{result.title}: {result.error}")
                bare = bare_p50_ms(
                    result.runner, controller.base, artifact, report.threads, options.runs, bench.warmup_runs
                )
                ours = result.summary.p50_ms.value
                ratios[result.runner].append(ours / bare)
                print(f"round {number}, {result.runner}: app {ours:.3f} ms, bare {bare:.3f} ms", flush=True)
        window.close()
    for runner, values in ratios.items():
        middle = statistics.median(values)
        kept = "within" if middle <= LIMIT else "BEYOND"
        spread = f"{min(values):.2f} to {max(values):.2f} over {len(values)} rounds"
        print(f"{runner}: app over bare {middle:.2f} x ({spread}), {kept} the limit of {LIMIT:.2f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
