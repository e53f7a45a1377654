"""A cell of the export matrix as a row of its table and in the inspector."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPixmap

from modelpack_gui.core import matrix
from modelpack_gui.core.artifact_formats import FORMAT_TITLES, USUAL_SUFFIX
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.figures import duration, full, interval, plural, significant, size
from modelpack_gui.core.records import MatrixCell, MatrixSize, Verdict
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.look.theme import icon, status_icon, status_of, theme
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.status import Status

_WORDS = {
    "waiting": "waiting",
    "running": "running",
    "exported": "yes",
    "failed": "failed",
    "crashed": "crashed",
    "timed_out": "timed out",
    "cancelled": "stopped",
}
_STATUSES = {
    "waiting": Status.WAITING,
    "running": Status.RUNNING,
    "exported": Status.PASSED,
    "failed": Status.FAILED,
    "crashed": Status.FAILED,
    "timed_out": Status.FAILED,
    "cancelled": Status.CANCELLED,
}
_ORDER = tuple(_WORDS)
_VERDICTS = (Verdict.PASSED, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED)


@dataclass(frozen=True)
class MatrixRow:
    """A cell as the table shows it.

    Attributes:
        is_stale: Kept from an earlier run, and made from something else than what the recipe says now.
    """

    cell: MatrixCell
    is_recommended: bool = False
    is_stale: bool = False


def _name(row: MatrixRow) -> str:
    """Short, so that all columns fit: the tooltip has the format in full."""
    choice = row.cell.choice
    return choice.exporter if choice.format == "onnx" else f"{choice.exporter} ({USUAL_SUFFIX[choice.format]})"


def _full_name(row: MatrixRow) -> str:
    name = f"{FORMAT_TITLES[row.cell.choice.format]}, {matrix.title(row.cell.choice)}"
    return f"{name} (recommended)" if row.is_recommended else name


def _name_icon(row: MatrixRow) -> QIcon:
    if row.is_recommended:
        return icon("recommended", theme().colors.accent)
    return _blank()


@functools.cache
def _blank() -> QIcon:
    """So that all names start at the same place."""
    picture = QPixmap(16, 16)
    picture.fill(Qt.GlobalColor.transparent)
    return QIcon(picture)


def _opset_text(row: MatrixRow) -> str:
    asked, got = row.cell.choice.opset_version, row.cell.opset_got
    if asked is None:
        return "–"
    return str(asked) if got in (None, asked) else f"{asked} → {got}"


def _outcome_text(row: MatrixRow) -> str:
    return "stale" if row.is_stale else _WORDS[row.cell.outcome]


def _outcome_full(row: MatrixRow) -> str:
    cell = row.cell
    if cell.error is not None:
        return f"{_outcome_text(row)}: {cell.error.message}"
    if cell.message:
        return f"{_outcome_text(row)}: {cell.message}"
    if doubt := matrix.doubt(cell):
        return f"{_outcome_text(row)}, but {doubt}"
    return _outcome_text(row)


def _outcome_status(row: MatrixRow) -> Status:
    if row.is_stale:
        return Status.STALE
    if row.cell.outcome == "exported" and not row.cell.is_as_asked:
        return Status.WARNING
    return _STATUSES[row.cell.outcome]


def _parity_text(row: MatrixRow) -> str:
    cell = row.cell
    failing = matrix.first_failing(cell)
    if failing is not None:
        return f"at {failing.label}" if failing.label != "example" else "at the example"
    if cell.parity is None:
        return "not compared" if cell.parity_error is not None else ""
    return plural(cell.parity.cases, "case")


def _parity_full(row: MatrixRow) -> str:
    if row.cell.parity_error is not None:
        return row.cell.parity_error.message
    return "" if row.cell.parity is None else row.cell.parity.summary


def _parity_verdict(cell: MatrixCell) -> Verdict | None:
    if cell.parity_error is not None:
        return Verdict.FAILED
    return None if cell.parity is None else cell.parity.verdict


def _verdict_column(
    title: str, verdict: Callable[[MatrixCell], Verdict | None], width: int, tooltip: str
) -> Column[MatrixRow]:
    """Only the shape: there is no room for the word, which the tooltip and a screen reader have."""

    def found(row: MatrixRow) -> Verdict | None:
        return verdict(row.cell)

    def findings(row: MatrixRow) -> str:
        value = found(row)
        return "" if value is None else value.value

    return Column(
        title,
        value=lambda row: None if (value := found(row)) is None else _VERDICTS.index(value),
        text=lambda _: "",
        full=findings,
        icon=lambda row: _verdict_icon(found(row)),
        width=width,
        tooltip=tooltip,
    )


def _verdict_icon(verdict: Verdict | None) -> QIcon:
    return QIcon() if verdict is None else status_icon(status_of(verdict))


def _p50(row: MatrixRow) -> float | None:
    return None if row.cell.latency is None else row.cell.latency.p50_ms.value


def _latency_text(row: MatrixRow) -> str:
    if row.cell.latency is None:
        return "–"
    p50 = row.cell.latency.p50_ms
    return f"{significant(p50.value)} ± {math.ceil(round(50 * (p50.high - p50.low) / p50.value, 2))} %"


def _latency_full(row: MatrixRow) -> str:
    if row.cell.latency is None:
        return row.cell.latency_error.message if row.cell.latency_error is not None else ""
    p50 = row.cell.latency.p50_ms
    return f"{p50.value!r} [{p50.low!r}, {p50.high!r}]"


COLUMNS: tuple[Column[MatrixRow], ...] = (
    Column(
        "Exporter",
        value=_name,
        full=_full_name,
        icon=_name_icon,
        width=116,
        tooltip="The star marks the recommended cell",
    ),
    Column(
        "Opset",
        value=lambda row: row.cell.choice.opset_version,
        text=_opset_text,
        is_number=True,
        width=56,
        tooltip="Asked for; and what was got, where that differs",
    ),
    Column(
        "Exported",
        value=lambda row: _ORDER.index(row.cell.outcome),
        text=_outcome_text,
        full=_outcome_full,
        icon=lambda row: status_icon(_outcome_status(row)),
        width=88,
        tooltip="Whether the exporter gave a file; a triangle where not all is as asked",
    ),
    _verdict_column("Checked", lambda cell: cell.check, 68, "The worst of all checks of the Check page"),
    _verdict_column(
        "Loads", lambda cell: cell.loads, 54, "Whether a runtime loads it from an empty folder and runs it"
    ),
    Column(
        "Parity",
        value=lambda row: None if (value := _parity_verdict(row.cell)) is None else _VERDICTS.index(value),
        text=_parity_text,
        full=_parity_full,
        icon=lambda row: _verdict_icon(_parity_verdict(row.cell)),
        width=108,
        tooltip="Against the model in eager mode, at every size and seed of the recipe's parity",
    ),
    Column(
        "Nodes",
        value=lambda row: row.cell.nodes,
        text=lambda row: "–" if row.cell.nodes is None else f"{row.cell.nodes:,}",
        is_number=True,
        width=56,
        tooltip="Of the graph; formats count differently",
    ),
    Column(
        "Size",
        value=lambda row: row.cell.size_bytes,
        text=lambda row: "–" if row.cell.size_bytes is None else size(row.cell.size_bytes),
        full=lambda row: "" if row.cell.size_bytes is None else f"{row.cell.size_bytes} B",
        is_number=True,
        width=62,
        tooltip="Of the artifact, data files included",
    ),
    Column(
        "Time s",
        value=lambda row: row.cell.duration_s,
        text=lambda row: "–" if row.cell.duration_s is None else f"{row.cell.duration_s:.1f}",
        full=lambda row: full(row.cell.duration_s),
        is_number=True,
        width=58,
        tooltip="Of the whole cell: building the model, export, checks and parity",
    ),
    Column(
        "p50 ms",
        value=_p50,
        text=_latency_text,
        full=_latency_full,
        is_number=True,
        is_largest_first=False,
        width=86,
        tooltip="A quick look at the latency on the example inputs, not a benchmark: few runs on one thread",
    ),
)


def inspect_row(row: MatrixRow) -> Inspection:
    """Everything about one cell, for the inspector."""
    cell = row.cell
    sections: list[Section] = []
    if cell.error is not None:
        sections.append(_error_section("Not exported", cell.error))
    if cell.export is not None:
        sections.append(_artifact_section(cell))
    if cell.findings:
        found = tuple(
            Property(one.title, one.verdict.value, f"{one.explanation} {one.fix}".strip()) for one in cell.findings
        )
        text = "\n\n".join(f"{one.explanation} {one.fix}".strip() for one in cell.findings)
        sections.append(Section("Checks that did not pass", found, text, is_prose=True))
    if cell.parity is not None:
        sections.append(_parity_section(cell))
    if cell.parity_error is not None:
        sections.append(_error_section("Not compared", cell.parity_error))
    if cell.latency is not None:
        latency = cell.latency
        facts = (
            Property("p50", f"{interval(latency.p50_ms)} ms", full(latency.p50_ms.value), is_mono=True),
            Property("runs", str(latency.runs)),
            Property("runtime", latency.runtime),
        )
        sections.append(Section("Latency, a quick look", facts))
    if cell.latency_error is not None:
        sections.append(_error_section("Latency not measured", cell.latency_error))
    if not sections:
        sections.append(Section("State", (Property("outcome", _outcome_text(row), _outcome_full(row)),)))
    subtitle = "Matrix cell, out of date" if row.is_stale else "Matrix cell"
    return Inspection(matrix.title(cell.choice), subtitle, tuple(sections))


def _artifact_section(cell: MatrixCell) -> Section:
    assert cell.export is not None
    record = cell.export
    differing = [f"{one.aspect}: asked {one.asked}, got {one.got}. {one.explanation}" for one in record.mismatches]
    known = [f"{one.title}: {one.cause}" for one in record.explanations]
    facts = [
        Property(
            "file", record.artifact.path.replace("\\", "/").rpartition("/")[2], record.artifact.path, is_mono=True
        ),
        Property("size", size(record.artifact.size_bytes), f"{record.artifact.size_bytes} B"),
        Property("exporter's call", duration(record.export_duration_s), full(record.export_duration_s)),
    ]
    if cell.duration_s is not None:
        facts.append(Property("whole cell", duration(cell.duration_s), full(cell.duration_s)))
    facts.append(Property("warnings", str(len(record.warnings))))
    return Section("Artifact", tuple(facts), "\n\n".join([*differing, *known]), is_prose=True)


def _parity_section(cell: MatrixCell) -> Section:
    assert cell.parity is not None
    sizes = tuple(Property(*_size_row(one)) for one in cell.sizes)
    return Section("Parity at each size", sizes, cell.parity.summary, is_prose=True)


def _size_row(one: MatrixSize) -> tuple[str, str, str]:
    """Name, what is shown, and the whole of it."""
    name = one.label if one.seed == 0 or "seed" in one.label else f"{one.label}, seed {one.seed}"
    if one.verdict is Verdict.PASSED:
        shown = f"passed, {significant(one.max_abs_diff)} off"
    elif one.max_abs_diff is None:
        shown = f"{one.verdict.value}"
    else:
        shown = f"{one.verdict.value}, {significant(one.max_abs_diff)} off"
    return name, shown, f"{shown}. {one.reason}".strip() if one.reason else shown


def _error_section(title: str, error: ErrorInfo) -> Section:
    facts = [Property("what", error.message)]
    explanation = error.explanation
    if explanation is not None:
        facts = [Property("what", explanation.title, error.message), Property("why", explanation.cause)]
        facts += [Property("fix", fix.text, fix.details or fix.text) for fix in explanation.fixes]
    elif error.hint:
        facts.append(Property("next", error.hint))
    return Section(title, tuple(facts), error.details)
