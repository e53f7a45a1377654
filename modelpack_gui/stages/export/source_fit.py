"""Which exporters take a model that was captured already: a TorchScript archive or an ExportedProgram."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.records import ExportSpec

if TYPE_CHECKING:
    import torch


def check_fit(module: torch.nn.Module, spec: ExportSpec) -> None:
    """Refuse an exporter that cannot take what the source is, with the one that can.

    Raises:
        UserError: `export-source-unfit`, with a fix.
    """
    import torch

    if isinstance(module, torch.jit.ScriptModule):
        if spec.format == "pt2" or spec.exporter == "dynamo":
            what = "a TorchScript archive, which torch.export cannot capture: it needs the model's Python"
            fix = _use("trace", "onnx" if spec.format == "pt2" else spec.format, spec)
            raise _unfit(what, fix, "choose the Python file of the model as the source")
        return
    is_program = isinstance(module, torch.fx.GraphModule) and "range_constraints" in vars(module)
    if is_program and (spec.exporter == "script" or (spec.format, spec.exporter) == ("onnx", "trace")):
        what = f"an ExportedProgram, whose graph the exporter {spec.exporter} cannot read"
        fix = _use("dynamo" if spec.format == "onnx" else "trace", spec.format, spec)
        raise _unfit(what, fix, "choose the Python file of the model as the source")


def _use(exporter: str, file_format: str, spec: ExportSpec) -> Fix:
    edits = [RecipeEdit("export.exporter", exporter)]
    text = f"Use the exporter {exporter}"
    if file_format != spec.format:
        edits.insert(0, RecipeEdit("export.format", file_format))
        if spec.output_path:
            path = PurePath(spec.output_path).with_suffix(".onnx").as_posix()
            edits.append(RecipeEdit("export.output_path", path))
        text = f"Export to ONNX with the exporter {exporter}"
    return Fix(text, tuple(edits))


def _unfit(what: str, fix: Fix, otherwise: str) -> UserError:
    cause = f"The source is {what}."
    return UserError(
        "export-source-unfit",
        cause,
        f"{fix.text}, or {otherwise}.",
        explanation=Explanation("export-source-unfit", "This exporter cannot take the source", cause, fixes=(fix,)),
    )
