"""Find, by parsing a model's source, where it takes Python decisions on sizes or values, makes numbers of tensors,
fixes sizes, writes in place or draws random numbers: the lines that an export may freeze. None of it is run.

Parameters of `forward` are taken for tensors unless their annotations say otherwise, and what is computed from them
is followed through assignments, one function at a time. It is a guess: attributes of `self` are taken for settings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SpotKind = Literal[
    "branch-on-size",
    "branch-on-value",
    "loop-on-size",
    "loop-on-value",
    "number-from-size",
    "number-from-value",
    "fixed-size",
    "new-constant",
    "in-place",
    "state",
    "random",
]
_Origin = Literal["", "size", "value"]

_PLAIN_ATTRIBUTES = {"ndim", "dtype", "device", "layout", "training", "requires_grad", "is_cuda", "grad_fn"}
_PLAIN_METHODS = {"dim", "ndimension", "is_floating_point", "is_complex", "is_contiguous", "keys", "element_size"}
_PLAIN_FUNCTIONS = {"isinstance", "hasattr", "callable", "type", "getattr", "print", "super"}
_SIZE_METHODS = {"size", "numel", "nelement", "stride"}
_NUMBER_METHODS = {"item", "tolist", "numpy"}
_NUMBER_FUNCTIONS = {"int", "float", "bool"}
_SHAPING = {"reshape", "view", "expand", "unflatten", "repeat", "broadcast_to"}
_RANDOM = {"rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "bernoulli", "normal",
           "multinomial", "uniform_", "normal_", "bernoulli_", "poisson"}  # fmt: skip
_DROPOUT = {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}
_NO_TENSOR = ("int", "float", "bool", "str", "None")


@dataclass(frozen=True)
class Spot:
    """A line that an export may freeze.

    Attributes:
        line: From 1.
        code: Its text, stripped.
        function: Where it is, such as `Net.forward`.
    """

    kind: SpotKind
    line: int
    code: str
    function: str


def find_spots(path: Path | str, kinds: Iterable[SpotKind] = (), start: str = "") -> tuple[Spot, ...]:
    """The spots of these kinds, all if none is named, in the methods of a file's classes, in the order of lines.

    Constructors are left out: an export does not run them. A file that cannot be parsed has none.

    Args:
        start: The class or factory of the model: only classes that it makes use of are looked at.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError):
        return ()
    wanted = set(kinds)
    lines = text.splitlines()
    found: dict[tuple[str, int], Spot] = {}
    for function, name in _methods(reached(tree, start)):
        for kind, line in FunctionReader(function).found:
            if not wanted or kind in wanted:
                found.setdefault((kind, line), Spot(kind, line, lines[line - 1].strip(), name))
    return tuple(sorted(found.values(), key=lambda spot: (spot.line, spot.kind)))


def reached(tree: ast.Module, start: str) -> tuple[ast.ClassDef | ast.FunctionDef, ...]:
    """The classes and functions at the top level of a file that a class or factory makes use of, itself included.

    All of them where it is not in the file.
    """
    defined = {item.name: item for item in tree.body if isinstance(item, (ast.ClassDef, ast.FunctionDef))}
    pending = [start.partition(".")[0]]
    if pending[0] not in defined:
        return tuple(defined.values())
    found: dict[str, ast.ClassDef | ast.FunctionDef] = {}
    while pending:
        name = pending.pop()
        if name in defined and name not in found:
            found[name] = defined[name]
            pending += [node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)]
    return tuple(item for name, item in defined.items() if name in found)


def _methods(scopes: Iterable[ast.AST]) -> Iterator[tuple[ast.FunctionDef, str]]:
    for scope in scopes:
        for owner in ast.walk(scope):
            if isinstance(owner, ast.ClassDef):
                for item in owner.body:
                    if isinstance(item, ast.FunctionDef) and item.name != "__init__":
                        yield item, f"{owner.name}.{item.name}"


