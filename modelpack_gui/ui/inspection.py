"""What the inspector shows: plain records, made by pages, drawn by the inspector dock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from modelpack_gui.core.pipeline import Stage


@dataclass(frozen=True)
class Property:
    """One row. `value` is shown; `full` is the tooltip and what is copied, where it differs.

    Attributes:
        meaning: What it stands for in plain words, for the tooltip; not copied.
        target: What `Inspection.follow` is called with when the name is clicked; None for a name that leads nowhere.
    """

    name: str
    value: str
    full: str = ""
    is_mono: bool = False
    meaning: str = ""
    target: Any = None


@dataclass(frozen=True)
class Histogram:
    """A small chart. `edges` has one more item than `counts`."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True)
class Action:
    """A button of a section; `Inspection.follow` is called with its target."""

    title: str
    icon: str
    target: Any
    tooltip: str = ""


@dataclass(frozen=True)
class Section:
    """A titled group of rows, then a chart, then text, then buttons; each may be empty.

    Attributes:
        is_prose: The text is not in monospace.
        is_markdown: The text is Markdown of a source that is trusted: it is never that of a file.
        is_folded: Whether it is folded until the user opens it.
    """

    title: str
    properties: tuple[Property, ...] = ()
    text: str = ""
    histogram: Histogram | None = None
    is_prose: bool = False
    is_markdown: bool = False
    actions: tuple[Action, ...] = ()
    is_folded: bool = False


@dataclass(frozen=True)
class Inspection:
    """Everything about one node, tensor, row or sample.

    Attributes:
        title: Its name.
        subtitle: What kind of thing it is.
        follow: Shows the target of a row, on the page that made this.
        stage: The stage of that page, filled in by `Controller.inspect`.
    """

    title: str
    subtitle: str = ""
    sections: tuple[Section, ...] = ()
    follow: Callable[[Any], None] | None = field(default=None, compare=False)
    stage: Stage | None = field(default=None, compare=False)

    def of(self, stage: Stage) -> Inspection:
        """The same, made by the page of a stage."""
        return replace(self, stage=stage)
