"""The speed of what was quantised: which benchmark measures it, and what that says to the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from modelpack_gui.core.quantize.text import verdict_sentence
from modelpack_gui.core.records import (
    BenchReport,
    BenchSpec,
    QuantizedVariant,
    QuantizeReport,
    RunnerResult,
    RunnerSpec,
)

RUNNER = "onnxruntime"
"""What runs float32 and what was made of it."""

UNLOADABLE = "not_loadable_by_default"
"""Kind of the advice on a file that onnxruntime crashes on, or refuses, as a benchmark loads it."""


def can_be_measured(variant: QuantizedVariant) -> bool:
    """Whether there is a file, and a benchmark can load it."""
    is_there = variant.error is None and bool(variant.path)
    return is_there and all(one.kind != UNLOADABLE for one in variant.advice)


def bench_spec(
    variants: Sequence[QuantizedVariant], like: BenchSpec, spelled: Callable[[str], str] = str
) -> BenchSpec:
    """A benchmark of float32, which is the baseline and the request's artifact, and of what was made of it.

    Args:
        like: All settings but the runners, the baseline and the load are taken from it.
        spelled: Gives a path as the recipe spells it; a runner's key has it.
    """
    float32 = RunnerSpec(RUNNER, label="float32")
    made = {one.path: one for one in variants if can_be_measured(one)}
    runners = (float32, *(RunnerSpec(RUNNER, artifact=spelled(one.path), label=one.label) for one in made.values()))
    return dataclasses.replace(like, runners=runners, baseline=float32.key, callers=(), rates_per_s=())


def with_speeds(report: QuantizeReport, bench: BenchReport, spelled: Callable[[str], str] = str) -> QuantizeReport:
    """The report with p50 and speed-up of each way that was measured, and the sentence anew.

    Args:
        spelled: As it was for `bench_spec`.
    """
    found = {one.spec.artifact: one for one in bench.runners if one.spec is not None and one.spec.runner == RUNNER}
    variants = tuple(_with_speed(one, found.get(spelled(one.path))) for one in report.variants)
    float32 = found.get("")
    return dataclasses.replace(
        report,
        variants=variants,
        float_p50_ms=float32.summary.p50_ms if float32 is not None and float32.summary is not None else None,
        summary=verdict_sentence(variants, report.float_size_bytes),
    )


def speed_doubts(report: BenchReport) -> tuple[str, ...]:
    """What could not be measured and why, what answers wrongly, and whether the machine was quiet."""
    doubts = [] if report.is_complete else ["The measurement was stopped early."]
    for one in report.runners:
        if one.error is not None:
            doubts.append(f"{one.title}: {one.error.message} {one.error.hint}".strip())
        elif one.outputs is not None and not one.outputs.is_valid:
            doubts.append(f"{one.title}: its speed does not count. {one.outputs.note}".strip())
    if report.noise is not None and report.noise.is_noisy:
        doubts.append(report.noise.text)
    return tuple(doubts)


def _with_speed(variant: QuantizedVariant, result: RunnerResult | None) -> QuantizedVariant:
    if variant.error is not None or result is None or result.summary is None:
        return variant
    return dataclasses.replace(variant, p50_ms=result.summary.p50_ms, speedup=result.speedup)
