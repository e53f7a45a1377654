"""Kept runs as rows of a table, and the runners of two of them side by side."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from PySide6.QtGui import QIcon

from modelpack_gui.client.bench.store import KeptRun, KeptRunner
from modelpack_gui.core.bench.compare import RunnerChange
from modelpack_gui.core.figures import duration, full, milliseconds
from modelpack_gui.core.records import Estimate
from modelpack_gui.ui.look.runner_colors import Look
from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.look.theme import icon, status_icon
from modelpack_gui.ui.models.record_table import Column, estimate_column
from modelpack_gui.ui.status import Status

CLAIMS = {
    "faster": (Status.PASSED, "faster"),
    "slower": (Status.WARNING, "slower"),
    "equal": (Status.REMARK, "no difference"),
    "new": (Status.REMARK, "only in newer"),
    "gone": (Status.REMARK, "only in older"),
    "invalid": (Status.FAILED, "wrong outputs"),
    "unmeasured": (Status.FAILED, "not measured"),
}
"""What a comparison may claim, as a state and in words."""


@dataclass(frozen=True)
class RunRow:
    """A kept run. `is_shown` says that it is the result on the other tabs."""

    run: KeptRun
    is_baseline: bool
    is_shown: bool


@dataclass(frozen=True)
class ChangeRow:
    """One runner in two runs."""

    change: RunnerChange
    look: Look


def when_text(started_at: str) -> str:
    """In the time of this place, to the minute: `30 Nov 2026, 09:14`; as it is written where that is no time."""
    try:
        moment = datetime.datetime.fromisoformat(started_at.replace("Z", "+00:00"))
    except ValueError:
        return started_at or "unknown"
    return moment.astimezone().strftime("%d %b %Y, %H:%M").lstrip("0")


def run_title(run: KeptRun) -> str:
    """Its name, else when it was made."""
    return run.name or when_text(run.started_at)


def _fastest(run: KeptRun) -> tuple[KeptRunner, Estimate] | None:
    measured = [(one, one.p50_ms) for one in run.runners if one.p50_ms is not None]
    return min(measured, key=lambda pair: pair[1].value, default=None)


def _fastest_text(row: RunRow) -> str:
    fastest = _fastest(row.run)
    return f"{fastest[0].title}, {milliseconds(fastest[1].value)}" if fastest is not None else "–"


def _state_text(row: RunRow) -> str:
    parts = ["stopped early" if not row.run.is_complete else "", "noisy machine" if row.run.is_noisy else ""]
    return ", ".join(part for part in parts if part)


def _marks(row: RunRow) -> str:
    return " · ".join(
        part for part in ("baseline" if row.is_baseline else "", "shown" if row.is_shown else "") if part
    )


RUN_COLUMNS: tuple[Column[RunRow], ...] = (
    Column(
        "Started",
        value=lambda row: row.run.started_at,
        text=lambda row: when_text(row.run.started_at),
        full=lambda row: row.run.started_at,
    ),
    Column("Name", value=lambda row: row.run.name or None),
    Column(
        "",
        value=lambda row: _marks(row) or None,
        icon=lambda row: icon("recommended", "accent") if row.is_baseline else QIcon(),
        width=110,
        tooltip="The baseline is what other runs are gated against; shown is the run on the other tabs",
    ),
    Column(
        "Fastest, p50",
        value=lambda row: fastest[1].value if (fastest := _fastest(row.run)) is not None else None,
        text=_fastest_text,
        tooltip="The fastest runner whose outputs are right",
    ),
    Column(
        "Runners",
        value=lambda row: len(row.run.runners),
        is_number=True,
        full=lambda row: ", ".join(one.title for one in row.run.runners),
    ),
    Column(
        "Took",
        value=lambda row: row.run.duration_s,
        text=lambda row: duration(row.run.duration_s),
        full=lambda row: full(row.run.duration_s),
        is_number=True,
    ),
    Column(
        "Doubts",
        value=lambda row: _state_text(row) or None,
        icon=lambda row: status_icon(Status.WARNING) if _state_text(row) else QIcon(),
    ),
    Column("Verdict", value=lambda row: row.run.summary),
)


CHANGE_COLUMNS: tuple[Column[ChangeRow], ...] = (
    Column("Runner", value=lambda row: row.change.title, icon=lambda row: swatch(row.look)),
    Column(
        "",
        value=lambda row: CLAIMS[row.change.claim][1],
        icon=lambda row: status_icon(CLAIMS[row.change.claim][0]),
        full=lambda row: row.change.sentence,
        width=150,
        tooltip="What the two runs can show",
    ),
    estimate_column(
        "Newer / older [95 %]", lambda row: row.change.ratio, "Times as long as before: above 1 is slower"
    ),
    estimate_column("Older p50 ms [95 %]", lambda row: row.change.before_ms, "Median latency in the older run"),
    estimate_column("Newer p50 ms [95 %]", lambda row: row.change.after_ms, "Median latency in the newer run"),
)
