"""One fact about every node of a graph, to be drawn on it as colours and beside it as a column of the table."""

from __future__ import annotations

import functools
import heapq
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.columns import floats

Kind = Literal["sequential", "diverging", "categorical"]
Combine = Literal["sum", "max", "min", "common"]
Tone = Literal["muted", "accent", "warning", "stale", "failed", "passed"]
Unit = Literal["", "count", "B", "share", "us", "dB", "of the limit", "floors"]
UNKNOWN = math.nan


@dataclass(frozen=True, eq=False)
class Overlay:
    """A fact about every node.

    Attributes:
        key: What tells it from others: `op-type`.
        title: For the picker and the head of a column: `Weight bytes`.
        unit: What the values are in; `share` is 0..1, `us` microseconds, `of the limit` and `floors` are ratios.
        kind: Values of a `diverging` one are told apart at 0, or at 1 on a logarithmic scale: what is above is bad.
        values: One for each node; NaN where it is not known. Of a categorical one: places in `categories`.
        categories: The most frequent first, unless they have an order of their own.
        combine: How the value of a group is made from those of its nodes; `common` is the most frequent category.
        is_log: Whether colours follow the logarithm. Zero then has no colour: there is nothing.
        is_low_worst: Whether small values are the ones to look at.
        groups: The value of each group, where it is not simply made of those of its nodes.
        tones: What each category means, where its colour is to be the one that says so elsewhere; else empty.
        unknown: What is said of a node without a value.
        note: What it says and where the values are from, in one or two sentences.
    """

    key: str
    title: str
    unit: Unit
    kind: Kind
    values: array[float]
    categories: tuple[str, ...] = ()
    combine: Combine = "max"
    is_log: bool = False
    is_low_worst: bool = False
    groups: array[float] | None = None
    tones: tuple[Tone, ...] = ()
    unknown: str = "not known"
    note: str = ""

    @functools.cached_property
    def known(self) -> int:
        """How many nodes have a value."""
        return sum(value == value for value in self.values)  # NaN differs from itself

    def text(self, value: float) -> str:
        """A value as it is shown; empty for one that is not known."""
        if math.isnan(value):
            return ""
        if self.kind == "categorical":
            return self.categories[int(value)]
        return value_text(value, self.unit)

    def full(self, value: float) -> str:
        """A value with all its digits, for tooltips and copies; empty for one that is not known."""
        if math.isnan(value):
            return ""
        if self.kind == "categorical":
            return self.categories[int(value)]
        return str(int(value)) if self.unit in ("count", "B") and value.is_integer() else fmt.full(value)


_LARGE, _TOO_LARGE = 1e6, 1e15
"""Between them a number that nobody gave a unit is said as counts are: 23.0 M, not 2.30e+07."""


def value_text(value: float, unit: Unit) -> str:
    """A number with its unit: `1.20 MB`, `12 %`, `3.40 µs`; a ratio is a number alone."""
    if unit == "B":
        return fmt.size(round(value))
    if unit == "share":
        return fmt.percent(value)
    if unit == "us":
        return fmt.microseconds(value)
    if unit == "count" or (not unit and _LARGE <= abs(value) < _TOO_LARGE):
        return magnitude(value)
    return f"{fmt.significant(value)} dB" if unit == "dB" else fmt.significant(value)


def magnitude(value: float) -> str:
    """A large number as it is said: `312`, `1.20 k`, `45.3 M`, `6.71 G`."""
    for suffix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= 0.9995 * size:
            return f"{fmt.significant(value / size)} {suffix}"
    return f"{value:,.0f}" if float(value).is_integer() else fmt.significant(value)


def numbered(
    key: str, title: str, texts: Iterable[str], note: str, *, order: Sequence[str] = (), unknown: str | None = None
) -> Overlay:
    """A categorical overlay of one text for each node.

    Args:
        order: Categories in the order they are to have; those that are not in it follow, the most frequent first.
        unknown: The text of nodes that nothing is known of.
    """
    found = list(texts)
    counts = Counter(found)
    if unknown is not None:
        counts.pop(unknown, None)
    ordered = [name for name in order if name in counts]
    categories = (*ordered, *(name for name, _count in counts.most_common() if name not in ordered))
    places: Mapping[str, float] = {name: float(i) for i, name in enumerate(categories)}
    values = floats([places.get(text, UNKNOWN) for text in found])
    return Overlay(key, title, "", "categorical", values, categories, combine="common", note=note)


def worst(overlay: Overlay, number: int = 10) -> list[int]:
    """The nodes with the worst values, the worst first; none of a categorical overlay, none with a value of zero."""
    if not has_worst(overlay):
        return []
    values, is_low = overlay.values, overlay.is_low_worst
    known = (value for value in values if value == value and value)  # not NaN
    last = (heapq.nsmallest if is_low else heapq.nlargest)(number, known)[-1]
    if is_low:
        nodes = [node for node, value in enumerate(values) if value and value <= last]
    else:
        nodes = [node for node, value in enumerate(values) if value and value >= last]
    nodes.sort(key=values.__getitem__, reverse=not is_low)  # of equal ones the first stays first
    return nodes[:number]


def has_worst(overlay: Overlay) -> bool:
    """Whether `worst` names any node."""
    return overlay.kind != "categorical" and any(value == value and value for value in overlay.values)
