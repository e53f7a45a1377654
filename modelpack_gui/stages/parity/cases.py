"""Which inputs are tried: the example, other seeds, and other sizes of each dynamic dimension."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import (
    CaseChoice,
    DynamicDim,
    InputSet,
    InputSpec,
    ParitySpec,
    Regime,
    tensor_inputs,
)
from modelpack_gui.stages.source.input_sets import check_set


@dataclass(frozen=True)
class Dim:
    """A dynamic dimension: all the axes of one symbolic name.

    Attributes:
        axes: (input name, axis) pairs.
        example: Its size in the example inputs.
        sizes: To be tried besides that: the usual ones times its multiple, within its range; ones near its bounds
            where that leaves none.
    """

    name: str
    axes: tuple[tuple[str, int], ...]
    example: int
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One set of inputs to try.

    Attributes:
        sizes: Size of each dynamic dimension by name.
        shapes: Shape of each example input by name.
        changed: Names of the dimensions that differ from the example.
        inputs: The example inputs that it starts from.
        input_set: Name of the set of inputs that it is; empty for the first one.
    """

    label: str
    sizes: Mapping[str, int]
    shapes: Mapping[str, tuple[int, ...]]
    seed: int
    changed: tuple[str, ...] = field(default=())
    inputs: tuple[InputSpec, ...] = ()
    input_set: str = ""
    regime: Regime = Regime.NORMAL

    @property
    def is_example(self) -> bool:
        """Whether these are the example inputs themselves."""
        return not self.changed and self.seed == 0 and not self.input_set and self.regime is Regime.NORMAL

    @property
    def choice(self) -> CaseChoice:
        """What it stands for."""
        return CaseChoice(self.sizes, self.seed, self.regime, self.input_set)


def plan(
    inputs: Sequence[InputSpec], dynamic: Sequence[DynamicDim], spec: ParitySpec, sets: Sequence[InputSet] = ()
) -> tuple[tuple[Dim, ...], tuple[Case, ...]]:
    """The dynamic dimensions and the cases: the example first, its other seeds, the other sizes, then the other sets.

    One dimension changes at a time; where there are several, one case changes all of them. A set is tried as it is,
    and with its other seeds. What comes from files has no other seeds.

    Raises:
        UserError: `dynamic-dim-unknown`, `dynamic-dim-differs`, `input-set-differs`.
    """
    dims = _dims(tensor_inputs(inputs), dynamic, spec.sizes)
    seeds = _seeds(inputs, spec)
    cases = [_case(inputs, dims, {}, seed) for seed in dict.fromkeys((0, *seeds))]
    for dim in dims:
        cases += [_case(inputs, dims, {dim.name: size}, seed) for size in dim.sizes for seed in seeds]
    if sum(bool(dim.sizes) for dim in dims) > 1:
        cases.append(_case(inputs, dims, _all_changed(dims), seeds[0]))
    for item in sets:
        cases += _cases_of_set(item, inputs, dynamic, dims, spec)
    return dims, tuple(cases)


def _seeds(inputs: Sequence[InputSpec], spec: ParitySpec) -> tuple[int, ...]:
    is_drawn = any(not item.file for item in tensor_inputs(inputs))
    return (tuple(dict.fromkeys(spec.seeds)) if is_drawn else ()) or (0,)


def _cases_of_set(
    item: InputSet, first: Sequence[InputSpec], dynamic: Sequence[DynamicDim], dims: Sequence[Dim], spec: ParitySpec
) -> list[Case]:
    check_set(item, first)
    own = _dims(tensor_inputs(item.inputs), dynamic, spec.sizes)
    example = {dim.name: dim.example for dim in dims}
    changed = tuple(dim.name for dim in own if dim.example != example[dim.name])
    cases = [_case(item.inputs, own, {}, seed) for seed in dict.fromkeys((0, *_seeds(item.inputs, spec)))]
    return [
        dataclasses.replace(
            case, label=case.label.replace("example", item.name, 1), changed=changed, input_set=item.name
        )
        for case in cases
    ]


