"""A quantised variant as a row of the table and in the inspector, float32 as the first of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from PySide6.QtGui import QIcon

from modelpack_gui.core.figures import agreement, count, duration, full, interval, significant, size
from modelpack_gui.core.quantize.text import price_sentence
from modelpack_gui.core.records import Estimate, QuantizedVariant, QuantizeError
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.look.runner_colors import Look
from modelpack_gui.ui.look.theme import icon, status_icon, status_of, theme
from modelpack_gui.ui.models.quantize_text import calibration_summary, more_summary
from modelpack_gui.ui.models.record_table import Column, estimate_column
from modelpack_gui.ui.status import Status

FLOAT_LABEL = "float32, as exported"


@dataclass(frozen=True)
class VariantLine:
    """A line of the table.

    Attributes:
        key: What it is told apart by, here and in the chart: the key of its runner.
        variant: None for float32.
        float_size_bytes: Of float32; 0 if unknown.
        look: How its runner is drawn everywhere; None for what could not be made.
        is_stale: Whether the artifact is another one than it was made from.
        is_best: Whether it is the one to take.
    """

    key: str
    label: str
    variant: QuantizedVariant | None
    size_bytes: int
    float_size_bytes: int
    p50_ms: Estimate | None
    speedup: Estimate | None
    look: Look | None = None
    is_stale: bool = False
    is_best: bool = False

    @property
    def status(self) -> Status:
        """How it is judged."""
        if self.is_stale:
            return Status.STALE
        if self.variant is None:
            return Status.REMARK
        return Status.FAILED if self.variant.error is not None else status_of(self.variant.verdict)

    @property
    def file(self) -> str:
        """Absolute path; empty for float32, and for what could not be made."""
        return self.variant.path if self.variant is not None else ""

    @property
    def smaller(self) -> float | None:
        """Size of float32 over its own; None if one is unknown."""
        return self.float_size_bytes / self.size_bytes if self.size_bytes and self.float_size_bytes else None


def _icon(line: VariantLine) -> QIcon:
    if line.is_best and line.status is Status.PASSED:
        return icon("recommended", theme().colors.accent)
    return status_icon(line.status)


def _full_label(line: VariantLine) -> str:
    if line.variant is None:
        return line.label
    told = f"{'Recommended: ' if line.is_best else ''}{price_sentence(line.variant, line.float_size_bytes)}."
    return f"Out of date: the artifact changed since. {told}" if line.is_stale else told


def _size_text(line: VariantLine) -> str:
    if not line.size_bytes:
        return "–"
    return f"{size(line.size_bytes)}" + (f" ({line.smaller:.2g}x)" if line.variant and line.smaller else "")


def _error(line: VariantLine, *, held_out: bool) -> QuantizeError | None:
    if line.variant is None:
        return None
    return line.variant.on_held_out if held_out else line.variant.on_calibration


def _sqnr(title: str, *, held_out: bool, tooltip: str) -> Column[VariantLine]:
    def number(line: VariantLine) -> float | None:
        error = _error(line, held_out=held_out)
        return None if error is None else error.worst_sqnr_db

    def text(line: VariantLine) -> str:
        error, value = _error(line, held_out=held_out), number(line)
        if error is not None and not error.is_finite:
            return "NaN or inf"
        return "same" if error is not None and value is None else "–" if value is None else f"{value:.1f}"

    def whole(line: VariantLine) -> str:
        return full(number(line)) or text(line)

    return Column(title, number, text, whole, is_number=True, tooltip=tooltip, width=86)


def _top1(line: VariantLine) -> float | None:
    error = _error(line, held_out=True) or _error(line, held_out=False)
    return None if error is None else error.top1_agreement


COLUMNS: tuple[Column[VariantLine], ...] = (
    Column(
        "Variant",
        value=lambda line: line.label,
        full=_full_label,
        icon=_icon,
        color=lambda line: (
            theme().colors.failed
            if line.variant is not None and line.variant.error is not None
            else theme().colors.muted
            if line.is_stale
            else theme().colors.text
        ),
        tooltip="How it was made; the star marks the one to take",
        width=188,
    ),
    estimate_column(
        "Speed-up [95 %]",
        lambda line: line.speedup,
        "p50 of float32 over its own, in ONNX Runtime, with the 95 % interval: above 1 is faster",
        width=178,
    ),
    Column(
        "Size",
        value=lambda line: line.size_bytes or None,
        text=_size_text,
        full=lambda line: f"{count(line.size_bytes)} B" if line.size_bytes else "",
        is_number=True,
        tooltip="Of the file, and how many times smaller than float32 that is",
        width=108,
    ),
    Column(
        "Top class",
        value=_top1,
        text=lambda line: agreement(_top1(line)),
        full=lambda line: full(_top1(line)),
        is_number=True,
        tooltip="Share of held-out rows for which the class with the highest score stays the same",
        width=76,
    ),
    _sqnr(
        "SQNR dB",
        held_out=True,
        tooltip="Signal over quantisation noise of the worst output on samples that calibration did not see,"
        " decibels: 20 is an error of 10 %, 40 of 1 %",
    ),
    _sqnr(
        "SQNR calib.",
        held_out=False,
        tooltip="The same on the calibration samples; much better than held-out means too little data",
    ),
    estimate_column(
        "p50 ms [95 %]", lambda line: line.p50_ms, "Median latency in milliseconds, with its 95 % interval", 150
    ),
)


def inspect_line(line: VariantLine) -> Inspection:
    """Everything about a variant, for the inspector."""
    sections: list[Section] = []
    variant = line.variant
    if variant is None:
        facts = (
            Property("size", _size_text(line), f"{line.size_bytes} B"),
            Property("p50, ms", interval(line.p50_ms)),
        )
        return Inspection(line.label, "What the variants are compared with", (Section("", facts),))
    if variant.error is not None:
        told = (Property("what", variant.error.message), Property("next", variant.error.hint))
        return Inspection(
            line.label, "Could not be made", (Section("Error", told, variant.error.details), _settings(variant))
        )
    price = "\n".join(text for text in (_full_label(line), variant.summary) if text)
    sections.append(Section("Price", text=price, is_prose=True))
    if variant.p50_ms is not None:
        speed = (
            Property("p50, ms", interval(variant.p50_ms), is_mono=True),
            Property("speed-up", interval(variant.speedup), is_mono=True),
        )
        sections.append(Section("Speed, 95 % intervals", speed))
    for title, error in (("On held-out samples", variant.on_held_out), ("On calibration", variant.on_calibration)):
        if error is not None:
            sections += _errors(title, error)
    for title, ops in (("In low precision", variant.quantized_ops), ("Left in float32", variant.float_ops)):
        if ops:
            rows = tuple(Property(name, count(number), is_mono=True) for name, number in ops.items())
            sections.append(Section(f"{title}: nodes by op type", rows))
    sections.append(_settings(variant))
    sections += [Section("To know", text=f"{one.text} {one.hint}".strip(), is_prose=True) for one in variant.advice]
    return Inspection(line.label, "Quantised artifact", tuple(sections))


def _settings(variant: QuantizedVariant) -> Section:
    spec = variant.spec
    rows = [
        Property("settings", more_summary(spec)),
        Property("calibration", calibration_summary(spec.calibration)),
    ]
    if spec.exclude_nodes:
        rows.append(Property("in float32", "\n".join(spec.exclude_nodes), is_mono=True))
    if variant.path:
        rows += [
            Property("file", PurePath(variant.path).name, variant.path, is_mono=True),
            Property("SHA-256", f"{variant.sha256[:12]}…" if variant.sha256 else "–", variant.sha256, is_mono=True),
            Property("took", duration(variant.duration_s), full(variant.duration_s)),
        ]
    return Section("Made with", tuple(rows))


def _errors(title: str, error: QuantizeError) -> list[Section]:
    whole = [Property("samples", count(error.samples))]
    if error.top1_agreement is not None:
        whole.append(Property("same top class", agreement(error.top1_agreement), full(error.top1_agreement)))
    if error.top5_agreement is not None:
        whole.append(Property("top class in five", agreement(error.top5_agreement), full(error.top5_agreement)))
    if not error.is_finite:
        whole.append(Property("finite", "gives NaN or infinity where float32 does not"))
    sections = [Section(title, tuple(whole))]
    for one in error.outputs:
        figures = {
            "SQNR, dB": one.sqnr_db,
            "cosine": one.cosine,
            "max |diff|": one.max_abs_diff,
            "mean |diff|": one.mean_abs_diff,
        }
        rows = tuple(
            Property(name, significant(value, 4 if name == "cosine" else 3), full(value), is_mono=True)
            for name, value in figures.items()
        )
        sections.append(Section(f"{one.name}", rows))
    return sections
