"""The file that a runner runs: the one named for it, else the recipe's artifact."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.artifact_formats import FORMAT_TITLES, SUFFIXES
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file
from modelpack_gui.core.records import ArtifactFormat, BenchPrepareRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import format_of


def artifact_of(request: BenchPrepareRequest, format_: ArtifactFormat, context: Context) -> Path:
    """The path of an artifact of a format.

    Raises:
        UserError: `artifact-missing`, `artifact-unreadable`, and `artifact-not-onnx`, `artifact-not-torchscript` or
            `artifact-not-pt2` for a file of another format.
    """
    title = FORMAT_TITLES[format_]
    given = request.runner.artifact or request.artifact_path
    path = resolve(context, given)
    if not given or not is_file(path):
        what = f"There is no file {path}" if given else f"There is no {title} artifact yet"
        raise UserError("artifact-missing", f"{what}.", f"Export to {title} first, or choose a file for this runner.")
    try:
        with path.open("rb") as stream:
            found = format_of(path, stream.read(2))
    except OSError as error:
        raise UserError(
            "artifact-unreadable", f"{path} cannot be read: {error.strerror or error}.", "Check its permissions."
        ) from error
    if found != format_:
        but = f", but {FORMAT_TITLES[found]}" if path.suffix in SUFFIXES[found] else ""
        raise UserError(
            f"artifact-not-{format_}",
            f"{path.name} is not an artifact of the format {title}{but}.",
            f"Choose a file of the format {title} for this runner, export to that, or leave this runner out.",
        )
    return path


def refuse_file(request: BenchPrepareRequest, title: str) -> None:
    """Say so if a file is named for a runner that runs the source itself.

    Raises:
        UserError: `runner-takes-no-file`.
    """
    if request.runner.artifact:
        raise UserError(
            "runner-takes-no-file",
            f"{title} runs the model's source, and {request.runner.artifact} was given for it.",
            "Leave the file out, or choose a runner for files of that kind.",
        )
