"""The language in which nodes are looked for, in the table's filter and the canvas' find bar.

Words apart by spaces must all hold. A plain word is looked for in everything that the table shows of a node; one with
a field before a colon only there; one with a minus before it must not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

PLAIN, NUMBER = "", "#"
OP, DOMAIN, NAME, MODULE, UNDER = "op", "domain", "name", "module", "under"
IN, OUT, DTYPE, SHAPE, ATTR, SOURCE = "in", "out", "dtype", "shape", "attr", "source"
FIELDS = (OP, NAME, MODULE, UNDER, IN, OUT, DTYPE, SHAPE, ATTR, DOMAIN, SOURCE)
QUERY_HELP = (
    "Every word must be found in what the table shows of a node; -word leaves out those with it.\n"
    'A text with spaces goes in quotes: "my layer".\n'
    "With a field before a colon it is looked for only there:\n"
    "op:Conv  nodes of exactly that op type; two op: words show both kinds\n"
    "name:  module:  in:  out:  dtype:  domain:  contain the text\n"
    "under:layers.0  all nodes in a module\n"
    "shape:?x3x  an output's shape from its first axis on: ? is any size, an x at the end means that more follow\n"
    "attr:group>1  attr:axis=-1  attr:auto_pad  an attribute, by its name or by its value\n"
    "source:model.py:12  what a line made; source:model.py what a file made\n"
    "#12  the node with that number"
)
_WORD = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_COMPARISON = re.compile(r"([^<>=!]*)(<=|>=|!=|==|=|<|>)(.*)", re.DOTALL)
_SIZES = re.compile(r"\s*[x×*,]\s*")
_IN_LIST = re.compile(r"[\s\[\](){}]")


@dataclass(frozen=True)
class Term:
    """One word of a query.

    Attributes:
        field: One of FIELDS, PLAIN or NUMBER.
        wanted: In lower case; never empty.
    """

    field: str
    wanted: str
    is_negated: bool = False


@dataclass(frozen=True)
class Query:
    """What was typed, as terms that must all hold; several OP terms are alternatives."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)


def parse(text: str) -> Query:
    """Read what was typed. Any text is a query: what is half typed (`op:`, `-`) narrows nothing."""
    return Query(tuple(term for word in _WORD.findall(text) if (term := _term(word)) is not None))


def quoted(field: str, wanted: str) -> str:
    """A word of a query, to be put in a filter field."""
    return f'{field}:"{wanted}"' if re.search(r"\s", wanted) else f"{field}:{wanted}"


def _term(word: str) -> Term | None:
    is_negated = len(word) > 1 and word.startswith("-") and not word[1:2].isdigit()
    if is_negated:
        word = word[1:]
    field, colon, wanted = word.partition(":")
    field = field.lower()
    if not colon or field not in FIELDS:
        field, wanted = PLAIN, word
        if word.startswith(NUMBER) and word[1:].isascii() and word[1:].isdigit():
            field, wanted = NUMBER, word[1:]
    wanted = wanted.replace('"', "").lower()
    if not wanted or wanted == "-":
        return None
    return Term(field, wanted, is_negated)


def shape_matcher(wanted: str) -> Callable[[tuple[int | str | None, ...] | None], bool]:
    """What `shape:` lets through.

    `?x3x` is a shape of three axes or more whose second is 3. From its first axis on, unless the text begins with an
    x; the last size may be the beginning of one, so that typing narrows step by step.
    """
    parts = _SIZES.split(wanted.strip())
    is_open_before = len(parts) > 1 and not parts[0]
    is_open_behind = len(parts) > 1 and not parts[-1]
    sizes = parts[is_open_before : len(parts) - is_open_behind]

    def fits(shape: tuple[str, ...], start: int) -> bool:
        for place, size in enumerate(sizes):
            found = shape[start + place]
            is_last = place == len(sizes) - 1 and not is_open_behind
            if size != "?" and not (found.startswith(size) if is_last else found == size):
                return False
        return True

    def matches(shape: tuple[int | str | None, ...] | None) -> bool:
        if shape is None:
            return wanted == "unknown"
        if wanted == "scalar":
            return not shape
        texts = tuple("?" if size is None else str(size).lower() for size in shape)
        last = len(texts) - len(sizes) - is_open_behind
        starts = range(int(is_open_before), last + 1) if is_open_before else range(int(last >= 0))
        return any(fits(texts, start) for start in starts)

    return matches


@dataclass(frozen=True)
class AttributeMatcher:
    """What `attr:` lets through: `group`, `group>1`, `kernel_shape=3x3`, `=linear`.

    Attributes:
        name: The attribute's name contains it; with a comparison it is the name. Empty for any.
        value: Whether a value's text fits; None where only the name counts.
    """

    name: str
    value: Callable[[str], bool] | None

    def fits_name(self, name: str) -> bool:
        """Whether an attribute of this name is meant."""
        if self.value is None or not self.name:
            return self.name in name.lower()
        return name.lower() == self.name


def attribute_matcher(wanted: str) -> AttributeMatcher:
    """Read what follows `attr:`; a comparison without its right side asks for the name alone."""
    found = _COMPARISON.fullmatch(wanted)
    if found is None or not found[3].strip():
        return AttributeMatcher(found[1].strip() if found is not None else wanted, None)
    return AttributeMatcher(found[1].strip(), _value_matcher(found[2], found[3].strip()))


def _value_matcher(operator: str, wanted: str) -> Callable[[str], bool]:
    number = _number(wanted)
    listed = tuple(_SIZES.split(_IN_LIST.sub("", wanted)))

    def equals(text: str) -> bool:
        parts = tuple(part.lower() for part in _SIZES.split(_IN_LIST.sub("", text)))
        if parts == listed or text.lower().strip("\"'") == wanted:
            return True
        return number is not None and any(_number(part) == number for part in parts)

    def compares(text: str) -> bool:
        numbers = [found for part in _SIZES.split(_IN_LIST.sub("", text)) if (found := _number(part)) is not None]
        assert number is not None
        if operator == "<":
            return any(found < number for found in numbers)
        if operator == "<=":
            return any(found <= number for found in numbers)
        if operator == ">":
            return any(found > number for found in numbers)
        return any(found >= number for found in numbers)

    if operator == "!=":
        return lambda text: not equals(text)
    if operator in ("=", "=="):
        return equals
    return compares if number is not None else lambda _text: False


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
