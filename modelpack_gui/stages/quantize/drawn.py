"""Calibration data from the example inputs and input sets, and more drawn like them."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import InputSet, InputSpec, tensor_inputs
from modelpack_gui.stages.parity.runtimes import match_inputs
from modelpack_gui.stages.quantize.fit import Fitter, Sample
from modelpack_gui.stages.source.arrays import make_arrays
from modelpack_gui.stages.source.inputs import to_numpy


def drawn_samples(
    inputs: Sequence[InputSpec],
    sets: Sequence[InputSet],
    fitter: Fitter,
    most: int,
    context: Context,
    *,
    is_torch_needed: bool,
) -> tuple[list[Sample], str]:
    """Samples, and what they are in a phrase.

    The example inputs and the sets take turns, each time with another seed. What comes from files only is the same at
    every seed, and is taken once. A set that the artifact does not take is left out, and the log says so.

    Args:
        is_torch_needed: Whether the inputs are drawn by torch, as for the model itself; by numpy if not.

    Raises:
        UserError: `calibration-empty`; those of `make_inputs`, `make_arrays` and `match_inputs`.
    """
    groups = {"the example inputs": tuple(inputs)} | {f"the input set {one.name}": one.inputs for one in sets}
    samples: list[Sample] = []
    seed, left = 0, dict(groups)
    problem: UserError | None = None
    while left and len(samples) < most:
        for where, specs in list(left.items()):
            context.check_cancelled()
            if len(samples) >= most:
                break
            if seed and not is_drawn(specs):
                del left[where]
                continue
            place = where if seed == 0 else f"{where} with seed {seed}"
            try:
                samples.append(_sample(specs, fitter, seed, place, context, is_torch_needed=is_torch_needed))
            except UserError as error:
                if not where.startswith("the input set"):
                    raise
                problem = error
                context.log("warning", f"{where} is left out of the calibration: {error.info.message}")
                del left[where]
        seed += 1
    if not samples:
        if problem is not None:
            raise problem
        raise UserError(
            "calibration-empty",
            "There are no example inputs to calibrate on.",
            "Give example inputs on the Source page.",
        )
    return samples, f"{plural(len(samples), 'sample')} of the example inputs{' and input sets' if sets else ''}"


def is_drawn(inputs: Sequence[InputSpec]) -> bool:
    """Whether another seed gives other values."""
    return any(not spec.file for spec in tensor_inputs(inputs))


def is_random(inputs: Sequence[InputSpec], sets: Sequence[InputSet]) -> bool:
    """Whether floating-point inputs are random numbers in all of them."""
    groups = [inputs, *(one.inputs for one in sets)]
    return all(any("float" in spec.dtype and not spec.file for spec in tensor_inputs(group)) for group in groups)


def _sample(
    specs: Sequence[InputSpec], fitter: Fitter, seed: int, where: str, context: Context, *, is_torch_needed: bool
) -> Sample:
    if is_torch_needed:
        from modelpack_gui.stages.source.inputs import make_inputs

        values = [to_numpy(item) for item in make_inputs(specs, context, seed_offset=seed)]
    else:
        values = list(make_arrays(specs, context, seed_offset=seed))
    names = [info.name for info in fitter.inputs]
    sources = match_inputs(names, [spec.name for spec in tensor_inputs(specs)])
    return fitter.whole({name: values[source] for name, source in zip(names, sources, strict=True)}, where)
