"""The demo project, as a copy of the user's own that may be changed and exported into."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from modelpack_gui.client.files import data_folder, write_bytes, write_text
from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.client.resources import resource_path
from modelpack_gui.client.trust import trust
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError

_MANIFEST = ".shipped.json"


def open_demo(name: str = "demo") -> Path:
    """Bring the user's copy of the demo project up to date, and give the path of one of its recipes, trusted.

    Files that the user changed stay as they are; missing and outdated ones are copied.

    Raises:
        UserError: `demo-unknown`, or the folder cannot be written, or the user's copy of the recipe is not valid.
    """
    shipped = resource_path("demo")
    known = sorted(path.stem for path in shipped.glob("*.toml"))
    if name not in known:
        raise UserError("demo-unknown", f"There is no demo named {name!r}.", f"Known: {', '.join(known)}.")
    folder = data_folder() / "demo"
    _refresh(shipped, folder)
    recipe_path = folder / f"{name}.toml"
    trust(load_recipe(recipe_path), recipe_path)
    return recipe_path


def _refresh(shipped: Path, folder: Path) -> None:
    """Copy each shipped file that is missing, or that is still as an earlier version of the app shipped it."""
    before = _read_manifest(folder)
    now: dict[str, str] = {}
    for source in sorted(path for path in shipped.iterdir() if path.is_file()):
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        target = folder / source.name
        current = hashlib.sha256(target.read_bytes()).hexdigest() if target.is_file() else ""
        is_users_own = current not in ("", digest, before.get(source.name))
        if current != digest and not is_users_own:
            write_bytes(target, content)
        now[source.name] = before.get(source.name, "") if is_users_own else digest
    if now != before:
        write_text(folder / _MANIFEST, json.dumps(now, indent=2) + "\n")


def _read_manifest(folder: Path) -> dict[str, str]:
    """Digest of each file as last shipped. Without it, a file that differs counts as the user's own."""
    try:
        data = serde.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in data.items()} if isinstance(data, dict) else {}
