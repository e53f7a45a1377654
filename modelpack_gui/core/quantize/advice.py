"""What is known of a way to quantise before it is tried: what will be slow, poor, or nothing at all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Literal

from modelpack_gui.core.cpu_flags import is_x86, lacks_vnni
from modelpack_gui.core.figures import listed, plural
from modelpack_gui.core.quantize.facts import PER_CHANNEL_OPSET, QuantizeFacts, raises_opset
from modelpack_gui.core.records import QuantizeAdvice, QuantizeSpec

FEW_SAMPLES = 16
"""Fewer than these give ranges that hang on chance."""

_HEAVY = ("Conv", "ConvTranspose", "MatMul", "Gemm", "LSTM", "GRU", "RNN", "Attention")
"""Operators that a model spends its time in."""

_ROUNDED_IN_FLOAT = ("ConvTranspose", "CumSum", "InstanceNormalization", "LayerNormalization")
"""Found by trying onnxruntime 1.32: DequantizeLinear and QuantizeLinear around these stay when it optimises."""


def advise(spec: QuantizeSpec, facts: QuantizeFacts) -> tuple[QuantizeAdvice, ...]:
    """What to know before quantising so, the gravest first."""
    found = [one for rule in _RULES for one in (rule(spec, facts),) if one is not None]
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(found, key=lambda one: order[one.severity]))


def _advice(
    kind: str, severity: Literal["info", "warning", "error"], text: str, hint: str = "", **changes: object
) -> QuantizeAdvice:
    return QuantizeAdvice(kind, severity, text, hint, json.dumps(changes) if changes else "")


def changed_spec(spec: QuantizeSpec, advice: QuantizeAdvice) -> QuantizeSpec:
    """The settings after the one-click change of an advice; as they are if it has none."""
    changes = json.loads(advice.changes) if advice.changes else {}
    lists = {name: tuple(value) for name, value in changes.items() if isinstance(value, list)}
    return dataclasses.replace(spec, **{**changes, **lists})


# -- rules


def _already_quantized(_: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if not facts.is_quantized:
        return None
    return _advice(
        "already_quantized",
        "error",
        "This artifact is quantised already: doing it again only adds errors.",
        "Choose the float32 artifact that it was made from.",
    )


def _not_float32(_: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if facts.is_quantized or facts.weights_dtype in ("", "float32"):
        return None
    return _advice(
        "not_float32",
        "error",
        f"The weights are {facts.weights_dtype}, and onnxruntime quantises float32 ones.",
        "Export in float32, without the step float16.",
    )


def _nothing(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method == "float16":
        if facts.weights_dtype:
            return None
        text = "There are no floating-point weights to make smaller."
        return _advice("nothing_to_quantize", "error", text, "Choose an artifact of float32 that holds its weights.")
    if facts.is_quantized or facts.count(*facts.quantizable):
        return None
    other = facts.by_qdq if spec.method == "dynamic" else facts.by_dynamic
    way: Literal["static", "dynamic"] = "static" if spec.method == "dynamic" else "dynamic"
    has_other = not spec.op_types and facts.count(*other)
    what = f"none of {', '.join(spec.op_types)}" if spec.op_types else "no operator that this way can quantise"
    text = f"There is {what} in this artifact: the result would be the float32 one."
    if has_other:
        return _advice("nothing_to_quantize", "error", text, f"Quantise it by the {way} way.", method=way)
    hint = "Name other op types, or leave them empty to take all." if spec.op_types else "Try float16 for the size."
    return _advice("nothing_to_quantize", "error", text, hint)


def _dynamic_on_conv(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    convs = facts.count("Conv") if "Conv" in facts.quantizable else 0
    if spec.method != "dynamic" or not convs:
        return None
    return _advice(
        "dynamic_on_conv",
        "warning",
        f"{plural(convs, 'convolution')} would be quantised dynamically, for which onnxruntime has no fast kernel: "
        "two convolutional nets took about twice eager's time here.",
        "Quantise a convolutional net statically.",
        method="static",
        per_channel=True,
    )


def _no_vnni(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method == "float16" or not lacks_vnni(facts.cpu_flags):
        return None
    if spec.reduce_range is False:
        return _advice(
            "no_vnni",
            "warning",
            "This processor has no VNNI: with weights of 8 bits sums may saturate, and answers be wrong.",
            "Keep weights to 7 bits.",
            reduce_range=None,
        )
    return _advice(
        "no_vnni",
        "warning",
        "This processor has no VNNI, so that INT8 is hardly faster than float32 here; weights are kept to 7 bits "
        "lest sums saturate.",
        "Measure before you decide, on the machine that it will run on.",
    )


def _reduced_for_nothing(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    is_needless = spec.reduce_range is True and facts.cpu_flags and not lacks_vnni(facts.cpu_flags)
    if spec.method == "float16" or not is_needless:
        return None
    return _advice(
        "reduced_for_nothing",
        "info",
        "Weights of 7 bits cost accuracy, and this processor needs no such care.",
        "Take all 8 bits, unless it will run on an older x86 processor.",
        reduce_range=None,
    )


def _per_tensor_depthwise(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method != "static" or spec.per_channel or not facts.depthwise or "Conv" not in facts.quantizable:
        return None
    return _advice(
        "per_tensor_depthwise",
        "warning",
        f"{plural(facts.depthwise, 'depthwise convolution')} would share one scale between channels whose weights "
        "often differ tenfold: a usual cause of useless INT8 nets.",
        "Take a scale per channel.",
        per_channel=True,
    )


def _types(spec: QuantizeSpec, _: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method != "static" or spec.activation_type != "int8":
        return None
    if spec.weight_type == "uint8":
        return _advice(
            "types_not_supported",
            "error",
            "onnxruntime does not quantise to int8 activations with uint8 weights.",
            "Take int8 weights.",
            weight_type="int8",
        )
    return None


def _int8_activations(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    is_slow = spec.activation_type == "int8" and spec.format == "qoperator" and is_x86(facts.cpu_flags)
    if spec.method != "static" or not is_slow:
        return None
    return _advice(
        "int8_activations",
        "warning",
        "int8 activations in the format QOperator are slow on x86 processors.",
        "Take uint8 activations, or the format QDQ.",
        activation_type="uint8",
    )


def _asymmetric_weights(spec: QuantizeSpec, _: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method == "float16" or spec.symmetric_weights or spec.weight_type != "int8":
        return None
    return _advice(
        "asymmetric_weights",
        "info",
        "Weights with a zero point of their own need more sums at each run, and gain little.",
        "Take symmetric weights.",
        symmetric_weights=True,
    )


def _prefer_qdq(spec: QuantizeSpec, _: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method != "static" or spec.format != "qoperator":
        return None
    return _advice(
        "prefer_qdq",
        "info",
        "onnxruntime's makers advise the format QDQ on the CPU: what they improve, they improve there.",
        "Take QOperator only for a runtime that needs it, or for the smaller file.",
        format="qdq",
    )


def _rounded_in_float(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method != "static" or spec.format != "qdq" or facts.is_quantized:
        return None
    chosen = facts.quantizable & set(spec.op_types) if spec.op_types else facts.quantizable
    found = [name for name in _ROUNDED_IN_FLOAT if facts.count(name) and name in chosen]
    others = sorted(name for name in chosen if facts.count(name) and name not in found)
    if not found or not others:
        return None
    shown = ", ".join(f"{facts.count(name)} {name}" for name in found)
    return _advice(
        "rounded_in_float",
        "warning",
        f"onnxruntime has no integer form of {shown} on the CPU: the tool rounds what goes in and out, and it is "
        "computed in float all the same, less exact and no faster.",
        "Leave these types out.",
        op_types=others,
    )


def _left_in_float(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method == "float16" or spec.op_types or facts.is_quantized or not facts.count(*facts.quantizable):
        return None
    left = [name for name in _HEAVY if facts.count(name) and name not in facts.quantizable]
    if not left:
        return None
    shown = ", ".join(f"{facts.count(name)} {name}" for name in left)
    by_dynamic = spec.method == "static" and any(name in facts.by_dynamic for name in left)
    hint = "Dynamic quantising takes them." if by_dynamic else ""
    return _advice("left_in_float", "info", f"{shown} cannot be quantised by this way and stay in float32.", hint)


def _static_on_transformer(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    products = facts.count("MatMul", "Gemm", "Attention")
    is_transformer = products and facts.count("Softmax", "Attention") and not facts.count("Conv")
    if spec.method != "static" or not is_transformer or facts.is_quantized:
        return None
    return _advice(
        "static_on_transformer",
        "info",
        "This looks like a transformer: a few large activations stretch the fixed ranges of static quantising, which "
        "costs accuracy.",
        "Try dynamic quantising too: it finds ranges at each run, and needs no calibration.",
        method="dynamic",
        per_channel=False,
    )


def _float16_on_cpu(spec: QuantizeSpec, _: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method != "float16":
        return None
    return _advice(
        "float16_on_cpu",
        "warning",
        "On the CPU onnxruntime computes most of float16 in float32, with conversions between: half the size, hardly "
        "ever faster; and values beyond 65504, which become Inf on other hardware, may pass here.",
        "Take it for a GPU, or for the size alone.",
    )


def _old_opset(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if not raises_opset(spec, facts.opset_version):
        return None
    return _advice(
        "opset_raised",
        "info",
        f"A scale per channel needs opset {PER_CHANNEL_OPSET}, and this artifact has {facts.opset_version}: "
        "it will be raised.",
        f"Export at opset {PER_CHANNEL_OPSET} or above, and nothing need be raised.",
    )


def _few_samples(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    count = facts.calibration_samples
    if spec.method != "static" or count is None or count >= FEW_SAMPLES:
        return None
    return _advice(
        "few_samples",
        "warning",
        f"The ranges would come from {plural(count, 'sample')}: another few may give quite other ones.",
        f"Give {FEW_SAMPLES} or more; 100 to 500 are usual.",
    )


def _random_data(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    if not facts.is_random:
        return None
    if spec.method == "static":
        text = "The ranges would come from random numbers, which real inputs are not: expect worse than you measure."
    else:
        text = "The error is judged on random numbers, which real inputs are not."
    return _advice("random_data", "warning", text, "Give a folder of real inputs, or a Python iterable of them.")


def _entropy(spec: QuantizeSpec, _: QuantizeFacts) -> QuantizeAdvice | None:
    if spec.method != "static" or spec.calibration_method != "entropy":
        return None
    return _advice(
        "entropy_cuts",
        "info",
        "Entropy cuts off rare large values, by 128 steps in onnxruntime: on nets tried here it was 5 to 14 dB less "
        "exact than the full range.",
        "Compare with MinMax; take entropy where a few values stretch the range.",
        calibration_method="minmax",
    )


def _unknown_names(spec: QuantizeSpec, facts: QuantizeFacts) -> QuantizeAdvice | None:
    missing = sorted(set(spec.exclude_nodes) - set(facts.node_names)) if facts.node_names else []
    if not missing:
        return None
    kept = [name for name in spec.exclude_nodes if name not in missing]
    return _advice(
        "unknown_nodes",
        "warning",
        f"{plural(len(missing), 'node')} to leave in float32 {'is' if len(missing) == 1 else 'are'} not in this "
        f"artifact: {listed(missing, 3)}.",
        "Take them out of the list; another export may have given other names.",
        exclude_nodes=kept,
    )


_RULES: tuple[Callable[[QuantizeSpec, QuantizeFacts], QuantizeAdvice | None], ...] = (
    _already_quantized,
    _not_float32,
    _nothing,
    _types,
    _dynamic_on_conv,
    _per_tensor_depthwise,
    _no_vnni,
    _float16_on_cpu,
    _random_data,
    _few_samples,
    _int8_activations,
    _rounded_in_float,
    _prefer_qdq,
    _unknown_names,
    _left_in_float,
    _static_on_transformer,
    _reduced_for_nothing,
    _asymmetric_weights,
    _entropy,
    _old_opset,
)
