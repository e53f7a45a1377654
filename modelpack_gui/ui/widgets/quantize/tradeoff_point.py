"""A choice that the trade-off chart draws: its figures, and how they are told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from modelpack_gui.core.figures import significant, size
from modelpack_gui.core.records import Estimate
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.latency.series import WRONG


@dataclass(frozen=True)
class TradeoffPoint:
    """One choice.

    Attributes:
        speed: How many times as fast as the reference, with its interval.
        error_db: Signal over error of its outputs against float32, decibels; None if there is no difference.
        is_valid: False if its outputs are wrong: it is drawn hatched, and no choice.
        is_reference: What the others are compared with, at a speed of 1; drawn in no colour of its own.
        dash: Another one has its colour: it is drawn as an outline.
        is_best: It is recommended.
    """

    key: str
    title: str
    color: str
    speed: Estimate
    error_db: float | None
    size_bytes: int
    is_valid: bool = True
    is_reference: bool = False
    dash: bool = False
    is_best: bool = False

    @property
    def name(self) -> str:
        """Title, and what must be known with it."""
        name = f"★ {self.title}" if self.is_best else self.title
        return name if self.is_valid else f"{name} ({WRONG})"

    @property
    def shade(self) -> str:
        """Its colour in the theme that there is."""
        return theme().colors.muted if self.is_reference else self.color


def closeness(point: TradeoffPoint) -> float:
    """Decibels; without a difference infinite."""
    return math.inf if point.error_db is None else point.error_db


def error_text(point: TradeoffPoint) -> str:
    """`33.9 dB`."""
    return "no difference" if point.error_db is None else f"{significant(point.error_db)} dB"


def told(point: TradeoffPoint) -> str:
    """All of it in one line."""
    speed = point.speed
    if point.is_reference:
        return f"{point.name}: what the others are compared with, {size(point.size_bytes)}"
    bounds = f"95 %: {significant(speed.low)} to {significant(speed.high)}"
    return (
        f"{point.name}: {significant(speed.value)}x as fast ({bounds}), {error_text(point)}, {size(point.size_bytes)}"
    )
