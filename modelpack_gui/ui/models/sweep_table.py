"""The cells of a sweep as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.figures import size
from modelpack_gui.core.records import Estimate, SweepCell
from modelpack_gui.core.sweep import OUTCOME_WORDS, batch_text, doubts_of, is_valid
from modelpack_gui.ui.look.runner_colors import Look
from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.look.theme import status_icon, theme
from modelpack_gui.ui.models.record_table import Column, estimate_column
from modelpack_gui.ui.status import Status

_STATUSES = {
    "waiting": Status.WAITING,
    "running": Status.RUNNING,
    "measured": Status.PASSED,
    "failed": Status.FAILED,
    "crashed": Status.FAILED,
    "timed_out": Status.FAILED,
    "cancelled": Status.CANCELLED,
}
_ORDER = tuple(_STATUSES)


@dataclass(frozen=True)
class SweepRow:
    """A cell as the table shows it.

    Attributes:
        is_stale: Kept from an earlier run, and made from something else than what the recipe says now.
        best: What it is best at: `latency`, `items`, both or nothing.
    """

    cell: SweepCell
    look: Look
    is_stale: bool = False
    best: tuple[str, ...] = ()


def state_text(row: SweepRow) -> str:
    """How it ended, or what to know of its figures."""
    cell = row.cell
    if row.is_stale:
        return "out of date"
    if cell.summary is not None and not is_valid(cell):
        return "wrong outputs"
    if row.best:
        return f"best {' and '.join(row.best)}"
    if cell.outcome == "measured" and doubts_of(cell):
        return "doubtful"
    return OUTCOME_WORDS[cell.outcome]


def _status(row: SweepRow) -> Status:
    cell = row.cell
    if row.is_stale:
        return Status.STALE
    if cell.summary is not None and not is_valid(cell):
        return Status.FAILED
    if cell.outcome == "measured" and doubts_of(cell):
        return Status.WARNING
    return _STATUSES[cell.outcome]


def _state_full(row: SweepRow) -> str:
    cell = row.cell
    lines = [state_text(row)]
    if cell.error is not None:
        lines += [cell.error.message, cell.error.hint]
    if cell.outputs is not None and cell.outputs.note:
        lines.append(cell.outputs.note)
    lines += [doubt.text for doubt in cell.doubts]
    return "\n".join(line for line in lines if line)


def _state_color(row: SweepRow) -> str:
    colors = theme().colors
    return colors.muted if row.cell.outcome in ("waiting", "cancelled") else colors.text


def _p50(row: SweepRow) -> Estimate | None:
    return None if row.cell.summary is None else row.cell.summary.p50_ms


COLUMNS: tuple[Column[SweepRow], ...] = (
    Column("Runner", lambda row: row.cell.title, icon=lambda row: swatch(row.look), width=170),
    Column("Threads", lambda row: row.cell.choice.threads, is_number=True, is_largest_first=False, width=70),
    Column(
        "Batch",
        lambda row: row.cell.choice.batch_size or 0,
        text=lambda row: batch_text(row.cell.choice.batch_size),
        is_number=True,
        width=60,
        tooltip="Size of the batch axis; “as is” leaves the example inputs as they are.",
    ),
    estimate_column(
        "p50, ms",
        _p50,
        "Half of the calls take no longer; in brackets the 95 % interval.",
        160,
        is_largest_first=False,
    ),
    estimate_column("Items/s", lambda row: row.cell.throughput_per_s, "Batch size over p50.", 160),
    Column(
        "State",
        lambda row: (_ORDER.index(row.cell.outcome), state_text(row)),
        text=state_text,
        full=_state_full,
        icon=lambda row: status_icon(_status(row)),
        color=_state_color,
        width=130,
    ),
    Column(
        "Runs",
        lambda row: None if row.cell.summary is None else row.cell.summary.count,
        is_number=True,
        tooltip="Timed runs; fewer than 500 are a first look.",
    ),
    Column(
        "Memory",
        lambda row: row.cell.peak_rss_bytes or None,
        text=lambda row: size(row.cell.peak_rss_bytes) if row.cell.peak_rss_bytes else "–",
        full=lambda row: str(row.cell.peak_rss_bytes),
        is_number=True,
        tooltip="Peak resident memory of its process.",
    ),
)
