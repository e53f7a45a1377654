"""A TorchScript file from disk."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.files import artifact_of
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.torch_options import CHANNELS_LAST, PRECISION, device_option, prepared_module
from modelpack_gui.stages.bench.torchscript_finish import FINISH, finished, graph_fact
from modelpack_gui.stages.common.warnings import capture

_AS_SAVED = OptionInfo(
    FINISH.name,
    FINISH.title,
    "choice",
    "plain",
    ("plain", "frozen", "optimized"),
    note="plain runs the file as it was saved. " + FINISH.note,
)


class TorchScriptFileRunner:
    """Runs the TorchScript artifact, or any other such file, without the model's code."""

    id = "torchscript_file"
    title = "TorchScript file"
    needs_artifact = "torchscript"
    packages = ("torch", "numpy")
    note = "Runs a file of torch.jit.save as it is, or frozen and optimised for inference after loading."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (_AS_SAVED, CHANNELS_LAST, PRECISION, THREADS, *device_option())

    def problem(self) -> str:
        """See Runner."""
        return ""

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Load the file, finish it as asked and run it once.

        Raises:
            UserError: `artifact-missing`, `artifact-not-torchscript`, `torchscript-not-loadable`,
                `inputs-do-not-match`, `freeze-failed`, `forward-failed`.
        """
        import torch

        from modelpack_gui.stages.inspection.torchscript_file import load_torchscript
        from modelpack_gui.stages.source.script_call import plan_script_call

        path = artifact_of(request, "torchscript", context)
        torch_model.set_threads(options.threads(request.threads))
        module = load_torchscript(path)
        plan = plan_script_call(module, request.inputs)
        precision = torch_model.low_precision(module)
        try:
            with torch.no_grad(), capture():
                module = finished(prepared_module(module.eval(), options), options)
        except Exception as error:  # frozen before, or with a method that cannot be
            raise torch_model.runner_error(
                "freeze-failed", f"Freezing {path.name}", error, "Run the file as it was saved: finish plain."
            ) from error
        draw = torch_model.drawing(request, options, context)
        facts = {**graph_fact("torch.jit.load", options), "file": path.name}
        if plan.is_plain:
            return torch_model.ready(module, draw, options, facts, path.name, precision=precision)

        def bound(*tensors: torch.Tensor) -> object:
            arguments, named = plan.bind(tensors)
            return module(*arguments, **named)

        return torch_model.ready(bound, draw, options, facts, path.name, precision=precision)
