"""An export as the Python script that a user would have written for it."""

from __future__ import annotations

from modelpack_gui.core.preview_export import export_lines, needs_onnx
from modelpack_gui.core.preview_inputs import input_lines
from modelpack_gui.core.pycode import bracketed, is_name, keywords, literal, path_literal
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CheckpointSpec, ModelSource

_NOT_YET = "# Choose a model file or module and its class first.\n"


def export_code(recipe: Recipe) -> str:
    """A script that makes the artifact of a recipe with torch alone. Run it in the recipe's folder."""
    source = recipe.source
    if not source.location or not source.name:
        return _NOT_YET
    body = [
        *_class_lines(source),
        "",
        *_model_lines(source),
        *_checkpoint_lines(source.checkpoint),
        "model.eval()",
        "",
        *input_lines(recipe.inputs),
        "",
        *export_lines(recipe.export, recipe.inputs),
    ]
    return "\n".join([*_import_lines(recipe), "", *body]) + "\n"


def _import_lines(recipe: Recipe) -> list[str]:
    checkpoint = recipe.source.checkpoint
    plain = {"torch", "onnx"} if needs_onnx(recipe.export) else {"torch"}
    if recipe.source.file:
        plain |= {"importlib.util", "sys"}
    if checkpoint:
        plain |= {name.rpartition(".")[0] for name in checkpoint.allowed_globals if "." in name}
    standard = sorted(plain & {"importlib.util", "sys"})
    lines = [f"import {name}" for name in standard]
    lines += ["from pathlib import Path", ""]
    lines += [f"import {name}" for name in sorted(plain - set(standard))]
    if checkpoint and _is_safetensors(checkpoint):
        lines.append("from safetensors.torch import load_file")
    return lines


def _class_lines(source: ModelSource) -> list[str]:
    outer = source.name.split(".")[0]
    if source.module:
        if all(is_name(part) for part in source.module.split(".")):
            return [f"from {source.module} import {outer}"]
        return ["import importlib", "", f"{outer} = importlib.import_module({literal(source.module)}).{outer}"]
    return [
        f"model_file = {path_literal(source.file)}.resolve()",
        "sys.path.insert(0, str(model_file.parent))  # for what the file imports beside it",
        "spec = importlib.util.spec_from_file_location(model_file.stem, model_file)",
        "module = importlib.util.module_from_spec(spec)",
        "sys.modules[spec.name] = module",
        "spec.loader.exec_module(module)",
    ]


def _model_lines(source: ModelSource) -> list[str]:
    callee = source.name if source.module else f"module.{source.name}"
    arguments = keywords({name: literal(value) for name, value in source.arguments.items()})
    construct = bracketed(f"model = {callee}(", arguments, ")")
    has_weights = source.checkpoint is not None and source.checkpoint.path
    return [construct] if has_weights else ["torch.manual_seed(0)  # the same random weights each time", construct]


def _is_safetensors(checkpoint: CheckpointSpec) -> bool:
    return checkpoint.path.endswith(".safetensors")


def _checkpoint_lines(checkpoint: CheckpointSpec | None) -> list[str]:
    if checkpoint is None or not checkpoint.path:
        return []
    load = (
        "model.load_state_dict(state_dict)"
        if checkpoint.strict
        else "model.load_state_dict(state_dict, strict=False)"
    )
    path = path_literal(checkpoint.path) if checkpoint.path.startswith("~") else literal(checkpoint.path)
    if _is_safetensors(checkpoint):
        return [f"state_dict = load_file({path})", load]
    call = bracketed("checkpoint = torch.load(", [path, 'map_location="cpu"', "weights_only=True"], ")")
    if checkpoint.allowed_globals:
        allowed = bracketed("with torch.serialization.safe_globals([", list(checkpoint.allowed_globals), "]):")
        call = allowed + "\n" + "\n".join("    " + line for line in call.splitlines())
    return [call, 'state_dict = checkpoint.get("state_dict", checkpoint)', load]
