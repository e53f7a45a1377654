"""Globals that a checkpoint asks the unpickler for: which are refused, and which the user agreed to by name."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from modelpack_gui.core.errors import UserError

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


def refused_globals(path: Path, message: str) -> list[str]:
    """Full names of the globals that torch.load refused: from the file if torch can list them, else its message."""
    import torch

    names: list[str] = []
    lister = getattr(torch.serialization, "get_unsafe_globals_in_checkpoint", None)
    if lister is not None:
        try:
            names = sorted(lister(str(path)))
        except (ValueError, RuntimeError, IndexError, KeyError, TypeError):
            names = []  # not an archive, or a pickle that cannot be taken apart: the message has one name
    if not names:
        names = [next(filter(None, groups)) for groups in _NAMED.findall(message)]
    return names


def refusal(path: Path, names: list[str]) -> UserError:
    """The error for refused globals; `details` lists them one on each line."""
    if any(name.startswith("torch.nn.modules.") for name in names):
        return UserError(
            "checkpoint-whole-module",
            f"{path} holds a whole pickled model (it asks for {_some(names)}), not a state_dict.",
            "Load it where it was saved and write torch.save(model.state_dict(), path); loading it here could run"
            " any code.",
            "\n".join(names),
        )
    forbidden = [name for name in names if is_forbidden(name)]
    if forbidden:
        return _forbidden(forbidden, path)
    return UserError(
        "checkpoint-unsafe-global",
        f"{path} asks the unpickler for {_some(names)}, which weights_only=True does not allow.",
        "If you trust the file, allow these names; or save tensors only: torch.save(model.state_dict(), path).",
        "\n".join(names),
    )


def is_forbidden(name: str) -> bool:
    """Whether a global is never allowed, since a pickle can run any command with it."""
    return name in _NEVER or name.partition(".")[0] in _NEVER_MODULES


def _own_name(item: Any) -> str:
    return f"{getattr(item, '__module__', '')}.{getattr(item, '__qualname__', '')}"


def _forbidden(names: list[str], path: Path | None = None) -> UserError:
    what = f"{path} asks the unpickler for" if path else "The list of allowed globals has"
    return UserError(
        "checkpoint-forbidden-global",
        f"{what} {_some(names)}, with which a file can run any command.",
        "This cannot be allowed. Do not load the file unless you know who made it and why it needs that.",
        "\n".join(names),
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more


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
