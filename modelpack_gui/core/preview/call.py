"""The call of `forward` as Python source, where it is more than tensors by position."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from modelpack_gui.core.inputs import argument_path
from modelpack_gui.core.preview.inputs import variable, variables
from modelpack_gui.core.preview.pycode import INDENT, is_name, literal
from modelpack_gui.core.records import InputSpec, ParameterInfo

_PLAIN_DICTS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "Any", "object", ""}

Tree = dict[str | int, "Tree | str"]


def is_plain(inputs: Sequence[InputSpec], forward: Sequence[ParameterInfo] = ()) -> bool:
    """Whether the tensors are passed by position, one for each parameter, and nothing else is."""
    takes_rest = any(parameter.kind == "var_positional" for parameter in forward)
    return not takes_rest and not any(item.is_value or item.argument for item in inputs)


def call_arguments(inputs: tuple[InputSpec, ...], forward: Sequence[ParameterInfo] = ()) -> str:
    """The arguments of a call, from variables named as the inputs: `x, mask=mask, sizes=[fine, coarse]`.

    Args:
        forward: Parameters of the model's `forward`, whose annotations say what lists, dicts and objects there are.
    """
    positional: list[str] = []
    named: Tree = {}
    for index, item in enumerate(inputs):
        text = literal(item.value) if item.is_value else variable(item, index)
        path = _path(item)
        if path:
            _put(named, path, text)
        else:
            positional.append(text)
    annotations = {parameter.name: parameter.annotation for parameter in forward}
    keywords = [f"{name}={_expression(part, annotations.get(str(name), ''))}" for name, part in named.items()]
    return ", ".join([*positional, *keywords])


def flat_lines(inputs: tuple[InputSpec, ...], forward: Sequence[ParameterInfo] = ()) -> list[str]:
    """Lines after which `model` takes the tensors one by one: what an artifact does. None for a plain call."""
    if is_plain(inputs, forward):
        return []
    return [
        "class FlatCall(type(model)):",
        f'{INDENT}"""The model with its tensors one by one, as an artifact takes them."""',
        "",
        f"{INDENT}own_forward = type(model).forward",
        "",
        f"{INDENT}def forward({', '.join(['self', *variables(inputs)])}):",
        f"{INDENT * 2}return self.own_forward({call_arguments(inputs, forward)})",
        "",
        "",
        "model.__class__ = FlatCall",
    ]


def call_lines(inputs: tuple[InputSpec, ...], forward: Sequence[ParameterInfo] = ()) -> list[str]:
    """A function `call(module, tensors)` that calls a module with the signature of the model."""
    names = variables(inputs)
    return [
        "def call(module, tensors):",
        f'{INDENT}"""Call the model, or what keeps its signature, with the tensors."""',
        f"{INDENT}{', '.join(names)}{',' if len(names) == 1 else ''} = tensors",
        f"{INDENT}return module({call_arguments(inputs, forward)})",
    ]


def _path(item: InputSpec) -> argument_path.Path:
    try:
        return argument_path.parse(item.argument)
    except ValueError:
        return ()  # the form marks it; a preview of what is half typed goes by position


def _put(tree: Tree, path: argument_path.Path, text: str) -> None:
    *outer, leaf = path
    for step in outer:
        inner = tree.setdefault(step, {})
        if isinstance(inner, str):  # contradicts another row, which the form says
            return
        tree = inner
    tree.setdefault(leaf, text)


def _expression(part: Tree | str, annotation: str) -> str:
    if isinstance(part, str):
        return part
    if all(isinstance(step, int) for step in part):
        items = [_expression(part[step], "") for step in sorted(part, key=int)]
        is_tuple = re.match(r"(Optional\[)?(typing\.)?[tT]uple\b", annotation) is not None
        return (
            "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")" if is_tuple else f"[{', '.join(items)}]"
        )
    fields = {str(step): _expression(inner, "") for step, inner in part.items()}
    kind = _class_of(annotation)
    return _made(kind, fields) if kind else "{" + ", ".join(f"{literal(k)}: {v}" for k, v in fields.items()) + "}"


def _made(kind: str, fields: Mapping[str, str]) -> str:
    arguments = ", ".join(f"{name}={text}" for name, text in fields.items())
    return f"sys.modules[model_module].{kind}({arguments})"


def _class_of(annotation: str) -> str:
    """The class that an annotation names; empty for a dict and for what cannot be told."""
    bare = re.sub(r"^(typing\.)?Optional\[(.*)\]$", r"\2", annotation.strip())
    bare = bare.removesuffix("| None").strip().partition("[")[0]
    leaf = bare.rpartition(".")[2]
    return bare if is_name(leaf) and leaf not in _PLAIN_DICTS else ""
