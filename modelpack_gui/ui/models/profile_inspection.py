"""What the inspector shows of a row of a profile, and of a part of a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelpack_gui.core.figures import full, listed, microseconds, percent, significant, size
from modelpack_gui.core.profile.difference import Part, ProfileDifference, title_of
from modelpack_gui.core.profile.reasons import flags_of, reason_text, reasons_of
from modelpack_gui.core.profile.summary import place_of
from modelpack_gui.core.records import ProfileReport, ProfileRow
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.models.layer_inspection import NodeTarget

_MOST = 40


def profile_row_inspection(
    row: ProfileRow, report: ProfileReport, nodes: tuple[int, ...], follow: Callable[[Any], None]
) -> Inspection:
    """All of a row, with links to the nodes that it stands for.

    Args:
        nodes: `NodeInfo.index` of each original, where they can be shown.
    """
    time = (
        Property("a run", microseconds(row.mean_us), full(row.mean_us), is_mono=True),
        Property("share", percent(row.share), full(row.share), is_mono=True),
        Property("calls", f"{row.calls:g}", is_mono=True),
        Property("a call", microseconds(row.mean_us / row.calls) if row.calls else "–", is_mono=True),
    )
    where = [
        Property("runner", report.title),
        Property("op type", row.op_type),
        Property("name", row.name, is_mono=True),
        Property("provider", row.provider),
    ]
    if row.kernel:
        where.append(Property("kernel", row.kernel, is_mono=True))
    if row.module:
        where.append(Property("module", row.module, is_mono=True))
    if row.output_bytes:
        where.append(Property("output", size(row.output_bytes), f"{row.output_bytes} B"))
    targets = dict(zip(row.originals, nodes, strict=False))
    originals = tuple(
        Property(f"{place}", name, is_mono=True, target=NodeTarget(targets[name]) if name in targets else None)
        for place, name in enumerate(row.originals[:_MOST], 1)
    )
    sections = [Section("Time", time), Section("What it is", tuple(where))]
    if originals:
        sections.append(Section("Stands for these nodes of the file", originals))
    if len(row.modules) > 1:
        sections.append(Section("Modules", text="\n".join(row.modules)))
    known = [reason_text(reason, rows) for reason, rows in reasons_of((row,), flags_of(report))]
    if known:
        sections.append(Section("What is known of it", text="\n".join(known), is_prose=True))
    return Inspection(place_of(row), f"{row.op_type} · {percent(row.share)} of the time", tuple(sections), follow)


def part_inspection(part: Part, found: ProfileDifference) -> Inspection:
    """A part of a difference: both sides, and the reasons."""
    sections = [
        Section(
            "Time of a run",
            (
                Property("before", microseconds(part.before.us), full(part.before.us), is_mono=True),
                Property("after", microseconds(part.after.us), full(part.after.us), is_mono=True),
                Property("change", f"{significant(part.change_us)} µs", full(part.change_us), is_mono=True),
            ),
        )
    ]
    if part.reason:
        sections.append(Section("Why", text=part.reason, is_prose=True))
    for side, title in (
        (part.before, title_of(found.before, found.after)),
        (part.after, title_of(found.after, found.before)),
    ):
        if side.rows:
            sections.append(Section(title, (Property("operators", side.text),), listed(side.rows, _MOST)))
    return Inspection(part.title, "Part of a difference", tuple(sections))
