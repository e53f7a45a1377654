"""What the chart of errors against depth draws: measures, and one series of points for each level of optimisation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from modelpack_gui.core.records import LayerRow

LEVELS = ("off", "basic", "extended", "all")
"""Levels of the runtime's graph optimisations, the lowest first; the order of the chart's legend."""

_TITLES = {"off": "optimisation off", "basic": "basic", "extended": "extended", "all": "optimisation on"}


@dataclass(frozen=True)
class Measure:
    """One way to say how far a value is off.

    Attributes:
        title: In the choice of measures, and beside the y axis.
        limit: Where a line is drawn across the chart; None for none.
        limit_text: What that line is.
        has_floor: Whether the noise floor of each value is in the same unit.
    """

    key: str
    title: str
    value: Callable[[LayerRow], float | None]
    limit: float | None = None
    limit_text: str = ""
    has_floor: bool = False


MEASURES: tuple[Measure, ...] = (
    Measure("max_abs_diff", "max_abs_diff", lambda row: row.max_abs_diff, has_floor=True),
    Measure("max_rel_diff", "max_rel_diff", lambda row: row.max_rel_diff),
    Measure("max_ulp", "ULP", lambda row: row.max_ulp),
    Measure("max_budget", "Budget used", lambda row: row.max_budget, 1.0, "limit"),
    Measure("noise_ratio", "Noise ratio", lambda row: row.noise_ratio, 1.0, "as near as eager"),
)


@dataclass(frozen=True)
class LevelSeries:
    """The rows of one level, in order of depth."""

    level: str
    rows: tuple[LayerRow, ...]


def level_rank(level: str) -> int:
    """The place of a level of optimisation among all, the lowest first."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def level_title(level: str) -> str:
    """`optimisation off`, `optimisation on`."""
    return _TITLES.get(level, level or "artifact")


def in_order(rows: Iterable[LayerRow]) -> tuple[LayerRow, ...]:
    """The rows by depth, one level beside the other, and each value at one depth: that of its lowest level.

    Fusions take values away, so that the same value comes earlier where the runtime optimises.
    """
    depths: dict[str, int] = {}
    by_level = sorted(rows, key=lambda row: (level_rank(row.optimization), row.depth))
    for row in by_level:
        depths.setdefault(row.value, row.depth)
    same = (row if row.depth == depths[row.value] else replace(row, depth=depths[row.value]) for row in by_level)
    return tuple(sorted(same, key=lambda row: row.depth))  # the sort is stable: levels stay in their order


def series_of(rows: Sequence[LayerRow]) -> tuple[LevelSeries, ...]:
    """The series of rows that are in order, the lowest level first."""
    levels: dict[str, list[LayerRow]] = {}
    for row in rows:
        levels.setdefault(row.optimization, []).append(row)
    return tuple(LevelSeries(level, tuple(levels[level])) for level in sorted(levels, key=level_rank))


def floors_of(series: Sequence[LevelSeries]) -> tuple[list[int], list[float | None]]:
    """Depths, and the noise floor at each; None where it was not measured."""
    floors: dict[int, float | None] = {}
    for one in series:
        for row in one.rows:
            if floors.get(row.depth) is None:
                floors[row.depth] = row.noise_floor
    ordered = sorted(floors)
    return ordered, [floors[depth] for depth in ordered]


@dataclass(frozen=True)
class LogScale:
    """A log axis with places below and above it, for exact zeros and for what is no number.

    Attributes:
        low, high: Exponents of ten that the numbers lie between.
        zero, nan: Where zeros, and errors that are no finite number, are drawn.
    """

    low: float
    high: float

    @property
    def _gap(self) -> float:
        return max(0.1 * (self.high - self.low), 0.3)

    @property
    def zero(self) -> float:
        """Below the numbers."""
        return self.low - self._gap

    @property
    def nan(self) -> float:
        """Above them."""
        return self.high + self._gap

    def place(self, value: float | None) -> float:
        """Where a value is drawn."""
        if value is None or not math.isfinite(value):
            return self.nan
        return math.log10(value) if value > 0 else self.zero


def log_scale(values: Sequence[float | None]) -> LogScale:
    """The scale that fits some values, by whole decades."""
    logs = [math.log10(value) for value in values if value is not None and math.isfinite(value) and value > 0]
    if not logs:
        return LogScale(-8.0, 0.0)
    low, high = math.floor(min(logs) - 0.1), math.ceil(max(logs) + 0.1)
    return LogScale(low, max(high, low + 2))


def whole_ticks(low: float, high: float, most: int = 8) -> list[tuple[float, str]]:
    """Labelled places of an axis of whole numbers."""
    step = next(step for step in _steps() if (high - low) / step <= most)
    first = math.ceil(low / step) * step
    return [(float(x), f"{x:,}") for x in range(first, math.floor(high) + 1, step)]


def _steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, …"""
    unit = 1
    while True:
        yield from (unit, 2 * unit, 5 * unit)
        unit *= 10
