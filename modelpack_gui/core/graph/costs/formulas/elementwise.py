"""Operators that do a few steps for each element: of the output, of the input, or none at all."""

from __future__ import annotations

import math
from collections.abc import Callable

from modelpack_gui.core.graph.costs.formulas.base import SPECIFICATION, Formula, NodeView, Work, elements

FREE = Formula("It moves or describes data: no arithmetic", SPECIFICATION, lambda _node: Work(0.0, 0.0))
DEPENDS = Formula(
    "No multiply-accumulates; its other steps depend on the values or on the algorithm",
    SPECIFICATION,
    lambda _node: Work(0.0, math.nan),
)


def per_output(steps: int) -> Formula:
    """So many steps for each element that is made."""
    return Formula(
        f"{_steps(steps)} for each output element",
        SPECIFICATION,
        lambda node: Work(0.0, steps * elements(node.output())),
    )


def reduction(per_input: int, per_output: int) -> Formula:
    """So many steps for each element of the first input, and for each that is made."""
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
    " Cosh CumSum CumProd Div Equal Erf Exp Floor Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Log Mod Mul"
    " Neg Not Or Pow Range Reciprocal Relu Round Sign Sin Sinh Sqrt Sub Tan Tanh Where Xor",
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
    " SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Size Slice SpaceToDepth"
    " Split SplitToSequence Squeeze StringConcat StringNormalizer StringSplit RegexFullMatch TensorScatter Tile"
    " Transpose Trilu Unsqueeze"
)
_DEPENDING = (
    "Bernoulli Col2Im ImageDecoder MaxRoiPool Multinomial NonMaxSuppression RandomNormal RandomNormalLike DFT Det"
    " RandomUniform RandomUniformLike RoiAlign STFT TfIdfVectorizer TopK Unique BlackmanWindow HammingWindow"
    " HannWindow MelWeightMatrix"
)


def listed(by_names: dict[int, str], make: Callable[[int], Formula]) -> dict[str, Formula]:
    """Formulas by name, of names in one text by the steps that they take."""
    return {name: make(steps) for steps, names in by_names.items() for name in names.split()}


STANDARD: dict[str, Formula] = {
    **listed(_PER_OUTPUT, per_output),
    **{name: reduction(*steps) for steps, names in _REDUCTIONS.items() for name in names.split()},
    **dict.fromkeys(_NO_ARITHMETIC.split(), FREE),
    **dict.fromkeys(_DEPENDING.split(), DEPENDS),
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
    **listed(_PER_OUTPUT_MICROSOFT, per_output),
    "NhwcMaxPool": STANDARD["MaxPool"],
    "QuantizeLinear": STANDARD["QuantizeLinear"],
    **dict.fromkeys(("QLinearAveragePool", "QLinearGlobalAveragePool"), DEPENDS),
    **dict.fromkeys(("QLinearConcat", "Trilu", "Unique"), FREE),
}
"""Formulas of the domain com.microsoft by op type."""

NCHWC: dict[str, Formula] = {
    **{name: STANDARD[name] for name in ("AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool")},
    **dict.fromkeys(("ReorderInput", "ReorderOutput"), FREE),
    "Upsample": STANDARD["Resize"],
}
"""Formulas of the domain com.microsoft.nchwc by op type."""
