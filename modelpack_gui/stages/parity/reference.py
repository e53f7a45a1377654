"""The reference: the model in eager mode, its rounding noise, and whether it answers the same twice."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import CapturedWarning, InputSpec
from modelpack_gui.stages.parity import metrics
from modelpack_gui.stages.parity.runtimes import Output
from modelpack_gui.stages.source.call import CallPlan, plan_call
from modelpack_gui.stages.source.forward import run_forward
from modelpack_gui.stages.source.inputs import make_inputs, tensor_info, to_numpy

if TYPE_CHECKING:
    import torch

RANDOM_MODEL = "NonDeterministicModel"
"""Category of the warning about a model that gives different answers to the same input."""


def randomness(first: Sequence[Output], second: Sequence[Output]) -> CapturedWarning | None:
    """A warning if two passes over the same inputs gave different outputs; None if they are identical."""
    differing = [
        (one.info.name, metrics.largest_difference(one.values, other.values))
        for one, other in zip(first, second, strict=False)
        if not metrics.is_identical(one.values, other.values)
    ]
    if not differing and len(first) == len(second):
        return None
    shown = ", ".join(name if by is None else f"{name} by up to {by:.3g}" for name, by in differing) or "their number"
    return CapturedWarning(
        RANDOM_MODEL,
        f"The model gives different answers to the same input, in eval mode: {shown}. Something in it is random "
        "(functional dropout without training=self.training, random numbers in forward) or keeps state from call "
        "to call, so that no artifact can agree with it exactly.",
    )


class Reference(Protocol):
    """What an artifact is compared with. Its inputs are tensors or arrays, whichever it makes."""

    def make_inputs(
        self, inputs: Sequence[InputSpec], seed_offset: int = 0, shapes: Mapping[str, tuple[int, ...]] | None = None
    ) -> Sequence[Any]:
        """The example inputs in order, with other values for another seed, and other shapes by name.

        Raises:
            UserError: They cannot be made.
        """

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """The expected outputs.

        Raises:
            UserError: It does not run on these.
        """

    def noise_floor(self, tensors: Sequence[Any], outputs: Sequence[Output]) -> tuple[float | None, ...]:
        """The error of each output that rounding alone gives; None where it is not known."""


class EagerReference:
    """The model in eager mode, and how much rounding alone changes its outputs: in float64 against as it is."""

    def __init__(self, module: torch.nn.Module, inputs: Sequence[InputSpec], context: Context) -> None:
        self._module = module
        self._plan = plan_call(module, inputs)
        self._wide: torch.nn.Module | None = None
        self._context = context
        self._is_given_up = False

    def make_inputs(
        self, inputs: Sequence[InputSpec], seed_offset: int = 0, shapes: Mapping[str, tuple[int, ...]] | None = None
    ) -> tuple[torch.Tensor, ...]:
        """See Reference."""
        return make_inputs(inputs, self._context, seed_offset=seed_offset, shapes=shapes)

    def run(self, tensors: Sequence[torch.Tensor]) -> tuple[Output, ...]:
        """The outputs of one forward pass in eval mode.

        Raises:
            UserError: What run_forward raises.
        """
        return _run(self._module, tensors, self._plan)

    def noise_floor(self, tensors: Sequence[torch.Tensor], outputs: Sequence[Output]) -> tuple[float | None, ...]:
        """Largest |float64 - as it is| of each output; None for all, with a line in the log, where that fails."""
        nothing = (None,) * len(outputs)
        if self._is_given_up:
            return nothing
        try:
            if self._wide is None:
                self._wide = copy.deepcopy(self._module).double()
            wide_tensors = [item.double() if item.is_floating_point() else item for item in tensors]
            wide = _run(self._wide, wide_tensors, self._plan)
        except Exception as error:  # noqa: BLE001 (a model that cannot run in float64 is no fault of the artifact)
            self._is_given_up = True
            self._wide = None
            self._context.log("info", f"The noise floor was not measured: in float64 the model fails with {error}")
            return nothing
        if len(wide) != len(outputs):
            return nothing
        return tuple(
            metrics.largest_difference(one.values, other.values)
            if one.info.dtype.startswith(("float", "bfloat", "complex"))
            else None
            for one, other in zip(outputs, wide, strict=True)
        )


def _run(module: torch.nn.Module, tensors: Sequence[torch.Tensor], plan: CallPlan) -> tuple[Output, ...]:
    results = run_forward(module, tensors, plan)
    return tuple(Output(tensor_info(name, item), to_numpy(item)) for name, item in results)
