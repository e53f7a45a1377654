"""TorchScript by compiling the source."""

from __future__ import annotations

import warnings

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.torch_options import CHANNELS_LAST, PRECISION, device_option
from modelpack_gui.stages.bench.torchscript_finish import FINISH, finished, graph_fact

_HINT = (
    "TorchScript takes only a part of Python: change what the message names, decorate it with @torch.jit.ignore, or "
    "use the traced runner."
)


class ScriptRunner:
    """Scripts the module and, unless told otherwise, freezes and optimises it for inference."""

    id = "torchscript_script"
    title = "TorchScript scripted"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "Frozen and optimised for inference; keeps branches, but takes only a part of Python."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (FINISH, CHANNELS_LAST, PRECISION, THREADS, *device_option())

    def problem(self) -> str:
        """See Runner."""
        return ""

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Build, script, finish and run it once."""
        import torch

        model, draw = torch_model.load(request, options, context)
        context.progress("Scripting")
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the export stage reports what scripting warns of
                scripted = finished(torch.jit.script(model), options)
        except Exception as error:
            raise torch_model.runner_error("script-failed", "Scripting", error, _HINT) from error
        facts = graph_fact("torch.jit.script", options)
        return torch_model.ready(scripted, draw, options, facts, "The scripted model")
