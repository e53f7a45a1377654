"""Find a source file or module, without importing anything, and read its text."""

from __future__ import annotations

import ast
import errno
import importlib.machinery
import importlib.util
import os
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.source.usercode import pip_command, pip_name

_MOST_BYTES = 64 << 20
"""More is no Python that anybody wrote."""


@dataclass(frozen=True)
class Location:
    """Where a source is.

    Attributes:
        path: The file, absolute.
        module: Its dotted name when imported from `root`.
        root: The folder that the import starts from: above the topmost package it is in.
    """

    path: Path
    module: str
    root: Path


def locate(file: str, module: str, context: Context) -> Location:
    """Find the file of a source given as a file or as an importable module.

    Raises:
        UserError: `source-not-chosen`, `source-missing`, `source-is-folder`, `source-not-python`, `import-missing`.
    """
    if file and module:
        raise UserError(
            "source-not-chosen",
            f"Both a file ({file}) and a module ({module}) are given.",
            "Give one of them.",
        )
    if file:
        return location_of(paths.resolve(context, file))
    if module:
        return _locate_module(module, context)
    raise UserError("source-not-chosen", "No model file or module is chosen.", "Choose a .py file or name a module.")


def read_text(path: Path) -> str:
    """The text of a Python file, in the encoding that it declares.

    Raises:
        UserError: `source-encoding`, `source-missing`, `source-unreadable`.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        with tokenize.open(path) as stream:
            return stream.read()
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise UserError(
            "source-encoding",
            f"{path} is not the text that a Python file must be: {error}.",
            "Save it as UTF-8, or check that it is a Python file at all.",
        ) from error
    except FileNotFoundError as error:
        raise _missing(path) from error
    except OSError as error:
        raise UserError(
            "source-unreadable",
            f"{path} cannot be read: {error.strerror or error}.",
            "Check its permissions.",
        ) from error


def parse(path: Path) -> ast.Module:
    """The syntax tree of a Python file.

    Raises:
        UserError: `source-syntax` with the place and the line; those of `read_text`.
    """
    text = read_text(path)
    try:
        return ast.parse(text, filename=str(path))
    except SyntaxError as error:
        raise syntax_error(error) from error
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nested beyond the parser's depth
        raise UserError(
            "source-syntax",
            f"{path} cannot be parsed: {error}.",
            "Check that it is a Python file.",
        ) from error


def syntax_error(error: SyntaxError) -> UserError:
    """The error for a file that this interpreter cannot parse."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    line = (error.text or "").rstrip("\n")
    mark = " " * max((error.offset or 1) - 1, 0) + "^"
    return UserError(
        "source-syntax",
        f"{error.filename}:{error.lineno or 0}: {error.msg}: {line.strip()!r}.",
        f"Correct this line; it was read by Python {version}, so newer syntax is refused too.",
        f"{line}\n{mark}" if line else "",
    )


def _missing(path: Path) -> UserError:
    return UserError(
        "source-missing", f"There is no file {path}.", "Check the path; it is relative to the recipe's folder."
    )


def location_of(path: Path) -> Location:
    """The location of a Python file.

    Raises:
        UserError: `source-missing`, `source-is-folder`, `source-not-python`.
    """
    if is_folder(path):
        raise UserError("source-is-folder", f"{path} is a folder.", "Choose the .py file that defines the model.")
    if not is_file(path):
        raise _missing(path)
    if path.suffix != ".py":
        raise UserError(
            "source-not-python",
            f"{path} is not a .py file.",
            "The source is the Python file that defines the model's class; the checkpoint is given apart.",
        )
    root = package_root(path.parent)
    packages = path.parent.relative_to(root).parts
    names = packages if path.name == "__init__.py" else (*packages, path.stem.replace(".", "_"))
    return Location(path, ".".join(names), root)


def package_root(folder: Path) -> Path:
    """The folder above the topmost package that a folder is in; the folder itself if it is no package."""
    while is_file(folder / "__init__.py") and folder.parent != folder:
        folder = folder.parent
    return folder


def _locate_module(module: str, context: Context) -> Location:
    """Walk down the packages by hand: importlib.util.find_spec would import the parents, and so run their code."""
    search = [str(context.base), *(entry or os.curdir for entry in sys.path)]
    parts = module.split(".")
    spec = None
    for index in range(len(parts)):
        spec = importlib.machinery.PathFinder.find_spec(".".join(parts[: index + 1]), search)
        if spec is None and index == 0:
            spec = importlib.util.find_spec(parts[0])  # an editable install has a finder of its own
        if spec is None:
            raise _not_found(module, parts[: index + 1])
        search = list(spec.submodule_search_locations or [])
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise UserError(
            "source-not-python",
            f"The module {module} has no Python source file.",
            "Name the module that defines the model's class.",
        )
    path = Path(spec.origin).absolute()
    levels = len(parts) + (path.name == "__init__.py")
    return Location(path, module, path.parents[levels - 1])


def _not_found(module: str, parts: list[str]) -> UserError:
    name = ".".join(parts)
    where = f" (looking for {module})" if name != module else ""
    return UserError(
        "import-missing",
        f"The interpreter {sys.executable} finds no module {name!r}{where}.",
        "Check the spelling, choose the interpreter of the model's project, or install it: "
        + pip_command(pip_name(parts[0])),
    )
