"""TorchScript by tracing."""

from __future__ import annotations

import warnings

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.torch_options import CHANNELS_LAST, PRECISION, device_option
from modelpack_gui.stages.bench.torchscript_finish import FINISH, finished, graph_fact

_HINT = "Tracing needs outputs that are tensors, or tuples, lists or dicts of them; the details name what it met."


class TraceRunner:
    """Traces the module on its example inputs and, unless told otherwise, freezes and optimises it for inference."""

    id = "torchscript_trace"
    title = "TorchScript traced"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "Frozen and optimised for inference; branches that depend on the input are fixed by the example."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (FINISH, CHANNELS_LAST, PRECISION, THREADS, *device_option())

    def problem(self) -> str:
        """See Runner."""
        return ""

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Build, trace, finish and run it once."""
        import torch

        model, draw = torch_model.load(request, options, context)
        context.progress("Tracing")
        try:
            with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the export stage reports what tracing warns of
                made = torch.jit.trace(model, draw(0), check_trace=False)  # type: ignore[no-untyped-call]
                traced = finished(made, options)
        except Exception as error:
            raise torch_model.runner_error("trace-failed", "Tracing", error, _HINT) from error
        facts = graph_fact("torch.jit.trace", options)
        return torch_model.ready(traced, draw, options, facts, "The traced model")
