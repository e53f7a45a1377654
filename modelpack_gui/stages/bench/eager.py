"""PyTorch as it is written: the baseline."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared


class EagerRunner:
    """Calls the module itself, in eval mode and inference mode."""

    id = "eager"
    title = "PyTorch eager"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "The model as it is written; the others are compared with it."

    def prepare(self, request: BenchPrepareRequest, context: Context) -> Prepared:
        """Build the model and run it once."""
        model, inputs = torch_model.load(request, context)
        return torch_model.ready(model, inputs, {}, "The forward pass")
