"""Find the smallest part of a graph that still fails when it is fed what the model itself computes there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from modelpack_gui.stages.repro.subgraph import Cut, Graph
from modelpack_gui.stages.repro.trial import Trial, Trials, Values

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_TARGETS = 12
_NODE_IN_ERROR = re.compile(r"Name:'([^']+)'")


class Shrinker:
    """Cuts a failing part smaller and smaller.

    A part may be fed only what is known to be right, or the fault would hide in its inputs. That is what eager
    PyTorch computes at the same place. Where the artifact agrees with it as long as nothing is optimised, and before
    a node that refuses to run, it is also what the artifact itself computes there.

    Args:
        known: What eager computes, by value of the graph: its inputs and outputs, and whatever else is aligned.
    """

    def __init__(self, graph: Graph, trials: Trials, known: Values) -> None:
        self._graph = graph
        self._trials = trials
        self._known = known
        self._fed = _fed(graph, known)
        self._own: dict[str, npt.NDArray[Any]] = {}

    def find(self, value: str, limit: float | None = None) -> Trial | None:
        """A small failing part that makes `value`, or else something computed from it; None if nothing fails.

        Args:
            limit: The error from which on the value is known to be wrong, though it may be within the tolerances
                and show only further on; None if that is not known.
        """
        for target in self._targets(value):
            found = self._fails_at(target)
            if found is None and target == value and limit is not None:
                self._trials.limit(value, limit)
                found = self._fails_at(target)
                if found is None:
                    self._trials.limit(value, None)
            if found is not None:
                return self._shrunk(found)
            if self._trials.is_over:
                break
        return None

    def smaller_inputs(self, trial: Trial, sizes: Iterable[Callable[[], Values]]) -> Trial:
        """The same part on the first of some smaller inputs on which it still fails; else on those it has.

        Args:
            sizes: Give what eager computes on each, or nothing where it does not run on it.
        """
        for make in sizes:
            if self._trials.is_over:
                break
            known = make()
            feeds = self._with_own(trial.cut, known)
            if feeds is None or trial.cut.target not in known:
                continue
            found = self._trials.run(trial.cut, feeds, known[trial.cut.target])
            if found.keeps(trial.failure):
                return found
        return trial

    def _targets(self, value: str) -> Sequence[str]:
        """Where a failure may show: the value, what is known after it, and the outputs."""
        after = self._graph.after(value) if value else frozenset()
        known = [name for name in self._known if self._graph.maker(name) in after]
        known.sort(key=lambda name: self._graph.maker(name) or 0)
        outputs = [name for name in self._graph.outputs if name in self._known]
        first = [value] if value in self._known else []
        return tuple(dict.fromkeys((*first, *known[:MOST_TARGETS], *outputs)))

    def _fails_at(self, target: str) -> Trial | None:
        nearest = self._run(target, self._feedable())
        if nearest is not None and nearest.failure:
            return nearest
        whole = self._run(target, self._graph.inputs)
        return whole if whole is not None and whole.failure else None

    def _shrunk(self, trial: Trial) -> Trial:
        failure = trial.failure
        if set(failure.values()) == {"raises"}:
            trial = self._at_raising_node(trial)
        elif "off" not in failure:
            names = [name for i in trial.cut.nodes for name in self._graph.node(i).output if name]
            self._own = self._trials.values(trial.cut, trial.feeds, names)
            trial = self._earlier(trial)
        trial = self._doubled(trial)
        trial = self._greedy(trial)
        return self._with_constants(trial)

    def _at_raising_node(self, trial: Trial) -> Trial:
        """From the values before the node that refuses to run, to the first known value after it."""
        named = [_NODE_IN_ERROR.search(outcome.error) for outcome in trial.outcomes.values()]
        position = next((self._graph.maker_named(match.group(1)) for match in named if match), None)
        if position is None or position not in trial.cut.nodes:
            return trial
        for name in self._graph.node(position).input:
            if name in trial.feeds or self._graph.maker(name) is None:
                continue
            cut = self._graph.cut(name, trial.cut.inputs)
            self._own.update(self._trials.values(cut, trial.feeds, [cut.target]))
        made = [name for name in self._graph.node(position).output if name]
        targets = {target for name in made for target in self._targets(name)}
        for target in sorted(targets, key=lambda name: self._graph.maker(name) or 0):
            found = self._run(target, self._feedable())
            if found is not None and found.keeps(trial.failure):
                return found
        return trial

    def _earlier(self, trial: Trial) -> Trial:
        """The first value that already differs: without optimisations, all values of the part are right."""
        for name in [name for i in trial.cut.nodes for name in self._graph.node(i).output if name in self._own]:
            if self._trials.is_over or name == trial.cut.target:
                break
            cut = self._graph.cut(name, trial.cut.inputs)
            found = self._trials.run(cut, trial.feeds, self._own[name])
            if found.keeps(trial.failure):
                return found
        return trial

    def _doubled(self, trial: Trial) -> Trial:
        """Fed as near to the target as possible: leave out 0, 1, 2, 4, ... of the values next to it."""
        near = self._inside(trial.cut)
        leave_out = 0
        while leave_out < len(near) and not self._trials.is_over:
            found = self._run(trial.cut.target, (*near[leave_out:], *trial.cut.inputs))
            if found is not None and found.keeps(trial.failure):
                return found
            leave_out = max(1, 2 * leave_out)
        return trial

    def _greedy(self, trial: Trial) -> Trial:
        """Feed one value after the other, the ones next to the target first, as long as the failure stays."""
        for name in self._inside(trial.cut):
            if self._trials.is_over:
                break
            if self._graph.maker(name) not in trial.cut.nodes:
                continue  # already cut off
            found = self._run(trial.cut.target, (name, *trial.cut.inputs))
            if found is not None and len(found.cut.nodes) < len(trial.cut.nodes) and found.keeps(trial.failure):
                trial = found
        return trial

    def _with_constants(self, trial: Trial) -> Trial:
        """With constants for what only constants go into."""
        cut = self._graph.fixed(trial.cut)
        if len(cut.nodes) == len(trial.cut.nodes):
            return trial
        self._own.update(self._trials.values(trial.cut, trial.feeds, cut.fixed))
        if any(name not in self._own for name in cut.fixed):
            return trial
        found = self._trials.run(cut, {**self._own, **trial.feeds}, trial.expected)
        return found if found.keeps(trial.failure) else trial

    def _inside(self, cut: Cut) -> tuple[str, ...]:
        """The values of a part that can be fed, the ones next to its target first."""
        feedable = self._feedable()
        made = [name for i in reversed(cut.nodes) for name in self._graph.node(i).output]
        return tuple(name for name in made if name in feedable and name != cut.target)

    def _feedable(self) -> Values:
        return {**self._own, **self._fed}

    def _run(self, target: str, stops: Iterable[str]) -> Trial | None:
        """Try the part from these values; None if something that it needs is not known."""
        feedable = self._feedable()
        cut = self._graph.cut(target, set(stops) - {target})
        expected = self._known.get(target, self._own.get(target))
        if expected is None or any(name not in feedable for name in cut.inputs):
            return None
        return self._trials.run(cut, feedable, expected)

    def _with_own(self, cut: Cut, known: Values) -> Values | None:
        """What a part is fed on other inputs, the artifact's own values among it computed anew."""
        own = [name for name in cut.inputs if name not in known]
        known = _fed(self._graph, known)
        values = {**known, **{name: self._own[name] for name in cut.fixed}}
        for name in own:
            if name not in self._own:
                return None
            before = self._graph.cut(name, set(known) - {name})
            if any(item not in known for item in before.inputs):
                return None
            values.update(self._trials.values(before, known, [name]))
        return values if all(name in values for name in cut.inputs) else None


def _fed(graph: Graph, known: Values) -> dict[str, npt.NDArray[Any]]:
    """What eager computes, in the dtypes that the graph takes; what has no place in them is not fed.

    An artifact in float16 is fed float16. A value too large for that would be fed as Inf, and hide where it comes
    from.
    """
    import numpy as np

    found = {}
    for name, values in known.items():
        dtype = graph.dtype(name)
        if dtype == str(values.dtype) or not dtype:
            found[name] = values
        elif dtype == "bfloat16":  # goes in as float32
            found[name] = values.astype(np.float32)
        elif dtype.startswith("float") and values.dtype.kind == "f":
            with np.errstate(over="ignore"):
                narrow = values.astype(dtype)
            if np.array_equal(np.isfinite(narrow), np.isfinite(values)):
                found[name] = narrow
    return found
