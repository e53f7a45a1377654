"""The usual claims, as this machine gives them: TorchScript 1.2-2x, ONNX Runtime 1.5-4x, INT8 3-6x over eager.

Each model of `seed_models.py` is exported, quantised in two ways, and measured by the app's own benchmark: every
runner in a process of its own, in interleaved rounds, its outputs compared with eager's. Prints a Markdown table:
speed-up of the p50 over eager with its 95 % interval, and how far the outputs are from eager's.
`.venv/bin/python scripts/bench/seed_claims.py [--models ResNet50,Mlp] [--json FILE]`; on two cores it takes about
ten minutes, and needs a quiet machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from modelpack_gui.client.files import write_text
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.client.recipe_run import run_job
from modelpack_gui.core import serde
from modelpack_gui.core.events import Done, Event, Failed
from modelpack_gui.core.figures import significant
from modelpack_gui.core.records import (
    BenchReport,
    BenchRequest,
    BenchSpec,
    CalibrationSpec,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    QuantizeReport,
    QuantizeRequest,
    QuantizeSpec,
    Request,
    RunnerResult,
    RunnerSpec,
)

MODELS_FILE = Path(__file__).resolve().with_name("seed_models.py")

R = TypeVar("R")


@dataclass(frozen=True)
class Claim:
    """A model, its input, and how often it is run: a slow one fewer times, or the table would take hours."""

    name: str
    title: str
    input: InputSpec
    iterations: int
    warmup_runs: int = 50


CLAIMS = (
    Claim("ResNet50", "ResNet-50 size, 224 x 224", InputSpec("image", (1, 3, 224, 224)), 80, 15),
    Claim("SmallCnn", "small CNN, 64 x 64", InputSpec("image", (1, 3, 64, 64)), 500),
    Claim("BertBase", "BERT-base size, 128 tokens", InputSpec("token_ids", (1, 128), "int64", 0, 30521), 60, 10),
    Claim("Lstm", "LSTM 2 x 256, 50 steps", InputSpec("series", (1, 50, 64)), 500),
    Claim("Mlp", "MLP 3 x 64", InputSpec("features", (1, 64)), 2000),
)

QUANTIZED = {"dynamic": "INT8 dynamic", "static": "INT8 static"}


class Machine:
    """Runs the app's jobs, one after the other, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client = WorkerClient()

    def run(self, stage: str, request: Request, kind: type[R]) -> R:
        """What a job gave.

        Raises:
            RuntimeError: It gave nothing.
        """
        ended = run_job(self._client, stage, request, self._ignore, base=self._folder)
        if isinstance(ended, Failed):
            raise RuntimeError(f"{stage}: {ended.error.message}\n{ended.error.details}")
        assert isinstance(ended, Done)
        assert isinstance(ended.result, kind)
        return ended.result

    def close(self) -> None:
        """End its processes."""
        self._client.close()

    def _ignore(self, event: Event) -> None:
        pass


def runners(files: Mapping[str, str]) -> tuple[RunnerSpec, ...]:
    """The columns of the table, eager first; those of quantised files only where there is one."""
    return (
        RunnerSpec("eager", label="eager"),
        RunnerSpec("torchscript_trace", {"finish": "plain"}, label="traced"),
        RunnerSpec("torchscript_trace", label="traced, frozen"),
        RunnerSpec("torchscript_script", label="scripted, frozen"),
        RunnerSpec("torch_compile", label="compiled"),
        RunnerSpec("onnxruntime", label="ONNX Runtime"),
        *(RunnerSpec("onnxruntime", artifact=files[method], label=QUANTIZED[method]) for method in files),
    )


def measure(machine: Machine, claim: Claim, threads: int | None) -> BenchReport:
    """Export, quantise and benchmark one model."""
    source = ModelSource(file=MODELS_FILE.name, name=claim.name)
    inputs = (claim.input,)
    export = ExportSpec(output_path=f"{claim.name}.onnx")
    exported = machine.run("export", ExportRequest(source, inputs, export), ExportRecord)
    specs = (
        QuantizeSpec(method="dynamic", calibration=CalibrationSpec(samples=8), output_path="dynamic.onnx"),
        QuantizeSpec(method="static", calibration=CalibrationSpec(samples=32), output_path="static.onnx"),
    )
    request = QuantizeRequest(source, inputs, (), exported.artifact.path, specs)
    quantized = machine.run("quantize", request, QuantizeReport)
    files: dict[str, str] = {variant.spec.method: variant.path for variant in quantized.variants if variant.path}
    for variant in quantized.variants:
        if variant.error is not None:
            print(f"  {claim.title}, {variant.label}: {variant.error.message}", flush=True)
    bench = BenchSpec(runners(files), claim.warmup_runs, claim.iterations, threads=threads)
    return machine.run("bench", BenchRequest(source, inputs, exported.artifact.path, bench), BenchReport)


def cell(result: RunnerResult | None, is_baseline: bool) -> str:
    """One cell of the table: p50 of the baseline, speed-up with interval and error of another."""
    if result is None:
        return "–"
    if result.summary is None:
        return "failed"
    if is_baseline:
        p50 = result.summary.p50_ms
        return f"{significant(p50.value)} ms [{significant(p50.low)}, {significant(p50.high)}]"
    found = result.outputs
    if not result.is_valid or result.speedup is None:
        return "wrong outputs"
    ratio = result.speedup
    speed = f"**{ratio.value:.2f}** [{ratio.low:.2f}, {ratio.high:.2f}]"
    if found is None or found.max_abs_diff is None:
        return speed
    return f"{speed}, {'exact' if found.sqnr_db is None else f'{found.sqnr_db:.0f} dB'}"


def table(reports: Mapping[str, BenchReport]) -> str:
    """A Markdown table with a row for each model."""
    columns = [one.label for one in runners({method: method for method in QUANTIZED})]
    lines = [f"| model | {' | '.join(columns)} |", f"|---{'|---' * len(columns)}|"]
    for title, report in reports.items():
        found = {result.title: result for result in report.runners}
        cells = [cell(found.get(column), column == columns[0]) for column in columns]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="", metavar="A,B", help=f"of {', '.join(one.name for one in CLAIMS)}")
    parser.add_argument("--iterations", type=int, help="timed runs of each runner, in place of each model's own")
    parser.add_argument("--threads", type=int, help="of every runner; as it is: the physical cores")
    parser.add_argument("--json", type=Path, help="keep the reports here")
    options = parser.parse_args()
    wanted = [name for name in options.models.split(",") if name] or [one.name for one in CLAIMS]
    reports: dict[str, BenchReport] = {}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(MODELS_FILE, folder)
        machine = Machine(Path(folder))
        try:
            for claim in (one for one in CLAIMS if one.name in wanted):
                runs = options.iterations or claim.iterations
                timed = dataclasses.replace(claim, iterations=runs)
                report = reports[claim.title] = measure(machine, timed, options.threads)
                noise = report.noise.text if report.noise is not None else ""
                print(f"{claim.title}: {runs} runs, {report.duration_s:.0f} s. {report.summary} {noise}", flush=True)
                for result in report.runners:
                    if result.error is not None:
                        print(f"  {result.title}: {result.error.message}", flush=True)
        finally:
            machine.close()
    print(f"\n{table(reports)}")
    if options.json is not None:
        data = {title: serde.encode(report) for title, report in reports.items()}
        write_text(options.json, serde.dumps(data, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
