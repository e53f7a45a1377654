"""What quantising is called, and what it costs, in plain words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from modelpack_gui.core.figures import plural, significant
from modelpack_gui.core.parity.lossy import error_share
from modelpack_gui.core.records import QuantizedVariant, QuantizeError, QuantizeSpec, Verdict

_AS_FAST = 0.97
"""Share of the best speed at which another way counts as equally fast."""

METHODS = {"static": "INT8 static", "dynamic": "INT8 dynamic", "float16": "float16"}
"""What each is called, the most usual first."""


def label_of(spec: QuantizeSpec) -> str:
    """`INT8 static, per tensor, entropy`: the method, and what is not as it usually is."""
    return spec.label or ", ".join([METHODS[spec.method], *_differences(spec)])


def labels_of(specs: Sequence[QuantizeSpec]) -> tuple[str, ...]:
    """Of several ways, no two the same."""
    labels: list[str] = []
    for spec in specs:
        label, number = label_of(spec), 2
        shown = label
        while shown in labels:
            shown, number = f"{label} ({number})", number + 1
        labels.append(shown)
    return tuple(labels)


def file_name(spec: QuantizeSpec, stem: str) -> str:
    """`shapes.int8-static-per-tensor.onnx`: the same for the same settings, another for others.

    Args:
        stem: Name of the float32 file without `.onnx`.
    """
    words = [METHODS[spec.method], *_differences(spec, is_short=True)]
    slug = re.sub(r"[^a-z0-9.]+", "-", " ".join(words).lower()).strip("-.")
    if spec.op_types or spec.exclude_nodes:
        chosen = json.dumps([sorted(spec.op_types), sorted(spec.exclude_nodes)])
        slug += f"-{hashlib.sha256(chosen.encode()).hexdigest()[:6]}"
    return f"{stem}.{slug}.onnx"


def price_sentence(variant: QuantizedVariant, float_size_bytes: int) -> str:
    """`INT8 static is 1.9x faster, 3.8x smaller, and changes the top class of 0.4 % of held-out samples`.

    No full stop. Speed is said once it was measured.
    """
    if variant.error is not None:
        return f"{variant.label} could not be made: {variant.error.message.rstrip('.')}"
    gains = [*_speed(variant), *_size(variant, float_size_bytes)]
    price = _price(variant)
    name = _spoken(variant)
    if not gains:
        return f"{name} {price or 'was not compared'}"
    if not price:
        return f"{name} is {' and '.join(gains)}"
    return f"{name} is {', '.join(gains)}, and {price}"


def verdict_sentence(variants: Sequence[QuantizedVariant], float_size_bytes: int) -> str:
    """Which one to take, for all that were tried; ends in a full stop."""
    made = [one for one in variants if one.error is None]
    if not made:
        if not variants:
            return "Nothing was tried."
        return f"{price_sentence(variants[0], float_size_bytes)}." if len(variants) == 1 else "None could be made."
    best = best_of(made)
    if best is None:
        first = max(made, key=_sqnr)
        return f"None keeps what the model says. {price_sentence(first, float_size_bytes)}."
    sentence = f"{price_sentence(best, float_size_bytes)}."
    if len(variants) == 1:
        return sentence
    counted = f"{len(made)} of {len(variants)} could be made" if len(made) < len(variants) else ""
    useless = sum(one.verdict is Verdict.FAILED for one in made)
    lost = f"{plural(useless, 'way')} of {len(made)} lost what the model says" if useless else ""
    measured = [one.speedup for one in made if one.speedup is not None]
    slow = "None is faster than float32 here" if measured and all(one.low <= 1 for one in measured) else ""
    usable = [one for one in made if one.verdict is not Verdict.FAILED]
    unknown = sum(one.speedup is None for one in usable) if measured else 0
    others = f"The speed of {plural(unknown, 'other')} was not measured" if unknown else ""
    return " ".join([sentence, *(f"{text}." for text in (slow, others, counted, lost) if text)])


def best_of(variants: Sequence[QuantizedVariant]) -> QuantizedVariant | None:
    """The one to take: of those of the best verdict the fastest; without speeds the smallest.

    None if all are useless. Between those that no measurement tells apart the more exact one is taken.
    """
    usable = [one for one in variants if one.error is None and one.verdict is not Verdict.FAILED]
    best = [one for one in usable if one.verdict is Verdict.PASSED] or usable
    speeds = [one.speedup for one in best if one.speedup is not None]
    if not speeds:
        return min(best, key=lambda one: (one.size_bytes, -_sqnr(one)), default=None)
    surely = _AS_FAST * max(speed.low for speed in speeds)  # by what is sure: a wide interval proves little
    fastest = [one for one in best if one.speedup is not None and one.speedup.low >= surely]
    return min(fastest, key=lambda one: (-round(_sqnr(one)), one.size_bytes))


def error_text(error: QuantizeError | None) -> str:
    """`error 2.1 % of the signal (33.5 dB)`; of the worst output. Empty if nothing was compared."""
    if error is None:
        return ""
    if not error.is_finite:
        return "gives NaN or infinity"
    worst = error.worst_sqnr_db
    if worst is None:
        largest = max((one.max_abs_diff for one in error.outputs), default=0.0)
        return f"error up to {significant(largest)}" if largest else "no error"
    return f"error {error_share(worst)} of the signal ({worst:.1f} dB)"


def judged_on(variant: QuantizedVariant) -> tuple[QuantizeError | None, str]:
    """The error that counts, and on what it was found: held-out samples where there are some."""
    if variant.on_held_out is not None:
        return variant.on_held_out, "held-out samples"
    return variant.on_calibration, "the calibration samples"


def _spoken(variant: QuantizedVariant) -> str:
    """`INT8 static (per tensor, entropy)`: a sentence has commas of its own."""
    method, _, rest = variant.label.partition(", ")
    is_ours = not variant.spec.label and rest
    return f"{method} ({rest})" if is_ours else variant.label


def _speed(variant: QuantizedVariant) -> list[str]:
    if variant.speedup is None:
        return []
    low, value, high = variant.speedup.low, variant.speedup.value, variant.speedup.high
    if low <= 1 <= high:
        return ["as fast"]
    return [f"{significant(value, 2)}x faster" if value > 1 else f"{significant(1 / value, 2)}x slower"]


def _size(variant: QuantizedVariant, float_size_bytes: int) -> list[str]:
    if not variant.size_bytes or not float_size_bytes:
        return []
    ratio = float_size_bytes / variant.size_bytes
    if 0.95 <= ratio <= 1.05:
        return ["about as large"]
    return [f"{significant(ratio, 2)}x smaller" if ratio > 1 else f"{significant(1 / ratio, 2)}x larger"]


def _price(variant: QuantizedVariant) -> str:
    error, where = judged_on(variant)
    if error is None:
        return ""
    if not error.is_finite:
        return "gives NaN or infinity where float32 does not"
    says_little = error.top_classes == 1 and error.rows > 1 and error.top1_agreement == 1  # float32 has but one class
    if error.top1_agreement is None or says_little:
        worst = error.worst_sqnr_db
        if worst is None:
            return f"gives the same on {where}"
        return f"has an error of {error_share(worst)} of the signal on {where}"
    if error.top1_agreement == 1:
        return f"keeps the top class of all {where}" if variant.on_held_out else f"keeps the top class on {where}"
    changed = significant(100 * (1 - error.top1_agreement), 2)
    return f"changes the top class of {changed} % of {where}"


def _sqnr(variant: QuantizedVariant) -> float:
    error, _ = judged_on(variant)
    if error is None or not error.is_finite:
        return -1e9
    return error.worst_sqnr_db if error.worst_sqnr_db is not None else 1e9


def _differences(spec: QuantizeSpec, *, is_short: bool = False) -> list[str]:
    """What of the settings is not as usual, where the method looks at it at all."""
    usual, found = QuantizeSpec(), []
    if spec.method == "static":
        if spec.format != usual.format:
            found.append("QOperator")
        if not spec.per_channel:
            found.append("per tensor")
        if spec.calibration_method == "percentile":
            found.append(f"percentile {spec.percentile:g}")
        elif spec.calibration_method != usual.calibration_method:
            found.append(spec.calibration_method)
        if spec.activation_type != usual.activation_type:
            found.append(f"{spec.activation_type} activations")
        if spec.symmetric_activations:
            found.append("symmetric activations")
    if spec.method == "dynamic" and spec.per_channel:
        found.append("per channel")
    if spec.method != "float16":
        if spec.weight_type != usual.weight_type:
            found.append(f"{spec.weight_type} weights")
        if not spec.symmetric_weights:
            found.append("asymmetric weights")
        if spec.reduce_range is not None:
            found.append("7-bit weights" if spec.reduce_range else "8-bit weights")
    elif not spec.keep_io_types:
        found.append("float16 inputs and outputs")
    if not spec.preprocess:
        found.append("not pre-processed")
    if spec.op_types and not is_short:
        few = len(spec.op_types) <= 3
        found.append(f"only {', '.join(spec.op_types)}" if few else f"only {len(spec.op_types)} op types")
    if spec.exclude_nodes and not is_short:
        found.append(f"{plural(len(spec.exclude_nodes), 'node')} in float32")
    return found
