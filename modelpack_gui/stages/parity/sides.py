"""The sides that say what the two compared ones are worth: float64, and the artifact without optimisation."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.rounding import coarseness, is_float, spacing
from modelpack_gui.core.records import Artifact, InputSpec, NoiseFigures, RuntimeChoice
from modelpack_gui.stages.parity.chunked import chunks, float64
from modelpack_gui.stages.parity.reference import Reference
from modelpack_gui.stages.parity.runtimes import Output, Runtime, find_runtime, open_runtime


class Further(NamedTuple):
    """The further sides of one case, in the order of the expected outputs; None where there is no such side."""

    noise: tuple[NoiseFigures | None, ...]
    exact: tuple[Output | None, ...]
    plain: tuple[Output | None, ...]

    @classmethod
    def nothing(cls, outputs: int) -> Further:
        """Of a case where they are not run."""
        return cls((None,) * outputs, (None,) * outputs, (None,) * outputs)


class FurtherSides:
    """Runs the further sides of one case after another.

    Args:
        plain: The artifact without optimisation; None if there is no such thing.
        computes_in: See ParityReport.
    """

    def __init__(self, reference: Reference, plain: Runtime | None, computes_in: str, context: Context) -> None:
        self._reference = reference
        self._plain = plain
        self._computes_in = computes_in
        self._context = context

    def run(self, tensors: Sequence[Any], expected: Sequence[Output], actual: Sequence[Output]) -> Further:
        """Run them on the inputs that gave the other two."""
        exact = self._reference.exact(tensors, expected)
        plain: Sequence[Output | None] = self._run_plain(tensors, expected)
        shown = aligned(expected, actual) or (None,) * len(expected)
        noise = tuple(
            None if two is None else noise_of(one, two, truth, other, self._computes_in)
            for one, two, truth, other in zip(expected, shown, exact, plain, strict=True)
        )
        return Further(noise, tuple(exact), tuple(plain))

    def _run_plain(self, tensors: Sequence[Any], expected: Sequence[Output]) -> tuple[Output | None, ...]:
        nothing = (None,) * len(expected)
        if self._plain is None:
            return nothing
        self._context.check_cancelled()
        try:
            return aligned(expected, self._plain.run(tensors)) or nothing
        except UserError as error:  # the artifact as it runs is what counts, and that is judged without it
            self._context.log("info", f"Without optimisation the artifact does not run: {error.info.message}")
            self._plain = None
            return nothing


def open_plain(
    artifact: Artifact, inputs: Sequence[InputSpec], choice: RuntimeChoice, context: Context
) -> Runtime | None:
    """The runtime of an artifact with its optimisations off; None where that is no other, or cannot be opened."""
    if choice.optimization == "off" or "off" not in find_runtime(artifact, choice).levels:
        return None
    try:
        return open_runtime(artifact, inputs, dataclasses.replace(choice, optimization="off"))
    except UserError as error:
        context.log("info", f"The artifact was not run without optimisation: {error.info.message}")
        return None


def aligned(expected: Sequence[Output], others: Sequence[Output]) -> tuple[Output, ...]:
    """Outputs in the order of the expected ones: by name where both have the same names, else as they are.

    Empty if their numbers differ.
    """
    if len(expected) != len(others):
        return ()
    by_name = {output.info.name: output for output in others}
    if {output.info.name for output in expected} != set(by_name):
        return tuple(others)
    return tuple(by_name[output.info.name] for output in expected)


def noise_of(
    expected: Output, actual: Output, exact: Output | None, plain: Output | None = None, computes_in: str = ""
) -> NoiseFigures | None:
    """The errors of all sides of one output against the exact one; None where they cannot be compared.

    An artifact that computes in a lower precision has a higher floor: the error that rounding gives the model itself
    grows as its numbers get coarser.
    """
    if exact is None or not is_float(actual.info.dtype) or actual.info.shape != exact.info.shape:
        return None
    eager, eager_rms, largest = _errors(expected, exact)
    if largest is None:
        return None
    one, one_rms, _ = _errors(actual, exact)
    is_plain = plain is not None and is_float(plain.info.dtype) and plain.info.shape == exact.info.shape
    other, other_rms, _ = _errors(plain, exact) if is_plain and plain is not None else (None, None, None)
    dtype = expected.info.dtype
    coarser = coarseness(computes_in, dtype)
    return NoiseFigures(
        eager=eager,
        actual=one,
        plain=other,
        eager_rms=eager_rms,
        actual_rms=one_rms,
        plain_rms=other_rms,
        floor=coarser * max(eager, spacing(dtype, largest) / 2),
    )


def _errors(side: Output, exact: Output) -> tuple[float, float, float | None]:
    """Largest and root mean square |side - exact| where both are finite, and the largest |exact| there, if any."""
    import numpy as np

    largest: float | None = None
    most = squares = 0.0
    count = 0
    for _, left, right in chunks(exact.values, side.values):
        truth, values = float64(left), float64(right)
        finite = np.isfinite(truth) & np.isfinite(values)
        if not finite.any():
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            errors = np.abs(values[finite] - truth[finite])
            squares += float(np.square(errors).sum())
        most = max(most, float(errors.max()))
        largest = max(largest or 0.0, float(np.abs(truth[finite]).max()))
        count += errors.size
    return most, math.sqrt(squares / count) if count else 0.0, largest
