"""Parameters that take an object of a class, which no literal can stand for; and where those classes are."""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CallableInfo, ParameterInfo
from modelpack_gui.stages.source.locate import Location, locate, location_of, package_root, parse
from modelpack_gui.stages.source.syntax import SourceTree

_SIMPLE = frozenset(
    {"int", "float", "str", "bool", "bytes", "complex", "object", "None", "list", "tuple", "dict", "set", "frozenset",
     "List", "Tuple", "Dict", "Set", "Sequence", "Iterable", "Collection", "Mapping", "Any", "Literal", "Union",
     "Optional", "Annotated", "Final", "Number", "Path", "PathLike"}
)  # fmt: skip
"""Names of annotations whose values an argument can be; a recipe has texts for paths."""

_CONFIG_NAMES = ("config", "cfg", "conf", "args", "hparams", "options", "opt", "settings")


@dataclass(frozen=True)
class Found:
    """A class and the file that defines it.

    Attributes:
        tree: None for a class in a file that cannot be read as Python, such as an extension.
        location: None likewise.
    """

    name: str
    module: str
    tree: SourceTree | None
    location: Location | None

    @property
    def info(self) -> CallableInfo | None:
        """Its parameters, where they are known."""
        return self.tree.info(self.name) if self.tree is not None else None


def with_object_classes(info: CallableInfo, tree: SourceTree) -> CallableInfo:
    """The same, with the class named that each required parameter needs an object of."""
    parameters = tuple(dataclasses.replace(item, object_class=object_class(item, tree)) for item in info.parameters)
    return dataclasses.replace(info, parameters=parameters)


def object_class(parameter: ParameterInfo, tree: SourceTree) -> str:
    """The class that a required parameter needs an object of; empty if an argument can be given for it."""
    if not parameter.is_required:
        return ""
    if not parameter.annotation:
        return _only_config(tree) if parameter.name in _CONFIG_NAMES else ""
    try:
        names = _names(ast.parse(parameter.annotation.strip(), mode="eval").body)
    except SyntaxError:
        return ""
    wanted = [name for name in names if name.rpartition(".")[2] not in _SIMPLE]
    has_simple = any(name.rpartition(".")[2] in _SIMPLE - {"None", "Optional", "Union"} for name in names)
    return wanted[0] if len(wanted) == 1 and not has_simple and wanted[0].partition(".")[0] in tree.names else ""


def is_literal(annotation: str) -> bool:
    """Whether an argument can be what an annotation says; without one it can."""
    try:
        names = _names(ast.parse(annotation.strip() or "Any", mode="eval").body)
    except SyntaxError:
        return False
    return all(name.rpartition(".")[2] in _SIMPLE for name in names)


def find_class(name: str, tree: SourceTree, location: Location, context: Context) -> Found:
    """Where a class is defined that a file names: in it, or in a neighbour or package that it imports it from."""
    if tree.info(name) is not None:
        return Found(name, location.module, tree, location)
    head, _, rest = name.partition(".")
    imported = tree.imports.get(head)
    if imported is None:
        return Found(name, location.module, None, None)
    level, module, leaf = imported
    package = location.module if location.path.name == "__init__.py" else location.module.rpartition(".")[0]
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    dotted = ".".join(part for part in ((package if level else ""), module) if part)
    if rest:  # `import configs` or `from . import configs`, then `configs.Config`
        dotted = ".".join(part for part in (dotted, leaf) if part)
        leaf = rest
    place = _locate(dotted, location, context)
    if place is None:
        return Found(leaf, dotted, None, None)
    try:
        other = SourceTree(parse(place.path))
    except UserError:
        return Found(leaf, dotted, None, None)
    if other.info(leaf) is None and leaf in other.imports and place.path != location.path:
        return find_class(leaf, other, place, context)  # a package that passes on what its modules define
    return Found(leaf, dotted, other, place)


def _locate(module: str, location: Location, context: Context) -> Location | None:
    """A module by its dotted name, beside the file first, where its own imports are looked for."""
    parts = module.split(".") if module else []
    below = location.root.joinpath(*parts)
    for path in (below.with_suffix(".py"), below / "__init__.py"):
        if parts and path.is_file():
            return Location(path, module, package_root(path.parent)) if path.stem != "__init__" else location_of(path)
    try:
        return locate("", module, context)
    except UserError:
        return None


def _names(node: ast.expr) -> list[str]:
    """The names in an annotation, dotted ones whole."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _names(ast.parse(node.value, mode="eval").body)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return [ast.unparse(node)]
    if isinstance(node, ast.Constant) and node.value is None:
        return ["None"]
    if isinstance(node, ast.BinOp):
        return [*_names(node.left), *_names(node.right)]
    if isinstance(node, ast.Subscript):
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return [*_names(node.value), *(name for item in items for name in _names(item))]
    return []


def _only_config(tree: SourceTree) -> str:
    """The one class of a file, defined or imported, that is called a configuration."""
    found = [name for name in tree.names if name.endswith(("Config", "Configuration", "Settings", "Args", "Options"))]
    return found[0] if len(found) == 1 else ""


def file_for(location: Location, is_module: bool, name: str, context: Context) -> Path:
    """Where a factory for a model goes: beside its file, or into the recipe's folder for an installed module."""
    folder = Path(context.base) if is_module and location.root not in (context.base,) else location.path.parent
    stem = location.path.parent.name if location.path.name == "__init__.py" else location.path.stem
    return folder / f"{stem or name.lower()}_factory.py"
