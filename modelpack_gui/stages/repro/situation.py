"""What a repro starts from: the model at the case that fails, and what is known of the fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace, place_of
from modelpack_gui.core.parity.plan import case_of
from modelpack_gui.core.records import Artifact, LayerFault, ParityRequest, ReproRequest, tensor_inputs
from modelpack_gui.stages.explain.places import line_of
from modelpack_gui.stages.inspection.onnx_types import metadata_of, text_of
from modelpack_gui.stages.inspection.origin import origin_of_onnx
from modelpack_gui.stages.parity.artifact_reference import ArtifactReference
from modelpack_gui.stages.parity.opening import open_both
from modelpack_gui.stages.parity.reference import EagerReference, Reference
from modelpack_gui.stages.parity.regimes import case_inputs
from modelpack_gui.stages.parity.runtimes.onnx_reference_runtime import OnnxReferenceRuntime
from modelpack_gui.stages.repro.aligned_values import AlignedValues
from modelpack_gui.stages.repro.fault import find_fault
from modelpack_gui.stages.repro.subgraph import Cut, Graph
from modelpack_gui.stages.repro.truth import Inner, Truth
from modelpack_gui.stages.source.build import BuiltModel, build_model
from modelpack_gui.stages.source.inputs import complete_inputs
from modelpack_gui.stages.source.onnx_source import onnx_source


@dataclass(frozen=True)
class Situation:
    """The model and its inputs at the case, and the fault.

    Attributes:
        reference: What the artifact is compared with.
        tensors: The inputs of the case.
        dims: (position of the input, axis) pairs of each dynamic dimension, and its size.
        value: Where it goes wrong; empty if that is not known.
        fault: What the layers stage says of that; None if it does not name this value.
        limit: The error from which on it is a fault, however wide the tolerances are; None if that is not known.
    """

    reference: Reference
    truth: Truth
    tensors: Sequence[Any]
    dims: tuple[tuple[tuple[tuple[int, int], ...], int], ...]
    case_label: str
    value: str = ""
    fault: LayerFault | None = None
    limit: float | None = None


def open_situation(request: ReproRequest, graph: Graph, artifact: Artifact, context: Context) -> Situation:
    """Build the model and its inputs at the case.

    Raises:
        UserError: `inputs-missing`, `repro-value-unknown`, `case-unknown`, those of building both.
        JobCancelled: The user asked to stop.
    """
    if not request.inputs:
        raise UserError(
            "inputs-missing",
            "There are no example inputs, so that there is nothing to run a repro on.",
            "Add the example inputs that forward takes.",
        )
    if request.value and graph.maker(request.value) is None:
        raise UserError(
            "repro-value-unknown",
            f"{artifact.path} has no node that makes the value {request.value!r}.",
            "It is another file than the layers were compared with: compare them anew.",
        )
    inputs = complete_inputs(request.inputs, context)
    sets = [dataclasses.replace(item, inputs=complete_inputs(item.inputs, context)) for item in request.input_sets]
    case = case_of(request.case, inputs, request.dynamic, sets)
    reference, built = _open(dataclasses.replace(request, inputs=inputs), context)
    found = find_fault(request, built, context) if built is not None else None
    value = request.value or (found.fault.value if found is not None else "")
    if found is not None and found.fault.value != value:
        found = None
    inner: Inner | None = None
    if built is not None:
        inner = AlignedValues(Path(artifact.path), built.module, inputs, value, context)
    names = [item.name for item in tensor_inputs(inputs)]
    axes: dict[str, list[tuple[int, int]]] = {}
    for dim in request.dynamic:
        axes.setdefault(dim.name, []).append((names.index(dim.input), dim.axis))
    return Situation(
        reference=reference,
        truth=Truth(graph, reference, inputs, inner),
        tensors=case_inputs(reference, case),
        dims=tuple((tuple(found), case.sizes[name]) for name, found in axes.items()),
        case_label=case.label,
        value=value,
        fault=found.fault if found is not None else None,
        limit=found.limit if found is not None else None,
    )


def _open(request: ReproRequest, context: Context) -> tuple[Reference, BuiltModel | None]:
    """What gives the expected values: the model, or an artifact in its place, which has nothing to align with."""
    if request.parity.expected_artifact:
        compared = ParityRequest(
            request.source, request.inputs, request.artifact_path, request.dynamic, request.parity, request.input_sets
        )
        return open_both(compared, context).reference, None
    onnx_file = onnx_source(request.source, context)
    if onnx_file is not None:
        evaluator = OnnxReferenceRuntime(onnx_file, request.inputs)
        return ArtifactReference(evaluator, context, is_torch_needed=False), None
    context.progress("Building the model", 0.0)
    built = build_model(request.source, context)
    return EagerReference(built.module, request.inputs, context), built


def origin(graph: Graph, cut: Cut, fault: LayerFault | None) -> tuple[str, SourcePlace | None, str]:
    """The module that the last node of a part came from, the line, and its text; empty where it is not known."""
    module_path, place = "", None
    if cut.nodes:
        node = graph.node(cut.nodes[-1])
        found = origin_of_onnx(text_of(node.name), metadata_of(node))
        module_path, place = found.module_path, place_of(found.source_location)
    if fault is not None and fault.place is not None:
        place = fault.place
    return module_path, place, line_of(place) if place is not None else ""
