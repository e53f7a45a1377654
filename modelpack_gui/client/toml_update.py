"""A recipe as a TOML document: a new one, or an existing one changed in place so that its comments stay."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import AoT, Array

from modelpack_gui.core import recipe as recipes
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CheckpointSpec, DynamicDim, InputSpec

_DEFAULTS: dict[str, dict[str, Any]] = {
    "source.checkpoint": serde.encode(CheckpointSpec("")),
    "inputs[]": serde.encode(InputSpec("", ())),
    "input_sets[].inputs[]": serde.encode(InputSpec("", ())),
    "export.dynamic[]": serde.encode(DynamicDim("", 0, "")),
}
"""Defaults of the tables that a default recipe does not have."""


def fresh_document(recipe: Recipe) -> TOMLDocument:
    """A new document with every setting spelled out.

    Raises:
        UserError: `recipe-not-toml-value`.
    """
    document = tomlkit.document()
    for key, value in _data_of(recipe).items():
        document.add(key, _item(value, is_inline=False))
    return document


def update_document(document: TOMLDocument, recipe: Recipe) -> None:
    """Make an existing document say what the recipe says, touching only what differs.

    A setting that the document leaves out is added only if it is not the default.

    Raises:
        UserError: `recipe-not-toml-value`.
    """
    _update_table(document, _data_of(recipe), recipes.to_data(Recipe()), "")


def _data_of(recipe: Recipe) -> dict[str, Any]:
    data = recipes.to_data(recipe)
    bad = _none_inside(data.get("source", {}).get("arguments", {}), "source.arguments")
    if bad:
        message = f"{bad} is None inside a list or table, which TOML cannot hold."
        raise UserError("recipe-not-toml-value", message, "Give that constructor argument another value.")
    return data


def _none_inside(value: Any, path: str) -> str:
    if value is None:
        return path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((found for key, item in items if (found := _none_inside(item, f"{path}.{key}"))), "")


def _update_table(
    table: MutableMapping[str, Any], wanted: dict[str, Any], default: dict[str, Any], path: str
) -> None:
    for key in [key for key in table if key not in wanted]:
        if table[key] not in (None, "", [], {}) or path == "source.arguments":
            del table[key]
    for key, value in wanted.items():
        at = f"{path}.{key}" if path else key
        if key in table:
            _update_value(table, key, value, at)
        elif isinstance(value, dict) and isinstance(default.get(key), dict):
            changed = {name: item for name, item in value.items() if item != default[key].get(name)}
            if changed:
                table[key] = _item(changed, is_inline=bool(path))
        elif value != default.get(key):
            table[key] = _item(value, is_inline=bool(path))


def _update_value(table: MutableMapping[str, Any], key: str, value: Any, path: str) -> None:
    old = table[key]
    if isinstance(old, MutableMapping) and isinstance(value, dict):
        default = _DEFAULTS.get(path) or recipes.to_data(Recipe()).get(path) or {}
        _update_table(old, value, default, path)
    elif isinstance(old, (AoT, Array)) and value and all(isinstance(item, dict) for item in (*value, *old)):
        _update_tables(old, value, f"{path}[]")
    elif not _is_same(old, value, is_exact=path.startswith("source.arguments.")):
        table[key] = _item(value, is_inline=bool(path))


def _update_tables(old: AoT | Array, wanted: list[dict[str, Any]], path: str) -> None:
    names = {item.get("name") for item in wanted}
    for i in reversed(range(len(old))):  # first what went away, so that the others keep their comments
        if old[i].get("name") not in names and len(old) > len(wanted):
            del old[i]
    while len(old) > len(wanted):
        del old[-1]
    for i, item in enumerate(wanted):
        if i < len(old):
            _update_table(old[i], item, _DEFAULTS.get(path, {}), path)
        elif isinstance(old, AoT):
            table = _item(item, is_inline=False)
            table.add(tomlkit.nl())  # apart from the table that follows
            old.append(table)
        else:
            old.append(_item(item, is_inline=True))


def _is_same(old: Any, new: Any, *, is_exact: bool) -> bool:
    """Whether a value in the document need not be written again. 1 and 1.0 differ to a constructor only."""
    plain = old.unwrap() if hasattr(old, "unwrap") else old
    if isinstance(plain, bool) is not isinstance(new, bool) or plain != new:
        return False
    return not is_exact or serde.dumps(serde.encode(plain)) == serde.dumps(serde.encode(new))


def _item(value: Any, *, is_inline: bool) -> Any:
    if isinstance(value, dict):
        table: Any = tomlkit.inline_table() if is_inline else tomlkit.table()
        for key, item in value.items():
            table.add(key, _item(item, is_inline=is_inline or key != "inputs"))  # [[input_sets.inputs]] reads better
        return table
    if isinstance(value, list):
        if not is_inline and value and all(isinstance(item, dict) for item in value):
            tables = tomlkit.aot()
            for item in value:
                tables.append(_item(item, is_inline=False))
            return tables
        array = tomlkit.array()
        for item in value:
            array.append(_item(item, is_inline=True))
        return array
    return tomlkit.item(value)
