"""Read the code that `forward` reaches, in the files it is in: methods of the model, of its submodules, and functions
they call. None of it is run for that.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.stages.explain.places import is_own_file
from modelpack_gui.stages.lint.reader import AxisReader, SizeRef

if TYPE_CHECKING:
    import torch

_MOST_FUNCTIONS = 400  # of a model written by a machine, say


@dataclass(frozen=True)
class Spot:
    """A line that an export may freeze.

    Attributes:
        kind: See `control_flow.SpotKind` and `reader.ExtraKind`.
        owner: Name of the class whose method it is in; empty for a function.
        sizes: The sizes that it looks at, as (name, axis); axis None for one that is not known.
        subject: What the line is about where that matters: the name called, or the parameter.
    """

    kind: str
    place: SourcePlace
    function: str
    owner: str
    sizes: frozenset[SizeRef]
    subject: str = ""


def find_spots(module: torch.nn.Module) -> tuple[Spot, ...]:
    """The spots in all that `forward` reaches, in the order of files and lines."""
    found: dict[tuple[str, int, str, str], Spot] = {}
    for function, owner in reached(module):
        node = _definition(function)
        if node is None:
            continue
        path = function.__code__.co_filename
        lines = _lines(path)
        is_root = owner == type(module).__name__ and node.name == "forward"
        reader = AxisReader(node, function.__globals__, is_root=is_root)
        for kind, line, sizes, subject in reader.spots:
            place = SourcePlace(path, line, lines[line - 1].strip() if line <= len(lines) else "")
            found.setdefault((path, line, kind, subject), Spot(kind, place, function.__name__, owner, sizes, subject))
    return tuple(sorted(found.values(), key=lambda spot: (spot.place.file, spot.place.line)))


def reached(module: torch.nn.Module) -> Iterator[tuple[FunctionType, str]]:
    """Functions of the user's own files that `forward` calls, directly or not, with the class of each method."""
    waiting: list[tuple[FunctionType, str, Any]] = []
    for child in module.modules():
        forward = getattr(type(child), "forward", None)
        if isinstance(forward, FunctionType):
            waiting.append((forward, type(child).__name__, child))
    seen: set[Any] = set()
    while waiting and len(seen) < _MOST_FUNCTIONS:
        function, owner, instance = waiting.pop(0)
        if function.__code__ in seen or not is_own_file(function.__code__.co_filename):
            continue
        seen.add(function.__code__)
        yield function, owner
        node = _definition(function)
        for call in ast.walk(node) if node is not None else ():
            if isinstance(call, ast.Call):
                waiting += _called(call.func, function, owner, instance)


def _called(
    node: ast.expr, caller: FunctionType, owner: str, instance: Any
) -> Iterator[tuple[FunctionType, str, Any]]:
    if isinstance(node, ast.Name):
        target = caller.__globals__.get(node.id)
        if isinstance(target, FunctionType):
            yield target, "", None
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and instance is not None:
        if node.value.id in ("self", "cls"):
            target = inspect.unwrap(getattr(type(instance), node.attr, None) or node.attr)  # type: ignore[arg-type]
            if isinstance(target, FunctionType):
                yield target, owner, instance
    elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "super()" and instance is not None:
        for base in type(instance).__mro__[1:]:
            target = vars(base).get(node.attr)
            if isinstance(target, FunctionType) and target.__code__ is not caller.__code__:
                yield target, owner, instance
                return


def _definition(function: FunctionType) -> ast.FunctionDef | None:
    """The syntax of a function; None if its file has changed or cannot be read."""
    first = function.__code__.co_firstlineno
    return _definitions(function.__code__.co_filename).get((function.__code__.co_name, first))


@lru_cache(maxsize=64)
def _definitions_at(path: str, _modified: float) -> Mapping[tuple[str, int], ast.FunctionDef]:
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError):
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            found[node.name, first] = node
    return found


def _definitions(path: str) -> Mapping[tuple[str, int], ast.FunctionDef]:
    try:
        return _definitions_at(path, Path(path).stat().st_mtime)
    except OSError:
        return {}


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
