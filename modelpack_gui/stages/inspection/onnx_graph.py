"""Index an ONNX model: nodes with their subgraphs and local functions, initializers and value types."""

from __future__ import annotations

import dataclasses
from collections import Counter
from mmap import mmap
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import Artifact
from modelpack_gui.stages.export.artifact import CUT_ABOVE_BYTES, onnx_facts, parse_onnx
from modelpack_gui.stages.inspection.onnx_columns import OnnxWalk
from modelpack_gui.stages.inspection.onnx_shapes import SHAPE_ELEMENTS, TypeInference
from modelpack_gui.stages.inspection.onnx_types import elements_of, text_of
from modelpack_gui.stages.inspection.onnx_walk import is_quantizing
from modelpack_gui.stages.inspection.read_graph import ReadGraph


def read_onnx(path: Path, data: bytes | mmap, context: Context) -> ReadGraph:
    """Read the graph of an ONNX file; the elements of large tensors are not looked at, nor are data files.

    Raises:
        UserError: `artifact-not-onnx`, `artifact-corrupt`, `import-missing`.
    """
    context.progress("Reading the graph", 0.0)
    model = parse_onnx(path, data, SHAPE_ELEMENTS * 8 if len(data) > CUT_ABOVE_BYTES else None)
    context.check_cancelled()
    artifact, metadata = onnx_facts(path, len(data), model), _metadata(model)
    with TypeInference(model, path, context.scratch) as shapes:
        context.progress("Listing nodes", 0.2)
        walk = OnnxWalk(model, path, context)
        builder = walk.builder
        builder.group_nodes()
        context.progress("Inferring shapes", 0.6)
        types, error = shapes.result(context)
        context.progress("Listing values", 0.8)
        walk.set_types(types)
    graph = builder.finish()
    op_types = [graph.texts[number] for number in set(builder.columns["node_op_type"])]
    files = walk.data_files.found
    beside = [file for file in files if file.state in ("present", "short")]
    return ReadGraph(
        graph=graph,
        name=builder.graph_name,
        artifact=dataclasses.replace(
            artifact,
            size_bytes=len(data) + sum(file.size_bytes for file in beside),
            external_files=tuple(file.path for file in beside),
            weights_dtype=_main_float_dtype(graph),
            is_quantized=any(map(is_quantizing, op_types)),
        ),
        metadata=metadata,
        shape_inference_error=error,
        data_files=files,
        notes=tuple(_notes(walk, artifact)),
    )


def _main_float_dtype(graph: Graph) -> str:
    """The floating-point dtype that most elements of the initializers have; empty if none has one."""
    dtypes, shapes = graph.ints("value_dtype"), graph.ints("value_shape")
    counts = Counter((dtypes[value], shapes[value]) for value in graph.ints("initializer_value"))
    elements: Counter[str] = Counter()
    for (dtype, shape), count in counts.items():
        if "float" in graph.texts[dtype]:
            sizes = (graph.shapes[shape] if shape >= 0 else None) or ()
            elements[graph.texts[dtype]] += count * elements_of(size for size in sizes if isinstance(size, int))
    return max(elements, key=lambda dtype: elements[dtype], default="")


def _notes(walk: OnnxWalk, artifact: Artifact) -> list[str]:
    notes = []
    if not artifact.opset_imports:
        notes.append("The file names no operator set: it is of an early version of ONNX.")
    if walk.values_made_twice:
        notes.append(
            f"Values that more than one node makes: {walk.values_made_twice:,}. They are shown as the last one's."
        )
    if walk.builder.texts.damaged:
        notes.append("Some names or texts are not valid UTF-8: they are shown with escapes, such as \\xff.")
    return notes


def _metadata(model: Any) -> dict[str, str]:
    metadata = {text_of(item.key): text_of(item.value) for item in model.metadata_props}
    for key in ("producer_name", "producer_version", "domain", "doc_string"):
        value = getattr(model, key)
        if value:
            metadata[key] = text_of(value)
    if model.model_version:
        metadata["model_version"] = str(model.model_version)
    if model.graph.doc_string:
        metadata["graph_doc_string"] = text_of(model.graph.doc_string)
    metadata.update({f"graph.{text_of(item.key)}": text_of(item.value) for item in model.graph.metadata_props})
    return metadata
