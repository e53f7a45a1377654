"""Runners under load as rows of a table, and what they say in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QIcon

from modelpack_gui.core.figures import count, full, milliseconds, plural, significant
from modelpack_gui.core.records import BenchReport, TrafficPoint
from modelpack_gui.ui.look.runner_colors import Look
from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.look.theme import status_icon, theme
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.status import Status


@dataclass(frozen=True)
class LoadRow:
    """One runner at one load.

    Attributes:
        is_valid: Whether its outputs are right, so that its speed counts.
    """

    point: TrafficPoint
    title: str
    look: Look
    is_valid: bool = True


def load_text(point: TrafficPoint) -> str:
    """`4 callers`, `100 calls a second`."""
    if point.rate_per_s is None:
        return plural(point.callers, "caller")
    return f"{significant(point.rate_per_s)} calls a second"


def state_text(point: TrafficPoint) -> str:
    """Why a point has no figure, or none to rely on; empty if it has."""
    if point.error is not None:
        return point.error.message
    return "does not keep up" if point.is_saturated else ""


def load_sentence(report: BenchReport) -> str:
    """Which runner carries most, and where one does not keep up; empty without a figure."""
    rows = [
        (one.title, point)
        for one in report.runners
        if one.outputs is None or one.outputs.is_valid
        for point in one.load
        if point.error is None
    ]
    parts = []
    closed = [row for row in rows if row[1].rate_per_s is None]
    if closed:
        title, best = max(closed, key=lambda row: row[1].throughput_per_s)
        p95 = best.percentiles_ms.get("0.95")
        latency = f", p95 {milliseconds(p95)}" if p95 is not None else ""
        rate = significant(best.throughput_per_s)
        parts.append(f"{title} carries most: {rate} calls a second with {load_text(best)}{latency}.")
    opened = [row for row in rows if row[1].rate_per_s is not None]
    titles = dict.fromkeys(title for title, _ in opened)
    kept = {
        title: max((p.rate_per_s or 0.0 for t, p in opened if t == title and not p.is_saturated), default=0.0)
        for title in titles
    }
    late = [title for title in titles if any(t == title and p.is_saturated for t, p in opened)]
    for title in late:
        most = f"keeps up with {significant(kept[title])} calls a second, not with more" if kept[title] else ""
        parts.append(f"{title} {most or 'keeps up with none of the rates that were tried'}.")
    if opened and not late:
        highest = max(point.rate_per_s or 0.0 for _, point in opened)
        who = "Every runner keeps" if len(titles) > 1 else f"{opened[0][0]} keeps"
        parts.append(f"{who} up with {significant(highest)} calls a second.")
    return " ".join(parts)


def _percentile(title: str, share: str, tooltip: str) -> Column[LoadRow]:
    return _figure(title, lambda point: point.percentiles_ms.get(share), tooltip)


def _figure(title: str, value: Callable[[TrafficPoint], float | None], tooltip: str) -> Column[LoadRow]:
    def found(row: LoadRow) -> float | None:
        return value(row.point)

    return Column(
        title,
        value=found,
        text=lambda row: significant(found(row)),
        full=lambda row: full(found(row)),
        is_number=True,
        tooltip=tooltip,
        color=lambda row: theme().colors.text if row.is_valid else theme().colors.muted,
        is_struck=lambda row: not row.is_valid,
    )


def _state_icon(row: LoadRow) -> QIcon:
    if row.point.error is not None:
        return status_icon(Status.FAILED)
    return status_icon(Status.WARNING) if row.point.is_saturated else QIcon()


COLUMNS: tuple[Column[LoadRow], ...] = (
    Column("Runner", value=lambda row: row.title, icon=lambda row: swatch(row.look)),
    Column(
        "Load",
        value=lambda row: (row.point.mode, row.point.rate_per_s or row.point.callers),
        text=lambda row: load_text(row.point),
        tooltip="Callers that call again as soon as they have an answer (closed loop), or calls that arrive at a "
        "fixed rate (open loop)",
    ),
    _figure("Per second", lambda point: point.throughput_per_s or None, "Calls that were completed in a second"),
    _percentile("p50 ms", "0.5", "Half of the calls are faster"),
    _percentile("p95 ms", "0.95", "95 of 100 calls are faster"),
    _percentile("p99 ms", "0.99", "99 of 100 calls are faster"),
    Column(
        "",
        value=lambda row: state_text(row.point) or None,
        icon=_state_icon,
        tooltip="Whether it keeps up: where it does not, the latency grows for as long as the load lasts",
    ),
    _percentile("p99.9 ms", "0.999", "999 of 1,000 calls are faster"),
    _figure("Max ms", lambda point: point.max_ms or None, "The slowest call"),
    _figure(
        "p99 ms, uncorrected",
        lambda point: point.service_ms.get("0.99"),
        "From when a call did start. It leaves out how long calls waited behind a stall (coordinated omission)",
    ),
    Column(
        "Calls",
        value=lambda row: row.point.completed,
        text=lambda row: count(row.point.completed),
        is_number=True,
        tooltip="Completed while the load lasted",
    ),
)
