"""What a reader of one artifact format gives to the inspection stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from modelpack_gui.core.graph.graph import Graph


class ReadGraph(NamedTuple):
    """What a reader of one format gives."""

    graph: Graph
    name: str
    metadata: Mapping[str, str] = {}
    shape_inference_error: str = ""
