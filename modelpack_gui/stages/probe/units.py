"""Which axes change together: alone where the model lets them, else in the smallest group that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelpack_gui.core.records import AxisRef
from modelpack_gui.stages.probe.trials import Trial, Trials


@dataclass(frozen=True)
class Unit:
    """Axes that change together. The first one leads: a size of the unit is its size.

    Attributes:
        members: What each axis has at a size of the leader, by `sizes`.
        is_scaled: Whether the others keep their ratio to the leader; else their difference.
        first: The size other than the example's that was seen to work.
    """

    members: Mapping[AxisRef, int]
    is_scaled: bool
    first: int

    @property
    def leader(self) -> AxisRef:
        """The axis whose size names that of all."""
        return next(iter(self.members))

    @property
    def size(self) -> int:
        """In the example inputs."""
        return self.members[self.leader]

    def sizes(self, size: int) -> dict[AxisRef, int] | None:
        """The sizes of all axes when the leader has `size`; None if one would not be a whole number above zero."""
        found = {}
        for axis, own in self.members.items():
            if self.is_scaled and (own * size) % self.size:
                return None
            found[axis] = own * size // self.size if self.is_scaled else own + size - self.size
            if found[axis] < 1:
                return None
        return found


@dataclass(frozen=True)
class Refusal:
    """An axis that takes no other size, and what the model said."""

    axis: AxisRef
    trials: Mapping[int, Trial]


def lift(trials: Trials) -> None:
    """Start from two where the first axes of all inputs are one: a size of one also fits by broadcasting.

    Attributes of `trials` are changed: its base, if the model takes that.
    """
    ones = {axis: 2 for axis, size in trials.base.items() if axis.axis == 0 and size == 1}
    if ones and trials.run(ones).is_taken:
        trials.base.update(ones)


def find_units(trials: Trials, progress: Callable[[int, int], None]) -> Iterator[Unit | Refusal]:
    """Every axis, in a unit or a refusal; those for which there was no time are refusals of skipped trials.

    An axis may be in two units: a mask is as long as a cache and new tokens together, and grows with either.
    """
    axes = [axis for axis, size in trials.base.items() if size > 0]
    rest: list[tuple[AxisRef, Mapping[int, Trial]]] = []
    for number, axis in enumerate(axes):
        progress(number, len(axes))
        unit, made = _try(trials, [axis], is_scaled=False)
        if unit is not None:
            yield unit
        else:
            rest.append((axis, made))
    tied: list[AxisRef] = []
    while rest:
        axis, refused = rest[0]
        progress(len(axes) - len(rest), len(axes))
        others = [other for other, _ in rest[1:]]
        group = _find_group(trials, axis, [*others, *(other for other in tied if other.input != axis.input)])
        if group is None:
            yield Refusal(axis, refused)
            rest.pop(0)
        else:
            yield group
            tied += [other for other in group.members if other not in tied]
            rest = [(other, trial) for other, trial in rest if other not in group.members]


def _find_group(trials: Trials, axis: AxisRef, others: Sequence[AxisRef]) -> Unit | None:
    """The smallest group around an axis; likely ones first."""
    size = trials.base[axis]
    equal = [other for other in others if trials.base[other] == size]
    likely = [other for other in equal if other.axis == axis.axis]
    attempts = [likely] if likely else []
    attempts += [equal] if equal != likely else []
    attempts += [[other] for other in equal]
    for attempt in attempts:
        unit, _ = _try(trials, [axis, *attempt], is_scaled=False)
        if unit is not None:
            return _smallest(trials, unit)
    # A mask as long as cache and tokens together, or a picture and one of twice its size.
    for other_size in dict.fromkeys(trials.base[other] for other in others if trials.base[other] != size):
        related = [axis, *equal, *(other for other in others if trials.base[other] == other_size)]
        for is_scaled in (False, True):
            unit, _ = _try(trials, related, is_scaled=is_scaled)
            if unit is not None:
                return _smallest(trials, unit)
    return None


def _smallest(trials: Trials, unit: Unit) -> Unit:
    """The unit without the axes that need not change."""
    kept = dict(unit.members)
    for axis in list(kept)[1:]:
        fewer = Unit({other: size for other, size in kept.items() if other != axis}, unit.is_scaled, unit.first)
        sizes = fewer.sizes(unit.first)
        if sizes is not None and trials.run(sizes).is_taken:
            kept = dict(fewer.members)
    return Unit(kept, unit.is_scaled, unit.first)


def _try(trials: Trials, axes: Sequence[AxisRef], *, is_scaled: bool) -> tuple[Unit | None, dict[int, Trial]]:
    """Some axes at other sizes, the most telling one first: a prime fits no grid, a double fits every one.

    Sizes of one are left out: they fit by broadcasting.
    """
    unit = Unit({axis: trials.base[axis] for axis in axes}, is_scaled, 0)
    size = unit.size
    made: dict[int, Trial] = {}
    candidates = [_prime_above(size), 2 * size, _prime_below(size), size // 2]
    for candidate in dict.fromkeys(candidate for candidate in candidates if candidate > 1):
        sizes = unit.sizes(candidate)
        if sizes is None or (candidate < size and min(sizes.values()) < 2):
            continue
        made[candidate] = trials.run(sizes)
        if made[candidate].is_taken:
            return Unit(unit.members, is_scaled, candidate), made
    return None, made


def _prime_above(size: int) -> int:
    return next(number for number in range(size + 1, 2 * size + 3) if _is_prime(number))


def _prime_below(size: int) -> int:
    return next((number for number in range(size - 1, 1, -1) if _is_prime(number)), 0)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
