"""Files that the user asks for: where one goes, and that all of it is written or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from modelpack_gui.ui.settings import Settings

_SUFFIX = re.compile(r"\*(\.\w+)")


def ask_where(
    parent: QWidget, settings: Settings, purpose: str, title: str, suggested: str, kinds: str
) -> Path | None:
    """Let the user name the file; None if there is to be none.

    Args:
        purpose: The folder is remembered for, see Settings.last_folder.
        suggested: Name in that folder.
        kinds: As QFileDialog takes them, the usual one first; a name without a suffix gets that of the kind.
    """
    start = str(Path(settings.last_folder(purpose)) / suggested)
    given, kind = QFileDialog.getSaveFileName(parent, title, start, kinds)
    if not given:
        return None
    path = Path(given)
    suffix = _SUFFIX.search(kind or kinds)
    if not path.suffix and suffix is not None:
        path = path.with_suffix(suffix.group(1))
    settings.set_last_folder(purpose, str(path))
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; what is there takes the file's place at the end, and is deleted if that goes wrong.

    Raises:
        OSError: It cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
