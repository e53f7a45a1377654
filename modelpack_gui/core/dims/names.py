"""Names for axes that nobody named yet."""

from __future__ import annotations

from collections.abc import Collection

from modelpack_gui.core.records import InputSpec

_BY_RANK = {
    4: ("batch", "channels", "height", "width"),
    5: ("batch", "channels", "depth", "height", "width"),
}


def proposed_name(item: InputSpec, axis: int) -> str:
    """A name by the place of the axis and the kind of input: pictures have a height, token ids a sequence."""
    rank = len(item.shape)
    if axis == 0:
        return "batch"
    if rank in _BY_RANK:
        return _BY_RANK[rank][axis]
    if rank in (2, 3) and axis == 1:
        return "sequence"
    return f"{item.name}_{axis}" if item.name.isidentifier() else f"dim_{axis}"


def unused(name: str, prefix: str, taken: Collection[str]) -> str:
    """The name, or one like it that is not taken: with the input's name in front, then with a number."""
    candidate = name
    if candidate in taken and prefix.isidentifier():
        candidate = f"{prefix}_{name}"
    base, number = candidate, 2
    while candidate in taken:
        candidate, number = f"{base}_{number}", number + 1
    return candidate
