"""What of a quantised model really runs in low precision, and what stayed in float."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelpack_gui.core.records import QuantizeSpec
from modelpack_gui.stages.inspection.onnx_types import dtype_name
from modelpack_gui.stages.quantize.graph_file import read_graph_only
from modelpack_gui.stages.quantize.prepare import Prepared

_INTEGER_OPS = {
    "ConvInteger": "Conv",
    "MatMulInteger": "MatMul",
    "DynamicQuantizeLSTM": "LSTM",
    "DynamicQuantizeMatMul": "MatMul",
    "MatMulIntegerToFloat": "MatMul",
    "QAttention": "Attention",
    "QGemm": "Gemm",
    "QEmbedLayerNormalization": "EmbedLayerNormalization",
}
_FUSED = {"FusedConv": "Conv", "FusedMatMul": "MatMul", "FusedGemm": "Gemm"}
_CONVERSIONS = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast"})


def ops_of(
    path: Path, optimized: Path | None, spec: QuantizeSpec, prepared: Prepared
) -> tuple[dict[str, int], dict[str, int]]:
    """Nodes by op_type that run in low precision, and those that stayed in float though the tool knows their type.

    Args:
        path: Of the quantised model.
        optimized: Of the same as the runtime runs it, where it makes integer operators of what stands between
            DequantizeLinear and QuantizeLinear; None if it did not say.
        prepared: What it was made from.
    """
    if spec.method == "float16":
        low, floats = _by_dtype(read_graph_only(path))
        return dict(low.most_common()), dict(floats.most_common())
    file = optimized if optimized is not None and optimized.is_file() else path
    low, floats = _integers(read_graph_only(file).graph, spec, prepared, is_optimized=file is not path)
    return dict(low.most_common()), dict(floats.most_common())


def _integers(
    graph: Any, spec: QuantizeSpec, prepared: Prepared, *, is_optimized: bool
) -> tuple[Counter[str], Counter[str]]:
    """Operators on integers, those that move values of 8 bits about among them; and those on floats."""
    maker = {output: node for node in graph.node for output in node.output}
    in_eight = {tensor.name for tensor in graph.initializer if dtype_name(tensor.data_type) in ("int8", "uint8")}
    everything = dataclasses.replace(spec, exclude_nodes=(), op_types=())
    known = {prepared.op_types[name] for name in prepared.quantizable(everything)}
    dtypes = {
        value.name: dtype_name(value.type.tensor_type.elem_type) for value in (*graph.value_info, *graph.output)
    }
    low: Counter[str] = Counter()
    floats: Counter[str] = Counter()
    for node in graph.node:
        op = node.op_type
        if op == "QuantizeLinear":
            in_eight.update(node.output)
        elif op in _CONVERSIONS or not node.input:
            continue
        elif op in _INTEGER_OPS or op.startswith("QLinear"):
            low[_INTEGER_OPS.get(op, op.removeprefix("QLinear"))] += 1
            if op.startswith("QLinear") or op == "QGemm":
                in_eight.update(node.output)
        elif node.input[0] in in_eight:
            low[op] += 1
            in_eight.update(node.output)
        elif not is_optimized and op in known and _is_dequantized(node.input[0], maker):
            low[op] += 1
        elif _FUSED.get(op, op) in known and dtypes.get(node.output[0], "float32") == "float32":
            floats[_FUSED.get(op, op)] += 1
    return low, floats


def _is_dequantized(name: str, maker: Mapping[str, Any]) -> bool:
    return name in maker and maker[name].op_type == "DequantizeLinear"


def _by_dtype(model: Any) -> tuple[Counter[str], Counter[str]]:
    """Nodes that give or read float16, and those of the others that give or read float32; conversions aside."""
    import onnx

    inferred = onnx.shape_inference.infer_shapes(model)
    graph = inferred.graph
    dtypes = {
        value.name: value.type.tensor_type.elem_type for value in (*graph.value_info, *graph.output, *graph.input)
    }
    dtypes |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    halves: Counter[str] = Counter()
    floats: Counter[str] = Counter()
    for node in graph.node:
        found = {dtypes.get(name) for name in (*node.input, *node.output)}
        if node.op_type in _CONVERSIONS:
            continue
        if onnx.TensorProto.FLOAT16 in found:
            halves[node.op_type] += 1
        elif onnx.TensorProto.FLOAT in found:
            floats[node.op_type] += 1
    return halves, floats
