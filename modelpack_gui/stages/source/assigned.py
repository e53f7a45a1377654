"""What is assigned at the top of a file and can make or be the model: partial, lambda, another name, an instance."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator

from modelpack_gui.core.records import CallableInfo, ParameterInfo
from modelpack_gui.stages.source.syntax import MODULE_CLASSES, SourceTree, leaf_of, parameters_of

_ANY = ParameterInfo("kwargs", "var_keyword")


def assigned(tree: SourceTree) -> Iterator[CallableInfo]:
    """Callables and modules by the names that they are assigned to, except names that start with an underscore.

    What is made of something imported takes any argument, since its signature is not in this file.
    """
    for name, value in tree.values.items():
        if name.startswith("_"):
            continue
        found = _info(name, value, tree)
        if found is not None:
            yield found


def _info(name: str, value: ast.expr, tree: SourceTree) -> CallableInfo | None:
    if isinstance(value, ast.Lambda):
        made = tree.info(leaf_of(value.body)) if isinstance(value.body, ast.Call) else None
        return CallableInfo(
            name=name,
            kind="factory",
            line=value.lineno,
            summary=_shown(value),
            parameters=parameters_of(value.args),
            forward=made.forward if made is not None else (),
        )
    if isinstance(value, ast.Name):
        other = tree.info(value.id)
        return dataclasses.replace(other, name=name, line=value.lineno) if other is not None else None
    if not isinstance(value, ast.Call):
        return None
    if leaf_of(value.func) == "partial" and value.args:
        return _partial(name, value, tree)
    made = tree.info(leaf_of(value.func))
    text = ast.unparse(value.func)
    if made is None:
        is_module = leaf_of(value.func) in MODULE_CLASSES or text.startswith(("nn.", "torch.nn."))
        return CallableInfo(name, "instance", value.lineno, _shown(value)) if is_module else None
    if made.kind == "module" or (made.kind == "factory" and tree.returns_module(made.name)):
        return CallableInfo(name, "instance", value.lineno, _shown(value), forward=made.forward)
    call = tree.method(made.name, "__call__")  # an object of a plain class that is called like a function
    if call is None:
        return None
    return CallableInfo(name, "factory", value.lineno, _shown(value), parameters=parameters_of(call.args)[1:])


def _partial(name: str, value: ast.Call, tree: SourceTree) -> CallableInfo:
    """`partial(Net, 16, depth=2)`: the parameters that are left, those given by name with what was given."""
    made = tree.info(leaf_of(value.args[0]))
    given = {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
    parameters: tuple[ParameterInfo, ...] = (_ANY,)
    if made is not None:
        positional = [item for item in made.parameters if item.kind in ("positional_only", "positional_or_keyword")]
        taken = {item.name for item in positional[: len(value.args) - 1]}
        left = [item for item in made.parameters if item.name not in taken]
        parameters = tuple(_bound(item, given) for item in left)
    return CallableInfo(
        name=name,
        kind="factory",
        line=value.lineno,
        summary=_shown(value),
        parameters=parameters,
        forward=made.forward if made is not None else (),
    )


def _bound(parameter: ParameterInfo, given: dict[str, ast.expr]) -> ParameterInfo:
    if parameter.name not in given:
        return parameter
    node = given[parameter.name]
    arguments = ast.arguments(
        posonlyargs=[], args=[], kwonlyargs=[ast.arg(parameter.name)], kw_defaults=[node], defaults=[]
    )
    (bound,) = parameters_of(arguments)
    return dataclasses.replace(bound, annotation=parameter.annotation)


def _shown(value: ast.expr) -> str:
    text = " ".join(ast.unparse(value).split())
    return text if len(text) <= 80 else text[:77] + "..."
