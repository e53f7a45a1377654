"""Open what is compared: the model or an artifact in its place, and the artifact with its runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Artifact, ParityRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.parity.artifact_reference import ArtifactReference
from modelpack_gui.stages.parity.low_precision import low_precision_of
from modelpack_gui.stages.parity.reference import EagerReference, Reference
from modelpack_gui.stages.parity.runtimes import Runtime, find_runtime, open_runtime
from modelpack_gui.stages.parity.runtimes.onnx_reference_runtime import OnnxReferenceRuntime
from modelpack_gui.stages.parity.sides import FurtherSides, open_plain
from modelpack_gui.stages.source.build import BuiltModel, build_model
from modelpack_gui.stages.source.onnx_source import onnx_source


@dataclass(frozen=True)
class Opened:
    """Both parties of a comparison.

    Attributes:
        artifact: The one that is judged.
        computes_in: See ParityReport.
        built: The model; None where an artifact takes its place.
        expected_path: Of that artifact; empty where it is the model.
    """

    reference: Reference
    artifact: Artifact
    runtime: Runtime
    computes_in: str
    built: BuiltModel | None = None
    expected_path: str = ""


def open_both(request: ParityRequest, context: Context, built: BuiltModel | None = None) -> Opened:
    """Open both parties. No code of the model is run where an artifact takes its place.

    Args:
        built: The model of the request, where the caller needs it too.

    Raises:
        UserError: The model cannot be built, or an artifact not be read or loaded into its runtime.
    """
    spec = request.parity
    artifact = read_artifact(resolve(context, spec.actual_artifact or request.artifact_path))
    computes_in = low_precision_of(artifact)
    onnx_file = onnx_source(request.source, context) if built is None else None
    if spec.expected_artifact:
        other = read_artifact(resolve(context, spec.expected_artifact))
        runtime = open_runtime(artifact, request.inputs, spec.runtime)
        reference = _artifact_reference(other, request, context, is_torch_needed=onnx_file is None)
        return Opened(reference, artifact, runtime, computes_in or low_precision_of(other), None, other.path)
    if onnx_file is not None:
        runtime = open_runtime(artifact, request.inputs, spec.runtime)
        evaluator = OnnxReferenceRuntime(onnx_file, request.inputs)
        bare = ArtifactReference(evaluator, context, is_torch_needed=False)
        return Opened(bare, artifact, runtime, computes_in, None, str(onnx_file))
    if built is None:
        context.progress("Building the model", 0.0)
        built = build_model(request.source, context)
    context.check_cancelled()
    runtime = open_runtime(artifact, request.inputs, spec.runtime)
    return Opened(EagerReference(built.module, request.inputs, context), artifact, runtime, computes_in, built)


def _artifact_reference(
    artifact: Artifact, request: ParityRequest, context: Context, *, is_torch_needed: bool
) -> ArtifactReference:
    choice = request.parity.expected_runtime
    runtime = open_runtime(artifact, request.inputs, choice)
    has_level = choice.optimization in find_runtime(artifact, choice).levels and choice.optimization != "all"
    at = f", optimisation {choice.optimization}" if has_level else ""
    title = f"{Path(artifact.path).name} in {runtime.title}{at}"
    return ArtifactReference(runtime, context, is_torch_needed=is_torch_needed, title=title)


def further_sides(opened: Opened, request: ParityRequest, context: Context, *, has_plain: bool) -> FurtherSides:
    """The sides that say what those two are worth.

    Args:
        has_plain: Whether the artifact without optimisation is among them.
    """
    plain = open_plain(opened.artifact, request.inputs, request.parity.runtime, context) if has_plain else None
    return FurtherSides(opened.reference, plain, opened.computes_in, context)
