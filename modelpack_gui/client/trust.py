"""Which recipes the user agreed to run.

A recipe names Python code. One that was not made on this machine is opened only after the user has seen what it would
run. What is trusted is what would run: the recipe's folder, its source table with the files it leads to, its
interpreter, and the Python file that calibration data comes from. Editing the model's file, the export or the
benchmark does not ask again; naming another file, class, argument, checkpoint or interpreter does. Whoever saves a
recipe that the user made or edited calls `trust`.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from modelpack_gui.client.files import data_folder, write_text
from modelpack_gui.core import serde
from modelpack_gui.core.locations import is_there, located, without_links
from modelpack_gui.core.recipe import Recipe

_SCHEMA_VERSION = 1


def is_trusted(recipe: Recipe, path: Path) -> bool:
    """Whether the user agreed to what this recipe, read from `path`, would run.

    One that names neither a model nor an interpreter nor calibration data in Python runs nothing of its own, and is
    trusted.
    """
    runs_nothing = not recipe.source.location and not recipe.interpreter.path and not _calibration(recipe)
    return runs_nothing or _fingerprint(recipe, path) in _trusted()


def trust(recipe: Recipe, path: Path) -> None:
    """Remember that the user agrees to what this recipe at `path` runs.

    Raises:
        UserError: The list could not be written (see `client.files.write_text`).
    """
    fingerprint = _fingerprint(recipe, path)
    trusted = _trusted()
    if fingerprint not in trusted:
        trusted[fingerprint] = str(path.absolute())
        data = {"schema_version": _SCHEMA_VERSION, "trusted": trusted}
        write_text(_store(), serde.dumps(data, indent=2) + "\n")


def what_runs(recipe: Recipe, path: Path) -> tuple[tuple[str, str], ...]:
    """What the recipe would run, as (label, value) rows for the question. Rows that say nothing are left out."""
    source, base = recipe.source, path.absolute().parent.resolve()
    checkpoint = source.checkpoint
    arguments = ", ".join(f"{key} = {value!r}" for key, value in source.arguments.items())
    rows = (
        ("Saved model" if source.is_saved_model else "File", _resolved(source.file, base)),
        ("Module", source.module),
        ("Class", source.name),
        ("Arguments", arguments),
        ("Interpreter", _resolved_interpreter(recipe, base) or "the app's own"),
        ("Checkpoint", _resolved(checkpoint.path, base) if checkpoint else ""),
        (
            "Unsafe globals allowed",
            ", ".join((*source.allowed_globals, *(checkpoint.allowed_globals if checkpoint else ()))),
        ),
        ("Calibration data", _resolved(_calibration(recipe), base)),
        ("Working folder", str(base)),
    )
    return tuple((label, value) for label, value in rows if value)


def _fingerprint(recipe: Recipe, path: Path) -> str:
    import hashlib  # when it is needed: the window opens sooner

    base = path.absolute().parent.resolve()
    checkpoint = recipe.source.checkpoint
    runs: dict[str, Any] = {
        "folder": _resolved(".", base),  # modules are looked for there too
        "source": serde.encode(recipe.source),
        "file": _resolved(recipe.source.file, base),
        "checkpoint": _resolved(checkpoint.path, base) if checkpoint else "",
        "interpreter": _resolved_interpreter(recipe, base),
    }
    if calibration := _calibration(recipe):  # what was trusted before there was such a thing stays trusted
        runs["calibration"] = _resolved(calibration, base)
    return hashlib.sha256(json.dumps(runs, sort_keys=True).encode()).hexdigest()


def _calibration(recipe: Recipe) -> str:
    """The Python file that calibration data comes from; empty if it comes from elsewhere."""
    data = recipe.quantize.calibration if recipe.quantize is not None else None
    return data.path if data is not None and data.kind == "python" else ""


def _resolved(path: str, base: Path) -> str:
    return os.path.normcase(without_links(located(base, path))) if path else ""


def _resolved_interpreter(recipe: Recipe, base: Path) -> str:
    path = recipe.interpreter.path
    place = located(base, path)
    is_on_path = Path(path).name == path and (shutil.which(path) is not None or not is_there(place))
    # Not resolved further: the python of a virtual environment is a link, and the environment is where it stands.
    return path if is_on_path or not path else os.path.normpath(place)


def _store() -> Path:
    return data_folder() / "trusted-recipes.json"


def _trusted() -> dict[str, str]:
    """Fingerprint to recipe path. A list that cannot be read counts as empty: the user is asked again."""
    try:
        data = serde.loads(_store().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = data.get("trusted") if isinstance(data, dict) else None
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
