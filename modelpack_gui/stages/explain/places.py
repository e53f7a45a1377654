"""Lines of the user's own code: in messages, and found by reading the source."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from modelpack_gui.core.explain.explanation import SourcePlace

_MOST = 5
_OURS = str(Path(__file__).resolve().parents[2])
_STDLIB = sysconfig.get_path("stdlib")
_LIBRARY = re.compile(r"[\\/](site|dist)-packages[\\/]|[\\/]lib[\\/]python3|^<")
_IN_TEXT = re.compile(r'File "([^"<][^"\n]*)", line (\d+)')
_SOURCE_RANGE = re.compile(r"^((?:[A-Za-z]:)?[^\s:]+\.py)[:(](\d+)")


def is_own_file(path: str) -> bool:
    """Whether a file is the user's: neither of Python, nor of an installed package, nor of this app."""
    return bool(path) and not _LIBRARY.search(path) and not path.startswith((_OURS, _STDLIB)) and Path(path).is_file()


def in_text(text: str) -> tuple[SourcePlace, ...]:
    """The user's lines that a text names as Python's tracebacks do, or starts with (`/path/net.py:12`), in order."""
    found = _IN_TEXT.findall(text)
    ranged = _SOURCE_RANGE.match(text.strip())
    if ranged:
        found.insert(0, ranged.groups())
    return unique(SourcePlace(file, int(line)) for file, line in found if is_own_file(file))


def unique(places: Iterable[SourcePlace]) -> tuple[SourcePlace, ...]:
    """Each line once, the first few."""
    kept: dict[tuple[str, int], SourcePlace] = {}
    for place in places:
        kept.setdefault((place.file, place.line), place)
    return tuple(kept.values())[:_MOST]


def line_of(place: SourcePlace) -> str:
    """The text of a line, stripped; empty if it cannot be read."""
    try:
        lines = Path(place.file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return lines[place.line - 1].strip() if 0 < place.line <= len(lines) else ""
