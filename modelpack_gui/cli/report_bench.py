"""A benchmark as plain text: its figures, an earlier one beside it, the gate, and the list of kept runs."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from pathlib import Path

from modelpack_gui.cli.console import indented, mark, table, wrapped
from modelpack_gui.client.bench.store import KeptRun
from modelpack_gui.core.bench.compare import BenchComparison, GateReport
from modelpack_gui.core.figures import duration, interval, milliseconds, plural, significant, size
from modelpack_gui.core.records import BenchReport, Estimate, RunnerResult, TrafficPoint, Verdict
from modelpack_gui.core.stats.doubts import told_once

_FIGURES = ("runner", "runs", "p50 ms [95 % interval]", "p95 ms", "p99 ms", "calls/s", "speed-up")
_START = ("runner", "process", "load", "compile", "first run", "steady after", "peak memory", "outputs")
_LOAD = ("runner", "load", "calls/s", "p50 ms", "p95 ms", "p99 ms", "")
_PACKAGES = ("python", "torch", "onnxruntime", "openvino")
_SUMMARY_WIDTH = 72
_SHARES = ("0.5", "0.95", "0.99")


def bench_text(report: BenchReport) -> str:
    """The verdict, the figures, what comes before them, the load, the machine, and each reason to doubt."""
    lines = [
        wrapped(report.summary, ""),
        table(_FIGURES, [_figures(one, report) for one in report.runners], (1, 3, 4, 5)),
    ]
    references = {one.outputs.reference for one in report.runners if one.outputs is not None}
    starts = [_start(one, references) for one in report.runners if one.summary is not None]
    if any(one.cold or one.peak_rss_bytes or one.outputs for one in report.runners):
        lines += ["", table(_START, starts, range(1, 7))]
    points = [(one.title, point) for one in report.runners for point in one.load]
    if points:
        lines += ["", table(_LOAD, [_load(title, point) for title, point in points], range(2, 6))]
    lines += ["", wrapped(_machine(report), "")]
    if report.noise is not None and report.noise.text:
        sign = f"{mark(Verdict.WARNING)} " if report.noise.is_noisy else ""
        lines.append(wrapped(f"{sign}{report.noise.text}", ""))
    is_told = report.noise is not None and report.noise.is_noisy
    for doubt, names in told_once(report, is_noise_told=is_told):
        of = "All" if len(names) == len(report.runners) > 1 else ", ".join(names)
        lines.append(wrapped(f"{mark(Verdict.WARNING)} {of}: {doubt.text}", ""))
    for runner in report.runners:
        lines += _remarks(runner)
    return "\n".join(lines)


def speed_text(label: str, report: BenchReport) -> str:
    """A benchmark that followed something else: a headline, the verdict, and what makes it doubtful."""
    noise = report.noise.text if report.noise is not None else ""
    lines = [wrapped(text) for text in (report.summary, noise) if text]
    lines += [
        wrapped(f"{mark(Verdict.WARNING)} {'; '.join(titles)}: {doubt.text}")
        for doubt, titles in told_once(report, is_noise_told=True)
    ]
    for runner in report.runners:
        if runner.error is not None:
            lines.append(wrapped(f"{mark(Verdict.WARNING)} {runner.title}: {runner.error.message}"))
        elif not runner.is_valid and runner.outputs is not None:
            lines.append(wrapped(f"{mark(Verdict.FAILED)} {runner.title}: {runner.outputs.note}"))
    verdict = Verdict.PASSED if report.is_complete else Verdict.SKIPPED
    return "\n".join([f"{mark(verdict)} {label} in {duration(report.duration_s)}", *lines])


def comparison_text(label: str, comparison: BenchComparison) -> str:
    """Each runner before and after, and what else differs."""
    rows = [
        (one.title, _short(one.before_ms), _short(one.after_ms), interval(one.ratio), one.claim)
        for one in comparison.changes
    ]
    lines = [
        wrapped(comparison.summary, ""),
        table(("runner", "p50 ms before", "after", "after/before [95 % interval]", ""), rows, (1, 2)),
        *(wrapped(f"• {note}", "") for note in comparison.notes),
    ]
    return f"• {label}\n{indented(chr(10).join(lines))}"


def gate_text(label: str, gate: GateReport) -> str:
    """The judgement, and each runner's."""
    rows = [wrapped(f"{mark(row.verdict)} {row.sentence}", "") for row in gate.rows]
    return f"{mark(gate.verdict)} {label}: {gate.summary}\n{indented(chr(10).join(rows))}".rstrip()


