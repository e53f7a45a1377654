"""The probe stage: which axes of the inputs the model itself takes at other sizes, alone or with which others."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Sequence

from modelpack_gui.core.context import Context
from modelpack_gui.core.dims.names import proposed_name, unused
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import AxisRef, DimFinding, InputSpec, ProbeReport, ProbeRequest, SizeTrial
from modelpack_gui.core.records.probe import DimVerdict
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.probe.bounds import Bounds, find_bounds
from modelpack_gui.stages.probe.following import followers, symbolic
from modelpack_gui.stages.probe.trials import Trials
from modelpack_gui.stages.probe.units import Refusal, Unit, find_units, lift
from modelpack_gui.stages.source.build import build_model
from modelpack_gui.stages.source.call import plan_call
from modelpack_gui.stages.source.forward import run_forward
from modelpack_gui.stages.source.inputs import complete_inputs, make_inputs


def run(request: ProbeRequest, context: Context) -> ProbeReport:
    """Probe a model.

    Raises:
        UserError: Those of building the model and of running it on its example inputs, and `inputs-missing`.
        JobCancelled: The user asked to stop.
    """
    started_s = time.perf_counter()
    if not request.inputs:
        raise UserError(
            "inputs-missing",
            "There are no example inputs, so that there is no size to change.",
            "Add the example inputs that forward takes.",
        )
    request = dataclasses.replace(request, inputs=complete_inputs(request.inputs, context))
    context.progress("Building the model")
    module = build_model(request.source, context).module
    with capture():
        # A model that refuses its example is an error.
        run_forward(module, make_inputs(request.inputs, context), plan_call(module, request.inputs))
        trials = Trials(module, request.inputs, request.budget_s, context)
        lift(trials)
        units = _probe(trials, request.inputs, context)
        base = trials.run({})
    dims = _merged([dim for unit in units for dim in unit])
    order = {axis: place for place, axis in enumerate(trials.base)}
    dims.sort(key=lambda dim: order[AxisRef(dim.input, dim.axis)])
    return ProbeReport(
        dims=tuple(dims),
        outputs=symbolic(base.outputs, [[item for dim in unit for item in dim.followers] for unit in units]),
        runs=trials.runs,
        is_complete=not any(dim.verdict == "untried" for dim in dims),
        duration_s=time.perf_counter() - started_s,
    )


def _probe(trials: Trials, inputs: Sequence[InputSpec], context: Context) -> list[list[DimFinding]]:
    """The findings, those of axes that change together in one list."""
    specs = {item.name: item for item in inputs}

    def progress(done: int, count: int) -> None:
        context.progress(f"Trying other sizes: axis {done + 1} of {count}", 0.5 * done / count)

    dims: list[list[DimFinding]] = []
    units: list[Unit] = []
    for found in find_units(trials, progress):
        if isinstance(found, Unit):
            units.append(found)
        else:
            dims.append([_fixed(found, specs)])
    dims += [
        [DimFinding(axis.input, axis.axis, size, "fixed", reason="The example has no elements there.")]
        for axis, size in trials.base.items()
        if size == 0
    ]
    names: dict[AxisRef, str] = {}
    for number, unit in enumerate(sorted(units, key=lambda unit: list(trials.base).index(unit.leader))):
        context.progress(f"Finding the bounds of {unit.leader}", 0.5 + 0.5 * number / len(units))
        dims.append(_unit(unit, find_bounds(trials, unit), specs, names))
    return dims


def _merged(dims: Sequence[DimFinding]) -> list[DimFinding]:
    """One finding for each axis: one that is in two units is tied to the axes of both."""
    found: dict[AxisRef, DimFinding] = {}
    for dim in dims:
        before = found.setdefault(AxisRef(dim.input, dim.axis), dim)
        if before is not dim:
            group = tuple(dict.fromkeys((*before.group, *dim.group)))
            found[AxisRef(dim.input, dim.axis)] = dataclasses.replace(before, group=group)
    return list(found.values())


def _fixed(found: Refusal, specs: dict[str, InputSpec]) -> DimFinding:
    axis = found.axis
    size = specs[axis.input].shape[axis.axis]
    skipped = bool(found.trials) and all(trial.outcome == "skipped" for trial in found.trials.values())
    notes = [trial.note for trial in found.trials.values()]
    made = tuple(SizeTrial(tried, trial.outcome, trial.note) for tried, trial in sorted(found.trials.items()))
    return DimFinding(
        axis.input,
        axis.axis,
        size,
        "untried" if skipped else "fixed",
        trials=made,
        reason=notes[0] if notes else "",
    )


def _unit(unit: Unit, bounds: Bounds, specs: dict[str, InputSpec], names: dict[AxisRef, str]) -> list[DimFinding]:
    """One finding for each axis of a unit; axes of one size share a name, which `names` is told."""
    shared = {own: names[axis] for axis, own in unit.members.items() if axis in names}
    found = []
    for axis, own in unit.members.items():
        if own not in shared:
            shared[own] = _name(axis, unit, specs, names.values())
        names[axis] = shared[own]
        trials = {}
        for size, trial in bounds.trials.items():
            sizes = unit.sizes(size)
            if sizes is not None:
                trials[sizes[axis]] = trial
        found.append(
            DimFinding(
                axis.input,
                axis.axis,
                specs[axis.input].shape[axis.axis],
                _verdict(unit, bounds),
                name=shared[own],
                group=tuple(other for other in unit.members if other != axis),
                multiple_of=_own(unit, axis, unit.size + bounds.step) - own,
                min=None if bounds.low is None else _own(unit, axis, bounds.low),
                max=None if bounds.high is None else _own(unit, axis, bounds.high),
                trials=tuple(SizeTrial(size, trial.outcome, trial.note) for size, trial in sorted(trials.items())),
                reason=bounds.reason,
                followers=followers(shared[own], own, trials),
            )
        )
    return found


def _own(unit: Unit, axis: AxisRef, size: int) -> int:
    """The size of one axis of a unit when the leader has `size`, at which it was seen to work."""
    sizes = unit.sizes(size)
    return unit.members[axis] if sizes is None else sizes[axis]


def _verdict(unit: Unit, bounds: Bounds) -> DimVerdict:
    if len(unit.members) > 1:
        return "tied"
    if bounds.step > 1:
        return "multiple"
    return "free" if bounds.low is None and bounds.high is None else "bounded"


def _name(axis: AxisRef, unit: Unit, specs: dict[str, InputSpec], taken: Collection[str]) -> str:
    item = specs[axis.input]
    is_square = any(other.input == axis.input and other != axis for other in unit.members)
    name = "size" if is_square else proposed_name(item, axis.axis)
    return unused(name, item.name, taken)
