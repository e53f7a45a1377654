"""Kinds of operators, so that those of PyTorch and of ONNX can be compared: `aten::conv2d` and `FusedConv`."""

from __future__ import annotations

import functools
from dataclasses import dataclass

QUANTIZE = "quantise and dequantise"
LAYOUT = "layout and shape"
CAST = "casts and copies"
COMPILED = "compiled kernels"
UNNAMED = "operators without a name"
OTHER = "other"


@dataclass(frozen=True)
class _Kind:
    """A kind, and what tells it: parts of names, or whole names; in lower case, without `aten::` and a last `_`."""

    title: str
    parts: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def _kind(title: str, parts: str = "", names: str = "") -> _Kind:
    return _Kind(title, tuple(parts.split()), frozenset(names.split()))


# The first that fits has it, so what is more special comes first: `DynamicQuantizeMatMul` is a product, and
# `QLinearAdd` an addition.
_KINDS = (
    _kind(COMPILED, "cpp_fused triton_ compiled"),
    _kind(UNNAMED, names="forward"),
    _kind("attention", "attention transformer_encoder_layer"),
    _kind("recurrent layers", "lstm gru_cell rnn_cell rnn_tanh rnn_relu", "gru rnn"),
    _kind("convolution", "conv"),
    _kind(
        "matrix product",
        "matmul gemm addmm baddbmm einsum linear_dynamic",
        "linear mm bmm mv dot addmv addbmm",
    ),
    _kind("normalisation", "batch_norm batchnorm layer_norm layernorm group_norm groupnorm instance_norm rms_norm"),
    _kind("normalisation", "instancenorm rmsnorm lpnorm skipsimplifiedlayernorm", "lrn"),
    _kind("softmax", "softmax"),
    _kind(QUANTIZE, "quantize"),
    _kind(
        CAST,
        "memcpy precisionfreecast",
        "cast castlike to _to_copy copy contiguous clone to_mkldnn to_dense type_as float half",
    ),
    _kind(
        LAYOUT,
        "transpose reshape reorder squeeze flatten permute concat split slice expand depthtospace spacetodepth",
        "view cat stack chunk select tile repeat pad narrow unbind as_strided shape size movedim roll t identity",
    ),
    _kind("pooling", "pool"),
    _kind("look-up", "gather embedding scatter onehot", "index index_select index_put take"),
    _kind(
        "reduction",
        "reduce argmax argmin topk cumsum",
        "sum mean amax amin prod std var sort norm any all",
    ),
    _kind("resizing", "resize upsample interpolate gridsample grid_sampler"),
    _kind(
        "activation",
        "relu sigmoid gelu silu swish mish tanh softplus",
        "elu celu selu erf clip clamp clamp_min clamp_max",
    ),
    _kind(
        "elementwise",
        "add sub mul div pow sqrt exp log where greater less reciprocal",
        "abs neg max min maximum minimum equal not and or gt lt ge le eq ne ceil floor round sign sin cos",
    ),
    _kind(
        "new tensors", names="zeros ones empty full fill arange range constant constantofshape zeros_like ones_like"
    ),
    _kind("control flow", names="if loop scan"),
)


@functools.lru_cache(maxsize=2048)
def kind_of(op_type: str) -> str:
    """The kind of an operator of ONNX, ONNX Runtime or PyTorch; `other` for one that is not known."""
    name = op_type.rpartition("::")[2].lower().rstrip("_")
    return next(
        (kind.title for kind in _KINDS if name in kind.names or any(part in name for part in kind.parts)), OTHER
    )
