"""TorchScript by tracing: `torch.jit.trace`."""

from __future__ import annotations

import re
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit, SourcePlace
from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.torchscript_file import finish

_LOCATION = re.compile(r"ource (?:l|L)ocation:\s*\n\s*(.+?)\((\d+)\): ")


class TorchScriptTraceExporter:
    """Records one run on the example inputs, and compares it with a run on other values."""

    id = "trace"
    format: ArtifactFormat = "torchscript"
    title = "TorchScript trace"
    packages: tuple[str, ...] = ()
    min_torch = (2, 4)
    note = "Follows one run: a branch or a Python number is frozen as it was for the example inputs."
    runs_model = True
    options: tuple[str, ...] = ("freeze", "optimize_for_inference", "check_trace")

    def opsets(self) -> None:
        """TorchScript has no opsets."""

    def export(self, call: ExportCall, context: Context) -> None:
        """See `Exporter.export`."""
        import torch

        context.progress("Tracing")
        jit: Any = torch.jit  # untyped in torch
        checked = call.spec.check_trace
        # Lists and dicts of tensors pass, so that the archive can keep the signature that the model was written with.
        keeps_signature = call.plan.is_nested

        def arguments(tensors: tuple[torch.Tensor, ...]) -> tuple[Any, ...]:
            return call.plan.bind(tensors)[0] if keeps_signature else tensors

        try:
            with torch.no_grad():
                # Not strict: models that return a dict are usual, and parity compares what comes out.
                traced = jit.trace(
                    call.own_module if keeps_signature else call.module,
                    arguments(call.tensors),
                    strict=False,
                    check_trace=checked,
                    check_inputs=[arguments(call.other_tensors)] if checked and call.other_tensors else None,
                )
        except jit.TracingCheckError as error:
            raise _disagreement(str(error)) from error
        context.check_cancelled()
        finish(traced, call, context)


def _disagreement(text: str) -> UserError:
    """What the check found: torch's text has a graph diff, and the stack of the first operator that differs."""
    places = tuple(SourcePlace(file, int(line)) for file, line in dict.fromkeys(_LOCATION.findall(text)))
    where = f" (at {places[0].file}:{places[0].line})" if places else ""
    cause = (
        "A trace holds the operators of one run. On other values of the same shapes the model runs other operators or"
        " other numbers, so that the trace would be wrong there: a branch or a Python number depends on the values."
    )
    fixes = (
        Fix("Use the exporter script", (RecipeEdit("export.exporter", "script"),), "It keeps branches and loops."),
        Fix("Write the branch with torch.where", details="Both sides are then part of the trace."),
        Fix(
            "Export without the check",
            (RecipeEdit("export.check_trace", value=False),),
            "The artifact is then right for values like the example's only.",
        ),
    )
    return UserError(
        "trace-check-failed",
        f"The trace does not fit the model on other values than the example's{where}.",
        "Use the exporter script, which keeps branches, or write the branch with torch.where.",
        text,
        Explanation("trace-check-failed", "The model does something else on other values", cause, places, fixes),
    )
