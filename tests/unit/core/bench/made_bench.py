"""Benchmark reports of synthetic runners, as the director gives them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from modelpack_gui.core.bench.verdict import report_sentence
from modelpack_gui.core.records import (
    BenchReport,
    BenchSpec,
    Estimate,
    MachineNoise,
    OutputsCheck,
    RunnerResult,
    Verdict,
    runner_specs,
)
from modelpack_gui.core.stats import latencies as stats
from tests.unit.core.stats.made_latencies import TURNS, steady

NOISE = MachineNoise(
    (3.0,) * 21, 0.01, aa_ratio=Estimate(1.0, 0.99, 1.01), band=0.0102, text="The machine was quiet."
)
WRONG = OutputsCheck(Verdict.FAILED, "eager", max_abs_diff=3.2, note="Output 0 differs by up to 3.2.")


def bench_report(levels_ms: Mapping[str, float], seed: int = 0, **changes: object) -> BenchReport:
    """500 runs of each runner about its median, in milliseconds; the first is the baseline."""
    results: list[RunnerResult] = []
    for number, (name, level) in enumerate(levels_ms.items()):
        values = steady(seed + number, level=level)
        base = results[0].latencies_ms if results else ()
        results.append(
            RunnerResult(
                runner=name,
                title=name.title(),
                prepared=None,
                warmup_ms=tuple(values[:50]),
                latencies_ms=tuple(values),
                summary=stats.summarise(values, seed, TURNS),
                speedup=stats.speedup(base, values, seed, TURNS, TURNS) if base else None,
                turns=TURNS,
            )
        )
    baseline = next(iter(levels_ms), "")
    made = BenchReport(
        bench=BenchSpec(runners=runner_specs(*levels_ms)),
        artifact_path="build/net.onnx",
        baseline=baseline,
        summary=report_sentence(baseline, results, NOISE),
        runners=tuple(results),
        threads=2,
        machine={"cpu": "A CPU", "torch": "2.13.0", "governor": "performance"},
        is_complete=True,
        duration_s=12.0,
        started_at="2026-11-30T09:00:00Z",
        noise=NOISE,
        clock_overhead_ns=120.0,
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def with_runner(report: BenchReport, name: str, **changes: Any) -> BenchReport:
    """The same with something else about one runner."""
    runners = tuple(dataclasses.replace(one, **changes) if one.runner == name else one for one in report.runners)
    return dataclasses.replace(report, runners=runners)
