"""Load a saved model: TorchScript, an ExportedProgram, or a whole pickled module. What it is, its content says."""

from __future__ import annotations

import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.core.records import ModelSource
from modelpack_gui.core.saved_models import SavedKind, kind_of_file
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.inspection.pt2_program import load_program
from modelpack_gui.stages.inspection.torchscript_file import load_torchscript
from modelpack_gui.stages.source import importing, pickled_module
from modelpack_gui.stages.source.locate import package_root

if TYPE_CHECKING:
    import torch


def locate_saved(source: ModelSource, context: Context) -> tuple[Path, SavedKind]:
    """The file of a saved model, and what it is.

    Raises:
        UserError: `source-missing`, `source-is-folder`, `source-not-python`, `source-is-checkpoint`.
    """
    path = paths.resolve(context, source.file)
    if is_folder(path):
        raise UserError("source-is-folder", f"{path} is a folder.", "Choose the file that has the model in it.")
    if not is_file(path):
        raise UserError(
            "source-missing", f"There is no file {path}.", "Check the path; it is relative to the recipe's folder."
        )
    kind = kind_of_file(path)
    if kind is SavedKind.CHECKPOINT:
        raise _is_checkpoint(path, source)
    if kind is SavedKind.UNKNOWN:
        raise UserError(
            "source-not-python",
            f"{path} is neither a .py file nor a saved model.",
            "Choose the Python file that defines the model's class, or a model saved by torch.jit.save,"
            " torch.export.save, torch.save(model, path) or as ONNX. A checkpoint is given apart.",
        )
    return path, kind


def load_saved(source: ModelSource, context: Context) -> tuple[torch.nn.Module, str]:
    """Load a saved model as a module on the CPU, with the name of its class, where it is known.

    Of a pickle only what `allowed_globals` names is run.

    Raises:
        UserError: Those of `locate_saved`, of `pickled_module.load` and of `load_program`; `source-is-onnx`,
            `saved-model-no-forward`, `torchscript-not-loadable`.
    """
    path, kind = locate_saved(source, context)
    if kind is SavedKind.ONNX:
        raise is_onnx(path)
    if kind is SavedKind.PICKLED_MODULE:
        pickled = pickled_module.load(path, source.allowed_globals, context)
        return pickled, type(pickled).__name__
    importing.search_from(package_root(path.parent))
    return _load_script(path) if kind is SavedKind.TORCHSCRIPT else _load_program(path, source.allowed_globals)


def is_onnx(path: Path) -> UserError:
    """The error for an ONNX file where a PyTorch model is needed."""
    return UserError(
        "source-is-onnx",
        f"{path} is an ONNX file: there is no PyTorch model in it to run or export.",
        "Inspect, check, compare and measure it as it is; to export, choose the Python file of the model.",
    )


def _load_script(path: Path) -> tuple[torch.nn.Module, str]:
    module = load_torchscript(path)
    if "forward" not in module._c._method_names():
        raise UserError(
            "saved-model-no-forward",
            f"The TorchScript archive {path} has no method forward, so there is nothing to run.",
            "Save a module whose forward was scripted or traced.",
        )
    return module, str(module.original_name)


def _load_program(path: Path, allowed: tuple[str, ...]) -> tuple[torch.nn.Module, str]:
    import torch

    module: Any = load_program(path, allowed)[0].module()
    # torch.export forbids both, for the graph is what it was when it was made; as flags they do no harm.
    for name in ("train", "eval"):
        if name in vars(module):
            setattr(module, name, types.MethodType(getattr(torch.nn.Module, name), module))
    return module, _captured_class(module) or "ExportedProgram"


def _captured_class(module: Any) -> str:
    """The class that a graph was captured from: the outermost one of each node."""
    for node in module.graph.nodes:
        for place, name in node.meta.get("nn_module_stack", {}).values():
            if not place:
                return str(getattr(name, "__qualname__", name)).rpartition(".")[2]
    return ""


def training_ops(module: torch.nn.Module) -> tuple[str, ...]:
    """Operators of a captured graph that were captured in training mode: eval() cannot reach them any more."""
    graph = getattr(module, "graph", None)
    if graph is None or not hasattr(graph, "nodes") or callable(graph.nodes):
        return ()
    found = []
    for node in graph.nodes:
        schema = getattr(node.target, "_schema", None)
        for position, argument in enumerate(schema.arguments if schema is not None else ()):
            if argument.name in ("train", "training"):
                given = node.args[position] if position < len(node.args) else node.kwargs.get(argument.name)
                if given is True:
                    found.append(str(node.target))
    return tuple(dict.fromkeys(found))


def _is_checkpoint(path: Path, source: ModelSource) -> UserError:
    cause = f"{path.name} holds tensors by name and no model that could be run with them."
    fix = Fix(
        "Use it as the checkpoint",
        (
            RecipeEdit("source.file", ""),
            RecipeEdit("source.checkpoint", {"path": source.file, "strict": True}),
        ),
        "Then choose the Python file that defines the model's class.",
    )
    return UserError(
        "source-is-checkpoint",
        f"{path} is a checkpoint, not a model.",
        "Give it as the checkpoint, and the Python file that defines the model's class as the source.",
        explanation=Explanation("source-is-checkpoint", "A checkpoint is no model", cause, fixes=(fix,)),
    )
