"""Results about nodes that other tools wrote, as overlays: files of Model Explorer and Netron, and plain mappings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.node_data.netron import SIGNATURE
from modelpack_gui.core.graph.overlay import UNKNOWN, Combine, Kind, Overlay, Unit, numbered

_MADE_OF = re.compile(r"(?:_nchwc|_token_\d+|/\w*[Ff]us(?:ion|ed)\w*/?|/)$")
"""What ONNX Runtime puts behind the name of a node, or of what it gives, when it makes another one of it."""
_MADE_TIMES, _LONGEST_MADE = 20, 2000
"""How often one is made of another, and how long such names are: a file may hold what takes for ever to look at."""
_LONGEST_NAME = 16
_LOG_RATIO = 1000.0
"""Positive values that span more than this are told apart by their logarithm."""
_SUMMED = ("time", "latency", "duration", "µs", "(us)", "(ms)", "byte", "mac", "flop", "param", "memory")
"""In the title of what adds up over nodes."""


class NodeDataError(ValueError):
    """The file holds no results about nodes, or none about nodes of this graph; the text says what is wrong."""


@dataclass(frozen=True)
class Found:
    """What a file tells about a graph.

    Attributes:
        overlays: One for each kind of result.
        unmatched: Names in the file that no node of the graph has, each once.
    """

    overlays: tuple[Overlay, ...]
    unmatched: tuple[str, ...]


@dataclass(frozen=True)
class TimedNode:
    """What a profile tells of a node: its name, operator, number and mean microseconds of a run."""

    name: str
    op_type: str
    number: int
    us: float


def read_results(data: Any, graph: Graph, title: str) -> Found:
    """The results in a parsed JSON file.

    Args:
        title: Of results that have no name of their own: the file's.

    Raises:
        NodeDataError: See there.
    """
    results: dict[str, dict[str, Any]] = {}
    if isinstance(data, Mapping) and data.get("signature") == SIGNATURE:
        results = _of_netron(data)
    elif isinstance(data, Mapping) and isinstance(data.get("results"), Mapping):
        results = {_named(data, title): dict(data["results"])}
    elif isinstance(data, Mapping) and any(_has_results(one) for one in data.values()):
        for one in data.values():
            if _has_results(one):
                results.setdefault(_named(one, title), {}).update(one["results"])
    elif isinstance(data, Mapping) and data and all(_value(one) is not None for one in data.values()):
        results = {title: dict(data)}
    if not results:
        raise NodeDataError("it is neither node data of Model Explorer, nor an attachment for Netron, nor a profile")
    names = _Names(graph)
    overlays, unmatched = [], dict[str, None]()
    for name, values in results.items():
        placed: dict[int, float | str] = {}
        for key, one in values.items():
            node, value = names.node(str(key)), _value(one)
            if node < 0:
                unmatched[str(key)] = None
            elif value is not None:
                placed[node] = value
        if placed:
            shown = _short(name) if name == title else name
            overlays.append(overlay_of(f"file:{title}:{name}", shown, placed, graph, f"Read from {title}."))
    if not overlays:
        raise NodeDataError(f"none of its {len(unmatched):,} names is that of a node or tensor of this graph")
    return Found(tuple(overlays), tuple(unmatched))


def timed(nodes: Iterable[TimedNode], graph: Graph, title: str, runs: int) -> Found:
    """The times of a profile of ONNX Runtime.

    A node is found by its name, one that the runtime made of it by what is left of that name; where the profile has
    no names, by its number if the operator there is the same.

    Raises:
        NodeDataError: No node of the profile is one of the graph.
    """
    names = _Names(graph)
    placed: dict[int, float | str] = {}
    unmatched = dict[str, None]()
    lost_us = all_us = 0.0
    for one in nodes:
        all_us += one.us
        node = names.original(one.name)
        if node < 0 and not one.name and 0 <= one.number < len(graph.nodes):
            node = one.number if graph.text("node_op_type", one.number) == one.op_type else -1
        if node < 0:
            unmatched[one.name or f"{one.op_type} {one.number}"] = None
            lost_us += one.us
            continue
        placed[node] = float(placed.get(node, 0.0)) + one.us
    if not placed:
        raise NodeDataError("no node that it timed is one of this graph: is it the profile of another model?")
    note = f"Mean of {runs:,} runs, read from {title}."
    if lost_us:
        note += (
            f" {100 * lost_us / all_us:.0f} % of the time is in nodes that only the runtime's graph has, such as"
            " changes of layout."
        )
    return Found(
        (overlay_of(f"file:{title}", f"Time in {_short(title)}", placed, graph, note, "us"),), tuple(unmatched)
    )


def overlay_of(
    key: str, title: str, values: Mapping[int, float | str], graph: Graph, note: str, unit: Unit = ""
) -> Overlay:
    """An overlay of values by node: categories if any of them is a text."""
    if any(isinstance(value, str) for value in values.values()):
        texts = ("" if node not in values else str(values[node]) for node in range(len(graph.nodes)))
        return numbered(key, title, texts, note, unknown="")
    column = floats([UNKNOWN]) * len(graph.nodes)
    for node, value in values.items():
        column[node] = float(value)
    known = [abs(float(value)) for value in values.values() if value and math.isfinite(float(value))]
    has_signs = any(float(value) < 0 for value in values.values())
    is_log = not has_signs and bool(known) and max(known) > _LOG_RATIO * min(known)
    is_summed = unit == "us" or any(word in title.lower() for word in _SUMMED)
    combine: Combine = "sum" if is_summed and not has_signs else "max"
    kind: Kind = "diverging" if has_signs else "sequential"
    return Overlay(key, title, unit, kind, column, combine=combine, is_log=is_log, note=note)


class _Names:
    """Nodes by name, else by the name of a tensor that they give."""

    def __init__(self, graph: Graph) -> None:
        texts, producers = graph.texts, graph.producers
        self._nodes: dict[str, int] = {}
        for value, text in enumerate(graph.ints("value_name")):
            if producers[value] >= 0:
                self._nodes.setdefault(texts[text], producers[value])
        for node in range(len(graph.nodes) - 1, -1, -1):  # the first one of a name has it
            name = texts[graph.ints("node_name")[node]]
            if name:
                self._nodes[name] = node

    def node(self, name: str) -> int:
        """Its number; -1 if there is none."""
        return self._nodes.get(name, -1) if name else -1

    def original(self, name: str) -> int:
        """The same for a name in the runtime's own graph: `fc/MatMulAddFusion` was made of `fc`."""
        for _ in range(_MADE_TIMES):
            node, shorter = self.node(name), _MADE_OF.sub("", name) if len(name) <= _LONGEST_MADE else name
            if node >= 0 or shorter == name:
                return node
            name = shorter
        return -1


