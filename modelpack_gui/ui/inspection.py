"""What the inspector shows: plain records, made by pages, drawn by the inspector dock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """One row. `value` is shown; `full` is the tooltip and what is copied, where it differs."""

    name: str
    value: str
    full: str = ""
    is_mono: bool = False


@dataclass(frozen=True)
class Histogram:
    """A small chart. `edges` has one more item than `counts`."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True)
class Section:
    """A titled group of rows, then text in a monospace font, then a chart; each may be empty."""

    title: str
    properties: tuple[Property, ...] = ()
    text: str = ""
    histogram: Histogram | None = None


@dataclass(frozen=True)
class Inspection:
    """Everything about one node, tensor, row or sample.

    Attributes:
        title: Its name.
        subtitle: What kind of thing it is.
    """

    title: str
    subtitle: str = ""
    sections: tuple[Section, ...] = ()
