"""Which editor a constructor argument gets, and how what is typed there becomes a value."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from modelpack_gui.core.records import ParameterInfo


class Kind(Enum):
    """The kind of an editor."""

    BOOL = "true or false"
    INT = "a whole number"
    FLOAT = "a number"
    STR = "a text"
    CHOICE = "one of the choices"
    LITERAL = "a Python value"


@dataclass(frozen=True)
class Editor:
    """What a parameter takes.

    Attributes:
        choices: Of a Literal annotation.
        allows_none: Whether None is a value too.
    """

    kind: Kind
    choices: tuple[Any, ...] = ()
    allows_none: bool = False


_BY_NAME = {"bool": Kind.BOOL, "int": Kind.INT, "float": Kind.FLOAT, "str": Kind.STR}


def editor_for(parameter: ParameterInfo) -> Editor:
    """The editor that fits the annotation, or else the default."""
    if parameter.kind == "var_positional":
        return Editor(Kind.LITERAL)
    if parameter.annotation:
        return _editor_for_annotation(parameter.annotation, may_be_none=parameter.default == "None")
    value = parameter.value
    if isinstance(value, bool):
        return Editor(Kind.BOOL)
    if isinstance(value, int):
        # `dropout=0` is as often meant to be 0.1 later: without an annotation any number is right.
        return Editor(Kind.LITERAL)
    if isinstance(value, float):
        return Editor(Kind.FLOAT)
    return Editor(Kind.STR) if isinstance(value, str) else Editor(Kind.LITERAL)


def _editor_for_annotation(annotation: str, *, may_be_none: bool) -> Editor:
    try:
        node: ast.expr = ast.parse(annotation.strip(), mode="eval").body
        if isinstance(node, ast.Constant) and isinstance(node.value, str):  # "int", quoted
            node = ast.parse(node.value, mode="eval").body
    except SyntaxError:
        return Editor(Kind.LITERAL, allows_none=may_be_none)
    members, has_none = [], may_be_none
    for member in _members(node):
        if isinstance(member, ast.Constant) and member.value is None:
            has_none = True
        else:
            members.append(member)
    if len(members) != 1:
        return Editor(Kind.LITERAL, allows_none=has_none)
    choices = _choices(members[0])
    if choices:
        return Editor(Kind.CHOICE, choices, has_none)
    kind = _BY_NAME.get(ast.unparse(members[0]), Kind.LITERAL)
    if kind is Kind.BOOL and has_none:
        return Editor(Kind.CHOICE, (True, False), allows_none=True)
    return Editor(kind, allows_none=has_none)


def _members(node: ast.expr) -> list[ast.expr]:
    """The parts of a union, however it is spelled."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_members(node.left), *_members(node.right)]
    if isinstance(node, ast.Subscript):
        name = _leaf(node.value)
        if name == "Optional":
            return [*_members(node.slice), ast.Constant(None)]
        if name == "Union":
            items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return [member for item in items for member in _members(item)]
        if name in ("Annotated", "Final") and isinstance(node.slice, ast.Tuple):
            return _members(node.slice.elts[0])
    return [node]


def _choices(node: ast.expr) -> tuple[Any, ...]:
    if not (isinstance(node, ast.Subscript) and _leaf(node.value) == "Literal"):
        return ()
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return tuple(item.value for item in items if isinstance(item, ast.Constant))


def _leaf(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def parse(text: str, editor: Editor) -> Any:
    """The value of what was typed; `text` is not empty.

    Raises:
        ValueError: It does not fit; the message continues "must be ...".
    """
    text = text.strip()
    if editor.allows_none and text == "None":
        return None
    if editor.kind is Kind.STR:
        return _parse_text(text)
    if editor.kind is Kind.INT:
        try:
            return int(text.replace(" ", ""), 0)
        except ValueError:
            raise ValueError(f"a whole number, such as 64{_or_none(editor)}") from None
    if editor.kind is Kind.FLOAT:
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"a number, such as 0.1 or 1e-5{_or_none(editor)}") from None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError('a Python value, such as 3, "text", [64, 128] or {"p": 0.1}') from None
    return _json_like(value)


def spell(value: Any, editor: Editor) -> str:
    """A value as it is typed; `parse` gives it back."""
    if isinstance(value, str) and editor.kind is Kind.STR:
        is_plain = value and value == value.strip() and not value.startswith(('"', "'"))
        return value if is_plain and value != "None" else repr(value)
    return repr(value)


def problem_with(value: Any, editor: Editor) -> str:
    """Why a stored value does not fit, as "must be ..."; empty if it does."""
    if value is None:
        return "" if editor.allows_none or editor.kind is Kind.LITERAL else editor.kind.value
    fits = {
        Kind.BOOL: isinstance(value, bool),
        Kind.INT: isinstance(value, int) and not isinstance(value, bool),
        Kind.FLOAT: isinstance(value, (int, float)) and not isinstance(value, bool),
        Kind.STR: isinstance(value, str),
        Kind.CHOICE: any(value == choice and type(value) is type(choice) for choice in editor.choices),
        Kind.LITERAL: True,
    }[editor.kind]
    if fits:
        return ""
    return f"one of {', '.join(map(repr, editor.choices))}" if editor.kind is Kind.CHOICE else editor.kind.value


def _or_none(editor: Editor) -> str:
    return ", or None" if editor.allows_none else ""


def _parse_text(text: str) -> str:
    """Plain text stands for itself; in quotes it may be empty or have spaces at its ends."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
        return value if isinstance(value, str) else text
    return text


def _json_like(value: Any) -> Any:
    """The value as a recipe can hold it: tuples become lists (the stages turn them back where annotated).

    Raises:
        ValueError: A part of it cannot be held, such as bytes, a set or a complex number.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_json_like(item) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a value whose dictionary keys are texts")
        return {key: _json_like(item) for key, item in value.items()}
    raise ValueError(f"made of numbers, texts, lists and dictionaries; {type(value).__name__} is not one of them")
