"""From a graph and what is open of it to a scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import count as count_text
from modelpack_gui.core.figures import listed, plural
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.clusters import Clusters
from modelpack_gui.core.graph.layout.compose import compose
from modelpack_gui.core.graph.layout.draw import Drawer
from modelpack_gui.core.graph.layout.levels import Level, LevelMaker
from modelpack_gui.core.graph.layout.near import near
from modelpack_gui.core.graph.layout.shown import Shown, shown
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records.graph_layout import LayoutRequest

MOST_NEAR = 1500
"""Nodes of a neighbourhood; the nearest are shown."""

MOST_KNOWN = 4
"""Ways to look at a graph that are kept: each takes some 30 MB for 100,000 nodes."""


@dataclass
class LaidOut:
    """A scene and what is to be said of it; see `LayoutReport`."""

    scene: Scene
    hidden_count: int
    notes: list[str] = field(default_factory=list)


Known = dict[tuple[int, tuple[str, ...]], Clusters]
"""What was looked at before, by scope and what is hidden; for one graph."""


def lay_out(
    graph: Graph, request: LayoutRequest, check: Callable[[], None] = lambda: None, known: Known | None = None
) -> LaidOut:
    """Make the scene that a request asks for.

    Args:
        check: Called between steps; raises to stop.
        known: Kept by the caller from one call to the next with the same graph; it saves time.

    Raises:
        UserError: `layout-too-big`, or `layout-unknown` where it names what is not in the graph.
    """
    known = {} if known is None else known
    scope = _scope(graph, request)
    key = (scope, tuple(sorted(request.hidden)))
    if key not in known:
        for oldest in list(known)[: max(0, len(known) + 1 - MOST_KNOWN)]:
            del known[oldest]
        known[key] = Clusters(graph, shown(graph, scope, request.hidden))
    clusters = known[key]
    drawn = clusters.shown
    check()
    opened = {group for group in request.opened if 0 <= group < len(graph.groups)}
    maker = LevelMaker(graph, clusters, opened.__contains__, check)
    notes: list[str] = []
    if request.around is None:
        _refuse_if_too_big(graph, clusters, opened, request.most_boxes)
        level = maker.root()
    else:
        level = _neighbourhood(drawn, maker, request, notes)
    drawing = Drawer(graph, maker, request, check).draw(level)
    scene = compose(graph, drawn, drawing, is_right=request.direction == "right", check=check)
    notes += _notes(graph, drawn, maker)
    hidden_count = graph.ints("node_scope").count(scope) - len(drawn.nodes)
    return LaidOut(scene, hidden_count, notes)


def _scope(graph: Graph, request: LayoutRequest) -> int:
    scope = request.scope
    if request.around is not None:
        nodes = request.around.nodes
        if not nodes or not all(0 <= node < len(graph.nodes) for node in nodes):
            raise _unknown("The node whose neighbourhood is asked for")
        scope = graph.ints("node_scope")[nodes[0]]
    if not 0 <= scope < len(graph.scopes):
        raise _unknown(f"The subgraph {scope}")
    return scope


def _unknown(what: str) -> UserError:
    return UserError("layout-unknown", f"{what} is not in this graph.", "Read the graph again (F5).")


def _refuse_if_too_big(graph: Graph, clusters: Clusters, opened: set[int], most: int) -> None:
    if len(clusters.shown.nodes) <= most:
        return
    boxes = 0
    inside = [graph.root_group(clusters.shown.scope)]
    while inside:
        group = inside.pop()
        children = graph.group_children[group]
        shown_open = [child for child in children if child in opened]
        boxes += clusters.counts[group] + len(children) - len(shown_open)
        inside += shown_open
    if boxes > most:
        raise UserError(
            "layout-too-big",
            f"That would be a picture of {count_text(boxes)} boxes; up to {count_text(most)} are drawn.",
            "Open fewer groups at a time, or select a node and show its neighbourhood.",
        )


def _neighbourhood(drawn: Shown, maker: LevelMaker, request: LayoutRequest, notes: list[str]) -> Level:
    around = request.around
    assert around is not None
    starts = [drawn.seen_in.get(node, node) for node in around.nodes]
    nodes, is_cut = near(drawn, starts, around.steps_up, around.steps_down, min(MOST_NEAR, request.most_boxes))
    if not nodes:
        notes.append("The node whose neighbourhood is asked for is among those that are hidden.")
    if is_cut:
        notes.append(
            f"The neighbourhood is bigger than this: only the nearest {plural(len(nodes), 'node')} are shown."
        )
    return maker.flat(nodes)


def _notes(graph: Graph, drawn: Shown, maker: LevelMaker) -> list[str]:
    notes = []
    if maker.split:
        names = [f"{graph.text('group_title', group)} ({parts})" for group, parts in maker.split.items()]
        notes.append(f"Drawn in parts, as other nodes come between theirs: {listed(names)}.")
    if drawn.backward:
        notes.append(
            f"{plural(len(drawn.backward), 'edge')} would close a cycle, which the file should not have; "
            "stubs stand at both ends."
        )
    return notes
