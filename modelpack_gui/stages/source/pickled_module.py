"""Load a whole pickled nn.Module with `weights_only=True`: the unpickler builds objects of allowed classes alone."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import SavedModel
from modelpack_gui.core.saved_models import ZIP_DAMAGE, SavedKind, inner_name
from modelpack_gui.stages.source import checkpoint_globals, importing, locate, pickle_globals
from modelpack_gui.stages.source.checkpoint import safe_globals
from modelpack_gui.stages.source.exported_program import unsafe
from modelpack_gui.stages.source.usercode import guarded

if TYPE_CHECKING:
    import torch


def describe_pickle(path: Path) -> SavedModel:
    """The class of a pickled module, and all that loading it would look up and call."""
    data = _pickle_of(path)
    wanted = pickle_globals.asked_globals(data)
    return SavedModel(
        kind=SavedKind.PICKLED_MODULE.value,
        class_name=next(iter(pickle_globals.globals_of(data)), "").rpartition(".")[2],
        globals=wanted,
        forbidden=tuple(name for name in wanted if checkpoint_globals.is_forbidden(name)),
        producer="torch.save",
    )


def load(path: Path, allowed: tuple[str, ...], context: Context) -> torch.nn.Module:
    """Load a pickled module, importing the classes that it names from its own folder too.

    Raises:
        UserError: `saved-model-unsafe-global` and `saved-model-forbidden-global` with the full names in the details,
            `saved-model-class-missing`, `saved-model-old-format`, `saved-model-not-loadable`, `not-a-module`.
    """
    import torch

    wanted = pickle_globals.asked_globals(_pickle_of(path))
    refused = tuple(name for name in wanted if name not in allowed or checkpoint_globals.is_forbidden(name))
    if refused:
        raise unsafe(path, refused)
    importing.search_from(locate.package_root(path.parent))
    with guarded("saved-model-class-missing", f"importing the classes of {path.name}", _CLASS_HINT):
        user_module = _script_of(path, wanted)
        try:
            objects = checkpoint_globals.resolve_globals(wanted, user_module)
        except UserError as error:
            if error.info.code != "checkpoint-global-missing":
                raise
            raise UserError("saved-model-class-missing", error.info.message.replace("the checkpoint", path.name),
                            _CLASS_HINT) from error  # fmt: skip
    context.check_cancelled()
    with (
        guarded("saved-model-not-loadable", f"loading the pickled model {path.name}", _LOAD_HINT),
        safe_globals(objects),
    ):
        module = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(module, torch.nn.Module):
        raise UserError(
            "not-a-module",
            f"{path} holds an object of type {type(module).__name__}, not a torch.nn.Module.",
            "Save the module itself with torch.save(model, path).",
        )
    return module


_CLASS_HINT = (
    "Put the file beside the Python files that it was saved with, or choose the interpreter of the project that"
    " saved it."
)
_LOAD_HINT = (
    "The classes may have changed since it was saved. Load it where it was saved, write"
    " torch.save(model.state_dict(), path), and choose the Python file of the model with that checkpoint."
)


def _pickle_of(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(inner_name(archive.namelist(), "data.pkl"))
    except (*ZIP_DAMAGE, KeyError) as error:
        raise UserError(
            "saved-model-old-format",
            f"{path} is a whole model in the format of torch before 1.6, which weights_only=True does not load.",
            "Load it where it was saved and save it again: torch.save(model.state_dict(), path), or"
            " torch.save(model, path) with a newer torch.",
        ) from error


def _script_of(path: Path, wanted: tuple[str, ...]) -> ModuleType | None:
    """The file beside a pickle that defines the classes which a script pickled as its own (`__main__.Net`).

    It is found by parsing, and only if exactly one file has them all.
    """
    names = {name.partition(".")[2] for name in wanted if name.startswith("__main__.")}
    if not names:
        return None
    having = []
    for file in sorted(path.parent.glob("*.py")):
        try:
            tree = locate.parse(file)
        except UserError:
            continue  # another file, which nobody asked for
        defined = {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
        if names <= defined:
            having.append(file)
    if len(having) != 1:
        found = " and ".join(file.name for file in having)
        raise UserError(
            "saved-model-class-missing",
            f"{path.name} was saved by a script that defined {', '.join(sorted(names))} itself, and "
            + (f"several files beside it define that: {found}." if having else "no file beside it defines that."),
            "Put the script beside the saved model, and no other file with classes of the same names.",
        )
    return importing.import_source(locate.location_of(having[0]))
