"""Reports as the stages give them, with made-up figures: what window tests draw."""

from __future__ import annotations

import functools
import math
import random
from dataclasses import replace

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.parity.judgement import rejudge_report
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    BenchReport,
    BenchSpec,
    Capabilities,
    CapturedWarning,
    CaseChoice,
    Doubt,
    ErrorHistogram,
    HullPoint,
    InputSpec,
    ModelSource,
    NoiseFigures,
    OutputParity,
    PackageInfo,
    ParityCase,
    ParityReport,
    ParitySpec,
    PreparedRunner,
    Regime,
    RunnerInfo,
    RunnerResult,
    TensorInfo,
    Verdict,
)
from modelpack_gui.core.stats import latencies as stats


def output(name: str, verdict: Verdict, rows: int, error: float, seed: int = 0) -> OutputParity:
    draw = random.Random(f"{name}{rows}{seed}")
    elements = rows * 1000
    low, step, bins = -12.0, 0.25, 52
    counts = [0] * bins
    zeros = elements // 5
    for _ in range(elements - zeros):
        place = math.log10(error) - abs(draw.gauss(0, 0.9))
        counts[min(bins - 1, max(0, math.floor((place - low) / step)))] += 1
    is_passed = verdict is Verdict.PASSED
    return OutputParity(
        name=name,
        verdict=verdict,
        reason="" if is_passed else f"{elements // 2:,} of {elements:,} elements differ by up to {error:.3g}.",
        expected=TensorInfo(name, "float32", (rows, 1000)),
        actual=TensorInfo(name, "float32", (rows, 1000)),
        elements=elements,
        mismatched=0 if is_passed else elements // 2,
        max_abs_diff=error,
        max_rel_diff=error * 3.3,
        mean_abs_diff=error / 9,
        rmse=error / 6.1234567,
        max_budget=error / 1.1e-4,
        cosine=1.0 - error / 1000,
        worst_index=(rows - 1, 417),
        worst_expected=0.10348129,
        worst_actual=0.10348129 + error,
        expected_nans=0,
        actual_nans=0,
        expected_infs=0,
        actual_infs=0,
        noise_floor=2.9e-7,
        histogram=ErrorHistogram(low, step, tuple(counts), zeros),
        rtol=1e-3,
        atol=1e-5,
    )


def case(size: int, seed: int, verdict: Verdict, names: tuple[str, ...], *, is_example: bool = False) -> ParityCase:
    error = 0.137 if verdict is Verdict.FAILED else 4.2e-7
    outputs = tuple(
        output(name, verdict if i == 0 else Verdict.PASSED, size, error if i == 0 else 3.1e-7, seed)
        for i, name in enumerate(names)
    )
    label = "example" if size == 2 else f"batch = {size}"
    if seed:
        label += f", seed {seed}"
    return ParityCase(label, {"batch": size}, seed, is_example, verdict, outputs)


def parity_report(*, failing: tuple[int, ...] = (), names: tuple[str, ...] = ("logits",)) -> ParityReport:
    """Batches 1, 2, 3, 5 and 17 and the example (2), two seeds each."""
    cases = []
    for size in (2, 1, 3, 5, 17):
        for seed in (0, 1):
            verdict = Verdict.FAILED if size in failing else Verdict.PASSED
            cases.append(case(size, seed, verdict, names, is_example=size == 2 and seed == 0))
    listed = ", ".join(str(size) for size in failing)
    return ParityReport(
        artifact_path="build/branch.onnx",
        parity=ParitySpec(),
        verdict=Verdict.FAILED if failing else Verdict.PASSED,
        summary=(
            f"The artifact is wrong at batch {listed}: logits differs by up to 0.137, 1,245 times the tolerance."
            if failing
            else "The artifact agrees with the model at every size and seed tried, within 0.4 % of the tolerance."
        ),
        cases=tuple(cases),
        runtime="onnxruntime 1.32.0, CPUExecutionProvider",
        warnings=(CapturedWarning("TracerWarning", "Converting a tensor to a Python boolean", "shapes.py", 61, 2),),
        duration_s=3.42,
    )


def swept(*, failing: tuple[int, ...] = (), left: tuple[CaseChoice, ...] = ()) -> ParityReport:
    """Batches 2, 1 and 3, three kinds of values, two seeds of the usual ones; with what judging anew needs."""
    cases = []
    for size in (2, 1, 3):
        for regime, seeds in ((Regime.NORMAL, (0, 1)), (Regime.ZEROS, (0,)), (Regime.INF, (0,))):
            for seed in seeds:
                verdict = Verdict.FAILED if size in failing and regime is not Regime.INF else Verdict.PASSED
                made = case(size, seed, verdict, ("logits",), is_example=size == 2 and seed == 0)
                cases.append(
                    replace(
                        made,
                        label=made.label if regime is Regime.NORMAL else f"{made.label}, {regime.value}",
                        regime=regime,
                        is_example=made.is_example and regime is Regime.NORMAL,
                        outputs=tuple(measured(one) for one in made.outputs),
                    )
                )
    report = replace(
        parity_report(failing=failing), parity=ParitySpec(sweep=True), cases=tuple(cases), left=left, warnings=()
    )
    return rejudge_report(report, report.parity)


