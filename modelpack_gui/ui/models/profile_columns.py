"""Profiles as tables: rows, totals by op type, and the parts of a difference."""

from __future__ import annotations

from PySide6.QtGui import QIcon

from modelpack_gui.core.figures import full, listed, percent, signed, size
from modelpack_gui.core.profile.difference import Part
from modelpack_gui.core.profile.summary import OpTotal, place_of, places_text
from modelpack_gui.core.records import ProfileRow
from modelpack_gui.ui.look.theme import status_icon, theme
from modelpack_gui.ui.models.record_table import Column, figure_column
from modelpack_gui.ui.status import Status

SHARE_WIDTH = 84


def originals_text(row: ProfileRow) -> str:
    """The nodes of the file that a row stands for; empty where it is one of them itself."""
    return "" if row.originals in ((), (row.name,)) else listed(row.originals, 3)


def _provider(row: ProfileRow) -> str:
    short = row.provider.removesuffix("ExecutionProvider")
    return f"{short}: not the one asked for" if row.is_fallback else short


ROW_COLUMNS: tuple[Column[ProfileRow], ...] = (
    Column("Op type", lambda row: row.op_type, width=112, tooltip="As it really ran: FusedConv, QLinearConv"),
    Column(
        "Where",
        places_text,
        full=lambda row: ", ".join(row.modules) or place_of(row),
        is_mono=True,
        width=154,
        tooltip="PyTorch module that it does the work of, or the node of the file",
    ),
    figure_column("Time µs", lambda row: row.mean_us, "A run of the model, all calls together, microseconds", 64),
    Column(
        "Share",
        lambda row: row.share,
        lambda row: percent(row.share),
        lambda row: full(row.share),
        is_number=True,
        width=SHARE_WIDTH,
        tooltip="Of the time in all operators",
    ),
    Column("Calls", lambda row: row.calls, lambda row: f"{row.calls:g}", is_number=True, width=52),
    Column(
        "Stands for",
        lambda row: len(row.originals),
        originals_text,
        lambda row: ", ".join(row.originals),
        is_mono=True,
        width=220,
        tooltip="Nodes of the file that were fused into it; empty where it is one of them as it is, or not known",
    ),
    Column(
        "Provider",
        _provider,
        icon=lambda row: status_icon(Status.WARNING) if row.is_fallback else QIcon(),
        color=lambda row: theme().colors.warning if row.is_fallback else theme().colors.text,
        width=80,
        tooltip="Execution provider that ran it, or the device",
    ),
    Column(
        "Output",
        lambda row: row.output_bytes or None,
        lambda row: size(row.output_bytes) if row.output_bytes else "–",
        lambda row: f"{row.output_bytes} B",
        is_number=True,
        width=76,
        tooltip="Bytes that it gives in one run",
    ),
    Column("Name", lambda row: row.name, is_mono=True, width=180, tooltip="As the runtime calls it"),
)

TOTAL_COLUMNS: tuple[Column[OpTotal], ...] = (
    Column("Op type", lambda total: total.op_type, full=lambda total: f"{total.op_type}: {total.kind}", width=112),
    Column(
        "Share",
        lambda total: total.share,
        lambda total: percent(total.share),
        lambda total: full(total.share),
        is_number=True,
        width=SHARE_WIDTH,
        tooltip="Of the time in all operators",
    ),
    figure_column("Time µs", lambda total: total.mean_us, "A run of the model, microseconds", 64),
    Column("Rows", lambda total: total.rows, is_number=True, width=52),
)

PART_COLUMNS: tuple[Column[Part], ...] = (
    Column("Part", lambda part: part.title, width=184),
    Column(
        "Change µs",
        lambda part: part.change_us,
        lambda part: signed(part.change_us),
        lambda part: full(part.change_us),
        is_number=True,
        width=134,
        tooltip="How much longer it takes there; below zero it is faster. All parts add up to the whole difference",
    ),
    figure_column("Before µs", lambda part: part.before.us, "In the runner that is compared with", 78),
    figure_column("After µs", lambda part: part.after.us, "In the runner that is profiled", 78),
    Column("Does before", lambda part: part.before.text, width=130),
    Column("Does now", lambda part: part.after.text, width=190),
    Column("Why", lambda part: part.reason, width=420, tooltip="As far as it is known"),
)


def row_haystack(row: ProfileRow) -> str:
    """What the filter looks into: names, not figures."""
    return "\n".join((row.op_type, row.name, *row.originals, *row.modules, row.module, row.provider, row.kernel))
