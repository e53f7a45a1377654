"""What one profile says, in plain sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.figures import microseconds, percent, plural, significant
from modelpack_gui.core.operator_kinds import kind_of
from modelpack_gui.core.profile.reasons import flags_of, reason_text, reasons_of
from modelpack_gui.core.records import ProfileReport, ProfileRow

_WORTH_A_NOTE = 0.02
_MUCH = 0.25
_DOUBTFUL = 1.5
_FASTER = 1.15


DOUBTFUL_NOTE = (
    "The runs with the profiler and those without it do not fit together, by more than the profiler explains: the"
    " machine was probably busy. Profile again when it is quiet."
)


@dataclass(frozen=True)
class OpTotal:
    """All rows of one op type.

    Attributes:
        mean_us: A run of the model, microseconds.
        share: Of the sum over all rows, 0..1.
    """

    op_type: str
    kind: str
    mean_us: float
    calls: float
    rows: int
    share: float


def op_totals(rows: Sequence[ProfileRow]) -> tuple[OpTotal, ...]:
    """Totals by op type, largest first."""
    groups: defaultdict[str, list[ProfileRow]] = defaultdict(list)
    for row in rows:
        groups[row.op_type].append(row)
    totals = [
        OpTotal(
            op_type,
            kind_of(op_type),
            sum(row.mean_us for row in group),
            sum(row.calls for row in group),
            len(group),
            sum(row.share for row in group),
        )
        for op_type, group in groups.items()
    ]
    return tuple(sorted(totals, key=lambda total: -total.mean_us))


def place_of(row: ProfileRow) -> str:
    """Where a row is, as a person would say it: its module, else its node of the file."""
    return row.module or main_original(row) or row.name


def places_text(row: ProfileRow) -> str:
    """Shorter than all modules, and more exact than what holds them: `layers.1.conv +2` for three of them."""
    more = len(row.modules) - 1
    return f"{row.modules[0]} +{more}" if more > 0 and row.modules[0] else place_of(row)


def main_original(row: ProfileRow) -> str:
    """The node of the file that a row is named after, else the first that it stands for; empty if none is known."""
    return row.name if row.name in row.originals else next(iter(row.originals), "")


def _exact_place(row: ProfileRow) -> str:
    """As `place_of`; where a fused node is of several modules, its main node and the module around all of it."""
    if len(row.modules) < 2 or len(row.originals) < 2:
        return place_of(row)
    where = f" in {row.module}" if row.module else ""
    return f"{main_original(row)} and {plural(len(row.originals) - 1, 'other')}{where}"


def summary_of(rows: Sequence[ProfileRow], wall_us: float) -> str:
    """`72 % of the time in operators goes to convolution in 6 places; the largest is layers.1.c2 with 26 %.`

    Args:
        rows: Largest first.
        wall_us: A run without the profiler.
    """
    if not rows:
        return "The profiler saw no operator."
    kinds: defaultdict[str, list[ProfileRow]] = defaultdict(list)
    for row in rows:
        kinds[kind_of(row.op_type)].append(row)
    kind, members = max(kinds.items(), key=lambda item: sum(row.share for row in item[1]))
    share = sum(row.share for row in members)
    first = members[0]
    text = f"{percent(share)} of the time in operators goes to {kind}"
    if len(members) > 1:
        text += f" in {len(members)} places; the largest is {_exact_place(first)} with {percent(first.share)}"
    else:
        text += f": {first.op_type} in {_exact_place(first)}"
    outside = 1.0 - sum(row.mean_us for row in rows) / wall_us if wall_us > 0.0 else 0.0
    if outside >= _MUCH:
        text += f". {percent(outside)} of a run goes by between the operators"
    return f"{text}."


def is_doubtful(report: ProfileReport) -> bool:
    """Whether something interfered: the operators under the profiler take far longer than a whole run without it, or
    a whole run with it is faster than one without.
    """
    in_rows = sum(row.mean_us for row in report.rows)
    return in_rows > _DOUBTFUL * report.wall_us > 0.0 or report.wall_us > _FASTER * report.profiled_us


def notes_of(report: ProfileReport) -> tuple[str, ...]:
    """What to know of a profile, most time first; what takes less than 2 % is left out."""
    notes = [DOUBTFUL_NOTE] if is_doubtful(report) else []
    for reason, rows in reasons_of(report.rows, flags_of(report)):
        share = sum(row.share for row in rows)
        if share >= _WORTH_A_NOTE or reason.code == "fallback":
            notes.append(f"{percent(share)} of the time: {reason_text(reason, rows)}")
    if report.wall_us > 0.0 and report.profiled_us > report.wall_us * (1.0 + _MUCH):
        added = (
            f"; what it adds to each call, {microseconds(report.probe_us)}, is taken off" if report.probe_us else ""
        )
        notes.append(
            f"The profiler itself makes a run {significant(report.profiled_us / report.wall_us, 2)} times as long"
            f" ({microseconds(report.profiled_us)} instead of {microseconds(report.wall_us)}){added}."
        )
    return tuple(notes)
