"""Which inputs are tried: the example, other seeds and sizes; in a sweep also pairs of sizes and other values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.dtypes import INTEGERS
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.inputs.sets import check_set
from modelpack_gui.core.parity.dims import Dim, dims_of
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CaseChoice,
    DynamicDim,
    InputSet,
    InputSpec,
    ParitySpec,
    Regime,
    tensor_inputs,
)

_OF_INTEGERS = (Regime.ZEROS, Regime.LARGE, Regime.EQUAL)
"""Regimes that also mean something where no input has floating-point values."""


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
    """The dynamic dimensions and the cases, no two of them the same.

    The example comes first, then its other seeds, the other sizes and the other sets. One dimension changes at a
    time; where there are several, one case changes all of them. A set is tried as it is, and with its other seeds.
    What comes from files has no other seeds. A sweep has all of that and more; see `_swept`.

    Raises:
        UserError: `dynamic-dim-unknown`, `dynamic-dim-differs`, `input-set-differs`.
    """
    dims = dims_of(tensor_inputs(inputs), dynamic, spec.sizes, is_sweep=spec.sweep)
    for item in sets:
        check_set(item, inputs)
    make = _Maker(inputs, dims)
    of_sets = [_Maker(item.inputs, dims_of(tensor_inputs(item.inputs), dynamic), item.name, dims) for item in sets]
    cases: dict[tuple[object, ...], Case] = {}
    for case in _swept(make, of_sets, spec) if spec.sweep else _usual(make, of_sets, spec):
        cases.setdefault(case.choice.key, case)
    return dims, tuple(cases.values())


def planned_cases(recipe: Recipe) -> int:
    """How many cases a comparison of a recipe tries; 0 while its inputs or dimensions cannot be compared on."""
    try:
        return len(plan(recipe.inputs, recipe.export.dynamic, recipe.parity, recipe.input_sets)[1])
    except UserError:
        return 0


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
    own = dims_of(tensor_inputs(item.inputs), dynamic)
    unknown = set(choice.sizes) - {dim.name for dim in own}
    if unknown:
        raise UserError(
            "case-unknown",
            f"A case with another size of {', '.join(sorted(unknown))} is asked for, which is no dynamic dimension.",
            "Compare anew: the recipe has other dynamic dimensions now.",
        )
    make = _Maker(item.inputs, own, item.name, dims_of(tensor_inputs(inputs), dynamic))
    return make(choice.sizes, choice.seed, choice.regime)


def describe_sizes(sizes: Mapping[str, int], changed: Sequence[str]) -> str:
    """`batch = 3`, or `batch = 3, height = 5`; `example` when nothing is changed."""
    return ", ".join(f"{name} = {sizes[name]}" for name in changed) or "example"


class _Maker:
    """Makes cases of one set of inputs.

    Args:
        dims: Of these inputs.
        name: Of the set; empty for the first one.
        first: The dimensions of the first one.
    """

    def __init__(
        self, inputs: Sequence[InputSpec], dims: Sequence[Dim], name: str = "", first: Sequence[Dim] = ()
    ) -> None:
        self.inputs = tuple(inputs)
        self.dims = dims
        self._name = name
        self._first = {dim.name: dim.example for dim in first or dims}

    @property
    def is_drawn(self) -> bool:
        """Whether another seed gives other values."""
        return any(not item.file for item in tensor_inputs(self.inputs))

    def __call__(self, change: Mapping[str, int], seed: int = 0, regime: Regime = Regime.NORMAL) -> Case:
        """A case with other sizes of some dimensions."""
        sizes = {dim.name: change.get(dim.name, dim.example) for dim in self.dims}
        shapes = {item.name: list(item.shape) for item in tensor_inputs(self.inputs)}
        for dim in self.dims:
            for name, axis in dim.axes:
                shapes[name][axis] = sizes[dim.name]
        own = [dim.name for dim in self.dims if sizes[dim.name] != dim.example]
        parts = [self._name] if self._name else []
        if own or not parts:
            parts.append(describe_sizes(sizes, own))
        if regime is not Regime.NORMAL:
            parts.append(_TITLES[regime])
        if seed:
            from_files = ", ".join(item.name for item in self.inputs if item.file)
            parts[-1] += f" ({from_files} as in the file)" if from_files else ""
            parts.append(f"seed {seed}")
        return Case(
            label=", ".join(parts),
            sizes=sizes,
            shapes={name: tuple(shape) for name, shape in shapes.items()},
            seed=seed,
            changed=tuple(name for name, size in sizes.items() if size != self._first[name]),
            inputs=self.inputs,
            input_set=self._name,
            regime=regime,
        )


_TITLES: Mapping[Regime, str] = {
    Regime.ZEROS: "zeros",
    Regime.LARGE: "large values",
    Regime.TINY: "tiny values",
    Regime.EQUAL: "equal values",
    Regime.NAN: "with NaN",
    Regime.INF: "with Inf",
}


def _usual(make: _Maker, of_sets: Sequence[_Maker], spec: ParitySpec) -> Iterator[Case]:
    seeds = _seeds(make, spec)
    yield make({})
    yield from (make({}, seed) for seed in seeds)
    for dim in make.dims:
        yield from (make({dim.name: size}, seed) for size in dim.sizes for seed in seeds)
    if sum(bool(dim.sizes) for dim in make.dims) > 1:
        yield make(_all_changed(make.dims), seeds[0])
    for other in of_sets:
        yield from (other({}, seed) for seed in (0, *_seeds(other, spec)))


def _swept(make: _Maker, of_sets: Sequence[_Maker], spec: ParitySpec) -> Iterator[Case]:
    """The likeliest failures first, for the time may not suffice for all.

    The example, small sizes of each dimension, the sets, the sizes asked for, a prime, a large one, both ends of the
    range, pairs of dimensions; then the regimes, at the example and at the small and prime sizes; then other seeds.
    """
    seeds, dims = _seeds(make, spec), make.dims
    first = seeds[0]
    yield make({})
    # By turns, so that no dimension has to wait for all sizes of the others.
    for sizes in itertools.zip_longest(*(dim.small for dim in dims)):
        yield from (make({dim.name: size}, first) for dim, size in zip(dims, sizes, strict=True) if size is not None)
    yield from (other({}) for other in of_sets)
    for kind in ("sizes", "primes", "large", "ends"):
        yield from (make({dim.name: size}, first) for dim in dims for size in getattr(dim, kind))
    yield from (make(sizes, first) for sizes in _pairs(dims))
    if sum(bool(dim.sizes) for dim in dims) > 1:
        yield make(_all_changed(dims), first)
    regimes = _regimes(make.inputs, spec)
    yield from (make({}, 0, regime) for regime in regimes)
    rows = [{dim.name: size} for dim in dims for size in (*dim.small, *dim.primes)]
    yield from (make(row, 0, regime) for row in rows for regime in regimes)
    yield from (make({}, seed) for seed in seeds)
    yield from (make({dim.name: size}, seed) for dim in dims for size in dim.sizes for seed in seeds)
    yield from (other({}, seed) for other in of_sets for seed in _seeds(other, spec))


def _seeds(make: _Maker, spec: ParitySpec) -> tuple[int, ...]:
    return (tuple(dict.fromkeys(spec.seeds)) if make.is_drawn else ()) or (0,)


def _regimes(inputs: Sequence[InputSpec], spec: ParitySpec) -> tuple[Regime, ...]:
    whole = (*INTEGERS, "bool")
    has_floats = any(item.dtype not in whole for item in tensor_inputs(inputs))
    asked = dict.fromkeys(regime for regime in spec.regimes if regime is not Regime.NORMAL)
    return tuple(regime for regime in asked if has_floats or regime in _OF_INTEGERS)


def _pairs(dims: Sequence[Dim]) -> Iterator[dict[str, int]]:
    """Two dimensions at once: a small size of one with a larger one of the other, and the other way round."""
    for one, other in itertools.combinations(dims, 2):
        for small, bigger in ((one, other), (other, one)):
            low = next(iter((*small.small[-1:], *small.sizes)), None)
            chosen = (*bigger.primes, *reversed(bigger.sizes), *bigger.large, *bigger.small)
            high = next((size for size in chosen if size != low), None)
            if low is not None and high is not None:
                yield {small.name: low, bigger.name: high}


def _all_changed(dims: Sequence[Dim]) -> dict[str, int]:
    """A size other than the example's for each dimension, different ones where possible, to tell axes apart."""
    chosen: dict[str, int] = {}
    for dim in dims:
        if dim.sizes:
            order = sorted(dim.sizes, key=lambda size: (size in chosen.values(), size == 1))
            chosen[dim.name] = order[0]
    return chosen
