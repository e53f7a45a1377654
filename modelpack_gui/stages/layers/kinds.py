"""Which operations of PyTorch and of ONNX do the same, by families: names differ, and one becomes several."""

from __future__ import annotations

_FAMILIES = {
    "matmul": "linear addmm mm matmul bmm baddbmm mv dot einsum addmv inner tensordot",
    "conv": "conv1d conv2d conv3d convolution _convolution conv_transpose1d conv_transpose2d conv_transpose3d "
    "_conv_depthwise2d mkldnn_convolution",
    "norm": "batch_norm native_batch_norm _native_batch_norm_legit_no_training cudnn_batch_norm",
    "reshape": "view reshape flatten unflatten _unsafe_view _reshape_alias view_as reshape_as squeeze unsqueeze "
    "ravel pixel_shuffle pixel_unshuffle",
    "transpose": "permute transpose t movedim moveaxis swapaxes swapdims mT numpy_T adjoint",
    "expand": "expand expand_as broadcast_to repeat tile repeat_interleave",
    "copy": "clone contiguous alias detach lift_fresh lift_fresh_copy to _to_copy type_as float half double bfloat16 "
    "copy dropout feature_dropout native_dropout alpha_dropout lift to_dtype dropout2d dropout3d",
    "slice": "slice narrow select index_select chunk split split_with_sizes unbind index gather take "
    "unsafe_split unsafe_chunk tensor_split embedding unfold take_along_dim select_scatter",
    "softmax": "_softmax softmax special_softmax",
    "log_softmax": "_log_softmax log_softmax special_log_softmax",
    "layer_norm": "layer_norm native_layer_norm",
    "group_norm": "group_norm native_group_norm instance_norm",
    "clamp": "clamp hardtanh relu6 clamp_min clamp_max clip",
    "div": "div true_divide divide floor_divide",
    "sub": "sub rsub subtract",
    "mul": "mul multiply",
    "concat": "cat concat concatenate stack hstack vstack dstack",
    "max_pool": "max_pool1d max_pool2d max_pool3d max_pool2d_with_indices max_pool3d_with_indices "
    "max_pool1d_with_indices adaptive_max_pool2d",
    "mean": "mean adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d "
    "_adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d",
    "resize": "upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_bilinear2d upsample_linear1d "
    "upsample_bicubic2d upsample_trilinear3d _upsample_nearest_exact2d _upsample_bilinear2d_aa interpolate",
    "pad": "pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d "
    "replication_pad2d replication_pad3d _pad_circular",
    "where": "where masked_fill masked_fill_ nan_to_num",
    "scatter": "scatter index_put slice_scatter select_scatter index_fill scatter_add copy fill "
    "masked_scatter index_copy index_add scatter_reduce zero",
    "fill": "full full_like zeros zeros_like ones ones_like new_zeros new_ones new_full fill scalar_tensor "
    "new_empty empty",
    "attention": "scaled_dot_product_attention _scaled_dot_product_flash_attention_for_cpu",
    "cumsum": "cumsum",
    "max": "max amax maximum",
    "min": "min amin minimum",
    "silu": "silu swish",
}
_FAMILY_OF: dict[str, set[str]] = {}
for _family, _names in _FAMILIES.items():
    for _name in _names.split():
        _FAMILY_OF.setdefault(_name, set()).add(_family)

# What the last node of an operation may be. Types not listed stand for the operation of their own name.
_ONNX = {
    "MatMul": "matmul attention",
    "Gemm": "matmul",
    "Einsum": "matmul",
    "Conv": "conv norm",
    "ConvInteger": "conv norm",
    "QLinearConv": "conv norm",
    "QLinearMatMul": "matmul",
    "DequantizeLinear": "conv norm matmul",
    "FusedMatMul": "matmul",
    "ConvTranspose": "conv norm",
    "BatchNormalization": "norm",
    "Add": "add matmul layer_norm group_norm norm conv rms_norm",
    "Mul": "mul layer_norm rms_norm silu hardswish mish",
    "Sub": "sub",
    "Div": "div normalize",
    "Mod": "remainder fmod",
    "Reshape": "reshape group_norm",
    "Flatten": "reshape",
    "Squeeze": "reshape slice",
    "Unsqueeze": "reshape",
    "DepthToSpace": "reshape",
    "SpaceToDepth": "reshape",
    "Transpose": "transpose reshape",
    "Expand": "expand fill",
    "Tile": "expand",
    "Identity": "copy slice reshape expand",
    "Dropout": "copy",
    "Cast": "copy",
    "Slice": "slice",
    "Gather": "slice",
    "GatherND": "slice",
    "GatherElements": "slice",
    "Split": "slice",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "LayerNormalization": "layer_norm",
    "GroupNormalization": "group_norm",
    "InstanceNormalization": "group_norm",
    "RMSNormalization": "rms_norm",
    "SimplifiedLayerNormalization": "rms_norm",
    "Clip": "clamp relu",
    "Concat": "concat",
    "MaxPool": "max_pool",
    "GlobalMaxPool": "max_pool",
    "AveragePool": "mean",
    "GlobalAveragePool": "mean",
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceProd": "prod",
    "ReduceL2": "norm linalg_vector_norm frobenius_norm",
    "ReduceL1": "norm linalg_vector_norm",
    "ReduceLogSumExp": "logsumexp",
    "Resize": "resize",
    "Upsample": "resize",
    "Pad": "pad",
    "Where": "where scatter attention",
    "ScatterND": "scatter",
    "ScatterElements": "scatter",
    "ConstantOfShape": "fill",
    "Range": "arange",
    "Attention": "attention",
    "MultiHeadAttention": "attention",
    "CumSum": "cumsum",
    "Max": "max clamp",
    "Min": "min clamp",
    "Neg": "neg",
    "Reciprocal": "reciprocal div",
    "Pow": "pow square",
    "Equal": "eq",
    "Greater": "gt",
    "GreaterOrEqual": "ge",
    "Less": "lt",
    "LessOrEqual": "le",
    "Not": "logical_not bitwise_not",
    "And": "logical_and bitwise_and",
    "Or": "logical_or bitwise_or",
    "ArgMax": "argmax",
    "ArgMin": "argmin",
    "TopK": "topk sort argsort",
    "Trilu": "tril triu",
    "Swish": "silu",
    "LSTM": "lstm",
    "GRU": "gru",
    "Erf": "erf",
}


def families_of(operation: str) -> set[str]:
    """The families of an operation of PyTorch; its own name is one where it is not listed."""
    plain = operation.removesuffix("_") if not operation.startswith("__") else operation
    return _FAMILY_OF.get(plain) or _FAMILY_OF.get(operation) or {_plain(operation)}


def is_same_operation(one: str, other: str) -> bool:
    """Whether two names of PyTorch stand for the same computation."""
    return not families_of(one).isdisjoint(families_of(other))


def may_end_in(operation: str, op_type: str) -> bool:
    """Whether an operation of PyTorch may end in a node of that type."""
    known = _ONNX.get(op_type)
    families = families_of(operation)
    if known is not None:
        return not families.isdisjoint(known.split())
    return _plain(op_type) in families or _plain(op_type) == _plain(operation)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
