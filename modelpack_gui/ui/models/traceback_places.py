"""Lines of Python that a text speaks of: a traceback, or a message of a compiler."""

from __future__ import annotations

import re
from typing import NamedTuple

from modelpack_gui.core.explain.explanation import SourcePlace

_FRAME = re.compile(r'File "([^"<>\n]+)", line (\d+)')
_LIBRARY = re.compile(r"[\\/](?:site|dist)-packages[\\/]|[\\/]lib[\\/]python3|^<")


class PlaceInText(NamedTuple):
    """Where in the text it is named, and what it names."""

    start: int
    length: int
    place: SourcePlace


def places_in(text: str) -> list[PlaceInText]:
    """Every `File "…", line N` of a text, in order."""
    return [
        PlaceInText(found.start(), found.end() - found.start(), SourcePlace(found[1], int(found[2])))
        for found in _FRAME.finditer(text)
    ]


def own_places_in(text: str) -> list[SourcePlace]:
    """Those in code that is neither a library's nor ours, each once, in order."""
    return list(dict.fromkeys(found.place for found in places_in(text) if is_own(found.place.file)))


def is_own(file: str) -> bool:
    """Whether a file is the user's, as far as its path tells."""
    return bool(file) and not _LIBRARY.search(file)
