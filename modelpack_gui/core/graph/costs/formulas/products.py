"""Operators made of multiply-accumulates: convolutions, matrix products, recurrent layers, attention."""

from __future__ import annotations

import re
from collections.abc import Callable

from modelpack_gui.core.graph.costs.formulas.base import (
    PRODUCTS,
    SPECIFICATION,
    Formula,
    NodeView,
    Sizes,
    UnknownSize,
    Work,
    elements,
    first,
)

_ATTENTION = (
    "Vaswani et al., Attention Is All You Need (2017); the products as torch.utils.flop_counter counts them:"
    " nothing is taken off for a causal mask"
)
_CONTRIB = "onnxruntime's documentation of its own operators (docs/ContribOperators.md)"


def _convolution(weight: int, bias: int) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        out = elements(node.output())
        kernel = node.input(weight)  # output channels × input channels per group × kernel
        first(kernel, 1)
        return Work(out * elements(kernel[1:]), out if node.has_input(bias) else 0.0)

    return work


def _transposed(node: NodeView) -> Work:
    kernel = node.input(1)  # input channels × output channels per group × kernel
    first(kernel, 1)
    bias = elements(node.output()) if node.has_input(2) else 0.0
    return Work(elements(node.input(0)) * elements(kernel[1:]), bias)


def _deform_conv(node: NodeView) -> Work:
    """X, W, offset, B, mask: each sample of the kernel is interpolated from four neighbours (7 steps)."""
    out, kernel = elements(node.output()), node.input(1)
    first(kernel, 1)
    samples = elements(node.input(2)) / 2.0 * first(node.input(0), 1) / node.number("offset_group", 1)
    return Work(out * elements(kernel[1:]), 7.0 * samples + (out if node.has_input(3) else 0.0))


def _matmul(node: NodeView) -> Work:
    inner = first(node.input(0), -2 if node.number("transA", 0) else -1)
    return Work(elements(node.output()) * inner, 0.0)


def _gemm(node: NodeView) -> Work:
    inner = first(node.input(0), 0 if node.number("transA", 0) else 1)
    out = elements(node.output())
    return Work(out * inner, out if node.has_input(2) else 0.0)


def _matmul_n_bits(node: NodeView) -> Work:
    inner = node.number("K", 0) or first(node.input(0), -1)
    return Work(elements(node.output()) * inner, 0.0)


def _einsum(node: NodeView) -> Work:
    equation = node.text("equation").replace(" ", "")
    terms = equation.partition("->")[0].split(",")
    if len(terms) > 2 or len(terms) != node.input_count or not re.fullmatch(r"[A-Za-z.,]*(->[A-Za-z.]*)?", equation):
        raise UnknownSize  # of three or more operands the order of the products decides
    sizes: dict[str, int] = {}
    for place, term in enumerate(terms):
        for label, size in _labelled(term, node.input(place)):
            sizes[label] = max(size, sizes.get(label, 1))
    whole = elements(tuple(sizes.values()))
    out = elements(node.output())
    if len(terms) == 2 and whole > out:
        return Work(whole, 0.0)
    return Work(0.0, whole if len(terms) == 2 or whole > out else 0.0)


def _labelled(term: str, shape: Sizes) -> list[tuple[str, int]]:
    """Each axis with its label; those of an ellipsis are numbered from the right, as they broadcast."""
    before, dots, after = term.partition("...")
    free = len(shape) - len(before) - len(after)
    if free < 0 or (free and not dots):
        raise UnknownSize
    labels = [*before, *(f".{free - i}" for i in range(free)), *after]
    return list(zip(labels, shape, strict=True))


# Steps for each element of the hidden state beside the products, with the default activations (a sigmoid is 4 steps):
# without and with biases.
_RECURRENT_STEPS = {"RNN": (2, 4), "GRU": (17, 23), "LSTM": (22, 30)}