def measured(output: OutputParity) -> OutputParity:
    """With what a verdict at other tolerances needs."""
    error = output.max_abs_diff or 0.0
    point = HullPoint(0.10348129, error, (0, 417), 0.10348129, 0.10348129 + error)
    floor = 2.9e-7
    return replace(
        output,
        hull=(point,),
        max_expected=3.0,
        min_expected_value=-3.0,
        max_expected_value=3.0,
        noise=NoiseFigures(floor, error, error, floor / 3, error / 3, error / 3, floor),
        max_ulp=11.0,
        sqnr_db=131.0,
        allclose=output.verdict is Verdict.PASSED,
    )


def parity_report_with_error() -> ParityReport:
    """Batch 5 could not be run."""
    whole = parity_report(names=("logits", "embedding"))
    error = ErrorInfo("artifact-run-failed", "onnxruntime refused the inputs.", "Make axis 0 dynamic.", "INVALID_ARG")
    broken = ParityCase("batch = 5", {"batch": 5}, 0, False, Verdict.FAILED, (), error)
    cases = tuple(broken if one.label == "batch = 5" and one.seed == 0 else one for one in whole.cases)
    return ParityReport(
        whole.artifact_path,
        whole.parity,
        Verdict.FAILED,
        "The artifact could not be run at batch 5.",
        cases,
        whole.runtime,
        (),
        1.0,
    )


RUNNERS = (
    RunnerInfo("eager", "Eager PyTorch", "", ()),
    RunnerInfo("torchscript_trace", "TorchScript (traced)", "", ()),
    RunnerInfo("torchscript_script", "TorchScript (scripted)", "", ()),
    RunnerInfo("onnxruntime", "ONNX Runtime", "onnx", ()),
    RunnerInfo("openvino", "OpenVINO", "onnx", ("openvino",), "Intel's runtime."),
)
_TITLES = {runner.id: runner.title for runner in RUNNERS}


def capabilities() -> Capabilities:
    return Capabilities(
        protocol=1,
        executable="/usr/bin/python3",
        python_version="3.11.7",
        platform="Linux",
        packages=(PackageInfo("openvino", "", "the OpenVINO runner", "python3 -m pip install openvino"),),
        cpu="A CPU",
        cpu_flags=("avx2",),
        physical_cores=2,
        logical_cores=4,
        memory_bytes=8_000_000_000,
        exporters=(),
        runners=RUNNERS,
    )


def latencies(centre_ms: float, count: int, seed: int) -> tuple[float, ...]:
    draw = random.Random(seed)
    return tuple(centre_ms * (1 + 0.02 * draw.lognormvariate(0, 0.9)) for _ in range(count))


@functools.cache
def runner_result(name: str, centre_ms: float, count: int, seed: int, baseline: tuple[float, ...]) -> RunnerResult:
    timed = latencies(centre_ms, count, seed)
    return RunnerResult(
        runner=name,
        title=_TITLES[name],
        prepared=PreparedRunner(name, "CPU", 2, 0.31 + seed, 312_000_000 + seed, {"version": "2.13.0"}),
        warmup_ms=tuple(value * (1 + 4 / (i + 1)) for i, value in enumerate(latencies(centre_ms, 50, seed + 9))),
        latencies_ms=timed,
        summary=stats.summarise(timed),
        speedup=stats.speedup(baseline, timed) if baseline else None,
    )


def bench_report(count: int = 500, *, is_complete: bool = True, has_error: bool = False) -> BenchReport:
    eager = runner_result("eager", 2.43, count, 1, ())
    traced = runner_result("torchscript_trace", 1.55, count, 2, eager.latencies_ms)
    ort = runner_result("onnxruntime", 0.61, count, 3, eager.latencies_ms)
    results = [eager, traced, ort]
    if has_error:
        error = ErrorInfo("package-missing", "openvino is not installed.", "python3 -m pip install openvino")
        results.append(RunnerResult("openvino", "OpenVINO", None, (), (), None, None, (), error))
        results[1] = RunnerResult(
            traced.runner,
            traced.title,
            traced.prepared,
            traced.warmup_ms,
            traced.latencies_ms,
            traced.summary,
            traced.speedup,
            (Doubt("drift", "The last third of the runs was 14% slower than the first: not in a steady state."),),
        )
    return BenchReport(
        bench=BenchSpec(iterations=count),
        artifact_path="build/shapes.onnx",
        baseline="eager",
        summary="ONNX Runtime is 3.98 times as fast as eager PyTorch (p50 0.623 ms against 2.48 ms).",
        runners=tuple(results),
        threads=2,
        machine={
            "cpu": "Intel Xeon Platinum 8370C",
            "cpu_flags": "avx avx2",
            "physical_cores": "4",
            "memory_bytes": "16000000000",
            "python": "3.11.7",
            "torch": "2.13.0",
            "onnxruntime": "1.32.0",
        },
        is_complete=is_complete,
        duration_s=8.1,
    )


def ready_recipe() -> Recipe:
    """A recipe that every stage can be run with, as far as the window can tell."""
    recipe = Recipe(
        source=ModelSource(module="shapes", name="ShapesNet"),
        inputs=(InputSpec("image", (2, 3, 32, 32)),),
    )
    return replace(recipe, export=replace(recipe.export, output_path="shapes.onnx"))
