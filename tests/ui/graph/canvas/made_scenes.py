"""Pictures of graphs for tests of the canvas: one box below the other, laid out without the engine."""

from __future__ import annotations

from collections.abc import Collection

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.scene import Scene

WIDTH, HEIGHT, GAP, FRAME = 120.0, 30.0, 40.0, 20.0


def chain_scene(graph: Graph, opened: Collection[int] = (), *, scope: int = 0) -> Scene:
    """Groups right below the root as boxes, or as frames with their nodes; edges straight from box to box."""
    scene = Scene()
    scene.node_box.extend([-1] * len(graph.nodes))
    places: dict[int, tuple[float, float, float, float]] = {}
    y = 0.0

    def add(kind: int, ref: int, left: float, *, parent: int = -1, count: int = 1) -> int:
        nonlocal y
        box = scene.add_box(kind, ref, (left, y, WIDTH, HEIGHT), parent=parent, count=count)
        places[box] = (left, y, WIDTH, HEIGHT)
        y += HEIGHT + GAP
        return box

    boxes_of_values: dict[int, int] = {}
    for value in graph.scopes[scope].inputs:
        boxes_of_values[value] = add(kinds.BOX_INPUT, value, FRAME)
    groups: dict[int, int] = {}
    for node, group in enumerate(graph.ints("node_group")):
        if graph.ints("node_scope")[node] != scope:
            continue
        top = (graph.groups_above(group)[1:2] or [-1])[0]
        if top >= 0 and top in groups:
            box = groups[top]
            if scene.box_kind[box] == kinds.BOX_GROUP:
                scene.node_box[node] = box
                scene.box_count[box] += 1
                continue
        elif top >= 0:
            if top in opened:
                box = groups[top] = scene.add_box(kinds.BOX_FRAME, top, (0.0, y, WIDTH + 2 * FRAME, 0.0))
                y += FRAME
            else:
                box = groups[top] = add(kinds.BOX_GROUP, top, FRAME)
                scene.node_box[node] = box
                continue
        else:
            box = -1
        scene.node_box[node] = add(kinds.BOX_NODE, node, FRAME, parent=box)
        if box >= 0:
            scene.box_h[box] = y - scene.box_y[box]
    for value in graph.scopes[scope].outputs:
        boxes_of_values[value] = add(kinds.BOX_OUTPUT, value, FRAME)
    _add_edges(graph, scene, places, boxes_of_values)
    return scene


def _add_edges(
    graph: Graph, scene: Scene, places: dict[int, tuple[float, float, float, float]], ports: dict[int, int]
) -> None:
    def join(source: int, target: int, value: int) -> None:
        if source < 0 or target < 0 or source == target:
            return
        x, y, width, height = places[source]
        to_x, to_y, to_width, _ = places[target]
        points = [(x + width / 2, y + height), (x + width / 2, y + height + GAP / 2), (to_x + to_width / 2, to_y)]
        scene.add_edge(source, target, value, points, count=1, size_bytes=1000.0 * (value + 1))

    for value, maker in enumerate(graph.producers):
        source = scene.node_box[maker] if maker >= 0 else ports.get(value, -1)
        for reader in dict.fromkeys(graph.consumers(value)):
            join(source, scene.node_box[reader], value)
        if maker >= 0 and value in ports:
            join(source, ports[value], value)
