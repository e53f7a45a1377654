"""A small graph as the inspection stage gives it, for tests of the window."""

from __future__ import annotations

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


def small_graph(**more: object) -> GraphIndex:
    """Twelve nodes: Conv and Relu by turns, then a Gemm; three initializers."""
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
    values = {info.name: info for item in nodes for info in item.output_infos} | {"image": IMAGE}
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
    return GraphIndex(
        artifact=artifact,
        graph_name="main_graph",
        nodes=tuple(nodes),
        initializers=(
            InitializerInfo("conv.weight", "float32", (16, 3, 3, 3), 1728),
            InitializerInfo("conv.bias", "float32", (16,), 64),
            InitializerInfo("head.weight", "float32", (5, 64), 1280, "shapes.onnx.data"),
        ),
        values=values,
        op_counts={"Conv": 6, "Relu": 5, "Gemm": 1},
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
