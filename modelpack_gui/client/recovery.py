"""Unsaved recipes on disk, so that a crash or a kill of the app loses no edit.

Each running window has one file, named after its process. A file whose process is gone is what that one lost.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.client.files import data_folder, write_text
from modelpack_gui.client.running import is_running
from modelpack_gui.core import recipe as recipes
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import Recipe


@dataclass(frozen=True)
class Recovered:
    """A recipe that was not saved.

    Attributes:
        record: The recovery file, for `discard`.
        path: The recipe's own file; None if it had none yet.
        is_trusted: Whether its Python might be run.
    """

    record: Path
    recipe: Recipe
    path: Path | None
    is_trusted: bool


class RecoveryFile:
    """What one window would lose."""

    def __init__(self) -> None:
        self._record = _folder() / f"{os.getpid()}-{uuid.uuid4().hex}.json"

    def write(self, recipe: Recipe, path: Path | None, *, is_trusted: bool) -> None:
        """Keep an unsaved recipe.

        Raises:
            UserError: The file cannot be written.
        """
        data = {
            "pid": os.getpid(),
            "path": str(path) if path else "",
            "is_trusted": is_trusted,
            "recipe": recipes.to_data(recipe),
        }
        write_text(self._record, serde.dumps(data))

    def clear(self) -> None:
        """Nothing is unsaved any more."""
        self._record.unlink(missing_ok=True)


def find_lost() -> tuple[Recovered, ...]:
    """What earlier processes lost, newest first. Files that cannot be read are left alone."""
    found: list[tuple[float, Recovered]] = []
    for record in _folder().glob("*.json"):
        try:
            data = serde.loads(record.read_text(encoding="utf-8"))
            if is_running(int(data["pid"])):
                continue
            recipe = recipes.from_data(data["recipe"], record.name)
            path = Path(data["path"]) if data["path"] else None
            found.append((record.stat().st_mtime, Recovered(record, recipe, path, data["is_trusted"] is True)))
        except (OSError, ValueError, KeyError, TypeError, UserError):
            continue
    found.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(recovered for _, recovered in found)


def discard(recovered: Recovered) -> None:
    """Forget it."""
    recovered.record.unlink(missing_ok=True)


def _folder() -> Path:
    return data_folder() / "recovery"
