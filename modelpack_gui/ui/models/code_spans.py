"""Python source cut into coloured pieces, line by line."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from pygments.lexers.python import PythonLexer
from pygments.token import Token

_WIDE = "\uffff"  # what lies above takes two places in Qt's UTF-16


class Style(Enum):
    """How a piece is drawn."""

    KEYWORD = "keyword"
    BUILTIN = "builtin"
    DEFINED = "defined"  # the name after `def` and `class`
    DECORATOR = "decorator"
    STRING = "string"
    DOCSTRING = "docstring"
    NUMBER = "number"
    COMMENT = "comment"


class Span(NamedTuple):
    """A piece of a line, in UTF-16 units as Qt counts."""

    start: int
    length: int
    style: Style


_STYLES: tuple[tuple[object, Style | None], ...] = (  # the first that a token belongs to
    (Token.Literal.String.Interpol, Style.KEYWORD),
    (Token.Literal.String.Doc, Style.DOCSTRING),
    (Token.Literal.String, Style.STRING),
    (Token.Literal.Number, Style.NUMBER),
    (Token.Comment, Style.COMMENT),
    (Token.Operator.Word, Style.KEYWORD),
    (Token.Keyword, Style.KEYWORD),
    (Token.Name.Decorator, Style.DECORATOR),
    (Token.Name.Function.Magic, Style.DEFINED),
    (Token.Name.Function, Style.DEFINED),
    (Token.Name.Class, Style.DEFINED),
    (Token.Name.Builtin, Style.BUILTIN),
    (Token.Name.Exception, Style.BUILTIN),
)


def code_spans(text: str) -> list[list[Span]]:
    """The coloured pieces of each line; what is not listed is plain.

    Faulty Python is coloured as far as it makes sense.
    """
    lines: list[list[Span]] = [[] for _ in range(text.count("\n") + 1)]
    styles: dict[object, Style | None] = {}
    line, column = 0, 0
    for _, kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(text):
        if kind not in styles:
            styles[kind] = next((style for above, style in _STYLES if kind in above), None)  # type: ignore[operator]
        style = styles[kind]
        pieces = value.split("\n")
        for i, piece in enumerate(pieces):
            if i:
                line, column = line + 1, 0
            length = _units(piece)
            if style is not None and length:
                lines[line].append(Span(column, length, style))
            column += length
    return lines


def _units(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for letter in text if letter > _WIDE)
