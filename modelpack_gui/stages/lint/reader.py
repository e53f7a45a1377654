"""Read one function: what `control_flow` finds, with the axes it looks at, and what only matters to lint."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from modelpack_gui.stages.source.control_flow import FunctionReader, SpotKind

SizeRef = tuple[str, "int | None"]
"""A size: the name of the tensor, and its axis; None if that is not said."""

ExtraKind = Literal[
    "autograd-function",
    "data-attribute",
    "functional-batch-norm",
    "functional-dropout",
    "is-scripting",
    "prints",
    "state-kept",
    "unused-input",
    "var-keyword",
]
_DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
_SIZE_METHODS = ("size",)


class AxisReader(FunctionReader):
    """Keeps for each name which sizes it was made of."""

    def __init__(self, function: ast.FunctionDef, scope: Mapping[str, Any], *, is_root: bool) -> None:
        """`scope` is what the function's names mean outside of it; `is_root` that it is the model's own forward."""
        self.spots: list[tuple[str, int, frozenset[SizeRef], str]] = []
        self._sizes: dict[str, frozenset[SizeRef]] = {}
        self._scope = scope
        self._is_forward = function.name == "forward"
        super().__init__(function)
        if function.args.kwarg is not None and self._is_forward:
            self._extra("var-keyword", function, function.args.kwarg.arg)
        if is_root:
            used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            for argument in arguments[1:]:
                if argument.arg not in used:
                    self._extra("unused-input", argument, argument.arg)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Also remember of which sizes the names are made, and what is kept on the module."""
        super().visit_Assign(node)
        for target in node.targets:
            self._name_sizes(target, node.value)
            if _is_own_attribute(target) and self._origin(node.value) == "value":
                self._extra("state-kept", node, ast.unparse(target))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`.data` of a tensor."""
        if node.attr == "data" and self._origin(node.value) == "value":
            self._extra("data-attribute", node, ast.unparse(node.value))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Also calls that matter ahead of an export."""
        super().visit_Call(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "print" and isinstance(node.func, ast.Name):
            self._extra("prints", node)
        elif name == "is_scripting":
            self._extra("is-scripting", node)
        elif name == "apply" and isinstance(node.func, ast.Attribute) and self._is_autograd(node.func.value):
            self._extra("autograd-function", node, ast.unparse(node.func.value))
        elif name in _DROPOUTS and not _is_own(node.func) and _training(node, 2, default=True) == "on":
            self._extra("functional-dropout", node, name)
        elif name == "batch_norm" and not _is_own(node.func) and _training(node, 5, default=False) == "on":
            self._extra("functional-batch-norm", node, name)

    def _add(self, kind: SpotKind, node: ast.expr | ast.stmt) -> None:
        super()._add(kind, node)
        looked_at = node.iter if isinstance(node, ast.For) else node.test if isinstance(node, ast.While) else node
        subject = ast.unparse(node) if kind == "fixed-size" else ""
        self.spots.append((kind, node.lineno, frozenset(self._refs(looked_at)), subject))

    def _extra(self, kind: ExtraKind, node: ast.stmt | ast.expr | ast.arg, subject: str = "") -> None:
        self.spots.append((kind, node.lineno, frozenset(), subject))

    def _is_autograd(self, node: ast.expr) -> bool:
        target = self._scope.get(node.id) if isinstance(node, ast.Name) else None
        return isinstance(target, type) and any(base.__name__ == "Function" for base in target.__mro__[1:])

    def _name_sizes(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._sizes[target.id] = frozenset(self._refs(value))
        elif isinstance(target, (ast.Tuple, ast.List)):
            whole = _tensor_of_shape(value)
            for axis, item in enumerate(target.elts):
                if isinstance(item, ast.Name):
                    self._sizes[item.id] = frozenset({(whole, axis)}) if whole else frozenset(self._refs(value))

    def _refs(self, node: ast.AST) -> Iterator[SizeRef]:
        """The sizes that an expression looks at."""
        whole = _tensor_of_shape(node)
        if whole:
            yield whole, None
        elif isinstance(node, ast.Subscript) and _tensor_of_shape(node.value):
            yield _tensor_of_shape(node.value), _number(node.slice)
        elif isinstance(node, ast.Call) and _sized(node):
            yield _sized(node), _number(node.args[0]) if node.args else None
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len" and node.args:
            yield ast.unparse(node.args[0]), 0
        elif isinstance(node, ast.Name):
            yield from self._sizes.get(node.id, ())
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._refs(child)


def _tensor_of_shape(node: ast.AST) -> str:
    """`x` of `x.shape` and of `x.size()`; empty for anything else."""
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return ast.unparse(node.value)
    if isinstance(node, ast.Call) and not node.args and _sized(node):
        return _sized(node)
    return ""


def _sized(node: ast.Call) -> str:
    is_size = isinstance(node.func, ast.Attribute) and node.func.attr in _SIZE_METHODS
    return ast.unparse(node.func.value) if is_size and isinstance(node.func, ast.Attribute) else ""


def _number(node: ast.expr) -> int | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return value if isinstance(value, int) else None


def _is_own(node: ast.expr) -> bool:
    """Whether a call is of something of the module's own: `self.dropout(x)`."""
    return isinstance(node, ast.Attribute) and ast.unparse(node.value).startswith("self")


def _is_own_attribute(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _training(node: ast.Call, place: int, *, default: bool) -> str:
    """`on` if a functional layer is told, or left, to train; `off` if not; empty if it depends."""
    given = {item.arg: item.value for item in node.keywords}
    value = given.get("training", node.args[place] if len(node.args) > place else None)
    if value is None:
        return "on" if default else "off"
    if isinstance(value, ast.Constant):
        return "on" if value.value else "off"
    return ""
