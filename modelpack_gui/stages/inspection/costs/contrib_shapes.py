"""Shapes of what onnxruntime's own operators make, which onnx's inference does not know.

Quantised and optimised files are full of them; without their shapes nothing after them is known either. The rules
are those of onnxruntime's documentation of the operators (docs/ContribOperators.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelpack_gui.core.graph.costs.formulas.products import batch_last

DOMAINS = frozenset({"com.microsoft", "com.microsoft.nchwc"})
_FLOAT, _UINT8 = 1, 2  # onnx.TensorProto.DataType
_CONV_ATTRIBUTES = frozenset({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"})
_POOL_ATTRIBUTES = _CONV_ATTRIBUTES - {"group"} | {"ceil_mode", "count_include_pad"}
_STANDARD = {
    ("com.microsoft", "FusedConv"): ("Conv", 3, _CONV_ATTRIBUTES),
    ("com.microsoft.nchwc", "Conv"): ("Conv", 3, _CONV_ATTRIBUTES),
    ("com.microsoft.nchwc", "MaxPool"): ("MaxPool", 1, _POOL_ATTRIBUTES - {"count_include_pad"}),
    ("com.microsoft.nchwc", "AveragePool"): ("AveragePool", 1, _POOL_ATTRIBUTES),
    ("com.microsoft.nchwc", "GlobalAveragePool"): ("GlobalAveragePool", 1, frozenset[str]()),
    ("com.microsoft.nchwc", "GlobalMaxPool"): ("GlobalMaxPool", 1, frozenset[str]()),
}
"""By domain and op type: what of ai.onnx makes the same shape, of how many inputs and which attributes."""
_AS_FIRST = (
    "BiasAdd BiasGelu FastGelu Gelu QLinearLeakyRelu QLinearSigmoid QLinearSoftmax QuickGelu RotaryEmbedding"
    " SkipLayerNormalization SkipSimplifiedLayerNormalization"
)


class _View:
    """A node with what is known of its inputs."""

    def __init__(self, node: Any, types: Mapping[str, Any]) -> None:
        self._node, self._types = node, types

    def sizes(self, place: int) -> list[int]:
        """Raises LookupError where they are not known."""
        kind = self._type(place)
        if not kind.HasField("shape") or not all(dim.HasField("dim_value") for dim in kind.shape.dim):
            raise LookupError(place)
        return [int(dim.dim_value) for dim in kind.shape.dim]

    def dtype(self, place: int) -> int:
        """Number of its element type; raises LookupError where it is left out."""
        return int(self._type(place).elem_type)

    def has(self, place: int) -> bool:
        """Whether an input is given."""
        return place < len(self._node.input) and bool(self._node.input[place])

    @property
    def input_count(self) -> int:
        """Inputs, those left out included."""
        return len(self._node.input)

    def number(self, name: str) -> int:
        """An attribute; 0 if it is left out."""
        return next((int(one.i) for one in self._node.attribute if one.name == name), 0)

    def _type(self, place: int) -> Any:
        if not self.has(place):
            raise LookupError(place)
        kind = self._types[self._node.input[place]]
        if kind.WhichOneof("value") != "tensor_type":
            raise LookupError(place)
        return kind.tensor_type


_Rule = Callable[[_View], "tuple[int, list[int]]"]


def _as_first(view: _View) -> tuple[int, list[int]]:
    return view.dtype(0), view.sizes(0)


def _both(view: _View) -> tuple[int, list[int]]:
    """Two operands that broadcast, each with scale and zero point behind it."""
    left, right = view.sizes(0), view.sizes(3)
    rank = max(len(left), len(right))
    padded = ([1] * (rank - len(one)) + one for one in (left, right))
    return view.dtype(0), [max(pair) for pair in zip(*padded, strict=True)]


def _matmul(view: _View) -> tuple[int, list[int]]:
    left, right = (
        list(batch_last(tuple(view.sizes(place)))) if view.number(attribute) else view.sizes(place)
        for place, attribute in enumerate(("transBatchA", "transBatchB"))
    )
    if len(left) < 2 or len(right) < 2:
        raise LookupError
    rows = left[-1] if view.number("transA") else left[-2]
    columns = right[-2] if view.number("transB") else right[-1]
    outer = max(left[:-2], right[:-2], key=len)
    return view.dtype(0), [*outer, rows, columns]


def _float_matmul(view: _View) -> tuple[int, list[int]]:
    return _FLOAT, _matmul(view)[1]


def _gemm(view: _View) -> tuple[int, list[int]]:
    return _gemm_of(view, 1, view.dtype(0))


def _quantized_gemm(view: _View) -> tuple[int, list[int]]:
    return _gemm_of(view, 3, view.dtype(8) if view.has(8) else _FLOAT)


def _gemm_of(view: _View, right_place: int, dtype: int) -> tuple[int, list[int]]:
    left, right = view.sizes(0), view.sizes(right_place)
    return dtype, [left[1 if view.number("transA") else 0], right[0 if view.number("transB") else 1]]


def _few_bits(view: _View) -> tuple[int, list[int]]:
    return view.dtype(0), [*view.sizes(0)[:-1], view.number("N")]


def _attention(view: _View) -> tuple[int, list[int]]:
    return view.dtype(0), [*view.sizes(0)[:-1], view.sizes(1)[1] // 3]


def _multi_head_attention(view: _View) -> tuple[int, list[int]]:
    query, value = view.sizes(0), view.sizes(2)
    if len(query) != 3 or len(value) != 3:
        raise LookupError
    return view.dtype(0), [*query[:-1], value[-1]]


def _quantize(view: _View) -> tuple[int, list[int]]:
    return view.dtype(2) if view.has(2) else _UINT8, view.sizes(0)


def _dequantize(view: _View) -> tuple[int, list[int]]:
    return view.dtype(1), view.sizes(0)


def _concat(view: _View) -> tuple[int, list[int]]:
    """Scale and zero point of what is made, then each tensor with its own."""
    parts = [view.sizes(place) for place in range(2, view.input_count, 3)]
    axis = view.number("axis") % max(1, len(parts[0]))
    if any(len(part) != len(parts[0]) for part in parts):
        raise LookupError
    return view.dtype(2), [
        sum(part[axis] for part in parts) if place == axis else size for place, size in enumerate(parts[0])
    ]


def _global_pool(view: _View) -> tuple[int, list[int]]:
    sizes = view.sizes(0)
    ones = [1] * (len(sizes) - 2)
    return view.dtype(0), [sizes[0], *ones, sizes[-1]] if view.number("channels_last") else [*sizes[:2], *ones]


def _into_blocks(view: _View) -> tuple[int, list[int]]:
    """Blocks of channels, which stay the second axis; a file that has them last says so."""
    sizes = view.sizes(0)
    return view.dtype(0), [sizes[0], sizes[-1], *sizes[1:-1]] if view.number("channels_last") else sizes


def _out_of_blocks(view: _View) -> tuple[int, list[int]]:
    sizes, channels = view.sizes(0), view.number("channels")
    inner = sizes[2:]
    return view.dtype(0), [sizes[0], *inner, channels] if view.number("channels_last") else [
        sizes[0],
        channels,
        *inner,
    ]


_RULES: dict[str, _Rule] = {
    **dict.fromkeys(_AS_FIRST.split(), _as_first),
    "Attention": _attention,
    "DequantizeLinear": _dequantize,
    "DynamicQuantizeMatMul": _float_matmul,
    "FusedGemm": _gemm,
    "FusedMatMul": _matmul,
    "MatMulIntegerToFloat": _float_matmul,
    "MatMulNBits": _few_bits,
    "MultiHeadAttention": _multi_head_attention,
    "QGemm": _quantized_gemm,
    "ReorderInput": _into_blocks,
    "ReorderOutput": _out_of_blocks,
    "TransposeMatMul": _matmul,
    "QLinearAdd": _both,
    "QLinearConcat": _concat,
    "QLinearGlobalAveragePool": _global_pool,
    "QLinearMul": _both,
    "QuantizeLinear": _quantize,
}


def as_standard(node: Any) -> Any:
    """The node of the domain ai.onnx that makes a tensor of the same shape; None if there is none."""
    kind = _STANDARD.get((node.domain, node.op_type))
    if kind is None:
        return None
    import onnx

    op_type, inputs, attributes = kind
    made = onnx.helper.make_node(op_type, list(node.input)[:inputs], list(node.output)[:1])
    made.attribute.extend(one for one in node.attribute if one.name in attributes)
    return made


def first_output(node: Any, types: Mapping[str, Any]) -> Any:
    """TypeProto of the first output; None if it does not follow from what is known.

    Args:
        types: TypeProtos by value.
    """
    rule = _RULES.get(node.op_type)
    if rule is None:
        return None
    import onnx

    try:
        dtype, sizes = rule(_View(node, types))
    except (LookupError, ValueError):
        return None
    return onnx.helper.make_tensor_type_proto(dtype, sizes)
