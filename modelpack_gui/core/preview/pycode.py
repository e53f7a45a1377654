"""Python source text: literals and calls, laid out as black would."""

from __future__ import annotations

import json
import keyword
import math
from collections.abc import Mapping
from typing import Any

WIDTH = 88
INDENT = "    "


def literal(value: Any) -> str:
    """Source text of a JSON-like value, on one line, strings in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # every JSON string is a Python string
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def path_literal(path: str) -> str:
    """Source text of a `pathlib.Path`; a leading `~` is expanded when it runs."""
    return f"Path({literal(path)})" + (".expanduser()" if path.startswith("~") else "")


def bracketed(head: str, items: list[str], tail: str, indent: str = "") -> str:
    """`head` + items + `tail` on one line if it fits, else an item on each line with a comma after the last.

    Args:
        head: Ends with the opening bracket; `indent` is in front of it.
        tail: Starts with the closing bracket.
    """
    line = f"{indent}{head}{', '.join(items)}{tail}"
    if len(line) <= WIDTH or not items:
        return line
    inner = indent + INDENT
    joined = f"{inner}{', '.join(items)}"
    if len(joined) <= WIDTH and not any("\n" in item for item in items) and not head.endswith(("{", "[")):
        return f"{indent}{head}\n{joined}\n{indent}{tail}"
    return stacked(head, items, tail, indent)


def stacked(head: str, items: list[str], tail: str, indent: str = "") -> str:
    """`head` + items + `tail` with an item on each line and a comma after the last."""
    return f"{indent}{head}\n" + "".join(f"{indent}{INDENT}{item},\n" for item in items) + f"{indent}{tail}"


def keywords(arguments: Mapping[str, str]) -> list[str]:
    """Arguments of a call from source texts by name; names that are no identifiers go into one `**{...}`."""
    plain = [f"{name}={text}" for name, text in arguments.items() if is_name(name)]
    odd = [f"{literal(name)}: {text}" for name, text in arguments.items() if not is_name(name)]
    return [*plain, "**{" + ", ".join(odd) + "}"] if odd else plain


def is_name(text: str) -> bool:
    """Whether it can stand in source as a name."""
    return text.isidentifier() and not keyword.iskeyword(text)
