"""Settings of quantising in words, as the folds and tooltips of its page say them."""

from __future__ import annotations

from pathlib import PurePath

from modelpack_gui.core.figures import plural
from modelpack_gui.core.quantize.facts import held_out_count
from modelpack_gui.core.quantize.text import judged_on
from modelpack_gui.core.records import CalibrationSpec, QuantizedVariant, QuantizeSpec

METHOD_TIPS = {
    "static": "Weights and activations in 8 bits, with ranges found beforehand on calibration data. Usually the"
    " fastest on a processor, and the one for convolutional nets.",
    "dynamic": "Weights in 8 bits; ranges of activations are found anew at each run. For transformers and recurrent"
    " nets; it often slows a convolutional net down.",
    "float16": "Weights and arithmetic in half precision: half the size, little error. Most processors have no"
    " float16 arithmetic, so that it seldom is faster there.",
}
FORMATS = {"qdq": "QDQ", "qoperator": "QOperator"}
FORMAT_TIPS = {
    "qdq": "QuantizeLinear and DequantizeLinear around float operators, which the runtime fuses: portable",
    "qoperator": "Integer operators such as QLinearConv in the file itself: fewer nodes, fewer runtimes take it",
}
CALIBRATION_METHODS = {"minmax": "MinMax", "entropy": "Entropy", "percentile": "Percentile"}
CALIBRATION_METHOD_TIPS = {
    "minmax": "The whole range that was seen: safe, coarse where there are outliers",
    "entropy": "The range that loses least information: slower, cuts outliers off",
    "percentile": "The range that holds a share of the values: cuts a known share of outliers off",
}
KINDS = {"inputs": "Example inputs", "folder": "Folder", "python": "Python iterable"}
KIND_TIPS = {
    "inputs": "The example inputs and input sets, and more drawn like them. Random data finds other ranges than"
    " real data: take a folder or an iterable where you can.",
    "folder": "Files of a folder: .npy, .npz, or images",
    "python": "An iterable in a Python file, or a function that gives one, such as a data loader",
}


def calibration_summary(spec: CalibrationSpec) -> str:
    """`64 samples from example inputs, 16 held out`."""
    source = "example inputs"
    if spec.kind == "folder":
        source = PurePath(spec.path).name or "a folder that is not chosen yet"
    elif spec.kind == "python":
        file = PurePath(spec.path).name
        source = f"{spec.name} in {file}" if spec.name and file else file or "a file that is not chosen yet"
    return f"{plural(spec.samples, 'sample')} from {source}, {held_out_count(spec.samples, spec.held_out)} held out"


def more_summary(spec: QuantizeSpec) -> str:
    """What of the less usual settings is set."""
    if spec.method == "float16":
        parts = ["inputs and outputs stay float32" if spec.keep_io_types else "inputs and outputs too"]
    else:
        parts = [CALIBRATION_METHODS[spec.calibration_method]] if spec.method == "static" else []
        parts.append(f"{spec.weight_type} weights")
        if spec.reduce_range:
            parts.append("7-bit weights")
        if spec.op_types:
            parts.append(f"only {', '.join(spec.op_types)}")
    if spec.exclude_nodes:
        parts.append(f"{plural(len(spec.exclude_nodes), 'node')} left in float32")
    if not spec.preprocess:
        parts.append("not pre-processed")
    return ", ".join(parts)


def calibration_problem(spec: CalibrationSpec) -> str:
    """What is missing before it can be used, in one sentence; empty if nothing is."""
    if spec.kind == "folder" and not spec.path:
        return "Choose the folder with the calibration data."
    if spec.kind == "python" and not spec.path:
        return "Choose the Python file that has the iterable."
    if spec.kind == "python" and not spec.name:
        return "Give the name of the iterable, or of the function that makes it."
    return ""


def doubt_text(variant: QuantizedVariant | None) -> str:
    """Why what is said of its accuracy should be doubted, in one sentence; empty if there is no reason."""
    error, where = judged_on(variant) if variant is not None else (None, "")
    if error is None or error.top1_agreement is None or error.top_classes != 1:
        return ""
    return (
        f"Float32 puts the same class first in all {error.rows:,} rows of {where}: that the top class stays says "
        "little."
    )
