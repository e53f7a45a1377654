"""What a runner's outputs are against the reference's, as words and as a state."""

from __future__ import annotations

from modelpack_gui.core.figures import agreement, significant
from modelpack_gui.core.records import OutputsCheck, Verdict
from modelpack_gui.ui.look.theme import status_of
from modelpack_gui.ui.status import Status


def outputs_status(check: OutputsCheck | None) -> Status:
    """Its shape and colour; not compared is no judgement."""
    return Status.NOT_RUN if check is None else status_of(check.verdict)


def outputs_text(check: OutputsCheck | None) -> str:
    """The price in accuracy, as short as a cell: `max 4.2e-07`, `34.1 dB, top-1 99.5 %`, `wrong, 3.4 dB`."""
    if check is None:
        return "–"
    if check.verdict is Verdict.SKIPPED:
        return "not compared"
    if check.verdict is Verdict.PASSED:
        return f"max {significant(check.max_abs_diff)}" if check.max_abs_diff else "equal"
    if check.sqnr_db is not None:
        told = f"{significant(check.sqnr_db)} dB"
    else:
        told = f"max {significant(check.max_abs_diff)}" if check.max_abs_diff is not None else ""
    if check.verdict is Verdict.FAILED:
        return f"wrong, {told}" if told else "wrong"
    top1 = f"top-1 {agreement(check.top1_agreement)}" if check.top1_agreement is not None else ""
    return ", ".join(part for part in (told, top1) if part) or "lossy"


def outputs_details(check: OutputsCheck | None) -> str:
    """All that is known of it, a line each, for the tooltip and the clipboard."""
    if check is None:
        return "Not looked at"
    lines = [
        check.note,
        f"largest difference {check.max_abs_diff!r}" if check.max_abs_diff is not None else "",
        f"largest relative difference {check.max_rel_diff!r}" if check.max_rel_diff is not None else "",
        f"{check.worst_ratio!r} of the tolerance" if check.worst_ratio is not None else "",
        f"signal over noise {check.sqnr_db!r} dB" if check.sqnr_db is not None else "",
        f"top class the same on {agreement(check.top1_agreement)}" if check.top1_agreement is not None else "",
        f"compared with {check.reference}" if check.reference else "",
    ]
    return "\n".join(line for line in lines if line)
