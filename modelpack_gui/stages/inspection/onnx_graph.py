"""Index an ONNX model: nodes with their subgraphs and local functions, initializers and value types.

Protobuf looks each attribute up anew, so every message is read once and kept in plain values: the time is linear in
the number of nodes.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Artifact, GraphIndex, InitializerInfo, NodeInfo, TensorInfo
from modelpack_gui.stages.inspection.attributes import attribute_info
from modelpack_gui.stages.inspection.onnx_types import infos_by_name, initializer_info, sparse_initializer_info
from modelpack_gui.stages.inspection.origin import origin_of_onnx

CANCEL_EVERY = 2000
# Protobuf refuses messages of 2 GB; shape inference adds to the message, and serialises it twice in memory.
IN_MEMORY_BYTES = 1_500_000_000
_GRAPH, _GRAPHS = 5, 10  # onnx.AttributeProto.AttributeType


@dataclass
class _Index:
    """What is gathered while walking through the graphs."""

    context: Context
    nodes: list[NodeInfo] = field(default_factory=list)
    values: dict[str, TensorInfo] = field(default_factory=dict)
    initializers: list[InitializerInfo] = field(default_factory=list)


def index_onnx(artifact: Artifact, context: Context) -> GraphIndex:
    """Read the graph of an ONNX file; tensor contents in data files are not loaded."""
    import onnx

    context.progress("Reading the graph", 0.0)
    model = onnx.load(artifact.path, load_external_data=False)
    context.check_cancelled()
    context.progress("Inferring shapes", 0.2)
    inferred, error = infer_shapes(model, Path(artifact.path), context.scratch)
    context.check_cancelled()
    context.progress("Listing nodes", 0.5)
    index = _Index(context)
    _add_graph(index, inferred.graph, "", ChainMap())
    for function in inferred.functions:
        where = f"function {function.domain or 'ai.onnx'}::{function.name}"
        _add_nodes(index, function.node, where, ChainMap(infos_by_name(function.value_info)))
    counts = Counter(node.op_type for node in index.nodes)
    return GraphIndex(
        artifact=artifact,
        graph_name=inferred.graph.name,
        nodes=tuple(index.nodes),
        initializers=tuple(index.initializers),
        values=index.values,
        op_counts=dict(counts.most_common()),
        metadata=_metadata(model),
        shape_inference_error=error,
    )


def infer_shapes(model: Any, path: Path, scratch: Path, *, strict: bool = False) -> tuple[Any, str]:
    """The model with inferred shapes, or itself and what went wrong: a graph without shapes is still worth seeing.

    Args:
        path: The file of the model; a very large one is inferred from file to file.
        scratch: Folder for that.
        strict: Whether a contradiction between nodes and declared shapes is an error.
    """
    import onnx

    try:
        if path.stat().st_size <= IN_MEMORY_BYTES:
            return onnx.shape_inference.infer_shapes(model, strict_mode=strict, data_prop=True), ""
        inferred_path = scratch / f"{path.stem}.inferred.onnx"
        onnx.shape_inference.infer_shapes_path(str(path), str(inferred_path), strict_mode=strict, data_prop=True)
        try:
            return onnx.load(inferred_path, load_external_data=False), ""
        finally:
            inferred_path.unlink()
    except Exception as error:  # noqa: BLE001 (C++ raises several types; the text is shown and the graph kept)
        return model, f"{type(error).__name__}: {error}"


def _add_graph(index: _Index, graph: Any, where: str, outer: ChainMap[str, TensorInfo]) -> None:
    initializers = [initializer_info(tensor) for tensor in graph.initializer]
    initializers += [sparse_initializer_info(tensor) for tensor in graph.sparse_initializer]
    index.initializers.extend(initializers)
    own = {item.name: TensorInfo(item.name, item.dtype, item.shape) for item in initializers}
    for values in (graph.value_info, graph.input, graph.output):
        own.update(infos_by_name(values))
    for name, info in own.items():
        index.values.setdefault(name, info)
    # A chain and not a copy: thousands of small subgraphs would each copy the main graph's values.
    _add_nodes(index, graph.node, where, ChainMap(own, *outer.maps))


def _add_nodes(index: _Index, nodes: Any, where: str, known: ChainMap[str, TensorInfo]) -> None:
    for node in nodes:
        number = len(index.nodes)
        if number % CANCEL_EVERY == 0:
            index.context.check_cancelled()
        name = node.name
        outputs = tuple(node.output)
        attributes = tuple(node.attribute)
        origin = origin_of_onnx(name, {item.key: item.value for item in node.metadata_props})
        index.nodes.append(
            NodeInfo(
                index=number,
                op_type=node.op_type,
                domain=node.domain or "ai.onnx",
                name=name,
                module_path=origin.module_path,
                inputs=tuple(node.input),
                outputs=outputs,
                output_infos=tuple(known.get(output) or TensorInfo(output, "", None) for output in outputs),
                attributes=tuple(attribute_info(attribute) for attribute in attributes),
                module_class=origin.module_class,
                source_location=origin.source_location,
                doc=node.doc_string,
                subgraph=where,
            )
        )
        for attribute in attributes:
            kind = attribute.type
            if kind == _GRAPH:
                _add_graph(index, attribute.g, f"node {number} / {attribute.name}", known)
            elif kind == _GRAPHS:
                for i, graph in enumerate(attribute.graphs):
                    _add_graph(index, graph, f"node {number} / {attribute.name}[{i}]", known)


def _metadata(model: Any) -> dict[str, str]:
    metadata = {item.key: item.value for item in model.metadata_props}
    for key in ("producer_name", "producer_version", "domain", "doc_string"):
        value = getattr(model, key)
        if value:
            metadata[key] = value
    if model.model_version:
        metadata["model_version"] = str(model.model_version)
    if model.graph.doc_string:
        metadata["graph_doc_string"] = model.graph.doc_string
    return metadata
