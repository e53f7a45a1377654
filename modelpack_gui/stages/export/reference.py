"""How the model's own outputs follow its dynamic axes: one eager run at another size of each, to cost little.

A trace is over in the time of a few runs. There the model is only run where the file's shapes leave a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Artifact, AxisRef, DynamicDim, Follower, InputSpec, ReferenceShapes
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.probe.following import followers, symbolic
from modelpack_gui.stages.probe.trials import Trial, Trials

if TYPE_CHECKING:
    import torch

_BUDGET_S = 5.0  # an export takes longer, as a rule; a model that does not is slow to run


def reference_shapes(
    module: torch.nn.Module, inputs: Sequence[InputSpec], dims: Sequence[DynamicDim], context: Context
) -> ReferenceShapes | None:
    """Run the model at another size of each dynamic dimension; None where there is none, or no time.

    Raises:
        JobCancelled: The user asked to stop.
    """
    by_name: dict[str, list[DynamicDim]] = {}
    for dim in dims:
        by_name.setdefault(dim.name, []).append(dim)
    if not by_name:
        return None
    with capture():
        trials = Trials(module, inputs, _BUDGET_S, context)
        base = trials.run({})
        if not base.is_taken:
            return None
        units: list[Sequence[Follower]] = []
        refused: dict[str, str] = {}
        for name, axes in by_name.items():
            made = _alone(trials, axes)
            if any(trial.outcome == "skipped" for trial in made.values()):
                return None
            if made and not any(trial.is_taken for trial in made.values()):
                refused[name] = next(iter(made.values())).note
            units.append(followers(name, _example(trials, axes), {_example(trials, axes): base, **made}))
        together = _together(trials, [by_name[name] for name in refused])
        if together:  # they only want to change with each other
            units.append([item for name in refused for item in _followers_together(trials, by_name[name], together)])
            refused = {}
    return ReferenceShapes(symbolic(base.outputs, units), refused)


def leaves_doubt(artifact: Artifact, inputs: Sequence[InputSpec], dims: Sequence[DynamicDim]) -> bool:
    """Whether an output may hold a size of the example instead of following its input, judged by the file alone.

    There is no doubt where each output has all dynamic dimensions by name, and no fixed size that is also the
    example's of one of them.
    """
    shapes = {item.name: item.shape for item in inputs if not item.is_value}
    examples = {shapes[dim.input][dim.axis] for dim in dims}
    names = {dim.name for dim in dims}
    for info in artifact.outputs:
        sizes = info.shape or (None,)
        told = {name for size in sizes if isinstance(size, str) for name in re.findall(r"\w+", size)}
        if not names <= told or any(size is None or size in examples for size in sizes):
            return True
    return False


def _example(trials: Trials, axes: Sequence[DynamicDim]) -> int:
    return trials.base[AxisRef(axes[0].input, axes[0].axis)]


def _alone(trials: Trials, axes: Sequence[DynamicDim]) -> dict[int, Trial]:
    """The axes of one name at another size in its range; at a second one where the model refuses the first.

    Three steps more, for what is divided by two or three to change, too.
    """
    dim, example = axes[0], _example(trials, axes)
    step = dim.multiple_of or 1
    low, high = max(dim.min or 2 * step, 1), dim.max
    near = (example + 3 * step, example + step, example - step, example - 2 * step)
    made: dict[int, Trial] = {}
    for size in [size for size in near if size >= low and (high is None or size <= high)][:2]:
        made[size] = trials.run({AxisRef(dim.input, dim.axis): size for dim in axes})
        if made[size].outcome != "refused":
            break
    return made


def _together(trials: Trials, groups: Sequence[Sequence[DynamicDim]]) -> dict[int, Trial]:
    """The axes of several names, larger by the same number; empty if the model refuses that, too."""
    step = max((dim.multiple_of or 1 for axes in groups for dim in axes), default=1)
    changed = [AxisRef(dim.input, dim.axis) for axes in groups for dim in axes]
    if len(groups) < 2:
        return {}
    trial = trials.run({axis: trials.base[axis] + 3 * step for axis in changed})
    return {3 * step: trial} if trial.is_taken else {}


def _followers_together(
    trials: Trials, axes: Sequence[DynamicDim], together: Mapping[int, Trial]
) -> tuple[Follower, ...]:
    example = _example(trials, axes)
    made = {example: trials.run({}), **{example + more: trial for more, trial in together.items()}}
    return followers(axes[0].name, example, made)
