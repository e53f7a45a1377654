"""Where the command line writes: results to stdout, everything else to stderr, in what the terminal can show."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import TextIO

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.explain.text import edit_text, place_text
from modelpack_gui.core.records import Verdict

_MARKS = {Verdict.PASSED: "✓", Verdict.WARNING: "▲", Verdict.FAILED: "✕", Verdict.SKIPPED: "–"}
_PLAIN = str.maketrans(
    {
        "✓": "ok",
        "▲": "!",
        "✕": "X",
        "–": "-",
        "—": "-",
        "×": "x",
        "±": "+/-",
        "…": "...",
        "→": "->",
        "≤": "<=",
        "•": "*",
    }
)

WIDTH = 100


def mark(verdict: Verdict) -> str:
    """The sign of a verdict: a shape, since a terminal may have no colours."""
    return _MARKS[verdict]


class Console:
    """Two streams. Characters that one cannot encode are written in ASCII."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self.err = err

    def result(self, text: str) -> None:
        """Write to stdout, with a newline."""
        _write(self._out, text)

    def note(self, text: str) -> None:
        """Write to stderr, with a newline."""
        _write(self.err, text)

    def error(self, info: ErrorInfo, *, is_verbose: bool = False) -> None:
        """Write a failure to stderr: the message, what to do, and with `is_verbose` the details."""
        self.note(error_text(info, is_verbose=is_verbose))

    def results_to_stderr(self) -> None:
        """From now on stdout is left to JSON."""
        self._out = self.err

    def abandon(self) -> None:
        """Write no more to stdout; its reader has gone, and Python would complain of that at exit."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())


def error_text(info: ErrorInfo, *, is_verbose: bool = False) -> str:
    """A failure as some lines."""
    lines = [f"error: {info.message}"]
    known = info.explanation
    if known is not None and known.cause not in info.message:
        lines.append(wrapped(f"why: {known.cause}"))
    if known is not None and known.fixes:
        lines += explanation_lines(known)
    elif info.hint:
        lines.append(textwrap.indent(info.hint, "  hint: ", lambda line: line == info.hint.splitlines(True)[0]))
    if info.details and is_verbose:
        lines += ["", textwrap.indent(info.details.rstrip(), "  | ")]
    elif info.details:
        lines.append("  (--verbose shows the details)")
    return "\n".join(lines)


def explanation_lines(explanation: Explanation) -> list[str]:
    """The places and fixes of an explanation, with the keys of the recipe that a fix sets."""
    lines = [f"  at {place_text(place)}" for place in explanation.places]
    for fix in explanation.fixes:
        lines.append(wrapped(f"fix: {fix.text}"))
        lines += [f"       {edit_text(edit)}" for edit in fix.edits]
        if fix.details:
            is_code = "\n" in fix.details
            lines.append((indented if is_code else wrapped)(fix.details, "       "))
    return lines


def encodable(text: str, stream: TextIO) -> str:
    """The text as the stream can encode it."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Columns that line up; those whose index is in `numbers` to the right. The last column is not padded."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for row in cells:
        parts = [
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def wrapped(text: str, indent: str = "  ") -> str:
    """A paragraph that fits the width, each line behind an indent."""
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


def indented(text: str, indent: str = "  ") -> str:
    """Each line behind an indent."""
    return textwrap.indent(text, indent)


def _write(stream: TextIO, text: str) -> None:
    stream.write(encodable(text, stream) + "\n")
    stream.flush()
