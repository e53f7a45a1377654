"""TorchScript by tracing."""

from __future__ import annotations

import warnings

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared

_HINT = "Tracing needs outputs that are tensors, or tuples, lists or dicts of them; the details name what it met."


class TraceRunner:
    """Traces the module on its example inputs, freezes and optimises it for inference."""

    id = "torchscript_trace"
    title = "TorchScript traced"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "Frozen and optimised for inference; branches that depend on the input are fixed by the example."

    def prepare(self, request: BenchPrepareRequest, context: Context) -> Prepared:
        """Build, trace, freeze and run it once."""
        import torch

        model, inputs = torch_model.load(request, context)
        context.progress("Tracing")
        try:
            with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the export stage reports what tracing warns of
                traced = torch_model.frozen(torch.jit.trace(model, inputs, check_trace=False))  # type: ignore[no-untyped-call]
        except Exception as error:
            raise torch_model.runner_error("trace-failed", "Tracing", error, _HINT) from error
        facts = {"graph": "torch.jit.trace, freeze, optimize_for_inference"}
        return torch_model.ready(traced, inputs, facts, "The traced model")
