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

ATTENTION = (
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


def transposed(node: NodeView) -> Work:
    """A transposed convolution: input, weight, bias."""
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
    return Work(elements(node.output()) * first(node.input(0), -1), 0.0)


def batch_last(shape: Sizes) -> Sizes:
    """An operand of FusedMatMul with `transBatchA` as it is multiplied: the rows are the first axis of it."""
    return (*shape[1:-1], shape[0], shape[-1]) if len(shape) > 2 else shape


def _fused_matmul(node: NodeView) -> Work:
    left = node.input(0)
    if node.number("transBatchA", 0):
        left = batch_last(left)
    return Work(elements(node.output()) * first(left, -2 if node.number("transA", 0) else -1), 0.0)


def _gemm(node: NodeView) -> Work:
    inner = first(node.input(0), 0 if node.number("transA", 0) else 1)
    out = elements(node.output())
    return Work(out * inner, out if node.has_input(2) else 0.0)


def _matmul_n_bits(node: NodeView) -> Work:
    inner = node.number("K", 0) or first(node.input(0), -1)
    return Work(elements(node.output()) * inner, 0.0)


def _einsum(node: NodeView) -> Work:
    """Operands from left to right, as torch.einsum and onnxruntime contract them.

    What occurs in one operand of a pair alone and is not wanted any more is summed before: steps, and no products.
    """
    equation = node.text("equation").replace(" ", "")
    terms = equation.partition("->")[0].split(",")
    if len(terms) != node.input_count or not re.fullmatch(r"[A-Za-z.,]*(->[A-Za-z.]*)?", equation):
        raise UnknownSize
    operands: list[dict[str, int]] = []
    for place, term in enumerate(terms):
        labelled = _labelled(term, node.input(place))
        operands.append(dict(sorted(labelled, key=lambda pair: pair[1])))  # the largest of a label on a diagonal
    wanted = _wanted_labels(equation, terms, operands)
    macs = steps = 0.0
    made = operands[0]
    for place, operand in enumerate(operands[1:], 1):
        later = wanted.union(*operands[place + 1 :])
        pair = []
        for one, other in ((made, operand), (operand, made)):
            kept = {label: size for label, size in one.items() if label in later or other.get(label, 1) > 1}
            steps += elements(tuple(one.values())) if elements(tuple(kept.values())) < _size(one) else 0.0
            pair.append(kept)
        whole = {label: max(size, pair[1].get(label, 1)) for label, size in (pair[1] | pair[0]).items()}
        made = {label: size for label, size in whole.items() if label in later}
        if _size(made) < _size(whole):
            macs += _size(whole)
        else:
            steps += _size(whole)
    if _size(made) > elements(node.output()):  # of one operand, or a last sum
        steps += _size(made)
    return Work(macs, steps)


def _size(operand: dict[str, int]) -> float:
    return elements(tuple(operand.values()))


def _wanted_labels(equation: str, terms: list[str], operands: list[dict[str, int]]) -> set[str]:
    """Labels of the result; where the equation does not say, those that occur once, and those of an ellipsis."""
    result = equation.partition("->")[2] if "->" in equation else None
    free = {label for operand in operands for label in operand if label.startswith(".")}
    if result is not None:
        return set(result.replace(".", "")) | (free if "." in result else set())
    letters = "".join(terms).replace(".", "")
    return {label for label in letters if letters.count(label) == 1} | free


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
RECURRENT_STEPS = {"RNN": (2, 4), "GRU": (17, 23), "LSTM": (22, 30)}


def _recurrent(op_type: str) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        shape, weights, recurrence = node.input(0), node.input(1), node.input(2)
        rows = float(first(shape) * first(shape, 1))  # steps of the sequence × batch
        hidden = float(first(recurrence) * first(recurrence, 2))  # directions × hidden size
        steps = RECURRENT_STEPS[op_type][node.has_input(3)]
        return Work(rows * (elements(weights) + elements(recurrence)), rows * hidden * steps)

    return work


def attended(batch: int, heads: int, queries: float, keys: int, widths: float, *, is_masked: bool) -> Work:
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
        return attended(query[0], heads, query[2], first(key, 2) + past, widths, is_masked=is_masked)
    heads, shared = node.number("q_num_heads", 0), node.number("kv_num_heads", 0)
    if len(query) != 3 or not heads or not shared:
        raise UnknownSize
    widths = query[2] + first(value, 2) * heads / shared
    return attended(query[0], heads, query[1], first(key, 1) + past, widths, is_masked=is_masked)


def _multi_head_attention(node: NodeView) -> Work:
    query, key, value = node.input(0), node.input(1), node.input(2)
    if not (len(query) == len(key) == len(value) == 3):
        raise UnknownSize
    widths = float(query[2] + value[2])
    heads = node.number("num_heads", 0)
    return attended(query[0], heads, query[1], key[1], widths, is_masked=node.has_input(4))


def _packed_attention(past_place: int) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        shape, weights = node.input(0), node.input(1)
        batch, length = first(shape), first(shape, 1)
        widths = node.numbers("qkv_hidden_sizes") or (first(weights, 1) // 3,) * 3
        past = first(node.input(past_place), 3) if node.has_input(past_place) else 0
        heads = node.number("num_heads", 0)
        inner = attended(
            batch, heads, length, length + past, float(widths[0] + widths[2]), is_masked=node.has_input(3)
        )
        return Work(inner.macs + float(batch) * length * elements(weights), inner.steps)

    return work


def _group_query_attention(node: NodeView) -> Work:
    out, keys = node.output(), first(node.output(1), 2)
    heads = node.number("num_heads", 0)
    return attended(first(out), heads, first(out, 1), keys, 2.0 * first(out, 2), is_masked=False)


CONV_TEXT = "output elements × input channels per group × kernel size multiply-accumulates"
MATMUL_TEXT = "output elements × length of the inner axis multiply-accumulates"
ATTENTION_TEXT = "batch × queries × keys × (width of queries + width of values), over all heads"


def _recurrent_formula(op_type: str) -> Formula:
    text = "steps of the sequence × batch × elements of W and R multiply-accumulates"
    return Formula(text, SPECIFICATION, _recurrent(op_type))


CONV = Formula(CONV_TEXT, PRODUCTS, _convolution(1, 2))
_MATMUL = Formula(MATMUL_TEXT, PRODUCTS, _matmul)
_GEMM = Formula(MATMUL_TEXT, PRODUCTS, _gemm)

EINSUM = Formula(
    "two operands at a time from left to right: product of the sizes of their labels multiply-accumulates",
    "The definition of the Einstein summation in numpy.einsum; the order is that of torch.einsum and onnxruntime",
    _einsum,
)

STANDARD: dict[str, Formula] = {
    "Conv": CONV,
    "ConvInteger": Formula(CONV_TEXT, PRODUCTS, _convolution(1, 99)),
    "QLinearConv": Formula(CONV_TEXT, PRODUCTS, _convolution(3, 8)),
    "ConvTranspose": Formula(
        "input elements × output channels per group × kernel size multiply-accumulates", PRODUCTS, transposed
    ),
    "DeformConv": Formula(f"{CONV_TEXT}, and 7 steps for each sample", SPECIFICATION, _deform_conv),
    "MatMul": _MATMUL,
    "MatMulInteger": _MATMUL,
    "QLinearMatMul": _MATMUL,
    "Gemm": _GEMM,
    "Einsum": EINSUM,
    **{op_type: _recurrent_formula(op_type) for op_type in RECURRENT_STEPS},
    "Attention": Formula(ATTENTION_TEXT, ATTENTION, _attention),
}
"""Formulas of the domain ai.onnx by op type."""

NCHWC: dict[str, Formula] = {"Conv": CONV}
"""Formulas of the domain com.microsoft.nchwc by op type: the channels are there in blocks, and counted so."""

MICROSOFT: dict[str, Formula] = {
    "FusedConv": CONV,
    "NhwcFusedConv": CONV,
    "FusedMatMul": Formula(MATMUL_TEXT, _CONTRIB, _fused_matmul),
    "TransposeMatMul": Formula(MATMUL_TEXT, _CONTRIB, _fused_matmul),
    "FusedGemm": _GEMM,
    "QGemm": _GEMM,
    "DynamicQuantizeMatMul": _MATMUL,
    "MatMulIntegerToFloat": _MATMUL,
    "MatMulNBits": Formula(MATMUL_TEXT, _CONTRIB, _matmul_n_bits),
    "MultiHeadAttention": Formula(ATTENTION_TEXT, _CONTRIB, _multi_head_attention),
    "Attention": Formula(f"input rows × weights, and {ATTENTION_TEXT}", _CONTRIB, _packed_attention(4)),
    "QAttention": Formula(f"input rows × weights, and {ATTENTION_TEXT}", _CONTRIB, _packed_attention(8)),
    "GroupQueryAttention": Formula(ATTENTION_TEXT, _CONTRIB, _group_query_attention),
}
"""Formulas of the domain com.microsoft by op type."""
