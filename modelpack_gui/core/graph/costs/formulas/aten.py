"""Operators of PyTorch, as .pt2 files and TorchScript archives name them, without overload and trailing `_`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

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
from modelpack_gui.core.graph.costs.formulas.elementwise import DEPENDS, FREE, listed, per_output, reduction
from modelpack_gui.core.graph.costs.formulas.products import (
    ATTENTION,
    ATTENTION_TEXT,
    CONV,
    CONV_TEXT,
    EINSUM,
    MATMUL_TEXT,
    RECURRENT_STEPS,
    STANDARD,
    attended,
    transposed,
)

_PER_OUTPUT = {
    1: "abs absolute acos acosh add arccos arcsin arctan asin asinh atan atan2 atanh bitwise_and bitwise_not"
    " bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift __and__ __or__ __xor__ __lshift__ __rshift__"
    " ceil copysign cos cosh cummax cummin cumprod cumsum div divide eq erf erfc exp exp2 expm1 floor floor_divide"
    " fmax fmin fmod frac ge greater gt hypot isfinite isinf isnan le less log log10 log1p log2 logical_and"
    " logical_not logical_or logical_xor lt masked_fill maximum minimum mul multiply nan_to_num ne neg negative"
    " outer pow reciprocal relu remainder round rsqrt rsub sgn sign sin sinh sqrt square sub subtract tan tanh"
    " threshold true_divide trunc where",
    2: "clamp clamp_max clamp_min clip hardshrink hardtanh leaky_relu prelu relu6 softshrink",
    3: "addcdiv addcmul lerp logit softplus",
    4: "_native_batch_norm_legit _native_batch_norm_legit_no_training batch_norm elu hardsigmoid logaddexp"
    " native_batch_norm rms_norm _fused_rms_norm sigmoid",
    5: "_log_softmax _softmax celu gelu glu hardswish log_sigmoid log_softmax mish selu silu softmax",
    8: "group_norm instance_norm layer_norm native_group_norm native_layer_norm",
}
_REDUCTIONS = {
    (1, 0): "_adaptive_max_pool2d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d all amax amin"
    " aminmax any argmax argmin count_nonzero max min nansum prod sum",
    (1, 1): "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d"
    " adaptive_avg_pool3d mean nanmean",
    (2, 1): "frobenius_norm linalg_vector_norm logsumexp norm",
    (4, 2): "var var_mean",  # the mean, the difference to it, its square, the sum
    (4, 3): "std std_mean",
    (6, 4): "cosine_similarity",  # three products of two vectors
}
_NO_ARITHMETIC = (
    "Bool Float Int IntImplicit ScalarImplicit _assert_async _assert_tensor_metadata _local_scalar_dense"
    " _reshape_alias _to_copy _unsafe_view __contains__ __getitem__ __is__ __isnot__ __not__ alias append arange"
    " as_strided broadcast_tensors broadcast_to cat channel_shuffle chunk clone concat concatenate constant_pad_nd"
    " contiguous copy cpu detach detach_copy device diag diagonal dict dim dropout dropout1d dropout2d dropout3d"
    " embedding empty empty_like empty_strided expand expand_as eye feature_dropout fill flatten flip format full"
    " full_like gather hstack im2col index index_put index_select is_floating_point item len lift_fresh"
    " lift_fresh_copy linspace list masked_scatter masked_select meshgrid movedim moveaxis narrow new_empty new_full"
    " new_ones new_zeros numel numpy_T one_hot ones ones_like pad permute pixel_shuffle pixel_unshuffle"
    " reflection_pad1d reflection_pad2d reflection_pad3d repeat repeat_interleave replication_pad1d"
    " replication_pad2d replication_pad3d requires_grad reshape resize roll scalar_tensor scatter select"
    " select_scatter size slice slice_scatter split split_with_sizes squeeze stack sym_constrain_range_for_size"
    " sym_is_contiguous sym_numel sym_size sym_storage_offset sym_stride t take take_along_dim tensor tile to"
    " transpose tril triu type_as unbind unflatten unfold unsqueeze unsafe_chunk unsafe_split upsample_nearest1d"
    " upsample_nearest2d upsample_nearest3d vstack view view_as view_as_complex view_as_real warn zero zeros"
    " zeros_like swapaxes tril_indices triu_indices"
)
_DEPENDING = (
    "_fft_c2c _fft_c2r _fft_r2c argsort bernoulli bincount histc index_add kthvalue median mode multinomial"
    " native_dropout nonzero normal rand rand_like randint randint_like randn randn_like randperm scatter_add"
    " scatter_reduce sort topk uniform unique unique_consecutive _unique2 unique_dim searchsorted bucketize"
)


def plain_name(op_type: str) -> str:
    """The operator without its overload, whether it writes over its input or not: `add` for `add_.Tensor`."""
    name = op_type.partition(".")[0]
    return name if name.startswith("__") else name.rstrip("_")


def _linear(node: NodeView) -> Work:
    out = elements(node.output())
    return Work(out * first(node.input(0), -1), out if node.has_input(2) else 0.0)


def _product(left: int) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        out = elements(node.output())
        return Work(out * first(node.input(left), -1), out if left else 0.0)  # bias first: addmm(bias, a, b)

    return work


def _attention(node: NodeView) -> Work:
    """Query, key, value and mask: any number of axes of batches and heads, then lengths and widths."""
    query, key, value = node.input(0), node.input(1), node.input(2)
    is_masked = node.has_input(3) and len(node.input(3)) > 1
    rows, keys = elements(query[:-1]), first(key, -2)
    return attended(1, 1, rows, keys, float(first(query, -1) + first(value, -1)), is_masked=is_masked)


def _bilinear(node: NodeView) -> Work:
    """Both inputs, weight of outputs × first × second width, bias: one product after the other."""
    out, weight = elements(node.output()), node.input(2)
    return Work(out * (first(weight, 1) + 1.0) * first(weight, 2), out if node.has_input(3) else 0.0)


def _distances(node: NodeView) -> Work:
    """A difference, its power and the sum on each axis, and the root."""
    return Work(0.0, elements(node.output()) * (3.0 * first(node.input(0), -1) + 1.0))


def _convolution(node: NodeView) -> Work:
    is_transposed = node.text("transposed")
    if is_transposed not in ("True", "False"):
        raise UnknownSize
    return transposed(node) if is_transposed == "True" else CONV.work(node)


def _recurrent(op_type: str) -> Callable[[NodeView], Work]:
    """Input, states, then by layer and direction the matrices and two biases if it has such.

    A projection is a third matrix, and the hidden size then is that of the gates.
    """

    def work(node: NodeView) -> Work:
        shapes = [node.input(place) for place in range(node.input_count)]
        matrices = [shape for shape in shapes[1:] if len(shape) == 2]
        if len(matrices) < 2:
            raise UnknownSize  # a list of weights that the module keeps as one
        steps = RECURRENT_STEPS[op_type][any(len(shape) == 1 for shape in shapes)]
        rows = elements(shapes[0]) / max(1, first(shapes[0], -1))
        gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op_type]
        each = 3 if _has_projections(matrices, gates) else 2
        hidden = sum(shape[0] / gates for shape in matrices[1::each])
        return Work(rows * sum(map(elements, matrices)), rows * hidden * steps)

    return work


def _has_projections(matrices: Sequence[Sizes], gates: int) -> bool:
    """Whether the second matrix of a layer is narrower than its hidden size: a third one makes it so."""
    return len(matrices) > 2 and matrices[1][1] * gates != matrices[1][0]


def _pool(axes: int) -> Callable[[NodeView], Work]:
    def work(node: NodeView) -> Work:
        kernel = node.numbers("kernel_size")
        if not kernel:
            return Work(0.0, math.nan)
        return Work(0.0, elements(node.output()) * elements(kernel if len(kernel) > 1 else kernel * axes))

    return work


def _pools(axes: int) -> dict[str, Formula]:
    formula = Formula("output elements × kernel size steps", SPECIFICATION, _pool(axes))
    return dict.fromkeys((f"max_pool{axes}d", f"max_pool{axes}d_with_indices", f"avg_pool{axes}d"), formula)


def _interpolation(neighbours: int) -> Callable[[NodeView], Work]:
    """A weighted mean over the neighbours on each axis whose size changes, as for Resize of ONNX."""

    def work(node: NodeView) -> Work:
        out = node.output()
        changed = sum(size != before for size, before in zip(out, node.input(0), strict=False))
        return Work(0.0, elements(out) * (2.0 * float(neighbours) ** changed - 1.0) if changed else 0.0)

    return work


def _grid_sampler(node: NodeView) -> Work:
    neighbours = (2, 0, 4)[min(2, node.number("interpolation_mode", 0))]
    out = node.output()
    return Work(0.0, elements(out) * (2.0 * float(neighbours) ** (len(out) - 2) - 1.0) if neighbours else 0.0)


def _recurrent_formula(op_type: str) -> Formula:
    return Formula("rows of the input × elements of the matrices", SPECIFICATION, _recurrent(op_type))


_RESIZE_TEXT = "2 × neighbours − 1 steps for each output element; none for nearest"

ATEN: dict[str, Formula] = {
    **listed(_PER_OUTPUT, per_output),
    **{name: reduction(*steps) for steps, names in _REDUCTIONS.items() for name in names.split()},
    **dict.fromkeys(_NO_ARITHMETIC.split(), FREE),
    **dict.fromkeys(_DEPENDING.split(), DEPENDS),
    **_pools(1),
    **_pools(2),
    **_pools(3),
    **dict.fromkeys(
        ("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"),
        Formula(_RESIZE_TEXT, SPECIFICATION, _interpolation(2)),
    ),
    "upsample_bicubic2d": Formula(_RESIZE_TEXT, SPECIFICATION, _interpolation(4)),
    **dict.fromkeys(("grid_sampler", "grid_sampler_2d"), Formula(_RESIZE_TEXT, SPECIFICATION, _grid_sampler)),
    **dict.fromkeys(
        ("cdist", "_cdist_forward"),
        Formula("3 × width + 1 steps for each output element", SPECIFICATION, _distances),
    ),
    "lstm": _recurrent_formula("LSTM"),
    "gru": _recurrent_formula("GRU"),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), _recurrent_formula("RNN")),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "_convolution_mode"), CONV),
    **dict.fromkeys(("convolution", "_convolution"), Formula(CONV_TEXT, PRODUCTS, _convolution)),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), STANDARD["ConvTranspose"]),
    "linear": Formula(MATMUL_TEXT, PRODUCTS, _linear),
    **dict.fromkeys(("mm", "bmm", "matmul", "mv", "dot"), Formula(MATMUL_TEXT, PRODUCTS, _product(0))),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), Formula(MATMUL_TEXT, PRODUCTS, _product(1))),
    "bilinear": Formula(
        "output elements × (first width + 1) × second width multiply-accumulates", PRODUCTS, _bilinear
    ),
    "einsum": EINSUM,
    **dict.fromkeys(
        (
            "scaled_dot_product_attention",
            "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_attention_math",
        ),
        Formula(ATTENTION_TEXT, ATTENTION, _attention),
    ),
}
"""Formulas of the domain aten by the operator's name without its overload."""
