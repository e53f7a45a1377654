"""Find out which optimiser of ONNX Runtime it is: they are left out by halves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

OPTIMIZERS = (
    "ConstantFolding",
    "EliminateIdentity",
    "EliminateSlice",
    "EliminateDropout",
    "UnsqueezeElimination",
    "ExpandElimination",
    "CastElimination",
    "CastChainElimination",
    "NoopElimination",
    "PreShapeNodeElimination",
    "DivMulFusion",
    "FuseReluClip",
    "ClipQuantRewrite",
    "ReluQuantRewrite",
    "NotWhereFusion",
    "GemmSumFusion",
    "GemmTransposeFusion",
    "ConvAddFusion",
    "ConvMulFusion",
    "ConvBNFusion",
    "PadFusion",
    "MatmulBNFusion",
    "LabelEncoderFusion",
    "GatherToSliceFusion",
    "GatherSliceToSplitFusion",
    "CommonSubexpressionElimination",
    "ConstantSharing",
    "ReshapeFusion",
    "FreeDimensionOverrideTransformer",
    "DoubleQDQPairsRemover",
    "QDQPropagationTransformer",
    "EnsureUniqueDQForNodeUnit",
    "WeightBiasQuantization",
    "WhereDummyDq",
    "TransposeOptimizer",
    "MatMulAddFusion",
    "MatmulTransposeFusion",
    "MatMulScaleFusion",
    "MatMulActivationFusion",
    "MatMulIntegerToFloatFusion",
    "DynamicQuantizeMatMulFusion",
    "MatMulNBitsFusion",
    "DQMatMulToMatMulNBits",
    "QDQSelectorActionTransformer",
    "QDQS8ToU8Transformer",
    "QDQFinalCleanupTransformer",
    "Avx2WeightS8ToU8Transformer",
    "GemmActivationFusion",
    "ConvActivationFusion",
    "ConvAddActivationFusion",
    "GeluFusionL1",
    "GeluFusionL2",
    "GeluFusion",
    "BiasGeluFusion",
    "FastGeluFusion",
    "QuickGeluFusion",
    "GeluApproximation",
    "LayerNormFusion",
    "LayerNormFusionL1",
    "LayerNormFusionL2",
    "SimplifiedLayerNormFusion",
    "SimplifiedLayerNormFusionL1",
    "SimplifiedLayerNormFusionL2",
    "SkipLayerNormFusion",
    "BiasSkipLayerNormFusion",
    "EmbedLayerNormFusion",
    "AttentionFusion",
    "GroupQueryAttentionFusion",
    "BiasSoftmaxFusion",
    "BiasDropoutFusion",
    "SliceConcatToSpaceToDepthFusion",
    "NhwcTransformer",
    "NchwcTransformer",
    "RemoveDuplicateCastTransformer",
)
"""By the names that `disabled_optimizers` takes; ONNX Runtime ignores one that it does not know."""


def responsible(agrees_without: Callable[[Sequence[str]], bool], names: Sequence[str] = OPTIMIZERS) -> str:
    """The one optimiser without which the artifact agrees; empty if it takes more than one, or one not named here.

    Args:
        agrees_without: Runs the artifact with some optimisers left out. May raise what it likes to end the search.
    """
    if not agrees_without(names):
        return ""
    while len(names) > 1:
        middle = len(names) // 2
        names = next((half for half in (names[:middle], names[middle:]) if agrees_without(half)), ())
    return names[0] if names else ""
