"""Compare an artifact layer by layer with eager PyTorch at one case, and find the first node at fault."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.plan import case_of
from modelpack_gui.core.records import Artifact, LayerFault, LayersReport, LayersRequest, Verdict, tensor_inputs
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.layers.align import align
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.compare import Comparison
from modelpack_gui.stages.layers.eager import EagerModel
from modelpack_gui.stages.layers.eager_trace import EagerTrace
from modelpack_gui.stages.layers.faults import FaultFinder, Replayed, Suspect, is_fault
from modelpack_gui.stages.layers.missing import missing_operations
from modelpack_gui.stages.layers.onnx_side import OnnxSide
from modelpack_gui.stages.layers.program_side import ProgramSide
from modelpack_gui.stages.layers.refusals import refusal_of
from modelpack_gui.stages.layers.report import make_fault, summarise
from modelpack_gui.stages.layers.side import ArtifactSide
from modelpack_gui.stages.layers.unaligned import share_of, unaligned_nodes
from modelpack_gui.stages.parity.low_precision import low_precision_of
from modelpack_gui.stages.parity.regimes import in_regime
from modelpack_gui.stages.source.build import BuiltModel, build_model
from modelpack_gui.stages.source.call import plan_call
from modelpack_gui.stages.source.inputs import complete_inputs, make_inputs

if TYPE_CHECKING:
    import torch


def run(request: LayersRequest, context: Context, built: BuiltModel | None = None) -> LayersReport:
    """Compare every value that both sides have. Rows go to the context as they come.

    Args:
        built: The model of the request, where the caller needs it too; else it is built here.

    Raises:
        UserError: `layers-not-possible` for artifacts that cannot be looked into; the model cannot be built or run
            at the case, the artifact cannot be read or run.
        JobCancelled: The user asked to stop.
    """
    started = time.perf_counter()
    artifact = read_artifact(
        resolve(context, request.parity.actual_artifact or request.artifact_path), hashed_bytes=0
    )
    if artifact.format == "torchscript":
        raise UserError(
            "layers-not-possible",
            "The values inside a TorchScript archive cannot be read, so that it cannot be compared layer by layer.",
            "Export to ONNX with the same exporter (trace or script), and compare that layer by layer.",
        )
    computes_in = low_precision_of(artifact)
    request = dataclasses.replace(
        request,
        inputs=complete_inputs(request.inputs, context),
        input_sets=tuple(
            dataclasses.replace(item, inputs=complete_inputs(item.inputs, context)) for item in request.input_sets
        ),
    )
    case = case_of(request.case, request.inputs, request.dynamic, request.input_sets)
    if built is None:
        context.progress("Building the model", 0.0)
        built = build_model(request.source, context)
    context.check_cancelled()
    with capture(), ExitStack() as opened:
        drawn = make_inputs(case.inputs, context, seed_offset=case.seed, shapes=case.shapes)
        tensors = in_regime(drawn, case.inputs, case.regime)
        eager = EagerModel(built.module, plan_call(built.module, case.inputs), tensors)
        context.progress("Aligning the artifact with the model", 0.0)
        trace = eager.run()
        side = opened.enter_context(closing(_open(artifact, request, built.module, tensors, context)))
        aligned = [
            item for item in align(side.graph, trace, side.sources) if not request.only or item.value in request.only
        ]
        comparison = Comparison(side, eager, trace, aligned, request.parity, computes_in, context)
        comparison.run(request.memory_bytes)
        context.progress("Looking for the first fault", 1.0)
        fault = _find_fault(comparison, side, eager, trace, request, context, computes_in)
    refusal = refusal_of(side.graph, aligned, comparison.problems)
    if refusal is None and comparison.problems and not comparison.rows:
        raise next(iter(comparison.problems.values()))
    rows = tuple(row for level in side.levels for row in comparison.of_level(level))
    if fault is None and refusal is not None:
        fault, verdict, summary = refusal, Verdict.FAILED, refusal.sentence
    else:
        verdict, summary = summarise(rows, fault)
    makers = {level: side.makers(level) for level in comparison.by_level}
    unaligned = unaligned_nodes(side.graph, aligned, makers)
    if comparison.problems and (refusal is None or fault is not refusal):
        verdict = Verdict.worst([verdict, Verdict.WARNING])
        summary += "".join(f" {error.info.message}" for error in comparison.problems.values())
    return LayersReport(
        artifact_path=artifact.path,
        case=case.choice,
        case_label=case.label,
        parity=request.parity,
        verdict=verdict,
        summary=summary,
        rows=rows,
        unaligned=unaligned,
        nodes=len(side.graph.nodes),
        aligned_share=share_of(side.graph, unaligned),
        fault=fault,
        runtime=side.description,
        duration_s=time.perf_counter() - started,
        peak_bytes=comparison.peak_bytes,
    )


def _open(
    artifact: Artifact,
    request: LayersRequest,
    module: torch.nn.Module,
    tensors: Sequence[torch.Tensor],
    context: Context,
) -> ArtifactSide:
    names = [item.name for item in tensor_inputs(request.inputs)]
    if artifact.format == "pt2":
        return ProgramSide(artifact, tensors, names, next(iter(request.optimizations), "off"))
    paths = frozenset(path for path, _ in module.named_modules())
    return OnnxSide(artifact, tensors, names, request.optimizations, paths, context)


def _find_fault(
    comparison: Comparison,
    side: ArtifactSide,
    eager: EagerModel,
    trace: EagerTrace,
    request: LayersRequest,
    context: Context,
    computes_in: str,
) -> LayerFault | None:
    """The first fault at the first level that has one; the rows get what was found out on the way."""
    found: LayerFault | None = None
    for level, items in comparison.by_level.items():
        rows = {value: row for (at, value), row in comparison.rows.items() if at == level}
        finder = FaultFinder(side, eager, items, rows, context, computes_in)
        explained = finder.with_propagated()
        suspects = finder.suspects()
        replayed = finder.replay(suspects, level, request.parity, request.memory_bytes)
        for one in replayed:
            row = dataclasses.replace(explained[one.row.value], introduced=one.row.introduced)
            explained[one.row.value] = dataclasses.replace(row, is_fault=is_fault(one, request.parity))
        fault = _first(suspects, replayed, side, trace, request)
        if fault is not None and not fault.is_confirmed:
            explained[fault.value] = dataclasses.replace(explained[fault.value], is_fault=True)
        comparison.replace({(level, value): row for value, row in explained.items()})
        found = found or fault
    return found


def _first(
    suspects: Sequence[Suspect],
    replayed: Sequence[Replayed],
    side: ArtifactSide,
    trace: EagerTrace,
    request: LayersRequest,
) -> LayerFault | None:
    """The first confirmed one; else the first that is beyond the tolerance and could not be replayed."""
    for one in replayed:
        if is_fault(one, request.parity):
            return _fault(one.suspect, one.row.optimization, one.strength, side, trace)
    tried = {one.suspect.item.value for one in replayed}
    for suspect in suspects:
        if suspect.item.value not in tried and suspect.row.verdict is Verdict.FAILED:
            return _fault(suspect, suspect.row.optimization, None, side, trace)
    return None


def _fault(suspect: Suspect, level: str, strength: float | None, side: ArtifactSide, trace: EagerTrace) -> LayerFault:
    item: Aligned = suspect.item
    missing = missing_operations(side.graph, trace, item, suspect.parents)
    return make_fault(dataclasses.replace(suspect.row, optimization=level), missing, strength)
