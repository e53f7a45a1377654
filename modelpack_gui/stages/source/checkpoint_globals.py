"""Globals that a checkpoint asks the unpickler for: which are refused, and which the user agreed to by name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import listed
from modelpack_gui.stages.source.checkpoint_files import is_a_model
from modelpack_gui.stages.source.pickle_globals import is_plain
from modelpack_gui.stages.source.pickle_outline import OutlineError, outline_archive, outline_old

# Functions of these run commands or code that the file brings along, load other pickles, or reach any of the rest.
_NEVER_MODULES = frozenset(
    {"os", "posix", "nt", "sys", "subprocess", "_posixsubprocess", "multiprocessing", "asyncio", "pty",
     "shutil", "socket", "ctypes", "_ctypes", "importlib", "_frozen_importlib", "imp", "pkgutil", "runpy",
     "zipimport", "code", "codeop", "timeit", "trace", "profile", "cProfile", "bdb", "pdb", "doctest", "pydoc",
     "webbrowser", "pip", "ensurepip", "venv", "pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle",
     "joblib"}
)  # fmt: skip
_NEVER = frozenset(
    {"builtins.eval", "builtins.exec", "builtins.compile", "builtins.open", "builtins.__import__",
     "builtins.getattr", "builtins.setattr", "builtins.delattr", "builtins.input", "builtins.breakpoint",
     "builtins.globals", "builtins.locals", "builtins.vars", "io.open", "_io.open", "io.FileIO", "_io.FileIO",
     "types.FunctionType", "types.CodeType", "numpy.load", "torch.load", "torch.serialization.load",
     "torch.hub.load", "torch.jit.load", "torch.jit._serialization.load", "torch.storage._load_from_bytes",
     "torch.fx.graph_module.reduce_graph_module", "torch.fx.graph_module.reduce_package_graph_module",
     "torch.fx.graph_module.reduce_deploy_graph_module", "torch.fx.graph_module._exec_with_source"}
)  # fmt: skip
_NAMED = re.compile(
    r"GLOBAL ([\w.]+) was not an allowed global|unsupported class ([\w.]+)|GLOBAL ([\w.]+) whose module"
)


def resolve_globals(allowed: tuple[str, ...], user_module: ModuleType | None) -> list[Any]:
    """Import the globals that the user agreed to, as torch.serialization.safe_globals takes them.

    A name that cannot be imported is looked up in the model's module under its last part: checkpoints saved by a
    script name its classes `__main__.Class`.

    Raises:
        UserError: `checkpoint-forbidden-global`, `checkpoint-global-missing`.
    """
    found: list[Any] = []
    for name in allowed:
        if is_forbidden(name):
            raise _forbidden([name])
        item = _import(name)
        if item is not None:
            if is_forbidden(_own_name(item)):  # by another name: torch.serialization.os.system
                raise _forbidden([name])
            found.append(item)
            continue
        leaf = name.rpartition(".")[2]
        own = getattr(user_module, leaf, None)
        if own is None:
            raise UserError(
                "checkpoint-global-missing",
                f"The class {name}, which the checkpoint may use by your consent, cannot be imported.",
                "Choose the interpreter of the project that saved the checkpoint, or take the name off the list.",
            )
        found.append((own, name))
    return found


def refused_globals(path: Path, allowed: tuple[str, ...], message: str, *, is_archive: bool) -> list[str]:
    """Full names of all globals that torch.load refuses: from the file, or what the message of torch.load names.

    It stops at the first one, but the user should see them all at once, and those that can never be allowed first.
    """
    try:
        outline = outline_archive(path) if is_archive else outline_old(path)
        names = [name for name in not_allowed(outline.globals) if name not in allowed]
    except OutlineError:
        names = []  # a pickle that cannot be taken apart: the message has one name
    return names or [next(filter(None, groups)) for groups in _NAMED.findall(message)]


def not_allowed(names: Iterable[str]) -> list[str]:
    """Those that `weights_only=True` does not allow by itself, sorted. Imports torch if that needs to be asked."""
    doubtful = sorted({name for name in names if not is_plain(name)})
    if not doubtful:
        return []
    import torch

    allowed: dict[str, Any] = getattr(torch._weights_only_unpickler, "_get_allowed_globals", dict)()
    return [name for name in doubtful if name not in allowed]


def refusal(path: Path, given: str, names: list[str]) -> UserError:
    """The error for refused globals; `details` lists them one on each line.

    Args:
        given: The path as the recipe spells it, for the fix.
    """
    forbidden = [name for name in names if is_forbidden(name)]
    if forbidden:
        return _forbidden(forbidden, path, [name for name in names if name not in forbidden])
    if is_whole_module(names):
        hint = "Or load it where it was saved and write torch.save(model.state_dict(), path)."
        what = f"a whole pickled model (it asks for {listed(names, 4)})"
        return is_a_model("checkpoint-whole-module", path, given, what, hint, "\n".join(names))
    return UserError(
        "checkpoint-unsafe-global",
        f"{path} asks the unpickler for {listed(names, 4)}, which weights_only=True does not allow.",
        "If you trust the file, allow these names; or save tensors only: torch.save(model.state_dict(), path).",
        "\n".join(names),
    )


def is_whole_module(names: Iterable[str]) -> bool:
    """Whether these globals are those of a pickled model."""
    return any(name.startswith("torch.nn.modules.") for name in names)


def is_forbidden(name: str) -> bool:
    """Whether a global is never allowed, since a pickle can run any command with it."""
    return name in _NEVER or name.partition(".")[0] in _NEVER_MODULES


def _own_name(item: Any) -> str:
    return f"{getattr(item, '__module__', '')}.{getattr(item, '__qualname__', '')}"


def _forbidden(names: list[str], path: Path | None = None, others: Sequence[str] = ()) -> UserError:
    what = f"{path} asks the unpickler for" if path else "The list of allowed globals has"
    besides = f" It also asks for {listed(others, 4)}." if others else ""
    return UserError(
        "checkpoint-forbidden-global",
        f"{what} {listed(names, 4)}, with which a file can run any command.{besides}",
        "This cannot be allowed. Do not load the file unless you know who made it and why it needs that.",
        "\n".join((*names, *others)),
    )


def _import(name: str) -> Any:
    """Import a dotted name, trying ever shorter modules; None if there is none."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        if found is not None and parts[0] != "__main__":
            return found
    return None
