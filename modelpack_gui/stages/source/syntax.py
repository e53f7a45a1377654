"""Classes, functions and their parameters, read off a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from modelpack_gui.core.records import CallableInfo, ParameterInfo

MODULE_CLASSES = frozenset(
    {"Module", "LightningModule", "PreTrainedModel", "PyTorchModelHubMixin", "ScriptModule", "BaseModule",
     "Sequential", "ModuleList", "ModuleDict", "GraphModule"}
)  # fmt: skip
"""Last parts of names that are taken for nn.Module, wherever they were imported from."""

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_NOT_MODULES = frozenset({"Dataset", "IterableDataset", "Enum", "NamedTuple", "TypedDict", "Protocol", "Exception"})


class SourceTree:
    """What a parsed file defines at its top level; bases are followed within the file."""

    def __init__(self, tree: ast.Module) -> None:
        self._classes: dict[str, ast.ClassDef] = {}
        self._functions: dict[str, ast.FunctionDef] = {}
        self.values: dict[str, ast.expr] = {}  # by the name that is assigned, in order
        self.imports: dict[str, tuple[int, str, str]] = {}  # name to the dots, the module and the name there
        for node in _top_level(tree.body):
            if isinstance(node, ast.ClassDef):
                self._classes[node.name] = node
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (node.level, node.module or "", alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    head = alias.name if alias.asname else alias.name.partition(".")[0]
                    self.imports[alias.asname or head] = (0, "", head)
            elif isinstance(node, ast.FunctionDef):
                self._functions[node.name] = node
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.values[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                self.values[node.target.id] = node.value

    @property
    def names(self) -> tuple[str, ...]:
        """The classes that it defines, and all that it imports by name."""
        return (*self._classes, *self.imports)

    def classes(self) -> Iterator[CallableInfo]:
        """Every class whose name does not start with an underscore."""
        for name, node in self._classes.items():
            if not name.startswith("_"):
                yield self._class_info(name, node)

    def _class_info(self, name: str, node: ast.ClassDef) -> CallableInfo:
        init, forward = self._method(node, "__init__"), self._method(node, "forward")
        return CallableInfo(
            name=name,
            kind="module" if self._is_module(node) else "class",
            line=node.lineno,
            summary=_summary(node),
            bases=tuple(ast.unparse(base) for base in node.bases),
            parameters=parameters_of(init.args)[1:] if init else self._dataclass_fields(node),
            forward=parameters_of(forward.args)[1:] if forward else (),
            abstract=self._abstract(node),
        )

    def factories(self) -> Iterator[CallableInfo]:
        """Every function whose name does not start with an underscore."""
        for name in self._functions:
            if not name.startswith("_"):
                yield self._function_info(name)

    def info(self, name: str) -> CallableInfo | None:
        """A class or function of this file, also one whose name starts with an underscore; None if there is none."""
        if name in self._classes:
            return self._class_info(name, self._classes[name])
        return self._function_info(name) if name in self._functions else None

    def method(self, class_name: str, name: str) -> ast.FunctionDef | None:
        """A method of a class in this file, its own or inherited within the file."""
        return self._method(self._classes[class_name], name) if class_name in self._classes else None

    def _function_info(self, name: str) -> CallableInfo:
        node = self._functions[name]
        made = self._made_by(node)
        return CallableInfo(
            name=name,
            kind="factory",
            line=node.lineno,
            summary=_summary(node),
            parameters=parameters_of(node.args),
            forward=self._class_info(made, self._classes[made]).forward if made else (),
        )

    def _made_by(self, node: ast.FunctionDef) -> str:
        """The class of this file that a function returns, by its annotation or its `return Class(...)`."""
        texts = [_text(node.returns)] if node.returns is not None else []
        texts += [leaf_of(item.value) for item in ast.walk(node) if isinstance(item, ast.Return) and item.value]
        return next((text for text in texts if text in self._classes and self._is_module(self._classes[text])), "")

    def returns_module(self, name: str) -> bool:
        """Whether a function's annotation says that it returns an nn.Module."""
        if name not in self._functions:
            return False
        returns = self._functions[name].returns
        return returns is not None and self._names_module(_text(returns))

    def _names_module(self, text: str) -> bool:
        leaf = text.partition("[")[0].rpartition(".")[2]
        if leaf in self._classes:
            return self._is_module(self._classes[leaf])
        return leaf in MODULE_CLASSES

    def _lineage(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """The class and its ancestors within the file, nearest first."""
        found = [node]
        for current in found:
            for base in current.bases:
                leaf = ast.unparse(base).partition("[")[0]
                ancestor = self._classes.get(leaf)
                if ancestor is not None and ancestor not in found:
                    found.append(ancestor)
        return found

    def _is_module(self, node: ast.ClassDef) -> bool:
        lineage = self._lineage(node)
        foreign = [
            leaf
            for ancestor in lineage
            for leaf in (leaf_of(base) for base in ancestor.bases)
            if leaf not in self._classes
        ]
        if any(leaf in MODULE_CLASSES for leaf in foreign):
            return True
        # A base from another file cannot be followed without importing it; with a forward it is likely a module.
        unknown = [leaf for leaf in foreign if leaf not in _NOT_MODULES and leaf not in ("ABC", "Generic", "object")]
        return bool(unknown) and self._method(node, "forward") is not None

    def _method(self, node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
        for ancestor in self._lineage(node):
            for item in _top_level(ancestor.body):
                if isinstance(item, ast.FunctionDef) and item.name == name:
                    return item
        return None

    def _abstract(self, node: ast.ClassDef) -> tuple[str, ...]:
        lineage = self._lineage(node)
        is_abc = any(
            leaf_of(base) == "ABC" for ancestor in lineage for base in ancestor.bases
        ) or any(
            leaf_of(keyword.value) == "ABCMeta"
            for ancestor in lineage
            for keyword in ancestor.keywords
            if keyword.arg == "metaclass"
        )  # fmt: skip
        if not is_abc:
            return ()
        state: dict[str, bool] = {}
        for ancestor in lineage:
            for item in _top_level(ancestor.body):
                if isinstance(item, _Function):
                    marked = any(leaf_of(decorator).startswith("abstract") for decorator in item.decorator_list)
                    state.setdefault(item.name, marked)
                elif isinstance(item, ast.Assign):
                    for target in item.targets:
                        if isinstance(target, ast.Name):
                            state.setdefault(target.id, False)
        return tuple(sorted(name for name, is_abstract in state.items() if is_abstract))

    def _dataclass_fields(self, node: ast.ClassDef) -> tuple[ParameterInfo, ...]:
        if not any(leaf_of(decorator) == "dataclass" for decorator in node.decorator_list):
            return ()
        fields: dict[str, ParameterInfo] = {}
        for ancestor in reversed(self._lineage(node)):
            for item in ancestor.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    annotation = _text(item.annotation)
                    if not annotation.startswith(("ClassVar", "typing.ClassVar")):
                        name = item.target.id
                        fields[name] = _parameter(name, "positional_or_keyword", item.annotation, item.value)
        return tuple(fields.values())


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, those under `if` and `try` included (fallback definitions)."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _top_level([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [statement for handler in node.handlers for statement in handler.body]
            yield from _top_level([*node.body, *handlers, *node.orelse, *node.finalbody])
        else:
            yield node


def parameters_of(arguments: ast.arguments) -> tuple[ParameterInfo, ...]:
    """The parameters of a function, in order, `self` included."""
    positional = [*arguments.posonlyargs, *arguments.args]
    required: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults = [*required, *arguments.defaults]
    found = []
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        kind = "positional_only" if index < len(arguments.posonlyargs) else "positional_or_keyword"
        found.append(_parameter(argument.arg, kind, argument.annotation, default))
    if arguments.vararg:
        found.append(_parameter(arguments.vararg.arg, "var_positional", arguments.vararg.annotation, None))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_parameter(argument.arg, "keyword_only", argument.annotation, default))
    if arguments.kwarg:
        found.append(_parameter(arguments.kwarg.arg, "var_keyword", arguments.kwarg.annotation, None))
    return tuple(found)


def _parameter(name: str, kind: Any, annotation: ast.expr | None, default: ast.expr | None) -> ParameterInfo:
    return ParameterInfo(
        name=name,
        kind=kind,
        annotation=_text(annotation) if annotation is not None else "",
        default=ast.unparse(default) if default is not None else None,
        value=_literal(default),
    )


def _literal(node: ast.expr | None) -> Any:
    """A literal as JSON-like data; None for anything else, and for literals that JSON has no place for."""
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return _json_like(value)


def _json_like(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        items = [_json_like(item) for item in value]
        whole = all(item is not None or original is None for item, original in zip(items, value, strict=True))
        return items if whole else None
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _json_like(item) for key, item in value.items()}
    return None


def _text(node: ast.expr) -> str:
    """Source of an annotation; a quoted one without its quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ast.unparse(node)


def leaf_of(node: ast.expr) -> str:
    """The last part of a name: `Module` for `torch.nn.Module`, `Generic` for `Generic[T]`."""
    if isinstance(node, ast.Call):
        return leaf_of(node.func)
    return ast.unparse(node).partition("[")[0].rpartition(".")[2]


def _summary(node: ast.ClassDef | ast.FunctionDef) -> str:
    doc = (ast.get_docstring(node) or "").strip()
    return doc.splitlines()[0].strip() if doc else ""
