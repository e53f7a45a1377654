"""What a row or button of the graph's inspector leads to, beside a pick and a line of code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WebPage:
    """A page in the user's browser."""

    url: str


@dataclass(frozen=True)
class TensorValues:
    """The values of a stored tensor, in the tensor dock."""

    value: int


@dataclass(frozen=True)
class TensorStatistics:
    """The statistics of a stored tensor that is so large that they are only made when asked for."""

    value: int


@dataclass(frozen=True)
class WholeAttribute:
    """The whole text of an attribute, which is shortened in the graph."""

    node: int
    name: str
