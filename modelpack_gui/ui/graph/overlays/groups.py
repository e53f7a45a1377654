"""The values of groups, made from those of their nodes; with numpy, as the canvas wants all of them at once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from modelpack_gui.core.graph.costs.rollup import innermost_first
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

_MOST_COUNTS = 8_000_000
"""Counts of categories in groups that are held at once, 32 MB: with more, rare categories are not counted."""


_known_levels: WeakKeyDictionary[Graph, list[tuple[Places, Places]]] = WeakKeyDictionary()


def group_values(graph: Graph, overlay: Overlay) -> Floats:
    """The value of each group: of all nodes in it and in the groups inside; NaN where none of them has one."""
    if overlay.groups is not None:
        return np.frombuffer(overlay.groups, np.float64)
    groups = np.frombuffer(graph.ints("node_group"), np.int32).astype(np.intp)
    values = np.frombuffer(overlay.values, np.float64)
    is_known = ~np.isnan(values)
    groups, values = groups[is_known], values[is_known]
    if overlay.combine == "common":
        return _most_common(graph, groups, values.astype(np.intp), len(overlay.categories))
    combined, start = {"sum": (np.add, 0.0), "max": (np.maximum, -np.inf), "min": (np.minimum, np.inf)}[
        overlay.combine
    ]
    found = np.full(len(graph.groups), start)
    combined.at(found, groups, values)
    counts = np.bincount(groups, minlength=len(found))
    for inner, outer in _levels(graph):
        combined.at(found, outer, found[inner])
        np.add.at(counts, outer, counts[inner])
    found[counts == 0] = np.nan
    return found


def _most_common(graph: Graph, groups: Places, categories: Places, many: int) -> Floats:
    """The most frequent category; of two as frequent the first."""
    count = len(graph.groups)
    counted = max(1, min(many, _MOST_COUNTS // max(1, count)))
    is_counted = categories < counted
    flat = np.bincount(groups[is_counted] * counted + categories[is_counted], minlength=count * counted)
    counts = flat.reshape(count, counted).astype(np.int32)
    for inner, outer in _levels(graph):
        np.add.at(counts, outer, counts[inner])
    return np.where(counts.any(axis=1), counts.argmax(axis=1).astype(np.float64), np.nan)


def _levels(graph: Graph) -> list[tuple[Places, Places]]:
    """The groups of each depth and those around them, the deepest first; roots are around, never inside."""
    if graph not in _known_levels:
        _known_levels[graph] = _levels_of(graph)
    return _known_levels[graph]


def _levels_of(graph: Graph) -> list[tuple[Places, Places]]:
    parents = graph.ints("group_parent")
    depths = [0] * len(parents)
    for group in reversed(innermost_first(graph)):
        if parents[group] >= 0:
            depths[group] = depths[parents[group]] + 1
    by_depth, around = np.array(depths, np.intp), np.frombuffer(parents, np.int32).astype(np.intp)
    order = np.argsort(by_depth, kind="stable")
    starts = np.searchsorted(by_depth[order], np.arange(1, max(depths, default=0) + 2))
    inner = [order[start:end] for start, end in itertools.pairwise(starts)]
    return [(one, around[one]) for one in reversed(inner)]
