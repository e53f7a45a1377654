"""Paths of requests, files written whole or not at all, and the versions of what wrote them."""

from __future__ import annotations

import errno
import functools
import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_folder, is_there, located
from modelpack_gui.core.records import FileStamp

_FULL_BYTES = 1 << 20
"""With less free space than this, a failed write is put down to the disk being full."""

_WRITER_MARKS = ("failed writing", "unexpected pos", "iostream", "write")
"""In messages of torch's writers when the disk is full."""


def resolve(context: Context, path: str) -> Path:
    """The absolute path of a path in a request: relative ones start from the recipe's folder."""
    return Path(os.path.abspath(located(context.base, path)))  # noqa: PTH100 (keeps symbolic links)


def stamps(files: Iterable[Path]) -> tuple[FileStamp, ...]:
    """Size and time of some files as they are now, each once; those that are gone are left out."""
    found = []
    for path in dict.fromkeys(files):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append(FileStamp(str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)


def versions(*names: str) -> dict[str, str]:
    """The Python version and those of the named distributions; ones not installed are left out."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version_of(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@functools.cache  # finding one takes milliseconds; an error is not cached, so what is installed later is found
def version_of(name: str) -> str:
    """The installed version of a distribution.

    Raises:
        PackageNotFoundError: It is not installed.
    """
    return importlib.metadata.version(name)


def prepare_target(target: Path) -> None:
    """Make sure that a file could be written at `target`; missing folders above it are made.

    Raises:
        UserError: `output-is-folder`, `output-not-writable`, `disk-full`.
    """
    if is_folder(target):
        raise UserError(
            "output-is-folder",
            f"The output path {target} is a folder.",
            f"Give the name of a file in it, such as {target / 'model.onnx'}.",
        )
    in_the_way = next((folder for folder in target.parents if is_there(folder) and not is_folder(folder)), None)
    if in_the_way is not None:
        raise _not_writable(target, f"{in_the_way} is a file, not a folder", "Choose another output path.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _write_error(target, error) from error
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise _not_writable(target, "the folder does not allow writing")


@contextmanager
def replace_files(target: Path) -> Iterator[Path]:
    """Write a file together with data files beside it, all of them or none.

    Yields the path of the same name in a temporary folder beside `target`; whatever is written into that folder
    is moved beside `target` when the block ends well, the file itself last. Data files keep their names, since the
    file refers to them.

    Raises:
        UserError: `output-is-folder`, `output-not-writable`, `disk-full`.
    """
    prepare_target(target)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _write_error(target, error) from error
    try:
        yield folder / target.name
        _move(folder, target)
    except (OSError, RuntimeError) as error:
        if looks_full(error, folder):
            raise _disk_full(target, str(error)) from error
        if isinstance(error, OSError) and _is_about(error, folder):
            raise _write_error(target, error) from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move(folder: Path, target: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    for name in sorted(names - {target.name}):
        shutil.copymode(folder / target.name, folder / name)  # onnx makes data files for the owner only
        (folder / name).replace(target.parent / name)
    (folder / target.name).replace(target)


def is_write_failure(error: BaseException, folder: Path) -> bool:
    """Whether an error comes from writing into `folder`; ask before anything is deleted."""
    return looks_full(error, folder) or (isinstance(error, OSError) and _is_about(error, folder))


def _is_about(error: OSError, folder: Path) -> bool:
    """Whether an error names the temporary folder; others come from what the block did besides writing."""
    named = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return any(name.startswith(str(folder)) for name in named)


def looks_full(error: BaseException, folder: Path) -> bool:
    """Whether an error while writing into `folder` comes from a full disk; ask before anything is deleted.

    numpy's OSError has no errno, and torch's C++ writers raise RuntimeError: there the free space decides.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    text = str(error)
    if "No space left" in text:
        return True
    is_about_writing = isinstance(error, OSError) or any(mark in text for mark in _WRITER_MARKS)
    return is_about_writing and shutil.disk_usage(folder).free < _FULL_BYTES


def _write_error(target: Path, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(target, str(error))
    return _not_writable(target, error.strerror or str(error))


def _not_writable(
    target: Path, reason: str, hint: str = "Choose another output path, or change the permissions of the folder."
) -> UserError:
    return UserError("output-not-writable", f"{target} cannot be written: {reason}.", hint)


def _disk_full(target: Path, details: str) -> UserError:
    return UserError(
        "disk-full",
        f"There is no room left on the disk to write {target}; nothing was left half-written.",
        "Free some space or choose an output path on another disk.",
        details,
    )