def case_of(
    choice: CaseChoice, inputs: Sequence[InputSpec], dynamic: Sequence[DynamicDim], sets: Sequence[InputSet] = ()
) -> Case:
    """The case that a choice stands for, whether it is planned or not.

    Raises:
        UserError: `case-unknown`; those of `plan`.
    """
    item = next((one for one in (InputSet("", tuple(inputs)), *sets) if one.name == choice.input_set), None)
    if item is None:
        raise UserError(
            "case-unknown",
            f"There is no input set {choice.input_set!r}, from which a case is asked for.",
            "Compare anew: the recipe has other input sets now.",
        )
    own = _dims(tensor_inputs(item.inputs), dynamic, ())
    unknown = set(choice.sizes) - {dim.name for dim in own}
    if unknown:
        raise UserError(
            "case-unknown",
            f"A case with another size of {', '.join(sorted(unknown))} is asked for, which is no dynamic dimension.",
            "Compare anew: the recipe has other dynamic dimensions now.",
        )
    change = {
        dim.name: choice.sizes[dim.name] for dim in own if choice.sizes.get(dim.name, dim.example) != dim.example
    }
    case = dataclasses.replace(_case(item.inputs, own, change, choice.seed), regime=choice.regime)
    if not item.name:
        return case
    first = {dim.name: dim.example for dim in _dims(tensor_inputs(inputs), dynamic, ())}
    changed = tuple(name for name, size in case.sizes.items() if size != first[name])
    label = case.label.replace("example", item.name, 1) if not change else f"{item.name}, {case.label}"
    return dataclasses.replace(case, label=label, changed=changed, input_set=item.name)


def describe_sizes(sizes: Mapping[str, int], changed: Sequence[str]) -> str:
    """`batch = 3`, or `batch = 3, height = 5`; `example` when nothing is changed."""
    return ", ".join(f"{name} = {sizes[name]}" for name in changed) or "example"


def _dims(inputs: Sequence[InputSpec], dynamic: Sequence[DynamicDim], sizes: Sequence[int]) -> tuple[Dim, ...]:
    shapes = {item.name: item.shape for item in inputs}
    by_name: dict[str, list[DynamicDim]] = {}
    for item in dynamic:
        shape = shapes.get(item.input)
        if shape is None or not 0 <= item.axis < len(shape):
            what = (
                f"there is no example input {item.input!r}" if shape is None else f"{item.input!r} has {len(shape)}"
            )
            raise UserError(
                "dynamic-dim-unknown",
                f"The dynamic dimension {item.name!r} is axis {item.axis} of {item.input!r}, but {what}"
                f"{'' if shape is None else ' axes'}.",
                f"Name one of the example inputs ({', '.join(shapes) or 'there are none'}) and one of its axes.",
            )
        by_name.setdefault(item.name, []).append(item)
    return tuple(_dim(name, items, shapes, sizes) for name, items in by_name.items())


def _dim(name: str, items: Sequence[DynamicDim], shapes: Mapping[str, tuple[int, ...]], sizes: Sequence[int]) -> Dim:
    found = {shapes[item.input][item.axis] for item in items}
    if len(found) > 1:
        where = ", ".join(f"{shapes[item.input][item.axis]} on axis {item.axis} of {item.input}" for item in items)
        raise UserError(
            "dynamic-dim-differs",
            f"The dynamic dimension {name!r} has different sizes in the example inputs: {where}.",
            "Axes with the same name have the same size: change the example shapes, or give the axes other names.",
        )
    low = max((item.min for item in items if item.min is not None), default=0)
    high = min((item.max for item in items if item.max is not None), default=None)
    step = math.lcm(*(item.multiple_of or 1 for item in items))
    example = found.pop()

    def within(candidates: Iterable[int]) -> tuple[int, ...]:
        return tuple(
            size
            for size in dict.fromkeys(candidates)
            if size != example and size >= low and (high is None or size <= high)
        )

    tried = within(step * size for size in sizes)
    if sizes and not tried:  # a range far from the usual sizes must not leave the axis untried
        lowest = step * max(1, -(-low // step))
        near = (lowest, lowest + step, example - step, example + step, 2 * example + step)
        tried = within(size for size in near if size > 0)
    return Dim(name, tuple((item.input, item.axis) for item in items), example, tried)


def _case(inputs: Sequence[InputSpec], dims: Sequence[Dim], change: Mapping[str, int], seed: int) -> Case:
    shapes = {item.name: list(item.shape) for item in tensor_inputs(inputs)}
    for dim in dims:
        for name, axis in dim.axes:
            shapes[name][axis] = change.get(dim.name, dim.example)
    sizes = {dim.name: change.get(dim.name, dim.example) for dim in dims}
    label = describe_sizes(sizes, tuple(change))
    from_files = ", ".join(item.name for item in inputs if item.file) if seed else ""
    seeded = f"{f' ({from_files} as in the file)' if from_files else ''}, seed {seed}"
    return Case(
        label=f"{label}{seeded}" if seed else label,
        sizes=sizes,
        shapes={name: tuple(shape) for name, shape in shapes.items()},
        seed=seed,
        changed=tuple(change),
        inputs=tuple(inputs),
    )


def _all_changed(dims: Sequence[Dim]) -> dict[str, int]:
    """A size other than the example's for each dimension, different ones where possible, to tell axes apart."""
    chosen: dict[str, int] = {}
    for dim in dims:
        if dim.sizes:
            order = sorted(dim.sizes, key=lambda size: (size in chosen.values(), size == 1))
            chosen[dim.name] = order[0]
    return chosen
