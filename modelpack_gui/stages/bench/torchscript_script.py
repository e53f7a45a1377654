"""TorchScript by compiling the source."""

from __future__ import annotations

import warnings

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared

_HINT = (
    "TorchScript takes only a part of Python: change what the message names, decorate it with @torch.jit.ignore, or "
    "use the traced runner."
)


class ScriptRunner:
    """Scripts the module, freezes and optimises it for inference."""

    id = "torchscript_script"
    title = "TorchScript scripted"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "Frozen and optimised for inference; keeps branches, but takes only a part of Python."

    def prepare(self, request: BenchPrepareRequest, context: Context) -> Prepared:
        """Build, script, freeze and run it once."""
        import torch

        model, inputs = torch_model.load(request, context)
        context.progress("Scripting")
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the export stage reports what scripting warns of
                scripted = torch_model.frozen(torch.jit.script(model))
        except Exception as error:
            raise torch_model.runner_error("script-failed", "Scripting", error, _HINT) from error
        facts = {"graph": "torch.jit.script, freeze, optimize_for_inference"}
        return torch_model.ready(scripted, inputs, facts, "The scripted model")