class FunctionReader(ast.NodeVisitor):
    """Reads one function from top to bottom, keeping for each name whether it holds a size or a tensor's values."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.found: list[tuple[SpotKind, int]] = []
        self._origins: dict[str, _Origin] = {}
        self._lists: set[str] = set()
        self._views: set[str] = set()
        arguments = function.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            annotation = ast.unparse(argument.annotation) if argument.annotation else ""
            if argument.arg != "self" and _may_be_tensor(annotation, function.name):
                self._origins[argument.arg] = "value"
                if annotation.lower().startswith(("list", "tuple", "dict", "sequence", "optional[list")):
                    self._lists.add(argument.arg)
        for statement in function.body:
            self.visit(statement)

    def visit_If(self, node: ast.If) -> None:
        """A branch; one that only raises is a check, and freezes nothing."""
        if not all(isinstance(item, ast.Raise) for item in node.body) or node.orelse:
            self._branch(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """A branch within an expression."""
        self._branch(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        """A loop with a condition."""
        origin = self._origin(node.test)
        if origin:
            self._add("loop-on-value" if origin == "value" else "loop-on-size", node)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        """A loop: over a range of a size or a number, or over the rows of a tensor."""
        origin = self._origin(node.iter)
        counted = isinstance(node.iter, ast.Call) and getattr(node.iter.func, "id", "") == "range"
        if origin and not self._is_list(node.iter):
            self._add("loop-on-value" if origin == "value" and counted else "loop-on-size", node)
        self._assign(node.target, origin)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """An assignment; into a tensor it is a write in place."""
        self.generic_visit(node)
        for target in node.targets:
            self._assign(target, self._origin(node.value))
            if isinstance(target, ast.Name) and self._is_part(node.value):
                self._views.add(target.id)
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=False):
                    self._assign(one, self._origin(value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An assignment with an annotation."""
        self.generic_visit(node)
        if node.value is not None:
            self._assign(node.target, self._origin(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """`x[i] += 1` writes into a tensor, and so does `row += 1` where row is a part of one."""
        self.generic_visit(node)
        if isinstance(node.target, (ast.Subscript, ast.Attribute)):
            self._assign(node.target, "")
        elif node.target.id in self._views:
            self._add("in-place", node)

    def visit_Call(self, node: ast.Call) -> None:
        """A call, by its name and what it is given."""
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        given = self._most(node.args)
        if name in _NUMBER_FUNCTIONS and owner is None and given:
            self._add("number-from-value" if given == "value" else "number-from-size", node)
        elif owner is not None and name in _NUMBER_METHODS and self._origin(owner) == "value":
            self._add("number-from-value", node)
        elif name in _SHAPING and any(_is_fixed(item) for item in _flat(node.args)):
            self._add("fixed-size", node)
        elif name in ("tensor", "as_tensor", "from_numpy") and given:
            self._add("new-constant", node)
        elif owner is not None and (name in _RANDOM or (name in _DROPOUT and _always_drops(node))):
            self._add("random", node)
        elif owner is not None and name.endswith("_") and not name.startswith("_") and self._origin(owner) == "value":
            self._add("in-place", node)

    def _branch(self, test: ast.expr) -> None:
        origin = self._origin(test)
        if origin:
            self._add("branch-on-value" if origin == "value" else "branch-on-size", test)

    def _assign(self, target: ast.expr, origin: _Origin) -> None:
        if isinstance(target, ast.Name):
            self._origins[target.id] = origin
            self._views.discard(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                self._assign(item, origin)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, origin)
        elif isinstance(target, ast.Subscript) and self._origin(target.value) == "value":
            self._add("in-place", target)
        elif isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self":
            self._add("state", target)

    def _add(self, kind: SpotKind, node: ast.expr | ast.stmt) -> None:
        self.found.append((kind, node.lineno))

    def _is_part(self, node: ast.expr) -> bool:
        """Whether an expression is a part of a tensor, and no copy of it."""
        return isinstance(node, ast.Subscript) and self._origin(node) == "value"

    def _is_list(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._lists

    def _most(self, nodes: Iterable[ast.expr]) -> _Origin:
        origins = {self._origin(node) for node in nodes}
        return "value" if "value" in origins else "size" if "size" in origins else ""

    def _origin(self, node: ast.expr) -> _Origin:
        """What an expression is computed from: the values of tensors, their sizes, or neither."""
        if isinstance(node, ast.Name):
            return self._origins.get(node.id, "")
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node)
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            return ""
        if isinstance(node, ast.Subscript):
            return self._origin(node.value)
        if isinstance(node, (ast.Lambda, ast.Constant, ast.JoinedStr)):
            return ""
        return self._most(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))

    def _of_attribute(self, node: ast.Attribute) -> _Origin:
        origin = self._origin(node.value)
        if node.attr in _PLAIN_ATTRIBUTES:
            return ""
        return "size" if node.attr == "shape" and origin == "value" else origin

    def _of_call(self, node: ast.Call) -> _Origin:
        given = self._most((*node.args, *(item.value for item in node.keywords)))
        if isinstance(node.func, ast.Attribute):
            owner = self._origin(node.func.value)
            if node.func.attr in _PLAIN_METHODS and owner:
                return ""
            if node.func.attr in _SIZE_METHODS and owner == "value":
                return "size"
            return "value" if "value" in (owner, given) else owner or given
        name = getattr(node.func, "id", "")
        if name in _PLAIN_FUNCTIONS:
            return ""
        return "size" if name == "len" and given == "value" else given


def _may_be_tensor(annotation: str, function: str) -> bool:
    """Whether a parameter is a tensor, as far as its annotation says; without one it is in `forward`."""
    if not annotation:
        return function == "forward"
    parts = annotation.replace("Optional[", "").rstrip("]").split("|")
    return not all(part.strip() in _NO_TENSOR for part in parts)


def _flat(nodes: Iterable[ast.expr]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, (ast.Tuple, ast.List)):
            yield from node.elts
        else:
            yield node


def _is_fixed(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 1


def _always_drops(node: ast.Call) -> bool:
    """Whether a functional dropout drops in eval mode too: `training` is True, given as such or by default."""
    given = {item.arg: item.value for item in node.keywords}
    training = given.get("training", node.args[2] if len(node.args) > 2 else None)
    return training is None or (isinstance(training, ast.Constant) and training.value is True)
