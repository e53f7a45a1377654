"""PyTorch as it is written: the baseline."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.torch_options import (
    CHANNELS_LAST,
    GRAD,
    PRECISION_OR_AUTOCAST,
    device_option,
    mode_of,
)


class EagerRunner:
    """Calls the module itself, in eval mode and without gradients."""

    id = "eager"
    title = "PyTorch eager"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "The model as it is written; the others are compared with it."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (GRAD, CHANNELS_LAST, PRECISION_OR_AUTOCAST, THREADS, *device_option())

    def problem(self) -> str:
        """See Runner."""
        return ""

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Build the model and run it once."""
        model, draw = torch_model.load(request, options, context)
        grad = options.choice(GRAD.name)
        mode = mode_of(options, grad)
        return torch_model.ready(model, draw, options, {"gradients": grad}, "The forward pass", mode=mode)
