"""What is known to make an operator slow, as data: what it is about, when it holds, and how it is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelpack_gui.core.cpu_flags import has_int8_instructions
from modelpack_gui.core.figures import listed, plural
from modelpack_gui.core.records import ProfileReport, ProfileRow


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes:
        code: Stable identifier.
        holds: Whether a row, on a processor with these flags, is slow for it.
        text: What it means, one sentence; `{ops}` are the operators that it concerns.
        is_extra: Whether such rows are work that another runner does not do at all.
    """

    code: str
    holds: Callable[[ProfileRow, frozenset[str]], bool]
    text: str
    is_extra: bool = False


def _of(*op_types: str) -> Callable[[ProfileRow, frozenset[str]], bool]:
    names = frozenset(op_types)
    return lambda row, _flags: row.op_type in names


_INT8_PRODUCTS = frozenset(
    {
        "ConvInteger",
        "DynamicQuantizeMatMul",
        "MatMulInteger",
        "MatMulIntegerToFloat",
        "QAttention",
        "QGemm",
        "QLinearConv",
        "QLinearMatMul",
    }
)

REASONS: tuple[Reason, ...] = (
    Reason(
        "fallback",
        lambda row, _flags: row.is_fallback,
        "{ops}: run on the CPU, though another provider was asked for, which has no kernel for them.",
    ),
    Reason(
        "provider-copy",
        _of("MemcpyFromHost", "MemcpyToHost"),
        "{ops}: values are copied between the CPU and the device, because nodes on both sides follow one another.",
        is_extra=True,
    ),
    Reason(
        "dynamic-quantize",
        _of("DynamicQuantizeLinear"),
        "{ops}: dynamic quantisation looks for the range of every activation anew in each run.",
        is_extra=True,
    ),
    Reason(
        "quantize-dequantize",
        _of("QuantizeLinear", "DequantizeLinear"),
        "{ops}: values are turned into 8-bit integers and back, which float32 does not need.",
        is_extra=True,
    ),
    Reason(
        "conv-integer",
        _of("ConvInteger"),
        "{ops}: ONNX Runtime computes it by a plain matrix product, without the blocked layout and the fused"
        " activation that a float32 Conv has.",
    ),
    Reason(
        "no-vnni",
        lambda row, flags: row.op_type in _INT8_PRODUCTS and not has_int8_instructions(flags),
        "{ops}: this processor has no instructions for products of 8-bit integers (VNNI), so they are hardly faster"
        " than in float32, or slower.",
    ),
    Reason(
        "unnamed",
        _of("forward"),
        "{ops}: PyTorch's profiler does not name what a frozen TorchScript graph does by itself; convolutions with"
        " packed weights are in here.",
    ),
    Reason(
        "layout-reorder",
        _of("ReorderInput", "ReorderOutput"),
        "{ops}: values change between the usual and the blocked layout (NCHWc) that the convolutions run in.",
        is_extra=True,
    ),
    Reason(
        "float16-cast",
        lambda row, _flags: row.op_type == "Cast" and row.name.startswith("InsertedPrecisionFreeCast"),
        "{ops}: the CPU has no float16 kernel for what follows, so values are turned into float32 and back.",
        is_extra=True,
    ),
    Reason(
        "cast",
        _of("Cast", "aten::to", "aten::_to_copy"),
        "{ops}: values are turned from one dtype into another.",
        is_extra=True,
    ),
    Reason(
        "layout-copy",
        _of("Transpose", "aten::contiguous", "aten::clone", "aten::to_mkldnn", "aten::to_dense"),
        "{ops}: values are copied into another order or layout.",
        is_extra=True,
    ),
)


def flags_of(report: ProfileReport) -> frozenset[str]:
    """Flags of the processor that it was measured on; empty if unknown."""
    return frozenset(report.facts.get("cpu flags", "").split())


def reasons_of(rows: Sequence[ProfileRow], flags: frozenset[str]) -> list[tuple[Reason, list[ProfileRow]]]:
    """The reasons that hold for some rows, those of the most time first; each row counts for the first that fits,
    and products of 8-bit integers for the missing instructions too.
    """
    found: dict[str, tuple[Reason, list[ProfileRow]]] = {}
    for row in rows:
        fitting = [reason for reason in REASONS if reason.holds(row, flags)]
        for reason in fitting[:1] + [other for other in fitting[1:] if other.code == "no-vnni"]:
            found.setdefault(reason.code, (reason, []))[1].append(row)
    return sorted(found.values(), key=lambda one: -sum(row.mean_us for row in one[1]))


def reason_text(reason: Reason, rows: Sequence[ProfileRow]) -> str:
    """A reason in words: `Cast (4 nodes): values are turned from one dtype into another.`"""
    ops = listed(sorted({row.op_type for row in rows}), 4)
    return reason.text.format(ops=f"{ops} ({plural(len(rows), 'node')})")
