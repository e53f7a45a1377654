"""The line of the user's code that is running."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from modelpack_gui.stages.inspection.origin import is_library, is_torch

_HERE = str(Path(__file__).parent)
_STAGES = str(Path(__file__).parents[1])


def user_line() -> str:
    """`file:line` of the innermost frame of the user's own code, else of a library above torch; empty if none."""
    frame = sys._getframe(1)
    in_library = ""
    while frame is not None:
        kind = _kind(frame.f_code.co_filename)
        if kind == "end":
            break
        if kind == "own":
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        if kind == "library" and not in_library:
            in_library = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return in_library


@functools.lru_cache(maxsize=4096)
def _kind(file: str) -> str:
    if file.startswith(_HERE) or is_torch(file):
        return "skipped"
    if file.startswith(_STAGES):
        return "end"
    return "library" if is_library(file) else "own"
