"""Whether an artifact computes in a dtype that cannot be as exact as its outputs look."""

from __future__ import annotations

from modelpack_gui.core.records import LOW_PRECISION, Artifact, CapturedWarning
from modelpack_gui.stages.export.metadata import options_in
from modelpack_gui.stages.export.post.float16_step import Float16Step


def low_precision_of(artifact: Artifact) -> str:
    """`float16`, `bfloat16` or `int8` if it computes in that; empty if it does not, or does not show it.

    The step float16 keeps inputs and outputs in float32, so that these say nothing. What was written into the file
    does; and in a file of somebody else's, the weights. Quantised weights may be of any width up to 8 bits.
    """
    if artifact.is_quantized:
        return "int8"
    made_with = options_in(artifact.metadata)
    if made_with is not None and Float16Step.id in made_with.post_steps:
        return "float16"
    return artifact.weights_dtype if artifact.weights_dtype in LOW_PRECISION else ""


def hidden_overflow(computes_in: str, runtime: str) -> CapturedWarning | None:
    """A warning that overflow of float16 does not show in this runtime; None where it would.

    ONNX Runtime has few float16 kernels for the CPU, and puts casts to float32 around what it has none for; that
    runs of such nodes then stay in float32, at every level of optimisation, was found by trying.

    Args:
        runtime: Its description.
    """
    if computes_in != "float16" or not (runtime.startswith("ONNX Runtime") and "CPUExecutionProvider" in runtime):
        return None
    return CapturedWarning(
        "Float16OnCpu",
        "The artifact computes in float16, and ONNX Runtime computes most of that in float32 on the CPU: values "
        "beyond 65504, which become Inf on other hardware, may pass here. Run it in onnx.reference (under Sides, "
        "or with --runtime onnx.reference), or look at its layers, which are compared value by value.",
    )
