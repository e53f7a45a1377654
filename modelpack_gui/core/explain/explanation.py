"""Why something went wrong or will: the cause, the lines it concerns, and what can be done about it.

One record for failures, warnings, silent faults and lint alike, so that they are all drawn and printed in one way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SourcePlace:
    """A line of Python.

    Attributes:
        file: Absolute path.
        line: From 1.
        note: What is there, in a few words; empty if the explanation says it.
    """

    file: str
    line: int
    note: str = ""


def place_of(location: str) -> SourcePlace | None:
    """The place that `file:line` names; None if it names none."""
    file, colon, line = location.rpartition(":")
    return SourcePlace(file, int(line)) if colon and file and line.isdigit() else None


@dataclass(frozen=True)
class RecipeEdit:
    """A change of one setting of the recipe.

    Attributes:
        path: As in the recipe's TOML file, such as `export.opset_version` or `source.checkpoint.prefix`.
        value: JSON-like, as `serde.encode` gives it; it replaces what is there. None takes the setting away.
    """

    path: str
    value: Any


@dataclass(frozen=True)
class Fix:
    """Something to do about it.

    Attributes:
        text: In the imperative, short enough for a button where there are edits: `Use the exporter script`.
        edits: What to change in the recipe; empty when only a person can do it.
        details: More about it, such as code to write instead; empty if the text says it all.
    """

    text: str
    edits: tuple[RecipeEdit, ...] = ()
    details: str = ""


@dataclass(frozen=True)
class Explanation:
    """A known kind of trouble, recognised in a particular case.

    Attributes:
        id: Of the kind, in kebab-case; stable, and an entry of the catalogue.
        title: The trouble in a few words.
        cause: Why it happens here, in one to three sentences.
        places: Lines of the user's code that it concerns, the most telling first.
        fixes: The most promising first.
        gravity: For what came out all the same: 3 it is wrong or may well be, 2 it does less than was asked,
            1 good to know.
    """

    id: str
    title: str
    cause: str
    places: tuple[SourcePlace, ...] = ()
    fixes: tuple[Fix, ...] = ()
    gravity: int = 2

    @property
    def is_doubt(self) -> bool:
        """Whether what came out can be trusted less for it, rather than that it is good to know."""
        return self.gravity >= 2

    @property
    def may_be_wrong(self) -> bool:
        """Whether what came out is wrong or may well be."""
        return self.gravity >= 3
