"""The files that a model is made from, and what tells whether one of them has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelpack_gui.core.locations import is_file, located
from modelpack_gui.core.records import InputSpec, ModelSource

_DEEPEST = 3
_MOST_FILES = 2000
"""A model in the home folder must not have all of it read."""


def model_files(source: ModelSource, inputs: Sequence[Sequence[InputSpec]], base: Path) -> Iterator[tuple[str, str]]:
    """The files that a model and its inputs are made from, and their contents or size and time; nothing for a missing
    one.

    Args:
        inputs: Every set of inputs.
        base: Folder that relative paths start from.
    """
    if source.file:
        path = located(base, source.file)
        if source.is_saved_model:
            yield str(path), stat_text(path)
        else:
            for file in _python_files(path.parent):
                yield str(file), _digest(file)
    if source.module:
        for file in _python_files(base / source.module.partition(".")[0]):
            yield str(file), _digest(file)
    named = [source.checkpoint.path] if source.checkpoint is not None else []
    named += [spec.file for specs in inputs for spec in specs if spec.file]
    for name in named:
        path = located(base, name)
        yield str(path), stat_text(path)


def _python_files(folder: Path) -> Iterator[Path]:
    found = 0
    for place, folders, names in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        is_environment = "pyvenv.cfg" in names
        folders[:] = (
            []
            if depth >= _DEEPEST or is_environment
            else sorted(name for name in folders if not name.startswith((".", "__")))
        )
        if is_environment:
            continue
        for name in sorted(names):
            if name.endswith(".py"):
                found += 1
                if found > _MOST_FILES:
                    return
                yield Path(place) / name


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if is_file(file) else ""  # a pipe would be waited for
    except OSError:
        return ""


def stat_text(path: Path) -> str:
    """Size and time of a file; empty without one."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"
