"""Where an example input goes in the call of `forward`: `mask`, `images[0]`, `batch.image`, `pair[1].left`."""

from __future__ import annotations

import re

_PART = re.compile(r"\.(\w+)|\[(\d+)\]")

Path = tuple[str | int, ...]
"""The parameter, then the steps into it: a name is a key or field, a number an item."""


def parse(text: str) -> Path:
    """The steps of a path; empty for an empty text.

    Raises:
        ValueError: It is no path; the message says why, as the end of a sentence.
    """
    text = text.strip()
    if not text:
        return ()
    parameter = re.match(r"\w+", text)
    if parameter is None or not parameter[0].isidentifier():
        raise ValueError(f"{text!r} does not start with the name of a parameter")
    steps: list[str | int] = [parameter[0]]
    position = parameter.end()
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            raise ValueError(f"{text[position:]!r} is neither an item such as [0] nor a key or field such as .image")
        steps.append(part[1] if part[1] is not None else int(part[2]))
        position = part.end()
    return tuple(steps)


def spell(path: Path) -> str:
    """The text of a path."""
    first, *rest = path or ("",)
    return str(first) + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)
