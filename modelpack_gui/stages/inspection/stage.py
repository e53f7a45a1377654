"""Read an artifact's graph into one index: the stage behind the graph page."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from mmap import mmap
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.graph import Graph, Shape
from modelpack_gui.core.records import GraphIndex, InputSpec, InspectRequest
from modelpack_gui.stages.common.collector import without_collection
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import CUT_ABOVE_BYTES, format_of, opened, read_artifact
from modelpack_gui.stages.inspection.read_graph import ReadGraph

_HASHED_AT_ONCE = 16 << 20
_CHECK_EVERY_S = 0.1


def run(request: InspectRequest, context: Context) -> GraphIndex:
    """Read the graph of an ONNX, TorchScript or pt2 file, and write its columns.

    Raises:
        UserError: The file is missing, empty or corrupt, or of no format that is known.
    """
    started = time.perf_counter()
    path = resolve(context, request.path)
    with opened(path) as data:
        if format_of(path, data[:2]) == "onnx":
            # A map of a file that is written anew meanwhile ends the process; a copy of a small one costs little.
            content = data if len(data) > CUT_ABOVE_BYTES else data[:]
            # Hashing leaves the lock of the interpreter to what reads the graph meanwhile.
            with without_collection(), ThreadPoolExecutor(1) as pool:
                is_over = threading.Event()
                sha256 = pool.submit(_digest, content, is_over)
                try:
                    found = _read_onnx(path, content, context)
                    while not wait([sha256], _CHECK_EVERY_S).done:
                        context.check_cancelled()
                finally:
                    is_over.set()  # the pool waits for its thread
                artifact = dataclasses.replace(found.artifact, sha256=sha256.result())
        else:
            found = _read_torch(path, request.inputs, context)
            artifact = found.artifact
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
        parameters=_parameters(graph),
        weight_bytes=sum(graph.ints("initializer_bytes")),
        op_counts={graph.texts[op_type]: count for op_type, count in counts.most_common()},
        metadata=found.metadata,
        shape_inference_error=found.shape_inference_error,
        data_files=found.data_files,
        notes=found.notes,
        duration_s=time.perf_counter() - started,
    )


def _digest(data: bytes | mmap, is_over: threading.Event) -> str:
    """SHA-256 in hex; empty if it was told to stop, as nobody waits for a file of 40 GB that is no model."""
    digest = hashlib.sha256()
    with memoryview(data) as whole:
        for start in range(0, len(whole), _HASHED_AT_ONCE):
            if is_over.is_set():
                return ""
            with whole[start : start + _HASHED_AT_ONCE] as part:
                digest.update(part)
    return digest.hexdigest()


def _read_onnx(path: Path, data: bytes | mmap, context: Context) -> ReadGraph:
    from modelpack_gui.stages.inspection.onnx_graph import read_onnx

    return read_onnx(path, data, context)


def _read_torch(path: Path, inputs: tuple[InputSpec, ...], context: Context) -> ReadGraph:
    artifact = read_artifact(path)
    if artifact.format == "pt2":
        from modelpack_gui.stages.inspection.pt2_graph import read_pt2

        return read_pt2(artifact, context)
    from modelpack_gui.stages.export.metadata import examples_in
    from modelpack_gui.stages.inspection.torchscript_graph import read_torchscript

    return read_torchscript(artifact, context, inputs=inputs or examples_in(artifact.metadata))


def _parameters(graph: Graph) -> int:
    """Elements of all initializers whose shapes are known."""
    shapes = graph.ints("value_shape")
    counts = Counter(shapes[value] for value in graph.ints("initializer_value"))
    return sum(count * _elements(graph.shapes[shape]) for shape, count in counts.items() if shape >= 0)


def _elements(shape: Shape | None) -> int:
    sizes = [size for size in shape or () if isinstance(size, int)]
    return math.prod(sizes) if min(sizes, default=0) >= 0 else 0
