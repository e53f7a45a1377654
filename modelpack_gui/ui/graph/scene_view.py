"""What of a graph is laid out: which scope, which groups are open, or whose neighbourhood."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from modelpack_gui.core import serde
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records.graph_layout import Around

NEARLY_ALL = 0.8
MOST_AT_FIRST = 60
"""Boxes in a group that is opened at first, at most: what is seen then should fit the screen."""


@dataclass(frozen=True)
class SceneView:
    """See the module.

    Attributes:
        opened: Groups that are shown with their content; the root of the scope is open without being here.
        around: A neighbourhood, in place of scope and groups.
        trail: The scopes that one came through, the outermost first: a function may be entered from anywhere.
    """

    scope: int = 0
    opened: frozenset[int] = frozenset()
    around: Around | None = None
    trail: tuple[int, ...] = ()


class Levels:
    """How deep the groups of a graph lie.

    Attributes:
        depth: How many groups are around each.
        counts: How many nodes each holds, those of its groups included.
    """

    def __init__(self, graph: Graph) -> None:
        self._parents = np.asarray(graph.ints("group_parent"), dtype=np.int64)
        self._scopes = np.asarray(graph.ints("group_scope"), dtype=np.int64)
        self.depth = np.zeros(len(self._parents), dtype=np.int64)
        above = self._parents
        while (above >= 0).any():
            self.depth += above >= 0
            above = np.where(above >= 0, self._parents[above], -1)
        self.counts = np.bincount(np.asarray(graph.ints("node_group")), minlength=len(self._parents))
        for depth in range(int(self.depth.max(initial=0)), 0, -1):
            groups = np.flatnonzero(self.depth == depth)
            np.add.at(self.counts, self._parents[groups], self.counts[groups])

    def deepest(self, scope: int) -> int:
        """The level at which every group of a scope is open: 1 where there are none."""
        return 1 + int(self.depth[self._scopes == scope].max(initial=0))

    def opened_to(self, scope: int, level: int) -> frozenset[int]:
        """The groups that are open at a level: at 1 none but the root."""
        is_open = (self._scopes == scope) & (self.depth > 0) & (self.depth < level)
        return frozenset(np.flatnonzero(is_open).tolist())

    def level_of(self, view: SceneView) -> int:
        """The highest level that a view has open throughout."""
        is_closed = (self._scopes == view.scope) & (self.depth > 0)
        is_closed[list(view.opened)] = False
        return int(self.depth[is_closed].min(initial=self.deepest(view.scope)))


def with_shown(graph: Graph, opened: frozenset[int], groups: Iterable[int]) -> frozenset[int]:
    """Some groups open, and those around them."""
    return opened | {
        above for group in groups for above in graph.groups_above(group) if graph.ints("group_parent")[above] >= 0
    }


def first_opened(graph: Graph, levels: Levels, scope: int) -> frozenset[int]:
    """What is open at first: nothing but a group of all nodes, or of nearly all of many: closed it says little."""
    root = group = graph.root_group(scope)
    counts, opened = levels.counts, set[int]()
    while graph.group_children[group]:
        largest = max(graph.group_children[group], key=counts.__getitem__)
        inside = len(graph.group_children[largest]) + len(graph.group_nodes[largest])
        least = NEARLY_ALL * counts[root] if counts[root] > MOST_AT_FIRST else counts[root]
        if counts[largest] < max(2, least) or inside > MOST_AT_FIRST:
            break
        opened.add(largest)
        group = largest
    return frozenset(opened)


def remembered(graph: Graph, view: SceneView) -> str:
    """A view as text that means the same in another reading of the file: groups by their paths."""
    return json.dumps(
        {
            "scope": graph.text("scope_title", view.scope),
            "opened": sorted(graph.text("group_path", group) for group in view.opened),
        }
    )


def recalled(graph: Graph, text: str) -> SceneView | None:
    """The view of a text of `remembered`; None if it says nothing of this graph."""
    try:
        kept = serde.loads(text)
        title, paths = kept["scope"], set(kept["opened"])
    except (ValueError, TypeError, KeyError):
        return None
    titles = [graph.text("scope_title", scope) for scope in range(len(graph.scopes))]
    if title not in titles:
        return None
    scope, scopes, texts = titles.index(title), graph.ints("group_scope"), graph.ints("group_path")
    wanted = {number for number, text in enumerate(graph.texts) if text in paths}
    opened = frozenset(group for group, text in enumerate(texts) if text in wanted and scopes[group] == scope)
    return SceneView(scope, opened, trail=scopes_above(graph, scope))


def scopes_above(graph: Graph, scope: int) -> tuple[int, ...]:
    """The scopes around one, the outermost first."""
    found: list[int] = []
    above = graph.ints("scope_parent")[scope]
    while above >= 0:
        found.append(above)
        above = graph.ints("scope_parent")[above]
    return tuple(reversed(found))
