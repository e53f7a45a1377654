"""A TorchScript archive in torch, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.records import InputSpec
from modelpack_gui.stages.inspection.torchscript_file import load_torchscript
from modelpack_gui.stages.parity.runtimes.base import Output, run_failed, to_tensor
from modelpack_gui.stages.source.call import CallPlan
from modelpack_gui.stages.source.forward import name_outputs
from modelpack_gui.stages.source.inputs import tensor_info, to_numpy
from modelpack_gui.stages.source.script_call import plan_script_call


class TorchScriptRuntime:
    """A TorchScript archive. See `base.Runtime`."""

    def __init__(self, path: str, inputs: Sequence[InputSpec], level: str = "all") -> None:
        import torch

        self._module = load_torchscript(path)
        self._inputs = inputs
        self._plan: CallPlan | None = None
        self._is_optimized = level != "off"
        self.title = "TorchScript"
        at = "" if self._is_optimized else ", optimisation off"
        self.description = f"TorchScript, torch {torch.__version__}, CPU{at}"

    def fixed_size(self, input_name: str, axis: int) -> int | None:  # noqa: ARG002 (the archive does not say)
        """See Runtime."""
        return None

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """See Runtime."""
        import torch

        if self._plan is None:
            self._plan = plan_script_call(self._module, self._inputs)
        arguments, named = self._plan.bind([to_tensor(item) for item in tensors])
        try:
            optimized = torch.jit.optimized_execution  # type: ignore[attr-defined]  # public, and not in its __all__
            with torch.inference_mode(), optimized(self._is_optimized):
                result = self._module(*arguments, **named)
        except Exception as error:  # TorchScript passes on whatever the model raises
            raise run_failed(f"TorchScript in torch {torch.__version__}", error) from error
        return tuple(Output(tensor_info(name, item), to_numpy(item)) for name, item in name_outputs(result))
