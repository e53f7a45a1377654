"""Write a factory for a class whose constructor needs objects: the file that builds them with their defaults.

All of it is known by parsing; nothing of the user's is run.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, field

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import FactoryDraft, FactoryRequest, ParameterInfo
from modelpack_gui.stages.source.locate import Location, locate, parse
from modelpack_gui.stages.source.objects import Found, file_for, find_class, is_literal, object_class
from modelpack_gui.stages.source.syntax import SourceTree

_DEPTH = 3  # configurations in configurations
_BUILTINS = frozenset({"int", "float", "str", "bool", "list", "tuple", "dict", "None"})


@dataclass
class _Writer:
    """Collects what the file needs while the objects are walked through, innermost first.

    Attributes:
        imports: Names by module.
        parameters: Of the factory: name to its spelling with annotation and default.
        required: Names of those without a default.
        lines: Statements that build the objects.
    """

    context: Context
    imports: dict[str, set[str]] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def add_import(self, found: Found) -> str:
        """Import a class; gives the name that it has here."""
        head = found.name.partition(".")[0]
        self.imports.setdefault(found.module, set()).add(head)
        return found.name

    def add_parameter(self, parameter: ParameterInfo, prefix: str) -> str:
        """A parameter of the factory for a simple one of an object; gives its name."""
        name = parameter.name
        if name in self.parameters:
            name = f"{prefix}_{name}" if prefix else f"{name}_"
        known = _names(parameter.annotation) <= _BUILTINS if parameter.annotation else False
        spelled = f"{name}: {parameter.annotation}" if known else name
        if parameter.default is None:
            self.required.add(name)
        else:
            spelled += f" = {parameter.default}" if known else f"={parameter.default}"
        self.parameters[name] = spelled
        return name

    def build(self, found: Found, variable: str, depth: int) -> str:
        """Write the statement that makes an object; gives the variable that holds it."""
        name = self.add_import(found)
        info = found.info
        arguments = []
        for parameter in info.parameters if info is not None else ():
            inner = object_class(parameter, found.tree) if found.tree is not None else ""
            if inner and depth < _DEPTH and found.tree is not None and found.location is not None:
                nested = find_class(inner, found.tree, found.location, self.context)
                held = self.build(nested, parameter.name, depth + 1)
                arguments.append(f"{parameter.name}={held}")
            elif _is_simple(parameter):
                arguments.append(f"{parameter.name}={self.add_parameter(parameter, variable)}")
        call = f"{name}({', '.join(arguments)})"
        if len(call) + len(variable) > 100:
            joined = "".join(f"        {argument},\n" for argument in arguments)
            call = f"{name}(\n{joined}    )"
        used = {line.partition(" = ")[0] for line in self.lines} | set(self.parameters)
        while variable in used:
            variable += "_object"
        self.lines.append(f"{variable} = {call}")
        return variable


def run(request: FactoryRequest, context: Context) -> FactoryDraft:
    """Draft the file for a class or function of a source.

    Raises:
        UserError: Those of `locate` and `parse`; `class-missing`, `factory-not-needed`, `factory-not-possible`.
    """
    location = locate(request.file, request.module, context)
    tree = SourceTree(parse(location.path))
    info = tree.info(request.name)
    if info is None:
        raise UserError(
            "class-missing",
            f"{location.path} defines no {request.name!r}.",
            "Choose a class or function that the file itself defines.",
        )
    if not any(object_class(parameter, tree) for parameter in info.parameters):
        raise UserError(
            "factory-not-needed",
            f"Every parameter of {request.name} can be given as an argument.",
            "Fill in the constructor arguments.",
        )
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in location.module.split(".")):
        raise UserError(
            "factory-not-possible",
            f"The file {location.path.name} cannot be imported by its name, which is no Python name.",
            "Rename it, such as to net.py, or write the factory into the file itself.",
        )
    writer = _Writer(context)
    writer.build(Found(request.name, location.module, tree, location), "model", 0)
    function = f"make_{_snake(request.name)}"
    path = file_for(location, bool(request.module), request.name, context)
    return FactoryDraft(str(path), function, _text(writer, request.name, function, location))


def _text(writer: _Writer, name: str, function: str, location: Location) -> str:
    required = [spelled for key, spelled in writer.parameters.items() if key in writer.required]
    optional = [spelled for key, spelled in writer.parameters.items() if key not in writer.required]
    parameters = [*required, *optional]
    head = f"def {function}({', '.join(parameters)}) -> {name}:"
    if len(head) > 100:
        head = f"def {function}(\n" + "".join(f"    {spelled},\n" for spelled in parameters) + f") -> {name}:"
    *before, last = writer.lines
    body = [*before, f"return {last.partition(' = ')[2]}"]
    lines = "\n".join(f"    {line}" for line in body)
    imports = "\n".join(
        f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(writer.imports.items())
    )
    return (
        f'"""Makes the {name} of {location.path.name} with the objects that its constructor needs."""\n\n'
        f"from __future__ import annotations\n\n{imports}\n\n\n"
        f'{head}\n    """{name}, with its configuration made of these values."""\n{lines}\n'
    )


def _is_simple(parameter: ParameterInfo) -> bool:
    """Whether it becomes a parameter of the factory. What has another default than a literal keeps that."""
    if parameter.kind.startswith("var_") or parameter.kind == "positional_only":
        return False
    if parameter.default is None:
        return True
    return is_literal(parameter.annotation) and (parameter.default == "None" or parameter.value is not None)


def _names(annotation: str) -> set[str]:
    try:
        tree = ast.parse(annotation, mode="eval")
    except SyntaxError:
        return {annotation}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {"."} if any(isinstance(node, ast.Attribute) for node in ast.walk(tree)) else names


def _snake(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.replace(".", "_"))
    return words.lower()
