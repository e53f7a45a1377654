"""An ExportedProgram (.pt2) in torch, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.records import Artifact, InputSpec, tensor_inputs
from modelpack_gui.stages.parity.runtimes.base import Output, run_failed, to_tensor
from modelpack_gui.stages.source.forward import name_outputs
from modelpack_gui.stages.source.inputs import tensor_info, to_numpy


class ProgramRuntime:
    """An ExportedProgram, run operator by operator. See `base.Runtime`.

    Attributes:
        ranges: Smallest and largest size by name of the dynamic dimension; None where there is no largest.
    """

    def __init__(self, artifact: Artifact, inputs: Sequence[InputSpec]) -> None:
        import torch

        from modelpack_gui.stages.inspection.pt2_program import Symbols, load_program

        program, metadata = load_program(artifact.path)
        self.ranges = Symbols(program, metadata).ranges
        self._module = program.module()
        # It is given its inputs by position; forward names them, not the recipe.
        names = [item.name for item in tensor_inputs(inputs)]
        fits = len(names) == len(artifact.inputs)
        shapes = [item.shape or () for item in artifact.inputs]
        self._shape_of = dict(zip(names, shapes, strict=True)) if fits else {}
        self.title = "ExportedProgram"
        self.description = f"ExportedProgram, torch {torch.__version__}, CPU"

    def fixed_size(self, input_name: str, axis: int) -> int | None:
        """See Runtime."""
        shape = self._shape_of.get(input_name, ())
        size = shape[axis] if 0 <= axis < len(shape) else None
        return size if isinstance(size, int) else None

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """See Runtime."""
        import torch

        arguments = [to_tensor(item) for item in tensors]
        try:
            with torch.inference_mode():
                result = self._module(*arguments)
        except Exception as error:  # a guard on sizes, or whatever the operators raise
            raise run_failed(f"The ExportedProgram in torch {torch.__version__}", error) from error
        return tuple(Output(tensor_info(name, item), to_numpy(item)) for name, item in name_outputs(result))
