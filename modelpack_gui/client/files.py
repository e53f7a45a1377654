"""Folders of this user, and writing a file so that it is either the old one or the whole new one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_folder, is_there, without_links
from modelpack_gui.core.records import FileStamp

DATA_DIR_VARIABLE = "MODELPACK_DATA_DIR"


def data_folder() -> Path:
    """Folder for what the app keeps for this user; `MODELPACK_DATA_DIR` overrides it. It may not exist yet."""
    override = os.environ.get(DATA_DIR_VARIABLE)
    if override:
        return Path(override)
    import platformdirs  # when it is needed: the window opens sooner

    return Path(platformdirs.user_data_dir("modelpack-gui", appauthor=False))


def cache_folder() -> Path:
    """Folder for what can be made again; with `MODELPACK_DATA_DIR` it is in there. It may not exist yet."""
    override = os.environ.get(DATA_DIR_VARIABLE)
    if override:
        return Path(override) / "cache"
    import platformdirs  # as above

    return Path(platformdirs.user_cache_dir("modelpack-gui", appauthor=False))


def stamp_of(path: Path) -> FileStamp | None:
    """A file as it is this moment; None if it cannot be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return FileStamp(str(path), status.st_size, status.st_mtime_ns)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as `write_bytes` writes bytes; line ends stay as they are in `text`.

    Raises:
        UserError: Those of `write_bytes`; `text-not-utf8` where a file's name in it is of another encoding.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        line = text[text.rfind("\n", 0, error.start) + 1 :].partition("\n")[0].strip()
        shown = line.encode("utf-8", "backslashreplace").decode()
        message = f"{path} could not be written: a name in it is not UTF-8 ({shown})."
        raise UserError("text-not-utf8", message, "Rename that file or folder with letters of UTF-8.") from error
    write_bytes(path, content)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file through a temporary one beside it. Missing folders are made.

    A link is followed, and the permissions of an existing file are kept.

    Raises:
        UserError: `file-is-folder`, `disk-full`, `file-not-writable`.
    """
    with _explained(path):
        _replace(without_links(path), content)


def link_or_copy(source: Path, target: Path) -> None:
    """Let a file have a second place, in place of what is there. The two share their bytes where the disk allows it.

    Raises:
        UserError: `file-is-folder`, `disk-full`, `file-not-writable`.
    """
    with _explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_there(target) and target.samefile(source):
            return
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            try:
                temporary.hardlink_to(source)
            except OSError:  # another disk, or one without links
                shutil.copyfile(source, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What can go wrong with writing a file, in words."""
    if is_folder(path):
        raise UserError("file-is-folder", f"{path} is a folder.", "Give the name of a file in it.")
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"{path} could not be written: the disk is full. The old file, if any, is unchanged."
            raise UserError("disk-full", message, "Free some space, or choose another disk.") from error
        message = f"{path} could not be written: {error.strerror or error}."
        hint = "Choose a folder that you may write to, or change its permissions."
        raise UserError("file-not-writable", message, hint) from error


def _replace(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if is_there(target):
            if not os.access(target, os.W_OK):  # replacing needs no leave of the file itself, only of its folder
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
