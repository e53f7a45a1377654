"""What looks ahead of an export found, as plain text."""

from __future__ import annotations

from modelpack_gui.cli.console import indented, table
from modelpack_gui.core.dim_text import followed_by, probe_sentence, takes
from modelpack_gui.core.figures import duration, plural
from modelpack_gui.core.records import ProbeReport


def probe_text(report: ProbeReport) -> str:
    """A row for each axis, and why a size is refused."""
    rows = [
        (f"{dim.input}[{dim.axis}]", str(dim.size), dim.name or "–", takes(dim), followed_by(dim))
        for dim in report.dims
    ]
    lines = [f"{probe_sentence(report)} {plural(report.runs, 'run')} in {duration(report.duration_s)}."]
    lines.append(indented(table(("axis", "example", "name", "the model takes", "outputs"), rows, numbers=(1,))))
    reasons: dict[str, list[str]] = {}
    for dim in report.dims:
        if dim.reason:
            reasons.setdefault(dim.reason, []).append(f"{dim.input}[{dim.axis}]")
    lines += [f"• {', '.join(axes)}: {reason}" for reason, axes in reasons.items()]
    return "\n".join(lines)
