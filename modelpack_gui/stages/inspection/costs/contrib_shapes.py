"""Shapes of what onnxruntime's own operators make, which onnx's inference does not know.

Quantised and optimised files are full of them; without their shapes nothing after them is known either. The rules
are those of onnxruntime's documentation of the operators (docs/ContribOperators.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOMAIN = "com.microsoft"
_FLOAT, _UINT8 = 1, 2  # onnx.TensorProto.DataType
_CONV_ATTRIBUTES = frozenset({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"})
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
    left, right = view.sizes(0), view.sizes(1)
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
    "QLinearAdd": _both,
    "QLinearMul": _both,
    "QuantizeLinear": _quantize,
}


def as_standard(node: Any) -> Any:
    """The node of the domain ai.onnx that makes a tensor of the same shape; None if there is none."""
    if node.op_type != "FusedConv":
        return None
    import onnx

    made = onnx.helper.make_node("Conv", list(node.input)[:3], list(node.output))
    made.attribute.extend(one for one in node.attribute if one.name in _CONV_ATTRIBUTES)
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
