"""Finds the nodes of a graph that a query lets through: 100,000 of them within milliseconds.

What is the same for many nodes is looked at once: fields of texts by distinct text, shapes by distinct shape,
attributes by distinct pair. Plain words are looked for in one lower-case text of each node, made beforehand.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, compress, pairwise, repeat
from operator import or_

from modelpack_gui.core.graph import query as q
from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.query import Query, Term
from modelpack_gui.core.graph.steps import Steps, drained

_AT_ONCE = 400
"""Nodes whose text is made in one step: a millisecond or two."""

_TEXTS_AT_ONCE = 10_000
_FEW = 2000
"""Nodes that are prepared within milliseconds when they are first searched."""

_LISTS = ("input", "output", "attribute")
_SOUGHT = (("input", "value_name"), ("output", "value_name"), ("output", "value_dtype"), ("output", "value_shape"))
"""What values are looked for by."""
_LEFT_OUT = -2
"""In the place of an optional input; -1 is the number of an unknown shape."""
_TEXT_FIELDS = {
    q.OP: ("node_op_type",),
    q.DOMAIN: ("node_domain",),
    q.NAME: ("node_name",),
    q.MODULE: ("node_module_path", "node_module_class"),
}


class GraphSearch:
    """See the module. What is not prepared when it is asked for is made then."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._count = len(graph.ints("node_scope"))
        self._haystacks: list[str] | None = None
        self._owners: dict[str, array[int]] = {}
        self._places: dict[str, array[int]] = {}
        self._numbers: dict[str, tuple[int, ...]] = {}
        self._last: tuple[Query, Sequence[int]] = (Query(), range(self._count))

    @property
    def is_ready(self) -> bool:
        """Whether plain words are found at once."""
        return self._haystacks is not None or self._count <= _FEW

    def preparing(self) -> Steps[None]:
        """Make what plain words are looked for in, and what else is the same for every query."""
        if self._haystacks is not None:
            return
        found: list[str] = []
        for start in range(0, self._count, _AT_ONCE):
            found += self._texts_of(start, min(start + _AT_ONCE, self._count))
            yield
        for column in ("node_name", "value_name", "group_path"):
            self._numbers_in(column)
            yield
        if "_lowered" not in self.__dict__:
            lowered: list[str] = []
            for start in range(0, len(self.graph.texts), _TEXTS_AT_ONCE):
                lowered += [text.lower() for text in self.graph.texts[start : start + _TEXTS_AT_ONCE]]
                yield
            self.__dict__["_lowered"] = lowered
        for name in _LISTS:
            self._owners_of(name)
            yield
        for direction, column in _SOUGHT:
            self._numbers_of(direction, column)
            yield
        yield
        self._haystacks = found

    def nodes(self, query: Query) -> Sequence[int]:
        """Numbers of the nodes that a query lets through, in order."""
        before, rows = self._last
        rows = self._narrowed(rows, query.terms[-1]) if _goes_on(before, query) else self._found(query)
        self._last = (query, rows)
        return rows

    def _found(self, query: Query) -> Sequence[int]:
        rows: Sequence[int] = range(self._count)
        wanted_ops = [term for term in query.terms if term.field == q.OP and not term.is_negated]
        if wanted_ops:
            texts: set[int] = set().union(*(self._ops(term.wanted) for term in wanted_ops))
            rows = self._with_texts("node_op_type", texts)
        for term in sorted(query.terms, key=lambda term: term.field == q.PLAIN):  # words last: on what is left
            if term in wanted_ops:
                continue
            if not rows:
                break
            rows = self._narrowed(rows, term)
        return rows

    def _narrowed(self, rows: Sequence[int], term: Term) -> list[int]:
        if term.field == q.PLAIN:
            drained(self.preparing())
            haystacks, word = self._haystacks, term.wanted
            assert haystacks is not None
            if term.is_negated:
                return [row for row in rows if word not in haystacks[row]]
            return [row for row in rows if word in haystacks[row]]
        found = self._of_field(term)
        if isinstance(rows, range) and not term.is_negated:
            return list(found)
        in_found = set(found)
        if term.is_negated:
            return [row for row in rows if row not in in_found]
        return [row for row in rows if row in in_found]

    def _of_field(self, term: Term) -> Sequence[int]:
        """The nodes that one term holds for, in order."""
        field, wanted = term.field, term.wanted
        if field == q.NUMBER:
            number = int(wanted[:10])
            return (number,) if number < self._count else ()
        if field == q.OP:
            return self._with_texts("node_op_type", self._ops(wanted))
        if field == q.SOURCE:
            return self._with_texts("node_source_location", self._distinct("node_source_location", _made_at(wanted)))
        if field == q.UNDER:
            return self._under(wanted)
        if field == q.ATTR:
            return self._with_attribute(wanted)
        if field in (q.IN, q.OUT):
            names = self._containing("value_name", wanted)
            return self._with_values("input" if field == q.IN else "output", "value_name", names)
        if field == q.DTYPE:
            return self._with_values("output", "value_dtype", self._containing("value_dtype", wanted))
        if field == q.SHAPE:
            matches = q.shape_matcher(wanted)
            shapes = {number for number, shape in enumerate(self.graph.shapes) if matches(shape)}
            if matches(None):
                shapes.add(-1)
            return self._with_values("output", "value_shape", shapes)
        of_columns = [self._hits(column, self._containing(column, wanted)) for column in _TEXT_FIELDS[field]]
        return list(compress(range(self._count), functools.reduce(functools.partial(map, or_), of_columns)))

    # By distinct text

    def _distinct(self, column: str, holds: Callable[[str], bool]) -> set[int]:
        texts = self.graph.texts
        return {number for number in self._numbers_in(column) if holds(texts[number])}

    def _containing(self, column: str, wanted: str) -> set[int]:
        lowered = self._lowered
        return {number for number in self._numbers_in(column) if wanted in lowered[number]}

    @functools.cached_property
    def _lowered(self) -> list[str]:
        return [text.lower() for text in self.graph.texts]

    def _numbers_in(self, column: str) -> tuple[int, ...]:
        """The distinct numbers of a column."""
        numbers = self._numbers.get(column)
        if numbers is None:
            numbers = self._numbers[column] = tuple(set(self.graph.ints(column)))
        return numbers

    def _ops(self, wanted: str) -> set[int]:
        """The op type of that name; if there is none, those that begin so: typing narrows step by step."""
        exact = self._distinct("node_op_type", lambda text: text.lower() == wanted)
        return exact or self._distinct("node_op_type", lambda text: text.lower().startswith(wanted))

    def _with_texts(self, column: str, texts: set[int]) -> list[int]:
        return list(compress(range(self._count), self._hits(column, texts)))

    def _hits(self, column: str, texts: set[int]) -> Iterable[bool]:
        """For each node whether its text in a column is one of some."""
        return map(texts.__contains__, self.graph.ints(column))

    # By group

    def _under(self, wanted: str) -> list[int]:
        graph, lowered = self.graph, self._lowered
        named = {number for number in self._numbers_in("group_path") if lowered[number] == wanted}
        if not named:
            return []
        inside = set[int]()
        paths, parents = graph.ints("group_path"), graph.ints("group_parent")
        for group, (path, parent) in enumerate(zip(paths, parents, strict=True)):
            if path in named or parent in inside:  # a group comes after the one around it
                inside.add(group)
        return list(compress(range(self._count), map(inside.__contains__, graph.ints("node_group"))))

    # By what a node has several of

    def _with_values(self, direction: str, column: str, wanted: set[int]) -> list[int]:
        """Nodes one of whose inputs or outputs has one of some numbers in a column of values."""
        if not wanted:
            return []
        is_hit = map(wanted.__contains__, self._numbers_of(direction, column))
        return list(dict.fromkeys(compress(self._owners_of(direction), is_hit)))

    def _numbers_of(self, direction: str, column: str) -> array[int]:
        """The number in a column of values for each place in the lists of inputs or outputs."""
        key = f"{direction} {column}"
        if key not in self._places:
            numbers = self.graph.ints(column)
            values = self.graph.ints(f"{direction}_values")
            self._places[key] = ints([numbers[value] if value >= 0 else _LEFT_OUT for value in values])
        return self._places[key]

    def _owners_of(self, name: str) -> array[int]:
        """The node of each place in the lists of inputs, outputs or attributes."""
        owners = self._owners.get(name)
        if owners is None:
            owners = self._owners[name] = _owners(self.graph.ints(f"{name}_starts"))
        return owners

    def _with_attribute(self, wanted: str) -> Sequence[int]:
        graph = self.graph
        matcher = q.attribute_matcher(wanted)
        names = self._distinct("attribute_names", matcher.fits_name)
        is_named = list(map(names.__contains__, graph.ints("attribute_names")))
        owners = compress(self._owners_of("attribute"), is_named)
        if matcher.value is None:
            return list(dict.fromkeys(owners))
        values = list(compress(graph.ints("attribute_texts"), is_named))
        fitting = {number for number in set(values) if matcher.value(graph.texts[number])}
        return list(dict.fromkeys(compress(owners, map(fitting.__contains__, values))))

    # Plain words

    def _texts_of(self, start: int, stop: int) -> list[str]:
        graph, texts = self.graph, self.graph.texts
        value_names, dtypes, shapes = graph.ints("value_name"), graph.ints("value_dtype"), graph.ints("value_shape")
        columns = [
            [texts[number] for number in graph.ints(column)[start:stop]]
            for column in ("node_op_type", "node_name", "node_module_path", "node_module_class", "node_domain")
        ]
        found = []
        for place, parts in enumerate(zip(*columns, strict=True)):
            node = start + place
            outputs = [value for value in graph.outputs(node) if value >= 0]
            words = [
                str(node),
                *parts,
                *(self._shape_texts[shapes[value]] for value in outputs),
                *(texts[dtypes[value]] for value in outputs),
                *(texts[value_names[value]] for value in graph.inputs(node) if value >= 0),
                *(texts[value_names[value]] for value in outputs),
            ]
            found.append("\n".join(words).lower())
        return found

    @functools.cached_property
    def _shape_texts(self) -> list[str]:
        """Of each distinct shape, as tables show it; that of number -1 is the last one."""
        shown = [
            "unknown" if shape is None else " × ".join("?" if size is None else str(size) for size in shape)
            for shape in self.graph.shapes
        ]
        return [*shown, "unknown"]


def _goes_on(before: Query, now: Query) -> bool:
    """Whether a letter more was typed at the end of a plain word: what it held for is among what was found before."""
    if not before or len(before.terms) != len(now.terms) or before.terms[:-1] != now.terms[:-1]:
        return False
    old, new = before.terms[-1], now.terms[-1]
    are_words = old.field == new.field == q.PLAIN and not old.is_negated and not new.is_negated
    return are_words and old.wanted in new.wanted


def short_location(location: str) -> str:
    """`model.py:12` of a location, as `source:` takes it."""
    return location.replace("\\", "/").rpartition("/")[2].rpartition(" ")[2]


def _made_at(wanted: str) -> Callable[[str], bool]:
    """Nodes of a file, or of one line of it: `model.py:1` is not `model.py:12`."""

    def is_made_there(text: str) -> bool:
        location = short_location(text).lower()
        return wanted in (location, location.rpartition(":")[0])

    return is_made_there


def _owners(starts: array[int]) -> array[int]:
    counts = (stop - start for start, stop in pairwise(starts))
    return ints(list(chain.from_iterable(map(repeat, range(len(starts) - 1), counts))))
