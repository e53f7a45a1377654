"""An artifact as the reference: for another artifact, or for itself in another runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import InputSpec
from modelpack_gui.stages.parity.runtimes import Output, Runtime
from modelpack_gui.stages.source.arrays import make_arrays
from modelpack_gui.stages.source.inputs import make_inputs


class ArtifactReference:
    """What a runtime makes of an artifact. See `reference.Reference`.

    Args:
        is_torch_needed: Whether the inputs are drawn by torch, as for the model itself; by numpy if not.
        title: See Reference; that of the runtime if it is empty.
    """

    def __init__(self, runtime: Runtime, context: Context, *, is_torch_needed: bool, title: str = "") -> None:
        self.title = self.subject = title or runtime.title
        self._runtime = runtime
        self._context = context
        self._make = make_inputs if is_torch_needed else make_arrays

    def make_inputs(
        self, inputs: Sequence[InputSpec], seed_offset: int = 0, shapes: Mapping[str, tuple[int, ...]] | None = None
    ) -> Sequence[Any]:
        """See Reference."""
        return self._make(inputs, self._context, seed_offset=seed_offset, shapes=shapes)

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """See Reference.

        Raises:
            UserError: What the runtime raises.
        """
        return self._runtime.run(tensors)

    def exact(self, tensors: Sequence[Any], outputs: Sequence[Output]) -> tuple[Output | None, ...]:  # noqa: ARG002
        """See Reference: it is not known, for an artifact cannot be run in another precision."""
        return (None,) * len(outputs)
