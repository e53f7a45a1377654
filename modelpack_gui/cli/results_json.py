"""Results of a run as JSON."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui import __version__
from modelpack_gui.cli.further import FurtherResult
from modelpack_gui.client.files import write_text
from modelpack_gui.client.recipe_run import StageResult
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_folder, is_there
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import Capabilities

SCHEMA_VERSION = 1


def results_data(
    results: Sequence[StageResult],
    status: int,
    *,
    recipe: Recipe | None = None,
    recipe_path: Path | None = None,
    environment: Capabilities | None = None,
    further: Sequence[FurtherResult] = (),
) -> dict[str, Any]:
    """The content of the file: what ran, where, what came out, and the exit status."""
    versions = {"modelpack_gui": __version__, "python": platform.python_version()}
    if environment is not None:
        versions["worker_python"] = environment.python_version
        versions |= {package.name: package.version for package in environment.packages if package.version}
    return {
        "schema_version": SCHEMA_VERSION,
        "exit_status": status,
        "recipe_path": "" if recipe_path is None else str(recipe_path.absolute()),
        "recipe": None if recipe is None else serde.encode(recipe),
        "versions": versions,
        "environment": None if environment is None else serde.encode(environment),
        "stages": [_stage_data(result) for result in results],
        **{found.name: _further_data(found) for found in further},
    }


def check_target(target: str, option: str = "--json") -> None:
    """Say before a long run rather than after it that the results could not be written.

    Raises:
        UserError: `file-is-folder`, `file-not-writable`.
    """
    if target == "-":
        return
    path = Path(target).absolute()
    if is_folder(path):
        raise UserError("file-is-folder", f"{option} {target} is a folder.", "Give the name of a file in it.")
    existing = next(place for place in (path, *path.parents) if is_there(place))  # folders on the way are made later
    if not os.access(existing, os.W_OK) or (existing != path and not is_folder(existing)):
        hint = "Choose a folder that you may write to, or change its permissions."
        raise UserError("file-not-writable", f"{option} {target} cannot be written: look at {existing}.", hint)


def write_results(target: str, data: dict[str, Any]) -> None:
    """Write to a file, or to stdout if `target` is `-`.

    Raises:
        UserError: The file cannot be written (see `client.files.write_text`).
    """
    text = serde.dumps(data, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_text(Path(target), text)


def _stage_data(result: StageResult) -> dict[str, Any]:
    data: dict[str, Any] = {
        "stage": result.stage.value,
        "outcome": "skipped" if result.outcome is None else result.outcome.value,
        "verdict": result.verdict.value,
    }
    if result.result is not None:
        data["result"] = serde.encode_tagged(result.result)
    if result.error is not None:
        data["error"] = serde.encode(result.error)
    if result.skipped:
        data["reason"] = result.skipped
    return data


def _further_data(found: FurtherResult) -> dict[str, Any]:
    data: dict[str, Any] = {"outcome": found.outcome.value}
    if found.result is not None:
        data["result"] = serde.encode_tagged(found.result)
    if found.error is not None:
        data["error"] = serde.encode(found.error)
    return data
