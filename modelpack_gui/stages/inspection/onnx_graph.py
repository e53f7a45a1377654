"""Index an ONNX model: nodes with their subgraphs and local functions, initializers and value types.

Protobuf looks each attribute up anew, so every message is read once and kept in plain values: the time is linear in
the number of nodes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.builder import GraphBuilder
from modelpack_gui.core.records import Artifact, NodeInfo, TensorInfo
from modelpack_gui.stages.inspection.attributes import attribute_info
from modelpack_gui.stages.inspection.onnx_types import infos_by_name, initializer_info, sparse_initializer_info
from modelpack_gui.stages.inspection.origin import origin_of_onnx
from modelpack_gui.stages.inspection.read_graph import ReadGraph

CANCEL_EVERY = 2000
# Protobuf refuses messages of 2 GB; shape inference adds to the message, and serialises it twice in memory.
IN_MEMORY_BYTES = 1_500_000_000
_GRAPH, _GRAPHS = 5, 10  # onnx.AttributeProto.AttributeType


def read_onnx(artifact: Artifact, context: Context) -> ReadGraph:
    """Read the graph of an ONNX file; tensor contents in data files are not loaded."""
    import onnx

    context.progress("Reading the graph", 0.0)
    model = onnx.load(artifact.path, load_external_data=False)
    context.check_cancelled()
    context.progress("Inferring shapes", 0.2)
    inferred, error = infer_shapes(model, Path(artifact.path), context.scratch)
    context.check_cancelled()
    context.progress("Listing nodes", 0.5)
    builder = GraphBuilder(inferred.graph.name)
    _add_graph(builder, context, inferred.graph, 0)
    for function in inferred.functions:
        scope = builder.add_scope(f"function {function.domain or 'ai.onnx'}::{function.name}", "function")
        builder.add_ports(scope, [TensorInfo(name, "", None) for name in function.input], ())
        for info in infos_by_name(function.value_info).values():
            builder.add_value(info, scope)
        _add_nodes(builder, context, function.node, scope)
        builder.add_ports(scope, (), [TensorInfo(name, "", None) for name in function.output])
    return ReadGraph(builder.finish(), inferred.graph.name, _metadata(model), error)


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


def _add_graph(builder: GraphBuilder, context: Context, graph: Any, scope: int) -> None:
    for tensor in graph.initializer:
        builder.add_initializer(initializer_info(tensor), scope)
    for sparse in graph.sparse_initializer:
        builder.add_initializer(sparse_initializer_info(sparse), scope)
    builder.add_ports(scope, infos_by_name(graph.input).values(), ())
    for info in infos_by_name(graph.value_info).values():
        builder.add_value(info, scope)
    made = {name for node in graph.node for name in node.output}
    for info in infos_by_name(graph.output).values():
        if info.name in made:
            builder.add_value(info, scope)
    _add_nodes(builder, context, graph.node, scope)
    builder.add_ports(scope, (), infos_by_name(graph.output).values())


def _add_nodes(builder: GraphBuilder, context: Context, nodes: Any, scope: int) -> None:
    for node in nodes:
        if builder.node_count % CANCEL_EVERY == 0:
            context.check_cancelled()
        outputs = tuple(node.output)
        attributes = tuple(node.attribute)
        origin = origin_of_onnx(node.name, {item.key: item.value for item in node.metadata_props})
        number = builder.add_node(
            NodeInfo(
                index=builder.node_count,
                op_type=node.op_type,
                domain=node.domain or "ai.onnx",
                name=node.name,
                module_path=origin.module_path,
                inputs=tuple(node.input),
                outputs=outputs,
                output_infos=tuple(TensorInfo(output, "", None) for output in outputs),
                attributes=tuple(attribute_info(attribute) for attribute in attributes),
                module_class=origin.module_class,
                source_location=origin.source_location,
                doc=node.doc_string,
            ),
            scope,
        )
        for attribute in attributes:
            kind = attribute.type
            if kind == _GRAPH:
                _add_subgraph(builder, context, attribute.g, f"node {number} / {attribute.name}", scope, number)
            elif kind == _GRAPHS:
                for i, graph in enumerate(attribute.graphs):
                    _add_subgraph(builder, context, graph, f"node {number} / {attribute.name}[{i}]", scope, number)


def _add_subgraph(builder: GraphBuilder, context: Context, graph: Any, title: str, parent: int, owner: int) -> None:
    _add_graph(builder, context, graph, builder.add_scope(title, "subgraph", parent, owner))


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
