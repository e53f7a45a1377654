"""What is known of an artifact before it is quantised."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.core.quantize.facts import QuantizeFacts, held_out_count
from modelpack_gui.core.records import Artifact, CalibrationSpec, InputSet, InputSpec, QuantizeSpec
from modelpack_gui.stages import machine
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.quantize.drawn import is_drawn, is_random
from modelpack_gui.stages.quantize.graph_file import read_graph_only
from modelpack_gui.stages.quantize.tools import quantizable_ops


def read_float_artifact(path: str, context: Context) -> Artifact:
    """The artifact to quantise.

    Raises:
        UserError: `artifact-not-onnx`, and those of `read_artifact`.
    """
    if not path:
        raise UserError(
            "artifact-missing", "There is no ONNX artifact to quantise.", "Export the model to ONNX first."
        )
    artifact = read_artifact(resolve(context, path))
    if artifact.format != "onnx":
        raise UserError(
            "artifact-not-onnx",
            f"{Path(artifact.path).name} is not an ONNX file, and onnxruntime quantises no others.",
            "Export the model to ONNX.",
        )
    return artifact


def check_quantizable(artifact: Artifact) -> None:
    """Refuse what no method can make better.

    Raises:
        UserError: `artifact-quantized`, `artifact-not-float32`.
    """
    name = Path(artifact.path).name
    if artifact.is_quantized:
        raise UserError(
            "artifact-quantized",
            f"{name} is quantised already: doing it again only adds errors.",
            "Choose the float32 artifact that it was made from.",
        )
    if artifact.weights_dtype not in ("", "float32"):
        raise UserError(
            "artifact-not-float32",
            f"The weights of {name} are {artifact.weights_dtype}, and onnxruntime quantises float32 ones.",
            "Export in float32, without the step float16.",
        )


def facts_of(
    artifact: Artifact,
    spec: QuantizeSpec,
    context: Context,
    inputs: Sequence[InputSpec] = (),
    sets: Sequence[InputSet] = (),
) -> tuple[QuantizeFacts, Any]:
    """What the advice rests on, and the graph without its weights.

    Args:
        inputs: Without example inputs nothing is known of what would be drawn like them.
    """
    graph = read_graph_only(artifact.path).graph
    everything = dataclasses.replace(spec, op_types=())
    facts = QuantizeFacts(
        op_counts=dict(Counter(node.op_type for node in graph.node).most_common()),
        node_names=tuple(node.name for node in graph.node if node.name),
        quantizable=quantizable_ops(spec),
        by_qdq=quantizable_ops(dataclasses.replace(everything, method="static", format="qdq")),
        by_dynamic=quantizable_ops(dataclasses.replace(everything, method="dynamic")),
        depthwise=_depthwise(graph),
        opset_version=artifact.opset_version,
        is_quantized=artifact.is_quantized,
        weights_dtype=artifact.weights_dtype,
        cpu_flags=machine.look().flags,
        calibration_samples=_planned(spec.calibration, inputs, sets, context),
        is_random=_is_random(spec.calibration, inputs, sets),
    )
    return facts, graph


def _depthwise(graph: Any) -> int:
    """Convolutions with as many groups as channels: their weights have one channel going in."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    found = 0
    for node in graph.node:
        if node.op_type == "Conv" and len(node.input) > 1:
            group = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
            shape = shapes.get(node.input[1], ())
            found += bool(group > 1 and len(shape) > 1 and shape[1] == 1)
    return found


def _planned(
    spec: CalibrationSpec, inputs: Sequence[InputSpec], sets: Sequence[InputSet], context: Context
) -> int | None:
    """How many samples the ranges would come from; None if that shows only when they are read."""
    if spec.kind == "python":
        return None
    if spec.kind == "folder":
        folder = resolve(context, spec.path) if spec.path else None
        if folder is None or not is_folder(folder):
            return None
        count = sum(1 for path in folder.rglob("*") if is_file(path))
        arrays = any(path.suffix in (".npy", ".npz") for path in folder.rglob("*"))
        if arrays and count < spec.samples:
            return None  # one file may hold many
        samples = min(spec.samples, count)
    elif not inputs:
        return None
    else:
        groups = [inputs, *(one.inputs for one in sets)]
        samples = spec.samples if any(map(is_drawn, groups)) else min(spec.samples, len(groups))
    return max(1, samples - held_out_count(samples, spec.held_out))


def _is_random(spec: CalibrationSpec, inputs: Sequence[InputSpec], sets: Sequence[InputSet]) -> bool | None:
    if spec.kind != "inputs":
        return False
    return is_random(inputs, sets) if inputs else None
