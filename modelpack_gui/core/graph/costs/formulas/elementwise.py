"""Operators that do a few steps for each element: of the output, of the input, or none at all."""

from __future__ import annotations

import math
from collections.abc import Callable

from modelpack_gui.core.graph.costs.formulas.base import SPECIFICATION, Formula, NodeView, Work, elements

_FREE = Formula("It moves or describes data: no arithmetic", SPECIFICATION, lambda _node: Work(0.0, 0.0))
_DEPENDS = Formula(
    "No multiply-accumulates; its other steps depend on the values or on the algorithm",
    SPECIFICATION,
    lambda _node: Work(0.0, math.nan),
)


def _per_output(steps: int) -> Formula:
    return Formula(
        f"{_steps(steps)} for each output element",
        SPECIFICATION,
        lambda node: Work(0.0, steps * elements(node.output())),
    )


def _reduction(per_input: int, per_output: int) -> Formula:
    after = f", {per_output} for each output element" if per_output else ""
    return Formula(
        f"{_steps(per_input)} for each input element{after}",
        SPECIFICATION,
        lambda node: Work(0.0, per_input * elements(node.input(0)) + per_output * elements(node.output())),
    )


def _steps(number: int) -> str:
    return f"{number} step" if number == 1 else f"{number} steps"


def _variadic(node: NodeView) -> Work:
    return Work(0.0, max(0, node.input_count - 1) * elements(node.output()))


def _mean(node: NodeView) -> Work:
    return Work(0.0, node.input_count * elements(node.output()))


def _pool(node: NodeView) -> Work:
    kernel = node.numbers("kernel_shape")
    return Work(0.0, elements(node.output()) * elements(kernel)) if kernel else Work(0.0, math.nan)


def _lrn(node: NodeView) -> Work:
    return Work(0.0, elements(node.output()) * (2 * node.number("size", 0) + 3))


def _resize(node: NodeView) -> Work:
    """A weighted mean over the neighbours: 1, 2 or 4 on each axis whose size changes."""
    neighbours = {"nearest": 0, "linear": 2, "cubic": 4}.get(node.text("mode", "nearest"), -1)
    if neighbours < 0:
        return Work(0.0, math.nan)
    out = node.output()
    changed = sum(size != before for size, before in zip(out, node.input(0), strict=False))
    return Work(0.0, elements(out) * (2.0 * float(neighbours) ** changed - 1.0) if neighbours and changed else 0.0)


def _grid_sample(node: NodeView) -> Work:
    mode = node.text("mode", "linear")
    neighbours = {"nearest": 0, "linear": 2, "bilinear": 2, "cubic": 4, "bicubic": 4}.get(mode, -1)
    out = node.output()
    if neighbours < 0:
        return Work(0.0, math.nan)
    return Work(0.0, elements(out) * (2.0 * float(neighbours) ** (len(out) - 2) - 1.0) if neighbours else 0.0)


_PER_OUTPUT = {
    1: "Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Cos"
    " Cosh CumSum CumProd Div Equal Erf Exp Floor Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Log Mod Mul Neg"
    " Not Or Pow Range Reciprocal Relu Round Sign Sin Sinh Sqrt Sub Tan Tanh Where Xor",
    2: "Clip DequantizeLinear LeakyRelu PRelu Shrink ThresholdedRelu",
    3: "LpNormalization Softplus Softsign",
    4: "BatchNormalization Elu HardSigmoid RMSNormalization Sigmoid SimplifiedLayerNormalization",
    5: "Celu Gelu HardSwish Hardmax LogSoftmax Mish QuantizeLinear Selu Softmax Swish",
    6: "MeanVarianceNormalization RotaryEmbedding",
    7: "DynamicQuantizeLinear",
    8: "GroupNormalization InstanceNormalization LayerNormalization",
}
_PER_OUTPUT_MICROSOFT = {
    2: "BiasAdd",
    5: "Gelu QuickGelu DequantizeLinear",
    6: "BiasGelu RotaryEmbedding SkipSimplifiedLayerNormalization",
    8: "FastGelu",
    9: "GroupNorm QLinearLeakyRelu SkipLayerNormalization SkipGroupNorm",
    10: "EmbedLayerNormalization QLinearAdd QLinearMul",  # to floats, the operator itself, and back
    11: "QLinearSigmoid",
    12: "QLinearSoftmax",
}
_REDUCTIONS = {
    (1, 0): "ArgMax ArgMin GlobalMaxPool ReduceMax ReduceMin ReduceProd ReduceSum",
    (1, 1): "GlobalAveragePool ReduceLogSum ReduceMean",
    (2, 0): "ReduceL1 ReduceSumSquare",
    (2, 1): "GlobalLpPool ReduceL2 ReduceLogSumExp",
}
_NO_ARITHMETIC = (
    "BitCast Cast CastLike CenterCropPad Compress Concat ConcatFromSequence Constant ConstantOfShape DepthToSpace"
    " Dropout Expand EyeLike Flatten Gather GatherElements GatherND Identity MaxUnpool NonZero OneHot Optional"
    " OptionalGetElement OptionalHasElement Pad Reshape ReverseSequence Scatter ScatterElements ScatterND SequenceAt"
    " SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Size Slice SpaceToDepth Split"
    " SplitToSequence Squeeze StringConcat StringNormalizer StringSplit RegexFullMatch TensorScatter Tile Transpose"
    " Trilu Unsqueeze"
)
_DEPENDING = (
    "Bernoulli Col2Im ImageDecoder MaxRoiPool Multinomial NonMaxSuppression RandomNormal RandomNormalLike"
    " RandomUniform RandomUniformLike RoiAlign TopK Unique BlackmanWindow HammingWindow HannWindow MelWeightMatrix"
)