def runs_text(runs: Sequence[KeptRun], baseline: str, folder: Path) -> str:
    """The kept runs, the newest first."""
    if not runs:
        return f"No runs are kept in {folder}."
    rows = [
        (
            "*" if run.id == baseline else "",
            run.id,
            run.name,
            plural(len(run.runners), "runner"),
            duration(run.duration_s),
            ", ".join(filter(None, ("" if run.is_complete else "stopped early", "noisy" if run.is_noisy else ""))),
            textwrap.shorten(run.summary, _SUMMARY_WIDTH, placeholder="…"),
        )
        for run in runs
    ]
    lines = [table(("", "run", "name", "", "took", "", "verdict"), rows, (4,))]
    lines.append(f"{plural(len(runs), 'run')} in {folder}{'; * is the baseline' if baseline else ''}")
    return "\n".join(lines)


def _figures(runner: RunnerResult, report: BenchReport) -> tuple[str, ...]:
    made = runner.summary
    if made is None:
        return (runner.title, "not measured", "", "", "", "", "")
    if not runner.is_valid:
        said = "wrong outputs"
    elif runner.runner == report.baseline:
        said = "baseline"
    else:
        said = interval(runner.speedup)
    return (
        runner.title,
        f"{made.count:,}",
        interval(made.p50_ms),
        _short(made.p95_ms),
        _short(made.p99_ms),
        significant(made.throughput_per_s),
        said,
    )


def _start(runner: RunnerResult, references: Collection[str]) -> tuple[str, ...]:
    cold, check = runner.cold, runner.outputs
    steady = "–"
    if cold is not None and cold.steady_after_runs is not None:
        steady = plural(cold.steady_after_runs, "run")
    said = "reference" if runner.runner in references else "–"
    if check is not None:
        said = mark(check.verdict)
        if check.max_abs_diff is not None:
            said += f" off by {significant(check.max_abs_diff)}"
        if check.sqnr_db is not None:
            said += f", {check.sqnr_db:.0f} dB"
    return (
        runner.title,
        _seconds(cold.process_start_s if cold else None),
        _seconds(cold.load_s if cold else None),
        _seconds(cold.compile_s if cold else None),
        milliseconds(cold.first_run_ms) if cold and cold.first_run_ms is not None else "–",
        steady,
        size(runner.peak_rss_bytes) if runner.peak_rss_bytes else "–",
        said,
    )


def _load(title: str, point: TrafficPoint) -> tuple[str, ...]:
    if point.rate_per_s is None:
        load = plural(point.callers, "caller")
    else:
        load = f"{significant(point.rate_per_s)} calls/s asked"
    if point.error is not None:
        return (title, load, "", "", "", "", point.error.message)
    percentiles = (point.percentiles_ms.get(share) for share in _SHARES)
    remark = "does not keep up" if point.is_saturated else ""
    return (title, load, significant(point.throughput_per_s), *(significant(value) for value in percentiles), remark)


def _machine(report: BenchReport) -> str:
    machine = report.machine
    facts = [f"{name} {machine[name]}" for name in _PACKAGES if machine.get(name)]
    clock = report.clock_overhead_ns
    parts = (
        plural(report.threads, "thread"),
        f"batch of {report.bench.batch_size}" if report.bench.batch_size else "",
        machine.get("cpu", ""),
        f"governor {machine['governor']}" if machine.get("governor") else "",
        ", ".join(facts),
        f"the loop around a call costs {clock:.0f} ns" if clock is not None else "",
    )
    return "; ".join(filter(None, parts))


def _remarks(runner: RunnerResult) -> list[str]:
    warning = mark(Verdict.WARNING)
    lines = []
    if runner.prepared is not None:
        lines += [wrapped(f"{warning} {runner.title}: {text}", "") for text in runner.prepared.warnings]
    if runner.outputs is not None and runner.outputs.note and runner.outputs.verdict is not Verdict.PASSED:
        lines.append(wrapped(f"{mark(runner.outputs.verdict)} {runner.title}: {runner.outputs.note}", ""))
    if runner.error is not None:
        lines.append(wrapped(f"{warning} {runner.title}: {runner.error.message}", ""))
        lines += [wrapped(runner.error.hint)] if runner.error.hint else []
    return lines


def _short(estimate: Estimate | None) -> str:
    return significant(estimate.value) if estimate is not None else "–"


def _seconds(value: float | None) -> str:
    return duration(value) if value is not None else "–"