def _recurrent(op_type: str) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        shape, weights, recurrence = node.input(0), node.input(1), node.input(2)
        rows = float(first(shape) * first(shape, 1))  # steps of the sequence × batch
        hidden = float(first(recurrence) * first(recurrence, 2))  # directions × hidden size
        steps = _RECURRENT_STEPS[op_type][node.has_input(3)]
        return Work(rows * (elements(weights) + elements(recurrence)), rows * hidden * steps)

    return work


def _attended(batch: int, heads: int, queries: int, keys: int, widths: float, *, is_masked: bool) -> Work:
    """Both products of an attention, its scaling and softmax; `widths`: of queries and values, over all heads."""
    scores = float(batch) * heads * queries * keys
    return Work(float(batch) * queries * keys * widths, scores * (7.0 if is_masked else 6.0))


def _attention(node: NodeView) -> Work:
    """Q, K, V, mask, past key: of four axes batch × heads × length × width, or three with the heads side by side."""
    query, key, value = node.input(0), node.input(1), node.input(2)
    past = first(node.input(4), 2) if node.has_input(4) else 0
    is_masked = node.has_input(3)
    if len(query) == 4:
        heads = query[1]
        widths = float(heads) * (query[3] + first(value, 3))
        return _attended(query[0], heads, query[2], first(key, 2) + past, widths, is_masked=is_masked)
    heads, shared = node.number("q_num_heads", 0), node.number("kv_num_heads", 0)
    if len(query) != 3 or not heads or not shared:
        raise UnknownSize
    widths = query[2] + first(value, 2) * heads / shared
    return _attended(query[0], heads, query[1], first(key, 1) + past, widths, is_masked=is_masked)


def _multi_head_attention(node: NodeView) -> Work:
    query, key, value = node.input(0), node.input(1), node.input(2)
    if not (len(query) == len(key) == len(value) == 3):
        raise UnknownSize
    widths = float(query[2] + value[2])
    heads = node.number("num_heads", 0)
    return _attended(query[0], heads, query[1], key[1], widths, is_masked=node.has_input(4))


