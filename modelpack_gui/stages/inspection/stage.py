"""Read an artifact's graph into one index: the stage behind the graph page."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import GraphIndex, InspectRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import read_artifact


def run(request: InspectRequest, context: Context) -> GraphIndex:
    """Read the graph of an ONNX, TorchScript or pt2 file, and write its columns.

    Raises:
        UserError: The file is missing, empty or corrupt, or of no format that is known.
    """
    started = time.perf_counter()
    artifact = read_artifact(resolve(context, request.path))
    if artifact.format == "onnx":
        from modelpack_gui.stages.inspection.onnx_graph import read_onnx

        found = read_onnx(artifact, context)
    elif artifact.format == "pt2":
        from modelpack_gui.stages.inspection.pt2_graph import read_pt2

        found = read_pt2(artifact, context)
    else:
        from modelpack_gui.stages.inspection.torchscript_graph import read_torchscript

        found = read_torchscript(artifact, context)
    graph = found.graph
    columns = Path(request.folder or context.scratch) / f"graph-{uuid.uuid4().hex[:12]}.columns"
    graph.write(columns)
    counts = Counter(graph.ints("node_op_type"))
    return GraphIndex(
        artifact=artifact,
        graph_name=found.name,
        columns=str(columns.absolute()),
        node_count=len(graph.nodes),
        initializer_count=len(graph.initializers),
        parameters=sum(math.prod(item.shape) for item in graph.initializers),
        weight_bytes=sum(graph.ints("initializer_bytes")),
        op_counts={graph.texts[op_type]: count for op_type, count in counts.most_common()},
        metadata=found.metadata,
        shape_inference_error=found.shape_inference_error,
        duration_s=time.perf_counter() - started,
    )
