"""A small graph as the inspection stage gives it, for tests of the window."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import (
    Artifact,
    AttributeInfo,
    GraphIndex,
    InitializerInfo,
    NodeInfo,
    TensorInfo,
    TensorStats,
)

IMAGE = TensorInfo("image", "float32", ("batch", 3, 32, 32))
LOGITS = TensorInfo("logits", "float32", ("batch", 5))


def node(
    index: int, op_type: str, inputs: tuple[str, ...], output: TensorInfo, module_path: str = "", **more: object
) -> NodeInfo:
    """A node with one output."""
    return NodeInfo(
        index=index,
        op_type=op_type,
        domain="ai.onnx",
        name=f"node_{op_type}_{index}",
        module_path=module_path,
        inputs=inputs,
        outputs=(output.name,),
        output_infos=(output,),
        **more,  # type: ignore[arg-type]
    )


def small_graph(
    folder: Path, edit: Callable[[NodeInfo], NodeInfo] = lambda node: node, *, nodes_kept: int = 12, **more: object
) -> GraphIndex:
    """Twelve nodes: Conv and Relu by turns, then a Gemm; three initializers. Its columns are put into a folder."""
    nodes: list[NodeInfo] = []
    value = IMAGE
    for i in range(11):
        out = TensorInfo(f"v{i}", "float32", ("batch", 16, 32 - i, 32))
        if i % 2 == 0:
            nodes.append(
                node(
                    i,
                    "Conv",
                    (value.name, "conv.weight", "conv.bias") if i == 0 else (value.name, ""),
                    out,
                    f"stages.{i}",
                    attributes=(AttributeInfo("kernel_shape", "INTS", "[3, 3]"),),
                    module_class="torch.nn.Conv2d",
                    source_location="/home/me/shapes.py:37",
                )
            )
        else:
            nodes.append(node(i, "Relu", (value.name,), out, f"stages.{i}"))
        value = out
    nodes.append(node(11, "Gemm", (value.name, "head.weight"), LOGITS, "head"))
    artifact = Artifact(
        path="/models/shapes.onnx",
        format="onnx",
        size_bytes=312_000,
        sha256="ab",
        inputs=(IMAGE,),
        outputs=(LOGITS,),
        opset_version=20,
        ir_version=10,
        producer="pytorch 2.13.0",
        opset_imports={"ai.onnx": 20},
    )
    nodes = [edit(item) for item in nodes[:nodes_kept]]
    initializers = (
        InitializerInfo("conv.weight", "float32", (16, 3, 3, 3), 1728),
        InitializerInfo("conv.bias", "float32", (16,), 64),
        InitializerInfo("head.weight", "float32", (5, 64), 1280, "shapes.onnx.data"),
    )
    return stored(
        artifact, graph_of(nodes, initializers, artifact.inputs, artifact.outputs, "main_graph"), folder, **more
    )


def stored(artifact: Artifact, graph: Graph, folder: Path, **more: object) -> GraphIndex:
    """A graph as the inspection leaves it: its columns in a folder, and the facts."""
    columns = folder / f"graph-{uuid.uuid4().hex[:12]}.columns"
    graph.write(columns)
    return GraphIndex(
        artifact=artifact,
        graph_name=graph.groups[0].title,
        columns=str(columns),
        node_count=len(graph.nodes),
        initializer_count=len(graph.initializers),
        parameters=sum(math.prod(item.shape) for item in graph.initializers),
        weight_bytes=sum(item.size_bytes for item in graph.initializers),
        op_counts=dict(Counter(item.op_type for item in graph.nodes).most_common()),
        **more,  # type: ignore[arg-type]
    )


def stats(name: str, mean: float = 0.5) -> TensorStats:
    """Statistics of a tensor of four values."""
    return TensorStats(
        name=name,
        dtype="float32",
        shape=(4,),
        elements=4,
        size_bytes=16,
        minimum=-1.0,
        maximum=2.0,
        mean=mean,
        std=1.118,
        zeros=1,
        nans=0,
        infs=0,
        counts=(1, 2, 1),
        edges=(-1.0, 0.0, 1.0, 2.0),
        preview="-1, 0, 1, 2",
    )