def _listed(by_names: dict[int, str], make: Callable[[int], Formula]) -> dict[str, Formula]:
    return {name: make(steps) for steps, names in by_names.items() for name in names.split()}


STANDARD: dict[str, Formula] = {
    **_listed(_PER_OUTPUT, _per_output),
    **{name: _reduction(*steps) for steps, names in _REDUCTIONS.items() for name in names.split()},
    **dict.fromkeys(_NO_ARITHMETIC.split(), _FREE),
    **dict.fromkeys(_DEPENDING.split(), _DEPENDS),
    **dict.fromkeys(
        ("Max", "Min", "Sum"),
        Formula("1 step for each output element and input after the first", SPECIFICATION, _variadic),
    ),
    "Mean": Formula("1 step for each output element and input", SPECIFICATION, _mean),
    **dict.fromkeys(
        ("AveragePool", "LpPool", "MaxPool"),
        Formula("output elements × kernel size steps", SPECIFICATION, _pool),
    ),
    "LRN": Formula("2 × size + 3 steps for each output element", SPECIFICATION, _lrn),
    **dict.fromkeys(
        ("Resize", "Upsample"),
        Formula("2 × neighbours − 1 steps for each output element; none for nearest", SPECIFICATION, _resize),
    ),
    "GridSample": Formula("2 × neighbours − 1 steps for each output element", SPECIFICATION, _grid_sample),
}
"""Formulas of the domain ai.onnx by op type."""

MICROSOFT: dict[str, Formula] = {
    **_listed(_PER_OUTPUT_MICROSOFT, _per_output),
    "NhwcMaxPool": STANDARD["MaxPool"],
    "QuantizeLinear": STANDARD["QuantizeLinear"],
    **dict.fromkeys(("QLinearAveragePool", "QLinearGlobalAveragePool"), _DEPENDS),
    **dict.fromkeys(("QLinearConcat", "Trilu", "Unique"), _FREE),
}
"""Formulas of the domain com.microsoft by op type."""

_ATEN_PER_OUTPUT = {
    1: "abs add add_ sub sub_ mul mul_ div div_ neg exp log sqrt rsqrt sin cos tan tanh tanh_ erf relu relu_ pow"
    " reciprocal maximum minimum eq ne lt le gt ge where logical_and logical_or logical_not bitwise_and bitwise_or"
    " bitwise_not floor ceil round sign cumsum masked_fill rsub floor_divide remainder",
    2: "clamp clamp_ clamp_min clamp_max hardtanh hardtanh_ leaky_relu leaky_relu_ relu6 prelu",
    3: "softplus",
    4: "sigmoid sigmoid_ elu hardsigmoid hardsigmoid_ batch_norm native_batch_norm rms_norm"
    " _native_batch_norm_legit_no_training",
    5: "gelu silu silu_ softmax _softmax log_softmax _log_softmax hardswish hardswish_ mish selu",
    8: "layer_norm native_layer_norm group_norm native_group_norm instance_norm",
}
_ATEN_REDUCTIONS = {
    (1, 0): "sum amax amin max min prod argmax argmin any all",
    (1, 1): "mean adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d",
}
_ATEN_FREE = (
    "view reshape _unsafe_view flatten unflatten transpose permute t contiguous clone detach expand expand_as repeat"
    " cat stack split split_with_sizes chunk unbind slice select squeeze unsqueeze index index_select gather"
    " embedding to _to_copy type_as lift_fresh_copy alias copy dropout dropout_ feature_dropout zeros ones full"
    " zeros_like ones_like full_like empty arange scalar_tensor pad constant_pad_nd roll flip narrow movedim"
    " pixel_shuffle pixel_unshuffle size sym_size sym_numel Int IntImplicit item _local_scalar_dense tril triu"
    " numpy_T slice_scatter select_scatter _assert_tensor_metadata sym_constrain_range_for_size"
)
ATEN: dict[str, Formula] = {
    **_listed(_ATEN_PER_OUTPUT, _per_output),
    **{name: _reduction(*steps) for steps, names in _ATEN_REDUCTIONS.items() for name in names.split()},
    **dict.fromkeys(_ATEN_FREE.split(), _FREE),
    **dict.fromkeys(
        ("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d"),
        Formula(
            "output elements × kernel size steps",
            SPECIFICATION,
            lambda node: (
                Work(0.0, elements(node.output()) * elements(node.numbers("kernel_size")))
                if node.text("kernel_size").startswith("[")
                else Work(0.0, math.nan)
            ),
        ),
    ),
}
"""Formulas of the domain aten by the operator's name without its overload."""

FREE = _FREE