def _packed_attention(past_place: int) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        shape, weights = node.input(0), node.input(1)
        batch, length = first(shape), first(shape, 1)
        widths = node.numbers("qkv_hidden_sizes") or (first(weights, 1) // 3,) * 3
        past = first(node.input(past_place), 3) if node.has_input(past_place) else 0
        heads = node.number("num_heads", 0)
        inner = _attended(
            batch, heads, length, length + past, float(widths[0] + widths[2]), is_masked=node.has_input(3)
        )
        return Work(inner.macs + float(batch) * length * elements(weights), inner.steps)

    return work


def _group_query_attention(node: NodeView) -> Work:
    out, keys = node.output(), first(node.output(1), 2)
    heads = node.number("num_heads", 0)
    return _attended(first(out), heads, first(out, 1), keys, 2.0 * first(out, 2), is_masked=False)


_CONV_TEXT = "output elements × input channels per group × kernel size multiply-accumulates"
_MATMUL_TEXT = "output elements × length of the inner axis multiply-accumulates"
_ATTENTION_TEXT = "batch × queries × keys × (width of queries + width of values), over all heads"


def _recurrent_formula(op_type: str) -> Formula:
    text = "steps of the sequence × batch × elements of W and R multiply-accumulates"
    return Formula(text, SPECIFICATION, _recurrent(op_type))


_CONV = Formula(_CONV_TEXT, PRODUCTS, _convolution(1, 2))
_MATMUL = Formula(_MATMUL_TEXT, PRODUCTS, _matmul)
_GEMM = Formula(_MATMUL_TEXT, PRODUCTS, _gemm)

STANDARD: dict[str, Formula] = {
    "Conv": _CONV,
    "ConvInteger": Formula(_CONV_TEXT, PRODUCTS, _convolution(1, 99)),
    "QLinearConv": Formula(_CONV_TEXT, PRODUCTS, _convolution(3, 8)),
    "ConvTranspose": Formula(
        "input elements × output channels per group × kernel size multiply-accumulates", PRODUCTS, _transposed
    ),
    "DeformConv": Formula(f"{_CONV_TEXT}, and 7 steps for each sample", SPECIFICATION, _deform_conv),
    "MatMul": _MATMUL,
    "MatMulInteger": _MATMUL,
    "QLinearMatMul": _MATMUL,
    "Gemm": _GEMM,
    "Einsum": Formula(
        "product of the sizes of all labels, of two operands at most",
        "The definition of the Einstein summation, as numpy.einsum documents it",
        _einsum,
    ),
    **{op_type: _recurrent_formula(op_type) for op_type in _RECURRENT_STEPS},
    "Attention": Formula(_ATTENTION_TEXT, _ATTENTION, _attention),
}
"""Formulas of the domain ai.onnx by op type."""

MICROSOFT: dict[str, Formula] = {
    "FusedConv": _CONV,
    "NhwcFusedConv": _CONV,
    "FusedMatMul": _MATMUL,
    "FusedGemm": _GEMM,
    "QGemm": _GEMM,
    "DynamicQuantizeMatMul": _MATMUL,
    "MatMulIntegerToFloat": _MATMUL,
    "MatMulNBits": Formula(_MATMUL_TEXT, _CONTRIB, _matmul_n_bits),
    "MultiHeadAttention": Formula(_ATTENTION_TEXT, _CONTRIB, _multi_head_attention),
    "Attention": Formula(f"input rows × weights, and {_ATTENTION_TEXT}", _CONTRIB, _packed_attention(4)),
    "QAttention": Formula(f"input rows × weights, and {_ATTENTION_TEXT}", _CONTRIB, _packed_attention(8)),
    "GroupQueryAttention": Formula(_ATTENTION_TEXT, _CONTRIB, _group_query_attention),
}
"""Formulas of the domain com.microsoft by op type."""


def _aten_linear(node: NodeView) -> Work:
    out = elements(node.output())
    return Work(out * first(node.input(0), -1), out if node.has_input(2) else 0.0)


def _aten_product(left: int) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        out = elements(node.output())
        return Work(out * first(node.input(left), -1), out if left else 0.0)  # bias first: addmm(bias, a, b)

    return work


def _aten_convolution(node: NodeView) -> Work:
    transposed = node.text("transposed")
    if transposed not in ("True", "False"):
        raise UnknownSize
    return _transposed(node) if transposed == "True" else _CONV.work(node)


def _aten_recurrent(op_type: str) -> Callable[[NodeView], Work]:
    """Input, states, then by layer and direction the two matrices, and two biases if it has such."""

    def work(node: NodeView) -> Work:
        shapes = [node.input(place) for place in range(node.input_count)]
        matrices = [shape for shape in shapes[1:] if len(shape) == 2]
        steps = _RECURRENT_STEPS[op_type][any(len(shape) == 1 for shape in shapes)]
        rows = elements(shapes[0]) / max(1, first(shapes[0], -1))
        hidden = float(sum(shape[1] for shape in matrices[1::2]))
        return Work(rows * sum(map(elements, matrices)), rows * hidden * steps)

    return work


def _aten_recurrent_formula(op_type: str) -> Formula:
    return Formula("rows of the input × elements of the matrices", SPECIFICATION, _aten_recurrent(op_type))


ATEN: dict[str, Formula] = {
    "lstm": _aten_recurrent_formula("LSTM"),
    "gru": _aten_recurrent_formula("GRU"),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), _aten_recurrent_formula("RNN")),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _CONV),
    "convolution": Formula(_CONV_TEXT, PRODUCTS, _aten_convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), STANDARD["ConvTranspose"]),
    "linear": Formula(_MATMUL_TEXT, PRODUCTS, _aten_linear),
    **dict.fromkeys(("mm", "bmm", "matmul", "mv", "dot"), Formula(_MATMUL_TEXT, PRODUCTS, _aten_product(0))),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), Formula(_MATMUL_TEXT, PRODUCTS, _aten_product(1))),
    "scaled_dot_product_attention": Formula(_ATTENTION_TEXT, _ATTENTION, _attention),
}
"""Formulas of the domain aten by the operator's name without its overload."""
