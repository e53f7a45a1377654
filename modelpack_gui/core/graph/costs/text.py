"""What a graph costs, in words: what is not known in full is `≥`, and what is not known at all `?`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.figures import amount, count, listed, plural, size
from modelpack_gui.core.records import ChosenDim, CostSum, GraphCosts


@dataclass(frozen=True)
class Figure:
    """A figure of nodes and groups.

    Attributes:
        key: In `costs.FIGURES`.
        title: In a header.
        meaning: In a tooltip.
        whole: In its full text, before or after the number.
    """

    key: str
    title: str
    meaning: str
    whole: str
    is_bytes: bool = False


FIGURES = (
    Figure(
        "macs",
        "MACs",
        "Multiply-accumulates of convolutions, matrix products, recurrent layers and attention",
        "multiply-accumulates",
    ),
    Figure("flops", "FLOPs", "Two for each multiply-accumulate, and one for each other step of arithmetic", "FLOPs"),
    Figure(
        "parameters", "Parameters", "Elements of the initializers that are read; shared ones count once", "parameters"
    ),
    Figure(
        "weight_bytes",
        "Weights",
        "Bytes of the initializers that are read; shared ones count once",
        "of weights",
        True,
    ),
    Figure(
        "activation_bytes",
        "Activations",
        "Bytes of the tensors that the nodes make; views of another tensor take none",
        "of activations",
        is_bytes=True,
    ),
    Figure(
        "live_bytes",
        "Peak memory",
        "The most bytes that tensors take while one of the nodes runs, weights not included",
        "at the peak",
        is_bytes=True,
    ),
)
FIGURE_OF = {figure.key: figure for figure in FIGURES}


def short_text(value: float, unknown: int, *, is_bytes: bool) -> str:
    """`4.09 G`, `≥ 4.09 G`, `?`."""
    if unknown and not value:
        return "?"
    text = size(int(value)) if is_bytes else amount(value)
    return f"≥ {text}" if unknown else text


def whole_text(figure: Figure, value: float, unknown: int) -> str:
    """`at least 4,089,184,256 multiply-accumulates; 3 nodes are unknown`."""
    text = f"{count(int(value))} {'bytes ' if figure.is_bytes else ''}{figure.whole}"
    if not unknown:
        return text
    noun = "tensor" if figure.key == "live_bytes" else "node"
    nodes = f"{plural(unknown, noun)} {'is' if unknown == 1 else 'are'} unknown"
    return f"at least {text}; {nodes}" if value else f"unknown: {nodes}"


def sum_text(figure: Figure, found: CostSum) -> str:
    """A sum, short."""
    return short_text(found.value, found.unknown, is_bytes=figure.is_bytes)


def dims_text(dims: Sequence[ChosenDim]) -> str:
    """`batch = 8; height = 224, width = 224 (assumed)`; empty if nothing is open."""
    parts = []
    for is_assumed, note in ((False, ""), (True, " (assumed)")):
        sizes = ", ".join(f"{dim.key} = {dim.size}" for dim in dims if dim.is_assumed is is_assumed)
        parts += [f"{sizes}{note}"] if sizes else []
    return "; ".join(parts)


def unknown_text(costs: GraphCosts) -> str:
    """Which op types have unknown numbers and why: `Gelu: no formula for this operator`; empty if all is known."""
    rows = [row for row in costs.by_op if row.macs.unknown or row.flops.unknown]
    reasons: dict[str, list[str]] = {}
    for row in rows:
        name = row.op_type if row.domain == "ai.onnx" else f"{row.domain}::{row.op_type}"
        reasons.setdefault(row.why or "unknown", []).append(name)
    return "; ".join(f"{listed(names)}: {why}" for why, names in reasons.items())