def _short(file: str) -> str:
    """A file's name as the head of a column: `ort_2026…15_822` for one that is long."""
    name = file.removesuffix(".json")
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 + 1 :]}"


def _named(data: Mapping[str, Any], title: str) -> str:
    """What Model Explorer would call the results of a graph: their own name, else the file's."""
    name = data.get("name")
    return name if isinstance(name, str) and name else title


def _has_results(data: Any) -> bool:
    return isinstance(data, Mapping) and isinstance(data.get("results"), Mapping)


def _of_netron(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By name of the row, what hangs on nodes and tensors."""
    found: dict[str, dict[str, Any]] = {}
    for part in ("metrics", "metadata"):
        rows = data.get(part)
        for row in rows if isinstance(rows, Sequence) else ():
            if isinstance(row, Mapping) and row.get("kind") in ("node", "value"):
                found.setdefault(str(row.get("name", "")), {})[str(row.get("target", ""))] = row.get("value")
    return found


def _value(data: Any) -> float | str | None:
    """A number or text; also that of `{"value": ...}`; None for anything else."""
    if isinstance(data, Mapping):
        data = data.get("value")
    if isinstance(data, bool):
        return str(data)
    if isinstance(data, int | float):
        try:
            return float(data)
        except OverflowError:
            return math.inf if data > 0 else -math.inf
    if not isinstance(data, str):
        return None
    try:
        return float(data)
    except ValueError:
        return data
