"""What of a graph is laid out: which scope, which groups are open, or whose neighbourhood."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records.graph_layout import Around


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


def depth_of(graph: Graph, group: int) -> int:
    """How many groups are around one."""
    return len(graph.groups_above(group)) - 1


def groups_of(graph: Graph, scope: int) -> list[int]:
    """The groups of a scope but for its root."""
    parents = graph.ints("group_parent")
    return [group for group, of in enumerate(graph.ints("group_scope")) if of == scope and parents[group] >= 0]


def deepest_level(graph: Graph, scope: int) -> int:
    """The level at which every group of a scope is open: 1 where there are none."""
    return 1 + max((depth_of(graph, group) for group in groups_of(graph, scope)), default=0)


def opened_to(graph: Graph, scope: int, level: int) -> frozenset[int]:
    """The groups that are open at a level: at 1 none but the root."""
    return frozenset(group for group in groups_of(graph, scope) if depth_of(graph, group) < level)


def level_of(graph: Graph, view: SceneView) -> int:
    """The highest level that a view has open throughout."""
    closed = [depth_of(graph, group) for group in groups_of(graph, view.scope) if group not in view.opened]
    return min(closed, default=deepest_level(graph, view.scope))


def with_shown(graph: Graph, opened: frozenset[int], groups: Iterable[int]) -> frozenset[int]:
    """Some groups open, and those around them."""
    return opened | {
        above for group in groups for above in graph.groups_above(group) if graph.ints("group_parent")[above] >= 0
    }


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
        kept = json.loads(text)
        title, paths = kept["scope"], set(kept["opened"])
    except (ValueError, TypeError, KeyError):
        return None
    titles = [graph.text("scope_title", scope) for scope in range(len(graph.scopes))]
    if title not in titles:
        return None
    scope = titles.index(title)
    opened = frozenset(group for group in groups_of(graph, scope) if graph.text("group_path", group) in paths)
    return SceneView(scope, opened, trail=scopes_above(graph, scope))


def scopes_above(graph: Graph, scope: int) -> tuple[int, ...]:
    """The scopes around one, the outermost first."""
    found: list[int] = []
    above = graph.ints("scope_parent")[scope]
    while above >= 0:
        found.append(above)
        above = graph.ints("scope_parent")[above]
    return tuple(reversed(found))
