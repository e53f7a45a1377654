"""What a reader of one artifact format gives to the inspection stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import Artifact, DataFile


class ReadGraph(NamedTuple):
    """What a reader of one format gives; the artifact's hash is not in it yet."""

    graph: Graph
    name: str
    artifact: Artifact
    metadata: Mapping[str, str] = {}
    shape_inference_error: str = ""
    data_files: tuple[DataFile, ...] = ()
    notes: tuple[str, ...] = ()
