"""The dynamic dimensions of a comparison, and the sizes that are tried of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import DynamicDim, InputSpec

_SMALL = (1, 2, 3)
_LARGE_TIMES, _LARGE_LEAST = 8, 64
"""What a sweep calls a large size: so many times the example's, and at least so many multiples."""

_LARGE_ELEMENTS = 1 << 21
_END_ELEMENTS = 1 << 23
"""Elements that all inputs may have at a large size, and at the end of a range; twice the example's at least."""


@dataclass(frozen=True)
class Dim:
    """A dynamic dimension: all the axes of one symbolic name.

    Attributes:
        axes: (input name, axis) pairs.
        example: Its size in the example inputs.
        sizes: To be tried besides that: the usual ones times its multiple, within its range; ones near its bounds
            where that leaves none.
        small, primes, large, ends: Other sizes that a sweep tries, likeliest to fail first.
        beyond: The end of its range, where that is too large to be tried; None if it is not.
    """

    name: str
    axes: tuple[tuple[str, int], ...]
    example: int
    sizes: tuple[int, ...]
    small: tuple[int, ...] = ()
    primes: tuple[int, ...] = ()
    large: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    beyond: int | None = None


def dims_of(
    inputs: Sequence[InputSpec], dynamic: Sequence[DynamicDim], sizes: Sequence[int] = (), *, is_sweep: bool = False
) -> tuple[Dim, ...]:
    """The dynamic dimensions of some example inputs.

    Args:
        sizes: To be tried.
        is_sweep: Whether to look for others besides.

    Raises:
        UserError: `dynamic-dim-unknown`, `dynamic-dim-differs`.
    """
    shapes = {item.name: item.shape for item in inputs}
    by_name: dict[str, list[DynamicDim]] = {}
    for item in dynamic:
        _check_place(item, shapes)
        by_name.setdefault(item.name, []).append(item)
    return tuple(_dim(name, items, shapes, sizes, is_sweep) for name, items in by_name.items())


def _check_place(item: DynamicDim, shapes: Mapping[str, tuple[int, ...]]) -> None:
    shape = shapes.get(item.input)
    if shape is not None and 0 <= item.axis < len(shape):
        return
    what = f"there is no example input {item.input!r}" if shape is None else f"{item.input!r} has {len(shape)}"
    raise UserError(
        "dynamic-dim-unknown",
        f"The dynamic dimension {item.name!r} is axis {item.axis} of {item.input!r}, but {what}"
        f"{'' if shape is None else ' axes'}.",
        f"Name one of the example inputs ({', '.join(shapes) or 'there are none'}) and one of its axes.",
    )


def _dim(
    name: str,
    items: Sequence[DynamicDim],
    shapes: Mapping[str, tuple[int, ...]],
    sizes: Sequence[int],
    is_sweep: bool,
) -> Dim:
    found = {shapes[item.input][item.axis] for item in items}
    if len(found) > 1:
        where = ", ".join(f"{shapes[item.input][item.axis]} on axis {item.axis} of {item.input}" for item in items)
        raise UserError(
            "dynamic-dim-differs",
            f"The dynamic dimension {name!r} has different sizes in the example inputs: {where}.",
            "Axes with the same name have the same size: change the example shapes, or give the axes other names.",
        )
    bounds = _Bounds(
        example=found.pop(),
        low=max((item.min for item in items if item.min is not None), default=None),
        high=min((item.max for item in items if item.max is not None), default=None),
        step=math.lcm(*(item.multiple_of or 1 for item in items)),
    )
    axes = tuple((item.input, item.axis) for item in items)
    tried = bounds.within(bounds.step * size for size in sizes)
    if sizes and not tried:  # a range far from the usual sizes must not leave the axis untried
        tried = bounds.near()
    if not is_sweep:
        return Dim(name, axes, bounds.example, tried)
    small = bounds.within(bounds.step * size for size in _SMALL) or bounds.near()
    primes = bounds.primes((*tried, *small))
    elements = _counter(shapes, axes)
    is_large = _limit(_LARGE_ELEMENTS, elements(bounds.example))
    is_end = _limit(_END_ELEMENTS, elements(bounds.example))
    large = bounds.large(lambda size: elements(size) <= is_large)
    ends = bounds.within(bounds.ends())
    affordable = tuple(size for size in ends if elements(size) <= is_end)
    beyond = max(set(ends) - set(affordable), default=None)
    return Dim(name, axes, bounds.example, tried, small, primes, large, affordable, beyond)


@dataclass(frozen=True)
class _Bounds:
    """What sizes a dimension can have. `low` and `high` are None where no range was asked for."""

    example: int
    low: int | None
    high: int | None
    step: int

    def within(self, candidates: Iterable[int]) -> tuple[int, ...]:
        """Those that are in the range and not the example's, each once, in their order."""
        low, high = self.low or 0, self.high
        return tuple(
            size
            for size in dict.fromkeys(candidates)
            if size != self.example and size >= low and (high is None or size <= high)
        )

    def near(self) -> tuple[int, ...]:
        """Sizes near the low end and near the example."""
        step = self.step
        lowest = step * max(1, -(-(self.low or 0) // step))
        near = (lowest, lowest + step, self.example - step, self.example + step, 2 * self.example + step)
        return self.within(size for size in near if size > 0)

    def primes(self, others: Sequence[int]) -> tuple[int, ...]:
        """The next prime above the example, in multiples; the last one below the end of the range if that is less."""
        start = max(5, self.example // self.step)
        above = next(number for number in _numbers_from(start + 1) if _is_prime(number))
        found = self.within([above * self.step])
        if not found and self.high is not None:
            below = (number for number in range(self.high // self.step, 3, -1) if _is_prime(number))
            found = self.within([number * self.step for number in (next(below, 0),) if number])
        return tuple(size for size in found if size not in others)

    def large(self, is_affordable: Callable[[int], bool]) -> tuple[int, ...]:
        """The largest size up to the usual large one that can be afforded, if that is larger than the example."""
        units = max(_LARGE_LEAST, _LARGE_TIMES * self.example // self.step)
        if self.high is not None:
            units = min(units, self.high // self.step)
        while units * self.step > self.example and not is_affordable(units * self.step):
            units //= 2
        size = units * self.step
        return self.within([size]) if size > self.example else ()

    def ends(self) -> Iterator[int]:
        """Both ends of the range, as far as one was asked for."""
        if self.low is not None:
            yield self.step * -(-self.low // self.step)
        if self.high is not None:
            yield self.step * (self.high // self.step)


def _counter(shapes: Mapping[str, tuple[int, ...]], axes: Sequence[tuple[str, int]]) -> Callable[[int], int]:
    """How many elements all inputs have at a size of a dimension."""

    def elements(size: int) -> int:
        return sum(
            math.prod(size if (name, axis) in axes else own for axis, own in enumerate(shape))
            for name, shape in shapes.items()
        )

    return elements


def _limit(elements: int, example: int) -> int:
    return max(elements, 2 * example)


def _numbers_from(start: int) -> Iterator[int]:
    while True:
        yield start
        start += 1


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))
