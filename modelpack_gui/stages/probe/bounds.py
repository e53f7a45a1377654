"""The sizes that a unit of axes takes: its step, its smallest and its largest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelpack_gui.stages.probe.trials import Trial, Trials
from modelpack_gui.stages.probe.units import Unit

_LARGEST = 8192  # longer contexts exist; their models say so themselves
_LARGEST_BATCH_FACTOR = 8


@dataclass(frozen=True)
class Bounds:
    """What was found.

    Attributes:
        step: Sizes are the example's plus or minus multiples of it.
        low, high: Smallest and largest size taken; None where no bound was met.
        reason: What the model said beyond the bound, the upper one first.
        trials: By size of the leader.
    """

    step: int
    low: int | None
    high: int | None
    reason: str
    trials: Mapping[int, Trial]


def find_bounds(trials: Trials, unit: Unit) -> Bounds:
    """Try sizes of a unit: its step, then small ones, then ever larger ones."""
    search = _Search(trials, unit)
    step = search.step()
    low = search.low(step)
    high = search.high(step)
    refused = [size for size, trial in search.made.items() if trial.outcome == "refused"]
    above = [size for size in refused if high is not None and size > high]
    off_grid = [size for size in refused if step > 1 and (size - unit.size) % step]
    below = [size for size in refused if low is not None and size < low]
    telling = [*sorted(above)[:1], *off_grid[:1], *sorted(below)[-1:]]
    reason = search.made[telling[0]].note if telling else ""
    return Bounds(step, low, high, reason, search.made)


class _Search:
    def __init__(self, trials: Trials, unit: Unit) -> None:
        self._trials, self._unit = trials, unit
        self.made: dict[int, Trial] = {unit.size: trials.run({})}
        self._try(unit.first)

    def step(self) -> int:
        """1 if a neighbour is taken, else the smallest distance at which a size is."""
        size = self._unit.size
        if self._is_taken(size + 1) or (size > 2 and self._is_taken(size - 1)):
            return 1
        distance = abs(self._unit.first - size)
        sign = 1 if self._unit.first > size else -1
        for divisor in range(2, distance):
            if distance % divisor == 0 and self._is_taken(size + sign * divisor):
                return divisor
        return distance

    def low(self, step: int) -> int | None:
        """The smallest size taken; None if it is the smallest that there is."""
        size = self._unit.size
        steps_down = (size - 1) // step
        smallest = size - steps_down * step
        if steps_down == 0 or self._is_taken(smallest):
            self._try_between(step, smallest)
            return None
        fails, works = steps_down, 0  # in steps below the example's size
        while fails - works > 1:
            middle = (fails + works) // 2
            if self._is_taken(size - middle * step):
                works = middle
            else:
                fails = middle
        return size - works * step

    def high(self, step: int) -> int | None:
        """The largest size taken; None if none was refused within the budget."""
        size = self._unit.size
        limit = _LARGEST_BATCH_FACTOR * max(size, 2) if self._unit.leader.axis == 0 else _LARGEST
        works, steps = 0, 1
        while size + steps * step <= limit:
            last = self.made[size + works * step]
            target = size + steps * step
            # Small sizes cost little whatever the ratio of two of them says.
            why_not = self._trials.is_worth_trying(last, target / (size + works * step))
            trial = Trial("skipped", why_not) if why_not else self._try(target)
            if trial.outcome == "skipped":
                self.made.setdefault(target, trial)
                return None
            if not trial.is_taken:
                return self._between(works, steps, step)
            works, steps = steps, max(2 * steps, size // step)
        return None

    def _between(self, works: int, fails: int, step: int) -> int | None:
        size = self._unit.size
        while fails - works > 1:
            middle = (fails + works) // 2
            trial = self._try(size + middle * step)
            if trial.outcome == "skipped":
                return None
            if trial.is_taken:
                works = middle
            else:
                fails = middle
        return size + works * step

    def _try_between(self, step: int, smallest: int) -> None:
        """Small sizes are where special cases hide."""
        for size in (smallest + step, smallest + 2 * step):
            if size < self._unit.size:
                self._try(size)

    def _is_taken(self, size: int) -> bool:
        return self._try(size).is_taken

    def _try(self, size: int) -> Trial:
        if size not in self.made:
            sizes = self._unit.sizes(size)
            no_size = Trial("refused", "An axis that changes with it would have no whole size.")
            self.made[size] = no_size if sizes is None else self._trials.run(sizes)
        return self.made[size]
