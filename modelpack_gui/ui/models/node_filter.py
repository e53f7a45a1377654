"""The filter language of the node table: words, and words with a field before a colon."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from modelpack_gui.core.records import NodeInfo

NodePredicate = Callable[[NodeInfo], bool]

_FIELDS: dict[str, Callable[[NodeInfo], str]] = {
    "op": lambda node: node.op_type,
    "domain": lambda node: node.domain,
    "name": lambda node: node.name,
    "module": lambda node: f"{node.module_path}\n{node.module_class}",
    "in": lambda node: "\n".join(node.inputs),
    "out": lambda node: "\n".join(node.outputs),
    "dtype": lambda node: "\n".join(info.dtype for info in node.output_infos),
    "shape": lambda node: "\n".join(info.shape_text.replace(" ", "") for info in node.output_infos),
}
_SOURCE = "source"
FILTER_HELP = (
    "Every word must be found in some column.\n"
    "With a field before a colon it is looked for only there: "
    + ", ".join(f"{name}:" for name in (*_FIELDS, _SOURCE))
    + "\nsource:model.py:12 shows the nodes that a line made, source:model.py those of a file.\n"
    "op:Conv shows nodes of exactly that op_type; two op: words show both kinds."
)


@dataclass(frozen=True)
class NodeFilter:
    """A parsed filter: plain words, and what the fields must hold (None if nothing)."""

    words: str
    predicate: NodePredicate | None


def parse_filter(text: str, known_ops: Collection[str], chosen_ops: frozenset[str] = frozenset()) -> NodeFilter:
    """Read what was typed.

    Args:
        known_ops: The op_types of the graph.
        chosen_ops: Only nodes of these are let through; all if empty.
    """
    words: list[str] = []
    typed_ops: set[str] | None = None
    predicates: list[NodePredicate] = []
    for word in text.split():
        field, colon, wanted = word.partition(":")
        field, wanted = field.lower(), wanted.lower()
        if not colon or field not in (*_FIELDS, _SOURCE):
            words.append(word)
        elif wanted and field == _SOURCE:
            predicates.append(_made_at(wanted))
        elif wanted and field == "op":
            typed_ops = (typed_ops or set()) | _matching_ops(wanted, known_ops)
        elif wanted:
            predicates.append(_contains(_FIELDS[field], wanted))
    if chosen_ops:
        predicates.append(lambda node: node.op_type in chosen_ops)
    if typed_ops is not None:
        ops = frozenset(typed_ops)
        predicates.append(lambda node: node.op_type in ops)
    return NodeFilter(" ".join(words), _all(predicates) if predicates else None)


def _matching_ops(wanted: str, known_ops: Collection[str]) -> set[str]:
    """The op_type of that name; if there is none, those that begin so: typing narrows step by step."""
    exact = {op for op in known_ops if op.lower() == wanted}
    return exact or {op for op in known_ops if op.lower().startswith(wanted)}


def _contains(value: Callable[[NodeInfo], str], wanted: str) -> NodePredicate:
    return lambda node: wanted in value(node).lower()


def _made_at(wanted: str) -> NodePredicate:
    """Nodes of a file, or of one line of it: `model.py:1` is not `model.py:12`."""

    def is_made_there(node: NodeInfo) -> bool:
        location = short_location(node.source_location).lower()
        return wanted in (location, location.rpartition(":")[0])

    return is_made_there


def short_location(location: str) -> str:
    """`model.py:12` of a location, as `source:` takes it: a filter has no words with spaces."""
    return location.replace("\\", "/").rpartition("/")[2].rpartition(" ")[2]


def _all(predicates: list[NodePredicate]) -> NodePredicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda node: all(predicate(node) for predicate in predicates)
