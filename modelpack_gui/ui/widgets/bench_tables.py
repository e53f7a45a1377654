"""A runner's result as a row of the benchmark table and in the inspector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modelpack_gui.core.figures import count, duration, full, significant, size
from modelpack_gui.core.records import Estimate, LatencySummary, RunnerResult
from modelpack_gui.ui.inspection import Histogram, Inspection, Property, Section
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.theme import theme
from modelpack_gui.ui.widgets.runner_choice import swatch

_BINS = 40


@dataclass(frozen=True)
class RunnerRow:
    """A result with its colour."""

    result: RunnerResult
    color: str
    is_baseline: bool


def interval_text(estimate: Estimate | None, unit: str = "") -> str:
    """`2.41 [2.38, 2.45]`."""
    if estimate is None:
        return "–"
    return f"{significant(estimate.value)}{unit} [{significant(estimate.low)}, {significant(estimate.high)}]"


def _full_interval(estimate: Estimate | None) -> str:
    return "" if estimate is None else f"{estimate.value!r} [{estimate.low!r}, {estimate.high!r}]"


def _of_summary(
    title: str,
    value: Callable[[LatencySummary], float | None],
    tooltip: str,
    text: Callable[[float], str] = significant,
) -> Column[RunnerRow]:
    def found(row: RunnerRow) -> float | None:
        return None if row.result.summary is None else value(row.result.summary)

    def shown(row: RunnerRow) -> str:
        number = found(row)
        return "–" if number is None else text(number)

    return Column(title, value=found, text=shown, full=lambda row: full(found(row)), is_number=True, tooltip=tooltip)


def _estimate(title: str, value: Callable[[RunnerResult], Estimate | None], tooltip: str) -> Column[RunnerRow]:
    def number(row: RunnerRow) -> float | None:
        estimate = value(row.result)
        return None if estimate is None else estimate.value

    return Column(
        title,
        value=number,
        text=lambda row: interval_text(value(row.result)),
        full=lambda row: _full_interval(value(row.result)),
        is_number=True,
        tooltip=tooltip,
    )


def _p50(result: RunnerResult) -> Estimate | None:
    return None if result.summary is None else result.summary.p50_ms


def _load_time(row: RunnerRow) -> float | None:
    return None if row.result.prepared is None else row.result.prepared.load_time_s


def _memory(row: RunnerRow) -> int | None:
    return (row.result.prepared.peak_rss_bytes or None) if row.result.prepared is not None else None


def _speedup_text(row: RunnerRow) -> str:
    return "baseline" if row.is_baseline else interval_text(row.result.speedup)


COLUMNS: tuple[Column[RunnerRow], ...] = (
    Column(
        "Runner",
        value=lambda row: row.result.title,
        icon=lambda row: swatch(row.color),
        full=lambda row: row.result.error.message if row.result.error is not None else row.result.title,
        color=lambda row: theme().colors.failed if row.result.error is not None else theme().colors.text,
    ),
    _estimate("p50 ms [95 %]", _p50, "Median latency in milliseconds, with its 95 % interval (block bootstrap)"),
    Column(
        "Speed-up [95 %]",
        value=lambda row: row.result.speedup.value if row.result.speedup is not None else None,
        text=_speedup_text,
        full=lambda row: "baseline" if row.is_baseline else _full_interval(row.result.speedup),
        is_number=True,
        tooltip="p50 of the baseline over p50 of this runner, with its 95 % interval: above 1 is faster",
    ),
    _of_summary("p95 ms", lambda one: one.p95_ms.value if one.p95_ms else None, "95 of 100 runs are faster"),
    _of_summary("p99 ms", lambda one: one.p99_ms.value if one.p99_ms else None, "99 of 100 runs are faster"),
    _of_summary("Mean ms", lambda one: one.mean_ms, "Mean latency"),
    _of_summary("Std ms", lambda one: one.std_ms, "Standard deviation"),
    _of_summary("Min ms", lambda one: one.min_ms, "Fastest run"),
    _of_summary("Max ms", lambda one: one.max_ms, "Slowest run"),
    _of_summary("CoV", lambda one: one.cov, "Standard deviation over mean", lambda cov: f"{100 * cov:.1f} %"),
    _of_summary(
        "Outliers",
        lambda one: one.outliers,
        "Runs beyond 3 interquartile ranges; counted, never dropped",
        "{:,.0f}".format,
    ),
    _of_summary("Per second", lambda one: one.throughput_per_s, "Calls a second at the mean latency"),
    Column(
        "Load s",
        value=_load_time,
        text=lambda row: significant(_load_time(row)),
        full=lambda row: full(_load_time(row)),
        is_number=True,
        tooltip="From request to ready, in seconds",
    ),
    Column(
        "Peak memory",
        value=_memory,
        text=lambda row: "–" if (value := _memory(row)) is None else size(value),
        full=lambda row: "" if (value := _memory(row)) is None else f"{value} B",
        is_number=True,
        tooltip="Peak resident memory of the runner's process",
    ),
    _of_summary("Runs", lambda one: one.count, "Timed runs", "{:,.0f}".format),
)


def inspect_runner(row: RunnerRow) -> Inspection:
    """Everything about one runner, for the inspector."""
    result, sections = row.result, []
    if result.error is not None:
        told = (Property("what", result.error.message), Property("next", result.error.hint))
        sections.append(Section("Error", told, result.error.details))
    if result.summary is not None:
        sections.append(Section("Latency, ms", _figures(result.summary)))
        speedup = Property("speed-up", _speedup_text(row), _full_interval(result.speedup))
        rate = significant(result.summary.throughput_per_s)
        sections.append(
            Section("Rate", (speedup, Property("per second", rate, full(result.summary.throughput_per_s))))
        )
    if result.doubts:
        sections.append(Section("Doubts", text="\n".join(doubt.text for doubt in result.doubts)))
    prepared = result.prepared
    if prepared is not None:
        facts = [
            Property("provider", prepared.provider),
            Property("threads", str(prepared.threads)),
            Property("load time", duration(prepared.load_time_s), full(prepared.load_time_s)),
            *(Property(name, value) for name, value in prepared.facts.items()),
        ]
        if prepared.peak_rss_bytes:
            facts.append(Property("peak memory", size(prepared.peak_rss_bytes), f"{prepared.peak_rss_bytes} B"))
        sections.append(Section("Process", tuple(facts)))
    if result.latencies_ms:
        sections.append(Section("Latencies, ms", histogram=_histogram(result.latencies_ms)))
    return Inspection(result.title, "Runner", tuple(sections))


def _figures(one: LatencySummary) -> tuple[Property, ...]:
    numbers = {"mean": one.mean_ms, "std": one.std_ms, "min": one.min_ms, "max": one.max_ms}
    return (
        *(
            Property(name, interval_text(estimate), _full_interval(estimate), is_mono=True)
            for name, estimate in (("p50", one.p50_ms), ("p95", one.p95_ms), ("p99", one.p99_ms))
        ),
        *(Property(name, significant(value), full(value), is_mono=True) for name, value in numbers.items()),
        Property("CoV", f"{100 * one.cov:.1f} %", full(one.cov), is_mono=True),
        Property("drift, last third over first", significant(one.drift), full(one.drift), is_mono=True),
        Property("far outliers", f"{count(one.outliers)} of {count(one.count)}", is_mono=True),
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
