"""An explanation in words, for terminals, tooltips and the clipboard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modelpack_gui.core.explain.explanation import RecipeEdit, SourcePlace


def place_text(place: SourcePlace) -> str:
    """`/home/me/net.py:12 (a branch on a size)`."""
    return f"{place.file}:{place.line}{f' ({place.note})' if place.note else ''}"


def edit_text(edit: RecipeEdit) -> str:
    """What an edit writes into the recipe, as its TOML file has it: `export.exporter = "script"`."""
    if edit.value is None:
        return f"{edit.path}: back to its default"
    return f"{edit.path} = {_toml(edit.value)}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        items = [
            f"{key} = {_toml(item)}" for key, item in value.items() if item not in (None, "") and item is not False
        ]
        return f"{{ {', '.join(items)} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)
