"""Construct the model of a source and load its checkpoint. Every stage that needs the model calls this."""

from __future__ import annotations

import copy
import difflib
import functools
import inspect
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CapturedWarning, FileStamp, KeyReport, ModelSource
from modelpack_gui.core.saved_models import SavedKind
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.source import arguments
from modelpack_gui.stages.source.checkpoint import read_checkpoint
from modelpack_gui.stages.source.importing import import_source, user_files
from modelpack_gui.stages.source.keys import load_state
from modelpack_gui.stages.source.locate import locate
from modelpack_gui.stages.source.saved import is_onnx, load_saved, locate_saved, training_ops
from modelpack_gui.stages.source.usercode import guarded, require_torch

if TYPE_CHECKING:
    import torch

TRAINING_GRAPH = "CapturedInTrainingMode"
"""Category of the warning about a graph that was captured in training mode."""


@dataclass(frozen=True)
class BuiltModel:
    """A model that was constructed and loaded.

    Attributes:
        module: On the CPU, in eval mode, in the dtypes it was constructed with.
        keys: None when there is no checkpoint.
        source_path: Of the Python file or the saved model, absolute.
        warnings: Given by the user's code and while the checkpoint was read.
        checkpoint_path: Absolute; empty when there is none.
        checkpoint_size_bytes: 0 when there is none.
        files: What it was made from: the model's file, what that imported of the user's, the checkpoint.
    """

    module: torch.nn.Module
    keys: KeyReport | None
    class_name: str
    source_path: str
    warnings: tuple[CapturedWarning, ...]
    checkpoint_path: str
    checkpoint_size_bytes: int
    files: tuple[FileStamp, ...] = ()


def build_model(source: ModelSource, context: Context) -> BuiltModel:
    """Import the source, construct the model with its arguments, and load its checkpoint.

    Without a checkpoint the weights are random but the same each time: the generators are seeded before the import
    and before the construction.

    Raises:
        UserError: For everything that can be wrong with the source, its arguments or its checkpoint.
        JobCancelled: The user asked to stop.
    """
    if source.is_saved_model:
        path, kind = locate_saved(source, context)
        if kind is SavedKind.ONNX:
            raise is_onnx(path)
    require_torch()  # before the user's file, and before the loggers are captured

    _reset_torch()
    _seed()
    with capture() as warnings:
        if source.is_saved_model:
            path = paths.resolve(context, source.file)
            context.progress(f"Loading {path.name}")
            (module, class_name), maker = load_saved(source, context), None
            for name in training_ops(module):
                warnings.add(TRAINING_GRAPH, f"The graph has {name} in training mode, and eval() cannot change it.")
        else:
            location = locate(source.file, source.module, context)
            path = location.path
            context.progress(f"Importing {path.name}")
            maker = _find(import_source(location), source.name, str(path))
            context.check_cancelled()
            context.progress(f"Constructing {source.name}")
            module = _construct(maker, source)
            class_name = type(module).__name__
        module.eval()
        context.check_cancelled()
        keys, checkpoint_path, checkpoint_size = None, "", 0
        checkpoint_files: tuple[Path, ...] = ()
        if source.checkpoint is not None and source.checkpoint.path:
            context.progress(f"Loading {source.checkpoint.path}")
            user_module = sys.modules.get(getattr(maker, "__module__", ""))
            checkpoint = read_checkpoint(source.checkpoint, context, user_module)
            keys = load_state(module, checkpoint, source.checkpoint, context)
            checkpoint_path, checkpoint_size = str(checkpoint.path), checkpoint.size_bytes
            checkpoint_files = tuple(dict.fromkeys((checkpoint.path, *checkpoint.files)))
    _check_materialised(module)
    return BuiltModel(
        module=module,
        keys=keys,
        class_name=class_name,
        source_path=str(path),
        warnings=warnings.records,
        checkpoint_path=checkpoint_path,
        checkpoint_size_bytes=checkpoint_size,
        files=paths.stamps((path, *user_files(), *checkpoint_files)),
    )


def _reset_torch() -> None:
    """Undo what the file of an earlier job may have set for the whole process."""
    import torch

    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_grad_enabled(True)


