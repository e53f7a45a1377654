"""What is said of a box or an edge under the pointer, and to who cannot see it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.dtypes import element_bits, size_bytes
from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.box_text import LINE_CHARACTERS, shortened
from modelpack_gui.core.graph.costs.dims import shape_with
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas.picking import scopes_in

_WIDE = 100
_MOST = 6


def box_tip(graph: Graph, arrays: SceneArrays, box: int) -> str:
    """A few lines about a box."""
    kind, ref = int(arrays.kind[box]), int(arrays.ref[box])
    if kind == kinds.BOX_NODE:
        scopes = scopes_in(graph, ref)
        return "\n".join((node_tip(graph, ref), *(("Double-click to enter",) if scopes else ())))
    if kind in (kinds.BOX_GROUP, kinds.BOX_FRAME):
        group = graph.groups[ref]
        lines = [group_name(graph, ref, _WIDE)]
        if group.module_class:
            lines.append(group.module_class)
        lines.append(fmt.plural(int(arrays.many[box]), "node"))
        lines.append("Double-click to open" if kind == kinds.BOX_GROUP else "Double-click its title to close")
        return "\n".join(lines)
    if kind in (kinds.BOX_INPUT, kinds.BOX_OUTPUT) and arrays.many[box] > 1:
        return fmt.plural(int(arrays.many[box]), "input" if kind == kinds.BOX_INPUT else "output")
    title = {
        kinds.BOX_INPUT: "Input",
        kinds.BOX_OUTPUT: "Output",
        kinds.BOX_STUB_FROM: "Comes from far away: double-click goes there",
        kinds.BOX_STUB_TO: "Goes far away: double-click goes there",
    }[kind]
    return f"{title}\n{value_tip(graph, ref)}"


def node_tip(graph: Graph, node: int) -> str:
    """Op type and name, where it is, what it reads and makes."""
    info = graph.nodes[node]
    op = info.op_type if info.domain in ("", "ai.onnx") else f"{info.domain}::{info.op_type}"
    lines = [f"{op} {shortened(info.name, _WIDE)}".rstrip()]
    if info.module_path:
        lines.append(f"in {shortened(info.module_path, _WIDE)}")
    made = [
        shortened(f"{graph.value_name(value)}  {_facts(graph, value)}".rstrip(), _WIDE)
        for value in graph.outputs(node)
        if value >= 0
    ]
    lines += [f"→ {line}" for line in made[:_MOST]]
    if len(made) > _MOST:
        lines.append(f"→ {len(made) - _MOST} more")
    return "\n".join(lines)


def value_tip(graph: Graph, value: int) -> str:
    """Name, dtype and shape of a tensor."""
    return "\n".join(filter(None, (shortened(graph.value_name(value), _WIDE), _facts(graph, value))))


def edge_tip(graph: Graph, arrays: SceneArrays, edge: int, sizes: Mapping[str, int]) -> str:
    """The tensor that an edge carries, how large it is, and between what.

    Args:
        sizes: That the costs are counted with, by `OpenDim.key`: what the file leaves open is 1 in a layout.
    """
    value, count, size = int(arrays.value[edge]), int(arrays.count[edge]), float(arrays.size[edge])
    lines = value_tip(graph, value).split("\n")
    if count > 1:
        lines.append(f"and {fmt.plural(count - 1, 'more tensor')}")
    if size >= 0:
        lines.append(_size_counted(graph, value, sizes) if count == 1 else f"{fmt.size(int(size))} in all")
    ends = (box_title(graph, arrays, int(arrays.source[edge])), box_title(graph, arrays, int(arrays.target[edge])))
    lines.append(f"{ends[0]} → {ends[1]}")
    return "\n".join(filter(None, lines))


def _size_counted(graph: Graph, value: int, sizes: Mapping[str, int]) -> str:
    """Bytes of a tensor, and which sizes they were counted with: one that nobody knows is 1."""
    info = graph.value_info(value)
    if not element_bits(info.dtype):
        return ""  # strings, whose size is that of what is in them
    shape = info.shape or ()
    known = shape_with(shape, sizes) or ()
    counted = [size if isinstance(size, int) else 1 for size in known]
    taken = {size or "?": number for size, number in zip(shape, counted, strict=True) if not isinstance(size, int)}
    said = ", ".join(f"{shortened(name)} = {number}" for name, number in taken.items())
    return fmt.size(size_bytes(info.dtype, math.prod(counted))) + (f" at {said}" if said else "")


def box_title(graph: Graph, arrays: SceneArrays, box: int) -> str:
    """A box in a few words."""
    kind, ref = int(arrays.kind[box]), int(arrays.ref[box])
    if kind == kinds.BOX_NODE:
        name = graph.text("node_name", ref)
        return f"{graph.text('node_op_type', ref)} {shortened(name)}".rstrip()
    if kind in (kinds.BOX_GROUP, kinds.BOX_FRAME):
        return group_name(graph, ref)
    return shortened(graph.value_name(ref))


def group_name(graph: Graph, group: int, limit: int = LINE_CHARACTERS) -> str:
    """Where a group is; a stretch has no path that says anything, but a title."""
    info = graph.groups[group]
    return shortened(info.title if info.kind == "stretch" else info.path or info.title, limit)


def spoken(graph: Graph, arrays: SceneArrays, box: int) -> str:
    """A box as a screen reader says it."""
    kind = int(arrays.kind[box])
    what = {
        kinds.BOX_NODE: "Node",
        kinds.BOX_GROUP: "Closed group",
        kinds.BOX_FRAME: "Open group",
        kinds.BOX_INPUT: "Input",
        kinds.BOX_OUTPUT: "Output",
    }.get(kind, "Tensor")
    parts = [f"{what} {box_title(graph, arrays, box)}"]
    if kind in (kinds.BOX_GROUP, kinds.BOX_FRAME):
        parts.append(fmt.plural(int(arrays.many[box]), "node"))
    coming, going = len(arrays.edges_to(box)), len(arrays.edges_from(box))
    parts.append(f"{fmt.plural(coming, 'edge')} in, {going:,} out")
    above = int(arrays.parent[box])
    if above >= 0:
        parts.append(f"in {box_title(graph, arrays, above)}")
    return "; ".join(parts) + "."


def _facts(graph: Graph, value: int) -> str:
    info = graph.value_info(value)
    return " ".join(filter(None, (info.dtype, info.shape_text if info.shape is not None else "")))
