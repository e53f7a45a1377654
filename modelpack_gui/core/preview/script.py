"""A recipe as the Python that a user would have written for it, with no dependency on us."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.preview import files as preview_files
from modelpack_gui.core.preview import model as preview_model
from modelpack_gui.core.preview.call import call_lines, flat_lines, is_plain
from modelpack_gui.core.preview.export import export_lines, needs_onnx
from modelpack_gui.core.preview.inputs import input_function, input_lines
from modelpack_gui.core.preview.parity import check_lines, parity_lines
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import KeyReport, ParameterInfo, tensor_inputs

_NOT_YET = "# Choose a model file or module and its class first.\n"
_STANDARD = ("importlib.util", "json", "sys")


def export_code(recipe: Recipe, forward: Sequence[ParameterInfo] = (), keys: KeyReport | None = None) -> str:
    """A script that makes the artifact of a recipe with torch alone. Run it in the recipe's folder.

    Args:
        forward: Parameters of the model's `forward`, as a scan found them; they say what nested inputs are made of.
        keys: Of the last load of the checkpoint, which found where its state dict is.
    """
    if not _has_model(recipe):
        return _NOT_YET
    inputs = recipe.inputs
    lines = [
        *preview_model.model_lines(recipe.source, keys),
        "",
        *_call_lines(recipe, forward),
        *input_lines(inputs),
        "",
        *export_lines(recipe.export, tensor_inputs(inputs)),
    ]
    return _with_imports(recipe, set(), lines)


def script_code(recipe: Recipe, forward: Sequence[ParameterInfo] = (), keys: KeyReport | None = None) -> str:
    """A script that exports, checks the artifact, and compares it with the model; status 1 if they differ.

    It needs torch and numpy, for ONNX also onnx and onnxruntime. Arguments as for `export_code`.
    """
    if not _has_model(recipe):
        return _NOT_YET
    export, inputs = recipe.export, recipe.inputs
    tensors = tensor_inputs(inputs)
    call = "call" if _keeps_signature(recipe) and not is_plain(inputs, forward) else ""
    lines = [
        *preview_model.model_lines(recipe.source, keys),
        "",
        *(_call_lines(recipe, forward) or [""]),
        *input_function(inputs, export.dynamic),
        "",
        "",
        "inputs = make_inputs()",
        "",
        *export_lines(export, tensors),
        "",
        *check_lines(export),
        "",
        *parity_lines(export, tensors, export.dynamic, recipe.parity, call),
    ]
    plain = {"sys", "numpy"} | ({"onnx", "onnxruntime"} if export.format == "onnx" else set())
    return _header(recipe) + _with_imports(recipe, plain, lines)


def _has_model(recipe: Recipe) -> bool:
    source = recipe.source
    return bool(source.location and (source.name or source.is_saved_model))


def _keeps_signature(recipe: Recipe) -> bool:
    """Whether the artifact is called as the model is: TorchScript compiles the class as it stands."""
    return recipe.export.format == "torchscript" and recipe.export.exporter == "script"


def _call_lines(recipe: Recipe, forward: Sequence[ParameterInfo]) -> list[str]:
    if is_plain(recipe.inputs, forward):
        return []
    make = call_lines if _keeps_signature(recipe) else flat_lines
    return ["model_module = type(model).__module__", "", "", *make(recipe.inputs, forward), "", ""]


def _header(recipe: Recipe) -> str:
    name = recipe.source.name or recipe.source.location
    target = recipe.export.output_path or "a file"
    return (
        f'"""Export {name} to {target}, check the file, and compare it with PyTorch.\n\n'
        "Made with modelpack-gui, which it does not need. Run it in the folder of the recipe.\n"
        "It ends with status 1 if the artifact and the model differ.\n"
        '"""\n\n'
    )


def _with_imports(recipe: Recipe, more: set[str], lines: list[str]) -> str:
    names = preview_model.import_names(recipe.source) | more
    names |= {"onnx"} if needs_onnx(recipe.export) else set()
    from_files = preview_files.import_names(recipe.inputs)
    names |= from_files & {"numpy"}
    standard = [name for name in _STANDARD if name in names]
    imports = [f"import {name}" for name in standard]
    imports += ["from pathlib import Path", ""]
    imports += [
        "import numpy as np" if name == "numpy" else f"import {name}" for name in sorted(names - set(standard))
    ]
    if "PIL" in from_files:
        imports.append("from PIL import Image, ImageOps")
    if preview_model.needs_safetensors(recipe.source) or "safetensors" in from_files:
        imports.append("from safetensors.torch import load_file")
    return "\n".join([*imports, "", *lines]) + "\n"
