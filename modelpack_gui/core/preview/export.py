"""The exporter's own call as Python source."""

from __future__ import annotations

from modelpack_gui.core.artifact_formats import USUAL_SUFFIX
from modelpack_gui.core.preview.post_steps import post_step_lines, save_line
from modelpack_gui.core.preview.pycode import bracketed, is_name, literal, path_literal, stacked
from modelpack_gui.core.records import DynamicDim, ExportSpec, InputSpec


def export_lines(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> list[str]:
    """Lines that export `model` with `inputs` to the output path."""
    path = export.output_path or f"model{USUAL_SUFFIX[export.format]}"
    lines = [f"output_path = {path_literal(path)}", "output_path.parent.mkdir(parents=True, exist_ok=True)"]
    if export.format == "pt2" or export.exporter == "dynamo":
        lines += [*_dim_lines(export), *_draft_lines(export, inputs), *_program_lines(export, inputs)]
        return [*lines, *post_step_lines(export)]
    if export.format == "torchscript":
        return [*lines, *_torchscript_lines(export)]
    if export.exporter == "script":
        lines.append("scripted = torch.jit.script(model)")
    exported = "scripted" if export.exporter == "script" else "model"
    lines.append(_onnx_call(exported, _legacy_arguments(export, inputs)))
    if export.external_data:
        lines.append(save_line("onnx.load(output_path)", export))
    return [*lines, *post_step_lines(export)]


def needs_onnx(export: ExportSpec) -> bool:
    """Whether the lines use the package onnx: for steps, and where the older exporter keeps weights inside."""
    moves_weights = export.exporter != "dynamo" and export.external_data
    return export.format == "onnx" and (moves_weights or bool(export.post_steps))


def _torchscript_lines(export: ExportSpec) -> list[str]:
    if export.exporter == "script":
        lines = ["scripted = torch.jit.script(model)"]
        name = "scripted"
    else:
        name = "traced"
        options = "strict=False" if export.check_trace else "strict=False, check_trace=False"
        lines = ["with torch.no_grad():", f"    traced = torch.jit.trace(model, inputs, {options})"]
    if export.optimize_for_inference:
        lines.append(f"{name} = torch.jit.optimize_for_inference({name})")
    elif export.freeze:
        lines.append(f"{name} = torch.jit.freeze({name})")
    return [*lines, f"torch.jit.save({name}, str(output_path))"]


def _draft_lines(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> list[str]:
    if not export.draft_report:
        return []
    arguments = ["model", "inputs", *_dynamic_shapes(export, inputs), f"strict={export.strict}"]
    return [bracketed("print(torch.export.draft_export(", arguments, ")._report)")]


def _program_lines(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> list[str]:
    """torch.export on its own where it is what is asked for, or where its options cannot be given otherwise."""
    arguments = ["model", "inputs", *_dynamic_shapes(export, inputs), f"strict={export.strict}"]
    program = bracketed("program = torch.export.export(", arguments, ")")
    if export.format == "pt2":
        return [program, "torch.export.save(program, output_path)"]
    if export.strict:
        return [program, _onnx_call("program", _dynamo_arguments(export, inputs))]
    return [_onnx_call("model", _dynamo_arguments(export, inputs))]


def _dynamic_shapes(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> list[str]:
    if not export.dynamic:
        return []
    shapes = [_axes(item, export) or "None" for item in inputs]
    return [bracketed("dynamic_shapes=(", shapes, ",)" if len(shapes) == 1 else ")")]


def _onnx_call(model: str, arguments: list[str]) -> str:
    items = [model, "inputs", "str(output_path)", *arguments]
    return stacked("torch.onnx.export(", items, ")")


def _names(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> tuple[str, ...]:
    return export.input_names or tuple(item.name for item in inputs)


def _common_arguments(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> list[str]:
    arguments = [f"input_names={literal(list(_names(export, inputs)))}"]
    if export.output_names:
        arguments.append(f"output_names={literal(list(export.output_names))}")
    if export.opset_version is not None:
        arguments.append(f"opset_version={export.opset_version}")
    return arguments


def _dynamo_arguments(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> list[str]:
    arguments = [*_common_arguments(export, inputs), "dynamo=True", f"external_data={export.external_data}"]
    arguments += _dynamic_shapes(export, inputs)
    if not export.constant_folding:
        arguments.append("optimize=False")
    return arguments


def _legacy_arguments(export: ExportSpec, inputs: tuple[InputSpec, ...]) -> list[str]:
    arguments = [*_common_arguments(export, inputs), "dynamo=False"]
    if export.dynamic:
        axes = []
        for name, item in zip(_names(export, inputs), inputs, strict=False):
            dims = ", ".join(f"{dim.axis}: {literal(dim.name)}" for dim in export.dynamic if dim.input == item.name)
            if dims:
                axes.append(f"{literal(name)}: {{{dims}}}")
        arguments.append("dynamic_axes={" + ", ".join(axes) + "}")
    if not export.constant_folding:
        arguments.append("do_constant_folding=False")
    return arguments


def _dim_lines(export: ExportSpec) -> list[str]:
    """One Dim for each name: axes that share it have the same size."""
    dims: dict[str, DynamicDim] = {}
    for dim in export.dynamic:
        dims.setdefault(dim.name, dim)
    lines = []
    for dim in dims.values():
        # torch.export itself wants multiples spelled `8 * Dim("_height")`; its ONNX exporter does without.
        step = (dim.multiple_of or 1) if export.format == "pt2" else 1
        arguments = [literal(f"_{dim.name}" if step > 1 else dim.name)]
        if dim.min is not None:
            arguments.append(f"min={-(-dim.min // step)}")
        if dim.max is not None:
            arguments.append(f"max={dim.max // step}")
        factor = f"{step} * " if step > 1 else ""
        lines.append(bracketed(f"{_dim_variable(dim.name)} = {factor}torch.export.Dim(", arguments, ")"))
    return lines


def _axes(item: InputSpec, export: ExportSpec) -> str:
    dims = [dim for dim in export.dynamic if dim.input == item.name]
    return "{" + ", ".join(f"{dim.axis}: {_dim_variable(dim.name)}" for dim in dims) + "}" if dims else ""


def _dim_variable(name: str) -> str:
    return f"dim_{name}" if is_name(f"dim_{name}") else "dim_" + "".join(c if c.isalnum() else "_" for c in name)
