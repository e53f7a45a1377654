"""Text that Qt must not take for HTML, in lines that fit a tooltip."""

from __future__ import annotations

import html
import textwrap

from PySide6.QtGui import Qt

_WIDTH = 100
_TOO_LONG = 110
_NOT_TO_READ = 20_000  # nobody reads that in a tooltip, and cutting it would hold the window


def plain_tooltip(text: str) -> str:
    """A tooltip that shows `text` as it is: Qt would hide a token such as `<s>`, and put a paragraph in one line."""
    text = "\n".join(_wrapped(line) for line in text.split("\n"))
    if not Qt.mightBeRichText(text):
        return text
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>"


def _wrapped(line: str) -> str:
    """In lines of up to `_WIDTH` characters, cut at spaces only; its other spaces stay as they are."""
    if not _TOO_LONG < len(line) < _NOT_TO_READ:
        return line
    parts = textwrap.TextWrapper(
        _WIDTH, break_long_words=False, break_on_hyphens=False, replace_whitespace=False, expand_tabs=False
    )
    return parts.fill(line)
