"""A benchmark with all that a latency lab knows: outputs, cold starts, doubts, noise and loads; figures made up."""

from __future__ import annotations

import dataclasses
import functools

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import (
    BenchReport,
    BenchSpec,
    ColdStart,
    Doubt,
    Estimate,
    MachineNoise,
    OutputsCheck,
    PreparedRunner,
    RunnerResult,
    RunnerSpec,
    TrafficPoint,
    Verdict,
)
from modelpack_gui.core.stats import latencies as stats
from tests.ui.made_reports import bench_report, latencies

INT8 = RunnerSpec("onnxruntime", artifact="build/shapes-int8.onnx")
HALF = RunnerSpec("eager", {"dtype": "bfloat16"})
SPECS = (RunnerSpec("eager"), RunnerSpec("torchscript_trace"), RunnerSpec("onnxruntime"), INT8, HALF)
_EXACT = OutputsCheck(Verdict.PASSED, "eager", 4.2e-7, 3.1e-6, 0.021, 128.0, 1.0, "Within the tolerances.")
_LOSSY = OutputsCheck(
    Verdict.WARNING, "eager", 0.081, 0.4, 71.0, 34.1, 0.995, "INT8: 34.1 dB, the top class is the same on 99.5 %."
)
_WRONG = OutputsCheck(
    Verdict.FAILED, "eager", 0.137, 2.0, 1245.0, 3.4, 0.2, "logits differs by up to 0.137, 1,245 times the tolerance."
)


@functools.cache
def lab_report(count: int = 500, *, is_slower: float = 1.0) -> BenchReport:
    """Five runners: one lossy on purpose, one with wrong outputs; a machine that is not quite quiet."""
    base = latencies(2.43, count, 1)
    centres = (2.43, 1.55, 0.61 * is_slower, 0.34, 0.9)
    titles = (
        "PyTorch eager",
        "TorchScript traced",
        "ONNX Runtime",
        "ONNX Runtime (shapes-int8.onnx)",
        "PyTorch eager (dtype bfloat16)",
    )
    checks = (None, _EXACT, _EXACT, _LOSSY, _WRONG)
    results = []
    for i, (spec, title, centre, check) in enumerate(zip(SPECS, titles, centres, checks, strict=True)):
        timed = latencies(centre, count, i + 1)
        is_valid = check is None or check.is_valid
        results.append(
            RunnerResult(
                runner=spec.key,
                title=title,
                prepared=PreparedRunner(spec.key, "CPU", 2, 0.8 + i, 250_000_000 + i, {"version": "2.13.0"}),
                warmup_ms=latencies(centre * 1.3, 50, i + 20),
                latencies_ms=timed,
                summary=stats.summarise(timed),
                speedup=stats.speedup(base, timed) if i and is_valid else None,
                doubts=(Doubt("few_runs", "200 runs are a first look."),) if i < 2 else (),
                spec=spec,
                turns=(25,) * (count // 25),
                cold=ColdStart(0.4, 0.8 + i, 0.5 if i == 1 else None, 9.1, 12 if i else None, 0.03 if i else None),
                outputs=check,
                peak_rss_bytes=312_000_000 + 1_000_000 * i,
                load=_loads(spec.key, centre),
                sentence=f"{title} is faster." if i else "",
            )
        )
    return dataclasses.replace(
        bench_report(),
        bench=BenchSpec(runners=SPECS, iterations=count, callers=(1, 2, 4), rates_per_s=(200.0, 2000.0)),
        summary="ONNX Runtime (shapes-int8.onnx) is 7.1x faster than PyTorch eager at the median (95 %: 7.0 to 7.2).",
        runners=tuple(results),
        started_at="2026-11-30T09:00:00Z",
        noise=MachineNoise(
            (1.01, 1.02, 1.01),
            0.03,
            0.4,
            0.5,
            is_noisy=False,
            aa_ratio=Estimate(1.002, 0.99, 1.01),
            band=0.012,
            text="The machine was quiet: the same runner in two processes differed by 0.2 %.",
        ),
        clock_overhead_ns=84.0,
    )


def _loads(key: str, centre_ms: float) -> tuple[TrafficPoint, ...]:
    closed = tuple(
        TrafficPoint(
            key,
            "closed",
            callers,
            None,
            int(3000 / centre_ms),
            3.0,
            1000 / centre_ms * (1 + 0.5 * (callers > 1)),
            {"0.5": centre_ms * callers / 1.5, "0.95": centre_ms * callers, "0.99": centre_ms * callers * 1.3},
            max_ms=centre_ms * callers * 3,
        )
        for callers in (1, 2, 4)
    )
    opened = tuple(
        TrafficPoint(
            key,
            "open",
            2,
            rate,
            int(rate * 3),
            3.0,
            min(rate, 1500 / centre_ms),
            {"0.5": centre_ms, "0.95": centre_ms * 2, "0.99": centre_ms * 9},
            {"0.5": centre_ms, "0.99": centre_ms * 1.2},
            centre_ms * 20,
            is_saturated=rate > 1500 / centre_ms,
        )
        for rate in (200.0, 2000.0)
    )
    return (*closed, *opened)


def with_failed_load(report: BenchReport) -> BenchReport:
    """The first runner could not be put under load."""
    error = ErrorInfo("load-failed", "The runner died under 4 callers.", "Try fewer.")
    first = report.runners[0]
    broken = dataclasses.replace(first.load[0], error=error, throughput_per_s=0.0, percentiles_ms={}, max_ms=0.0)
    return dataclasses.replace(report, runners=(dataclasses.replace(first, load=(broken,)), *report.runners[1:]))
