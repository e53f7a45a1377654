"""One colour for each configured runner, the same on every page.

Runners of the registry have colours of their own. A further configuration takes that of its runner while it is free,
then the next free one; when all are taken they come again dashed, and after that lighter. It hangs on a key and those
before it alone: a page that passes `keys_of` gives a runner of the recipe the colour that the other pages give it,
whatever else it lists.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelpack_gui.core.records import BenchSpec
from modelpack_gui.ui.look.colors import RUNNER_COLORS

_PLACES = {
    "eager": 0,
    "torchscript_trace": 1,
    "torchscript_script": 2,
    "onnxruntime": 3,
    "openvino": 4,
    "torch_compile": 5,
}
"""Of the runners most used; the others take what these leave."""

_FREE = (2, 5, 4, 1, 3, 0)
"""Places in the order in which they are given to who has none: those first whose owners are measured least."""

_LIGHTER = 0.45  # share of white


@dataclass(frozen=True)
class Look:
    """How a runner is drawn. `is_dashed` tells it from the one that has the same colour."""

    color: str
    is_dashed: bool = False


def look_of(key: str, keys: Sequence[str]) -> Look:
    """How a runner is drawn among those that are there; one that is not among them comes after all."""
    looks = _looks(tuple(keys))
    return looks[key] if key in looks else _looks((*keys, key))[key]


def keys_of(bench: BenchSpec, *more: Iterable[str]) -> tuple[str, ...]:
    """The runners of the recipe first, then others: reports, sweeps and variants in the order they are given."""
    every = [one.key for one in bench.runners]
    for keys in more:
        every.extend(keys)
    return tuple(dict.fromkeys(every))


@functools.lru_cache(maxsize=64)
def _looks(keys: tuple[str, ...]) -> dict[str, Look]:
    places: dict[str, int] = {}
    for key in keys:
        places[key] = _free(_PLACES.get(key.partition("[")[0]), set(places.values()))
    return {key: _look_at(place) for key, place in places.items()}


def _free(wanted: int | None, taken: set[int]) -> int:
    """The wanted place, else the first free one of the same round, else of the next."""
    length = len(RUNNER_COLORS)
    for start in range(0, length * (len(taken) + 1), length):
        free = [start + place for place in _FREE if start + place not in taken]
        if wanted is not None and start + wanted in free:
            return start + wanted
        if free:
            return free[0]
    raise AssertionError  # there are more places than are taken


def _look_at(place: int) -> Look:
    repeat, place = divmod(place, len(RUNNER_COLORS))
    color = RUNNER_COLORS[place]
    for _ in range(repeat // 2):
        color = _lightened(color)
    return Look(color, is_dashed=repeat % 2 == 1)


def _lightened(color: str) -> str:
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * _LIGHTER):02x}" for part in parts)