def _seed() -> None:
    import numpy as np
    import torch

    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def _find(module: ModuleType, name: str, path: str) -> Callable[..., Any]:
    if not name:
        raise UserError("class-not-chosen", "No class or factory is chosen.", f"Choose one of those in {path}.")
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise _missing(found, part, name, path)
        found = getattr(found, part)
    if not callable(found):
        raise UserError(
            "not-callable",
            f"{name} in {path} is an object of type {type(found).__name__}, not a class or a function.",
            "Choose the class itself, or write a function that returns the model.",
        )
    function = found
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise UserError(
            "factory-async",
            f"{name} in {path} is an async function: calling it gives a coroutine, not a model.",
            f"Write a plain function that returns the model, such as one that calls asyncio.run({name}()).",
        )
    if inspect.isclass(found) and inspect.isabstract(found):
        methods = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
        raise UserError(
            "class-abstract",
            f"The class {name} in {path} is abstract: {methods} is not implemented.",
            "Choose a subclass that implements it.",
        )
    return found  # type: ignore[no-any-return]


def _missing(scope: Any, part: str, name: str, path: str) -> UserError:
    offered = [key for key, value in vars(scope).items() if not key.startswith("_") and callable(value)]
    own = [
        key for key in offered if getattr(getattr(scope, key), "__module__", None) == getattr(scope, "__name__", "")
    ]
    close = difflib.get_close_matches(part, own or offered, n=3, cutoff=0.5)
    if close:
        hint = f"Did you mean {' or '.join(close)}?"
    else:
        hint = (
            f"Choose one that it has: {', '.join(sorted(own)[:12])}."
            if own
            else "It defines no class and no function."
        )
    return UserError("class-missing", f"{path} has no {name!r}.", hint)


def _construct(target: Callable[..., Any], source: ModelSource) -> torch.nn.Module:
    import torch

    _seed()
    hint = "Check the constructor arguments; the traceback shows the line of the model that raised it."
    with guarded("constructor-failed", f"constructing {source.name}", hint):
        model: Any
        if isinstance(target, torch.nn.Module):  # made by the file itself
            model = _copied(target, source)
        else:
            bound = arguments.bind(target, source.name, source.arguments)
            model = target(*bound.args, **bound.kwargs) if bound is not None else target(**source.arguments)
    if not isinstance(model, torch.nn.Module):
        if inspect.iscoroutine(model):
            model.close()  # else Python warns that nobody awaited it
        what = "is not a subclass of torch.nn.Module" if inspect.isclass(target) else _gave(model)
        raise UserError(
            "not-a-module",
            f"{source.name} {what}.",
            "Choose a class that derives from torch.nn.Module, or a function that returns an instance of one.",
        )
    elsewhere = {str(tensor.device) for tensor in (*model.parameters(), *model.buffers())} - {"cpu"}
    if not elsewhere:
        return model
    with guarded("model-not-on-cpu", f"moving {source.name} from {', '.join(sorted(elsewhere))} to the CPU", hint):
        return model.to("cpu")


def _copied(module: torch.nn.Module, source: ModelSource) -> torch.nn.Module:
    """A copy of a module that the file made: what is done to it must not reach the file's own."""
    if source.arguments:
        raise UserError(
            "argument-unexpected",
            f"{source.name} is a module that the file has made already, so it takes no arguments"
            f" ({', '.join(source.arguments)}).",
            "Remove the arguments, or choose its class.",
        )
    return copy.deepcopy(module)


def _gave(model: Any) -> str:
    if inspect.isclass(model):
        return f"returned the class {model.__name__} instead of an instance"
    return f"returned an object of type {type(model).__name__}, not a torch.nn.Module"


def _parameters(module: torch.nn.Module) -> list[tuple[str, Any]]:
    return list(module.named_parameters())


def _check_materialised(module: torch.nn.Module) -> None:
    from torch.nn.parameter import is_lazy

    lazy = [name for name, parameter in _parameters(module) if is_lazy(parameter)]
    if lazy:
        raise UserError(
            "lazy-parameters",
            f"{type(module).__name__} has parameters without a shape yet: {', '.join(lazy[:5])}.",
            "Load a checkpoint that has them, or give the layers their sizes instead of using Lazy modules.",
        )
