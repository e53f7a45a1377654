"""A runner's result as a row of the benchmark's table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QIcon

from modelpack_gui.core.figures import duration, full, full_interval, interval, significant, size
from modelpack_gui.core.records import Estimate, LatencySummary, RunnerResult
from modelpack_gui.core.stats.doubts import DOUBT_NAMES
from modelpack_gui.ui.look.runner_colors import Look
from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.look.theme import status_icon, theme
from modelpack_gui.ui.models.bench_outputs import outputs_details, outputs_status, outputs_text
from modelpack_gui.ui.models.record_table import Column, estimate_column
from modelpack_gui.ui.status import Status


@dataclass(frozen=True)
class RunnerRow:
    """A result with its look. `is_reference` says that the others' outputs are compared with its."""

    result: RunnerResult
    look: Look
    is_baseline: bool
    is_reference: bool = False

    @property
    def is_invalid(self) -> bool:
        """Whether it was measured and does not count: its outputs are wrong."""
        return self.result.summary is not None and not self.result.is_valid


def speedup_text(row: RunnerRow) -> str:
    """`1.66 [1.61, 1.71]`, or why there is none."""
    if row.is_invalid:
        return "✕ invalid"
    return "baseline" if row.is_baseline else interval(row.result.speedup)


def _is_invalid(row: RunnerRow) -> bool:
    return row.is_invalid


def _color(row: RunnerRow) -> str:
    return theme().colors.muted if row.is_invalid else theme().colors.text


def _of_summary(
    title: str,
    value: Callable[[LatencySummary], float | None],
    tooltip: str,
    text: Callable[[float], str] = significant,
    *,
    is_largest_first: bool = False,
) -> Column[RunnerRow]:
    """A figure of the latencies: one looks for the fastest first."""

    def found(row: RunnerRow) -> float | None:
        return None if row.result.summary is None else value(row.result.summary)

    def shown(row: RunnerRow) -> str:
        number = found(row)
        return "–" if number is None else text(number)

    return Column(
        title,
        value=found,
        text=shown,
        full=lambda row: full(found(row)),
        is_number=True,
        tooltip=tooltip,
        is_largest_first=is_largest_first,
        color=_color,
        is_struck=_is_invalid,
    )


def _figure(
    title: str,
    value: Callable[[RunnerResult], float | None],
    tooltip: str,
    text: Callable[[float], str] = significant,
    unit: str = "",
) -> Column[RunnerRow]:
    """A figure that says nothing of the speed, and so is not struck out where that is invalid."""

    def shown(row: RunnerRow) -> str:
        number = value(row.result)
        return "–" if number is None else text(number)

    def whole(row: RunnerRow) -> str:
        number = value(row.result)
        return "" if number is None else f"{number!r}{unit}"

    return Column(
        title,
        value=lambda row: value(row.result),
        text=shown,
        full=whole,
        is_number=True,
        tooltip=tooltip,
        is_largest_first=False,
    )


def _p50(row: RunnerRow) -> Estimate | None:
    return None if row.result.summary is None else row.result.summary.p50_ms


def cold_start_s(result: RunnerResult) -> float | None:
    """From nothing to the first answer; as far as it is known."""
    cold = result.cold
    if cold is None:
        return None if result.prepared is None else result.prepared.load_time_s
    if cold.load_s is None:
        return None
    return (cold.process_start_s or 0.0) + cold.load_s


def _steady_s(result: RunnerResult) -> float | None:
    return result.cold.steady_after_s if result.cold is not None else None


def memory_bytes(result: RunnerResult) -> int | None:
    """Peak resident memory; None if unknown."""
    if result.peak_rss_bytes:
        return result.peak_rss_bytes
    return (result.prepared.peak_rss_bytes or None) if result.prepared is not None else None


def doubts_text(row: RunnerRow) -> str:
    """Names of the doubts."""
    return ", ".join(dict.fromkeys(DOUBT_NAMES[doubt.kind] for doubt in row.result.doubts))


def _said(row: RunnerRow) -> str:
    result = row.result
    lines = (result.title, result.error.message if result.error is not None else "", result.sentence)
    return "\n".join(line for line in lines if line)


COLUMNS: tuple[Column[RunnerRow], ...] = (
    Column(
        "Runner",
        value=lambda row: row.result.title,
        icon=lambda row: swatch(row.look),
        full=_said,
        color=lambda row: theme().colors.failed if row.result.error is not None or row.is_invalid else _color(row),
    ),
    estimate_column(
        "p50 ms [95 %]",
        _p50,
        "Median latency in milliseconds, with its 95 % interval (whole turns resampled)",
        width=180,
        color=_color,
        is_struck=_is_invalid,
        is_largest_first=False,
    ),
    Column(
        "Speed-up [95 %]",
        value=lambda row: row.result.speedup.value if row.result.speedup is not None else None,
        text=speedup_text,
        full=lambda row: (
            speedup_text(row) if row.is_baseline or row.is_invalid else full_interval(row.result.speedup)
        ),
        is_number=True,
        tooltip="p50 of the baseline over p50 of this runner, with its 95 % interval: above 1 is faster",
        color=lambda row: theme().colors.failed if row.is_invalid else theme().colors.text,
    ),
    Column(
        "Outputs",
        value=lambda row: row.result.outputs.worst_ratio if row.result.outputs is not None else None,
        text=lambda row: "reference" if row.is_reference else outputs_text(row.result.outputs),
        full=lambda row: "reference" if row.is_reference else outputs_details(row.result.outputs),
        icon=lambda row: status_icon(outputs_status(row.result.outputs)) if row.result.outputs else QIcon(),
        width=184,  # for the price of an INT8 file, which may come in a later run than the first
        tooltip="Against those of the reference: the largest difference, or signal over noise where the runner "
        "trades accuracy for speed. A runner with wrong outputs does not count",
    ),
    _of_summary("p95 ms", lambda one: one.p95_ms.value if one.p95_ms else None, "95 of 100 runs are faster"),
    _of_summary("p99 ms", lambda one: one.p99_ms.value if one.p99_ms else None, "99 of 100 runs are faster"),
    _figure(
        "Cold start",
        cold_start_s,
        "From nothing to ready: the process, its imports, loading and compiling",
        duration,
        " s",
    ),
    _figure(
        "Peak memory",
        memory_bytes,
        "Peak resident memory of the runner's process",
        lambda value: size(int(value)),
        " B",
    ),
    Column(
        "Doubts",
        value=lambda row: len(row.result.doubts) or None,
        text=doubts_text,
        full=lambda row: "\n".join(doubt.text for doubt in row.result.doubts),
        icon=lambda row: status_icon(Status.WARNING) if row.result.doubts else QIcon(),
        tooltip="Reasons to doubt the figures; below the table they are told in full",
    ),
    _of_summary(
        "Per second",
        lambda one: one.throughput_per_s,
        "Calls a second at the mean latency",
        is_largest_first=True,
    ),
    _of_summary("p99.9 ms", lambda one: one.p999_ms.value if one.p999_ms else None, "999 of 1,000 runs are faster"),
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
    _of_summary("Runs", lambda one: one.count, "Timed runs", "{:,.0f}".format),
    _figure(
        "Compile",
        lambda result: result.cold.compile_s if result.cold is not None else None,
        "Of the cold start, what a compiler took",
        duration,
        " s",
    ),
    _figure(
        "First run ms",
        lambda result: result.cold.first_run_ms if result.cold is not None else None,
        "Latency of the very first run",
    ),
    _figure("Steady after", _steady_s, "Time of the runs before the latency stayed steady", duration, " s"),
)
