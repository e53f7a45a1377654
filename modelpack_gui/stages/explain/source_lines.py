"""Lines of the model's source that fit what is known of a trouble, for when no message and no frame names any."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.stages.explain.base import Situation
from modelpack_gui.stages.explain.places import unique
from modelpack_gui.stages.source.control_flow import SpotKind, find_spots, reached

_PREFIXES = ("special_", "linalg_", "fft_", "nn_")
_SUFFIXES = ("_default", "_generator", "r")  # grid_sampler is called grid_sample

NOTES: dict[SpotKind, str] = {
    "branch-on-size": "a branch on a size",
    "branch-on-value": "a branch on values",
    "loop-on-size": "a loop over a size",
    "loop-on-value": "a loop counted by values",
    "number-from-size": "a size made a number",
    "number-from-value": "values made a number",
    "fixed-size": "a size written as a number",
    "new-constant": "a new tensor from computed values",
    "in-place": "a write in place",
    "state": "something kept on self",
    "random": "random numbers",
}


def places_of(situation: Situation, *operators: str) -> tuple[SourcePlace, ...]:
    """The lines that the exceptions name, the most telling first; else calls of what these operators may be."""
    named = unique(place for error in reversed(situation.errors) for place in error.places)
    return named or calls_of(situation, *operators)


def calls_of(situation: Situation, *operators: str) -> tuple[SourcePlace, ...]:
    """Lines of the model's file that use something of one of these names, or of one that an operator goes by."""
    names = {_plain(name) for operator in operators for name in _spellings(operator)}
    tree = parsed(situation.source_path)
    if tree is None or not names:
        return ()
    scopes = reached(tree, situation.source.name if situation.source else "")
    lines = sorted({line for scope in scopes for line, name in _used_names(scope) if _plain(name) in names})
    return unique(SourcePlace(situation.source_path, line) for line in lines)


def parsed(path: str) -> ast.Module | None:
    """A Python file, parsed; None if it cannot be."""
    if not path.endswith(".py"):
        return None
    try:
        return ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError):
        return None


def _used_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.lineno, node.id


def _plain(name: str) -> str:
    """A name so that the module RMSNorm and the function rms_norm are one."""
    return name.replace("_", "").lower()


def _spellings(operator: str) -> Iterator[str]:
    """What `aten::special_bessel_j0` may be called in a model: `special_bessel_j0`, `bessel_j0`."""
    name = operator.replace("::", ".").rpartition(".")[2].strip("_")
    if not name:
        return
    yield name
    if name.startswith("upsample"):
        yield "interpolate"
        yield "upsample"
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            yield name.removeprefix(prefix)
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            yield name.removesuffix(suffix)


def spots(situation: Situation, *kinds: SpotKind) -> tuple[SourcePlace, ...]:
    """Lines of the model's file that are of these kinds, with what is there; those of the first kind first."""
    path = situation.source_path
    start = situation.source.name if situation.source else ""
    found = find_spots(path, kinds, start) if path.endswith(".py") else ()
    ordered = sorted(found, key=lambda spot: (kinds.index(spot.kind), spot.line))
    return unique(SourcePlace(path, spot.line, NOTES[spot.kind]) for spot in ordered)


def where(places: Sequence[SourcePlace]) -> str:
    """` at net.py:12`, the first of some places; empty if there is none."""
    return f" at {Path(places[0].file).name}:{places[0].line}" if places else ""


def class_line(situation: Situation, name: str) -> tuple[SourcePlace, ...]:
    """Where the model's file defines a class."""
    tree = parsed(situation.source_path)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name] if tree else []
    return tuple(SourcePlace(situation.source_path, node.lineno, f"the class {name}") for node in found[:1])


def forward_of(situation: Situation) -> ast.FunctionDef | None:
    """`forward` of the class that the source names, as it is written in the file; None if it is not there."""
    tree = parsed(situation.source_path)
    name = situation.source.name.rpartition(".")[2] if situation.source else ""
    for scope in ast.walk(tree) if tree else ():
        if isinstance(scope, ast.ClassDef) and scope.name == name:
            for item in scope.body:
                if isinstance(item, ast.FunctionDef) and item.name == "forward":
                    return item
    return None


def returns_of(situation: Situation) -> tuple[SourcePlace, ...]:
    """Where `forward` returns something."""
    forward = forward_of(situation)
    found = [node for node in ast.walk(forward) if isinstance(node, ast.Return)] if forward else []
    return unique(SourcePlace(situation.source_path, node.lineno) for node in found)


def parameter_line(situation: Situation, name: str) -> tuple[SourcePlace, ...]:
    """Where `forward` takes a parameter."""
    forward = forward_of(situation)
    if forward is None:
        return ()
    found = [item for item in (*forward.args.args, *forward.args.kwonlyargs) if item.arg == name]
    return tuple(SourcePlace(situation.source_path, item.lineno, f"the parameter {name}") for item in found)


def optional_parameters(situation: Situation) -> tuple[str, ...]:
    """The parameters that `forward` can be called without."""
    forward = forward_of(situation)
    if forward is None:
        return ()
    positional = [item.arg for item in (*forward.args.posonlyargs, *forward.args.args)]
    named = zip(forward.args.kwonlyargs, forward.args.kw_defaults, strict=True)
    return (
        *positional[len(positional) - len(forward.args.defaults) :],
        *(item.arg for item, default in named if default is not None),
    )


def method_line(situation: Situation, name: str) -> tuple[SourcePlace, ...]:
    """Where the classes that the model uses define a method."""
    tree = parsed(situation.source_path)
    scopes = reached(tree, situation.source.name if situation.source else "") if tree else ()
    found = [
        item
        for scope in scopes
        if isinstance(scope, ast.ClassDef)
        for item in scope.body
        if isinstance(item, ast.FunctionDef) and item.name == name
    ]
    return unique(SourcePlace(situation.source_path, item.lineno, f"the method {name}") for item in found)


def future_import(situation: Situation) -> tuple[SourcePlace, ...]:
    """Where the model's file postpones its annotations."""
    tree = parsed(situation.source_path)
    found = [node for node in tree.body if isinstance(node, ast.ImportFrom)] if tree else []
    return tuple(
        SourcePlace(situation.source_path, node.lineno, "annotations become text")
        for node in found
        if node.module == "__future__"
    )


def annotated(situation: Situation, annotation: str) -> tuple[SourcePlace, ...]:
    """Attributes of the classes that the model uses with that annotation."""
    tree = parsed(situation.source_path)
    scopes = reached(tree, situation.source.name if situation.source else "") if tree else ()
    found = [
        item
        for scope in scopes
        if isinstance(scope, ast.ClassDef)
        for item in scope.body
        if isinstance(item, ast.AnnAssign) and ast.unparse(item.annotation) == annotation
    ]
    return unique(SourcePlace(situation.source_path, item.lineno) for item in found)
