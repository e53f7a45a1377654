"""Profiles as text: what takes the time, and what makes the difference."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.cli.console import indented, table, wrapped
from modelpack_gui.core.figures import microseconds, percent, plural, signed, significant
from modelpack_gui.core.profile.difference import Part, ProfileDifference, title_of
from modelpack_gui.core.profile.summary import op_totals, places_text
from modelpack_gui.core.records import ProfileReport

_BAR = 20
_MOST_ORIGINALS = 3


def profile_text(report: ProfileReport, top: int) -> str:
    """One profile: its sentence, totals by op type, and the rows that take most.

    Args:
        top: Rows of each table.
    """
    lines = [f"{report.title}: {report.summary}"]
    between = microseconds(max(0.0, report.overhead_us))
    times = f"{microseconds(report.wall_us)} a run; with the profiler {microseconds(report.profiled_us)}"
    nodes = ", ".join(f"{plural(count, 'row')} on {name}" for name, count in report.providers.items())
    lines += [wrapped(f"{times}, {between} of that between the operators and in the profiler. {nodes}.")]
    totals = op_totals(report.rows)
    lines += [
        "",
        indented(
            table(
                ("op type", "µs", "share", "", "rows", "calls"),
                [
                    (
                        total.op_type,
                        significant(total.mean_us),
                        percent(total.share),
                        _bar(total.share),
                        str(total.rows),
                        f"{total.calls:g}",
                    )
                    for total in totals[:top]
                ],
                (1, 2, 4, 5),
            )
        ),
    ]
    lines += _more(len(totals) - top)
    lines += [
        "",
        indented(
            table(
                ("µs", "share", "op type", "where", "stands for"),
                [
                    (
                        significant(row.mean_us),
                        percent(row.share),
                        f"{row.op_type}{' (on the CPU)' if row.is_fallback else ''}",
                        places_text(row),
                        _originals(row.originals, row.name),
                    )
                    for row in report.rows[:top]
                ],
                (0, 1),
            )
        ),
    ]
    lines += _more(len(report.rows) - top)
    lines += ["", *(wrapped(note) for note in report.notes)] if report.notes else []
    return "\n".join(lines)


def difference_text(found: ProfileDifference, top: int) -> str:
    """Why the second takes longer: the sentence, the parts by kind and by place, and the reasons."""
    heads = (title_of(found.before, found.after), title_of(found.after, found.before))
    lines = ["", wrapped(found.summary, ""), "", _parts_table(found.by_kind, heads, top, "kind")]
    if found.by_place:
        lines += [
            "",
            _parts_table(found.by_place, heads, top, {"nodes": "node", "modules": "module"}[found.matched_by]),
        ]
    else:
        lines += ["", wrapped("The two have neither nodes nor modules in common to lay side by side.")]
    reasons = list(dict.fromkeys(part.reason for part in found.by_kind[:top] if part.reasons))
    lines += ["", *(wrapped(reason) for reason in reasons)] if reasons else []
    lines += [wrapped(note) for note in found.notes]
    return "\n".join(lines)


def _parts_table(parts: Sequence[Part], heads: tuple[str, str], top: int, what: str) -> str:
    shown = sorted(sorted(parts, key=lambda part: -abs(part.change_us))[:top], key=lambda part: -part.change_us)
    rows = [
        (
            part.title,
            significant(part.before.us),
            significant(part.after.us),
            signed(part.change_us),
            part.before.text,
            part.after.text,
        )
        for part in shown
    ]
    rest = sum(part.change_us for part in parts) - sum(part.change_us for part in shown)
    if len(parts) > len(shown):
        rows.append((f"{len(parts) - len(shown)} more", "", "", signed(rest), "", ""))
    text = table((what, "µs before", "µs after", "change", f"in {heads[0]}", f"in {heads[1]}"), rows, (1, 2, 3))
    return indented(text)


def _originals(names: Sequence[str], name: str) -> str:
    """The nodes of the file that a fused node stands for; nothing where it is one of them itself."""
    if not names or tuple(names) == (name,):
        return ""
    more = len(names) - _MOST_ORIGINALS
    return ", ".join(names[:_MOST_ORIGINALS]) + (f" and {more} more" if more > 0 else "")


def _bar(share: float) -> str:
    return "█" * max(1, round(_BAR * share))


def _more(count: int) -> list[str]:
    return [f"  and {count} more"] if count > 0 else []
