"""Paths as a recipe spells them."""

from __future__ import annotations

import errno
import os
import os.path
from pathlib import Path


def located(base: Path, path: str) -> Path:
    """The place that a path in a recipe means: relative ones start from its folder, `~` is the home folder."""
    return base / os.path.expanduser(path)  # noqa: PTH111 (Path.expanduser raises for users that it does not know)


def is_file(path: Path) -> bool:
    """Whether there is a file that can be looked at.

    Path.is_file raises for what may not be looked at, and for names that no disk can have.
    """
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Whether there is a folder that can be looked at."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path) -> bool:
    """Whether there is anything that can be looked at."""
    return os.path.exists(path)  # noqa: PTH110


def is_device(path: Path) -> bool:
    """Whether it is a pipe or a device: reading it may wait for ever, or never end."""
    return is_there(path) and not is_file(path) and not is_folder(path)


def read_whole(path: Path, most_bytes: int) -> bytes:
    """The content of a file that is small if it is what it should be.

    Raises:
        OSError: It cannot be read, or has more bytes than that (EFBIG).
    """
    with path.open("rb") as stream:
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def without_links(path: Path) -> Path:
    """The absolute place that links lead to; as far as they do, where they lead in a circle."""
    return Path(os.path.realpath(path))
