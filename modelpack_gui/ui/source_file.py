"""Reads a file of Python to show it."""

from __future__ import annotations

import tokenize
from pathlib import Path

from modelpack_gui.core.errors import UserError

_LIMIT_BYTES = 5_000_000


def read_source(path: Path) -> str:
    """The text of a file, in the encoding that it names.

    Raises:
        UserError: `source-missing`, `source-too-long`, `source-unreadable`.
    """
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise UserError(
                "source-too-long", f"{path} has more than {_LIMIT_BYTES:,} bytes.", "Open it in your editor."
            )
        return _decoded(path)
    except FileNotFoundError as error:
        raise UserError(
            "source-missing", f"There is no file {path}.", "It was moved, or the artifact was made elsewhere."
        ) from error
    except OSError as error:
        raise UserError(
            "source-unreadable", f"{path} cannot be read: {error.strerror}.", "Check who may read it."
        ) from error


def _decoded(path: Path) -> str:
    try:
        with path.open("rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        text = path.read_text(encoding=encoding, errors="replace")
    except SyntaxError:  # it names an encoding that does not exist, or does not keep to UTF-8
        text = path.read_text(encoding="utf-8", errors="replace")
    return text.replace("\u2029", " ").replace("\0", " ")  # the first ends a line for Qt
