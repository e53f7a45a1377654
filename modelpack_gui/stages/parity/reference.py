"""The reference: the model in eager mode, as it is and in float64, and whether it answers the same twice."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from modelpack_gui.core.context import Context
from modelpack_gui.core.parity.rounding import is_float
from modelpack_gui.core.records import CapturedWarning, InputSpec
from modelpack_gui.stages.parity import metrics
from modelpack_gui.stages.parity.runtimes import Output
from modelpack_gui.stages.source.call import plan_call
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
    """What an artifact is compared with. Its inputs are tensors or arrays, whichever it makes.

    Attributes:
        title: As it is called within a sentence: `eager PyTorch`.
        subject: And at its start: `The model itself`.
    """

    title: str
    subject: str

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

    def exact(self, tensors: Sequence[Any], outputs: Sequence[Output]) -> tuple[Output | None, ...]:
        """What each output is in float64; None where that is not known."""


class EagerReference:
    """The model in eager mode, as it is and in float64."""

    title = "eager PyTorch"
    subject = "The model itself"

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
        return _outputs(run_forward(self._module, tensors, self._plan))

    def exact(self, tensors: Sequence[torch.Tensor], outputs: Sequence[Output]) -> tuple[Output | None, ...]:
        """See Reference; where the model does not run in float64, the log says so and it is not tried again."""
        nothing = (None,) * len(outputs)
        if self._is_given_up:
            return nothing
        try:
            wide = self._run_wide(tensors)
        except Exception as error:  # noqa: BLE001 (a model that cannot run in float64 is no fault of the artifact)
            return self._given_up(f"in float64 the model fails with {error}", nothing)
        if len(wide) != len(outputs):
            return self._given_up("in float64 the model gives another number of outputs", nothing)
        return tuple(other if _is_truth(other, of=one) else None for one, other in zip(outputs, wide, strict=True))

    def run_in(self, dtype: str, tensors: Sequence[torch.Tensor]) -> tuple[Output, ...]:
        """The outputs of the model when it computes in another dtype, such as float16.

        Raises:
            UserError: What run_forward raises: not every operator is there in every dtype.
        """
        import torch

        kind = getattr(torch, dtype)
        module = copy.deepcopy(self._module).to(kind)
        given = [item.to(kind) if item.is_floating_point() else item for item in tensors]
        return _outputs(run_forward(module, given, self._plan))

    def _run_wide(self, tensors: Sequence[torch.Tensor]) -> tuple[Output, ...]:
        from modelpack_gui.stages.parity.widening import Widening, float64_by_default, widened

        if self._wide is None:
            self._wide = copy.deepcopy(self._module).double()
        given = [widened(item) for item in tensors]
        widening = Widening()
        # Inference mode would keep operators whole that are only then taken apart into those with a dtype.
        with float64_by_default(), widening:
            found = run_forward(self._wide, given, self._plan, inference_mode=False)
        if widening.narrowed:
            raise ValueError(f"a result of lower precision, of {widening.narrowed[0]}")
        return _outputs(found)

    def _given_up(self, why: str, nothing: tuple[None, ...]) -> tuple[None, ...]:
        self._is_given_up = True
        self._wide = None
        self._context.log("info", f"The noise floor is not known: {why}")
        return nothing


def _is_truth(exact: Output, *, of: Output) -> bool:
    """Whether an output of a run in float64 can judge the same output in its own dtype."""
    is_wide = exact.info.dtype in ("float64", "complex128") and is_float(of.info.dtype)
    return is_wide and of.info.dtype != exact.info.dtype and exact.info.shape == of.info.shape


def _outputs(results: Sequence[tuple[str, torch.Tensor]]) -> tuple[Output, ...]:
    return tuple(Output(tensor_info(name, item), to_numpy(item)) for name, item in results)
