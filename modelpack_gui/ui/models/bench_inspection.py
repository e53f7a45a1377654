"""Everything about one runner of a benchmark, for the inspector."""

from __future__ import annotations

from modelpack_gui.core.figures import count, duration, full, full_interval, interval, significant, size
from modelpack_gui.core.records import ColdStart, LatencySummary, RunnerResult
from modelpack_gui.core.stats.doubts import DOUBT_NAMES
from modelpack_gui.ui.inspection import Histogram, Inspection, Property, Section
from modelpack_gui.ui.models.bench_columns import RunnerRow, memory_bytes, speedup_text
from modelpack_gui.ui.models.bench_outputs import outputs_details, outputs_text

_BINS = 40


def inspect_runner(row: RunnerRow) -> Inspection:
    """What was measured, what it may be doubted for, and how it was set up."""
    result, sections = row.result, []
    if result.error is not None:
        told = (Property("what", result.error.message), Property("next", result.error.hint))
        sections.append(Section("Error", told, result.error.details))
    if result.sentence:
        sections.append(Section("Verdict", text=result.sentence, is_prose=True))
    if result.outputs is not None:
        price = Property("against the reference", outputs_text(result.outputs), outputs_details(result.outputs))
        sections.append(Section("Outputs", (price,), result.outputs.note, is_prose=True))
    if result.summary is not None:
        sections.append(Section("Latency, ms", _figures(result.summary)))
        speedup = Property("speed-up", speedup_text(row), full_interval(result.speedup))
        rate = significant(result.summary.throughput_per_s)
        sections.append(
            Section("Rate", (speedup, Property("per second", rate, full(result.summary.throughput_per_s))))
        )
    if result.doubts:
        told_doubts = "\n".join(f"{DOUBT_NAMES[doubt.kind]}: {doubt.text}" for doubt in result.doubts)
        sections.append(Section("Doubts", text=told_doubts, is_prose=True))
    if result.cold is not None:
        sections.append(Section("Cold start", _cold(result.cold)))
    facts = _facts(result)
    if facts:
        sections.append(Section("Process", facts))
    if result.latencies_ms:
        sections.append(Section("Latencies, ms", histogram=_histogram(result.latencies_ms)))
    return Inspection(result.title, "Runner", tuple(sections))


def _facts(result: RunnerResult) -> tuple[Property, ...]:
    prepared = result.prepared
    if prepared is None:
        return ()
    facts = [
        Property("provider", prepared.provider),
        Property("threads", str(prepared.threads)),
        Property("load time", duration(prepared.load_time_s), full(prepared.load_time_s)),
        *(Property(name, value) for name, value in prepared.facts.items()),
    ]
    peak = memory_bytes(result)
    if peak is not None:
        facts.append(Property("peak memory", size(peak), f"{peak} B"))
    return tuple(facts)


def _cold(cold: ColdStart) -> tuple[Property, ...]:
    times = {"process start": cold.process_start_s, "load": cold.load_s, "of it compiling": cold.compile_s}
    parts = [Property(name, duration(value), full(value)) for name, value in times.items() if value is not None]
    if cold.first_run_ms is not None:
        parts.append(Property("first run, ms", significant(cold.first_run_ms), full(cold.first_run_ms)))
    if cold.steady_after_runs is not None:
        after = f" ({duration(cold.steady_after_s)})" if cold.steady_after_s is not None else ""
        parts.append(Property("steady after", f"{count(cold.steady_after_runs)} runs{after}"))
    else:
        parts.append(Property("steady after", "not within the warm-up"))
    return tuple(parts)


def _figures(one: LatencySummary) -> tuple[Property, ...]:
    numbers = {"mean": one.mean_ms, "std": one.std_ms, "min": one.min_ms, "max": one.max_ms}
    percentiles = (("p50", one.p50_ms), ("p95", one.p95_ms), ("p99", one.p99_ms), ("p99.9", one.p999_ms))
    modes = ", ".join(f"{significant(mode.center_ms)} ({100 * mode.share:.0f} %)" for mode in one.modes)
    return (
        *(
            Property(name, interval(estimate), full_interval(estimate), is_mono=True)
            for name, estimate in percentiles
        ),
        *(Property(name, significant(value), full(value), is_mono=True) for name, value in numbers.items()),
        Property("CoV", f"{100 * one.cov:.1f} %", full(one.cov), is_mono=True),
        Property("drift, last third over first", significant(one.drift), full(one.drift), is_mono=True),
        Property("far outliers", f"{count(one.outliers)} of {count(one.count)}", is_mono=True),
        *((Property("modes", modes, is_mono=True),) if modes else ()),
    )


def _histogram(values: tuple[float, ...]) -> Histogram:
    ordered = sorted(values)
    low, high = ordered[0], max(ordered[int(0.99 * (len(ordered) - 1))], ordered[0] * 1.001 + 1e-9)
    counts = [0] * _BINS
    for value in ordered:
        place = int((value - low) / (high - low) * _BINS)
        if place <= _BINS:  # beyond p99: the chart of the page says how many
            counts[min(place, _BINS - 1)] += 1
    return Histogram(tuple(counts), tuple(low + (high - low) * i / _BINS for i in range(_BINS + 1)))
