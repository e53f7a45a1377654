"""A comparison as plain data, for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelpack_gui.core.graph.compare.difference import NAMES, Difference, State
from modelpack_gui.core.graph.compare.text import CHANGES
from modelpack_gui.core.graph.graph import Graph


def node_changes(before: Graph, after: Graph, difference: Difference) -> Iterator[dict[str, Any]]:
    """What became of each node that is not as it was, then the nodes that were added.

    Each has its `state`, the node `before` and the one `after` (None if there is none; what a fused node went into),
    and `changes` between the two; `name` is empty where a node has none, and `index` is its number in its file.
    """
    for node, number in enumerate(difference.state):
        state, partner = State(number), difference.partner[node]
        if state not in CHANGES:
            continue
        changes = [
            {"aspect": change.aspect, "what": change.what, "before": change.before, "after": change.after}
            for change in difference.changes(node)
            if change.aspect not in NAMES
        ]
        yield {
            "state": state.name.lower(),
            "before": _node(before, node),
            "after": _node(after, partner) if partner >= 0 else None,
            "changes": changes,
        }
    for node, number in enumerate(difference.back_state):
        if number == State.ADDED:
            yield {"state": "added", "before": None, "after": _node(after, node), "changes": []}


def _node(graph: Graph, node: int) -> dict[str, Any]:
    return {"index": node, **{name: graph.text(f"node_{name}", node) for name in ("domain", "op_type", "name")}}
