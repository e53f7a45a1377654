"""A node that refuses to run at the case: a shape that was made a constant, mostly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.core.records import LayerFault
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.eager_trace import short_location
from modelpack_gui.stages.layers.graph import ArtifactGraph

_NAMED = re.compile(r"Name:'([^']+)'")
_REASON = re.compile(r"Status Message: (?:/\S+ .*? was false\. )?(.+)")


def refusal_of(
    graph: ArtifactGraph, aligned: Sequence[Aligned], problems: Mapping[str, UserError]
) -> LayerFault | None:
    """The node that the first of some problems names; None if it names none.

    Args:
        problems: Why a level could not be run to its end.
    """
    for level, error in problems.items():
        named = _NAMED.search(error.info.details)
        node = next((one for one in graph.nodes if named is not None and one.name == named.group(1)), None)
        if node is None:
            continue
        known = next((item.location for item in aligned if item.node.index == node.index), "")
        location = node.location or known
        at = f", {short_location(location)}" if location else ""
        reason = _REASON.search(error.info.details)
        why = reason.group(1).strip().rstrip(".") if reason is not None else error.info.message.rstrip(".")
        return LayerFault(
            node=node.index,
            node_name=node.name,
            op_type=node.op_type,
            value=node.outputs[0],
            module_path=node.module_path,
            place=place_of(location),
            optimization=level,
            is_confirmed=True,
            sentence=f"{node.name} ({node.op_type}{at}) refuses to run, where the model itself does: {why}.",
        )
    return None
