"""Prove that an artifact computes what the model computes, over sizes and seeds; or show where it does not."""

from __future__ import annotations

import dataclasses
import time

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ParityCase, ParityReport, ParityRequest, Verdict
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.explain.results import explain_parity
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.parity import judge
from modelpack_gui.stages.parity.artifact_reference import ArtifactReference
from modelpack_gui.stages.parity.cases import Case, Dim, plan
from modelpack_gui.stages.parity.low_precision import low_precision_of
from modelpack_gui.stages.parity.reference import EagerReference, Reference, randomness
from modelpack_gui.stages.parity.runtimes import Runtime, open_runtime
from modelpack_gui.stages.parity.runtimes.onnx_reference_runtime import OnnxReferenceRuntime
from modelpack_gui.stages.parity.summary import summarise, untried
from modelpack_gui.stages.source.build import BuiltModel, build_model
from modelpack_gui.stages.source.inputs import complete_inputs
from modelpack_gui.stages.source.onnx_source import onnx_source


def run(request: ParityRequest, context: Context, built: BuiltModel | None = None) -> ParityReport:
    """Compare the model in eager mode with its artifact; an ONNX source is run by `onnx.reference` instead.

    A case that fails is part of the report. So is one that the model itself does not run: it is skipped.

    Args:
        built: The model of the request, where the caller needs it too; else it is built here.

    Raises:
        UserError: The model cannot be built or run on its example inputs, the artifact cannot be read or loaded, a
            dynamic dimension does not fit the example inputs, or `inputs-missing`.
        JobCancelled: The user asked to stop.
    """
    started = time.perf_counter()
    if not request.inputs:
        raise UserError(
            "inputs-missing",
            "There are no example inputs, so that there is nothing to compare on.",
            "Add the example inputs that forward takes.",
        )
    request = _completed(request, context)
    dims, cases = plan(request.inputs, request.dynamic, request.parity, request.input_sets)
    artifact = read_artifact(resolve(context, request.artifact_path))
    computes_in = low_precision_of(artifact)
    onnx_file = onnx_source(request.source, context) if built is None else None
    if built is None and onnx_file is None:
        context.progress("Building the model", 0.0)
        built = build_model(request.source, context)
    context.check_cancelled()
    with capture() as captured:
        runtime = open_runtime(artifact, request.inputs, request.parity.runtime)
        context.progress("Running the model twice on the example", 0.0)
        if onnx_file is not None:
            evaluator = OnnxReferenceRuntime(onnx_file, request.inputs)
            reference: Reference = ArtifactReference(evaluator, context, is_torch_needed=False)
        else:
            assert built is not None
            reference = EagerReference(built.module, request.inputs, context)
        tensors = reference.make_inputs(request.inputs)
        random = randomness(reference.run(tensors), reference.run(tensors))
        results = []
        for number, case in enumerate(cases):
            context.check_cancelled()
            context.progress(f"Comparing at {case.label} ({number + 1} of {len(cases)})", number / len(cases))
            results.append(_compare(case, request, dims, runtime, reference, context, computes_in))
    warnings = (*(built.warnings if built is not None else ()), *captured.records, *((random,) if random else ()))
    verdicts = [case.verdict for case in results]
    if random or untried(results, dims):
        verdicts.append(Verdict.WARNING)
    report = ParityReport(
        artifact_path=artifact.path,
        parity=request.parity,
        verdict=Verdict.worst(verdicts),
        summary=summarise(results, dims, request.parity, runtime.title, random, computes_in),
        cases=tuple(results),
        runtime=runtime.description,
        warnings=warnings,
        duration_s=time.perf_counter() - started,
        computes_in=computes_in,
    )
    source_path = built.source_path if built is not None else ""
    return dataclasses.replace(report, explanations=explain_parity(report, request, artifact, source_path))


def _completed(request: ParityRequest, context: Context) -> ParityRequest:
    """With the shapes and dtypes of files where the rows leave them to those."""
    sets = (dataclasses.replace(item, inputs=complete_inputs(item.inputs, context)) for item in request.input_sets)
    inputs = complete_inputs(request.inputs, context)
    return dataclasses.replace(request, inputs=inputs, input_sets=tuple(sets))


def _compare(
    case: Case,
    request: ParityRequest,
    dims: tuple[Dim, ...],
    runtime: Runtime,
    reference: Reference,
    context: Context,
    computes_in: str,
) -> ParityCase:
    try:
        tensors = reference.make_inputs(case.inputs, case.seed, case.shapes)
        expected = reference.run(tensors)
    except UserError as error:
        if case.is_example:
            raise
        info = judge.refused(case, "The model itself", judge.EAGER_REFUSED, error)
        return judge.without_outputs(case, Verdict.SKIPPED, info)
    frozen = judge.frozen_dim(case, dims, runtime)
    if frozen is not None:
        return judge.without_outputs(case, Verdict.FAILED, frozen)
    context.check_cancelled()
    try:
        actual = runtime.run(tensors)
    except UserError as error:
        info = judge.refused(case, runtime.title, judge.ARTIFACT_REFUSED, error)
        return judge.without_outputs(case, Verdict.FAILED, info)
    context.check_cancelled()
    floors = reference.noise_floor(tensors, expected) if case.seed == 0 else (None,) * len(expected)
    return judge.judge(case, expected, actual, request.parity, floors, computes_in)
