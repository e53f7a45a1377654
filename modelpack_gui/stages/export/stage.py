"""The export stage: build the model afresh, export it, read back what came out, and say how it differs."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

from modelpack_gui.core.artifact_formats import FORMAT_TITLES, SUFFIXES, USUAL_SUFFIX
from modelpack_gui.core.asked import asked_rows
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.inputs.sets import check_set
from modelpack_gui.core.records import Artifact, ExportRecord, ExportRequest, ExportSpec, tensor_inputs
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.explain.results import explain_export
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.export.base import ExportCall, Exporter
from modelpack_gui.stages.export.compare import mismatches, with_rows
from modelpack_gui.stages.export.dynamic import check_dims
from modelpack_gui.stages.export.failures import explain
from modelpack_gui.stages.export.metadata import HASHED_BYTES, append_to_onnx, metadata_of
from modelpack_gui.stages.export.post.registry import steps_of
from modelpack_gui.stages.export.post.run import run_steps
from modelpack_gui.stages.export.program import draft_report, with_draft
from modelpack_gui.stages.export.reference import leaves_doubt, reference_shapes
from modelpack_gui.stages.export.registry import find, missing_packages
from modelpack_gui.stages.export.size import sized
from modelpack_gui.stages.export.source_fit import check_fit
from modelpack_gui.stages.source.inputs import complete_inputs, make_inputs
from modelpack_gui.stages.source.onnx_source import onnx_source
from modelpack_gui.stages.source.saved import is_onnx
from modelpack_gui.stages.source.usercode import pip_command, require_torch

if TYPE_CHECKING:
    import torch

    from modelpack_gui.stages.source.build import BuiltModel


def run(request: ExportRequest, context: Context, built: BuiltModel | None = None) -> ExportRecord:
    """Export a model. The output path is replaced when all went well, and is as it was otherwise.

    Args:
        built: The model of the request, where the caller needs it too; else it is built here.

    Raises:
        UserError: Those of `check_request`, of building the model, and `source-is-onnx`, `export-source-unfit`,
            `forward-failed`, `export-unsupported-op`, `export-dynamic-shape`, `export-data-dependent`,
            `export-failed`, `model-exits`, `disk-full`.
    """
    started_s = time.perf_counter()
    if onnx_source(request.source, context) is not None:
        raise is_onnx(paths.resolve(context, request.source.file))
    request = dataclasses.replace(request, inputs=complete_inputs(request.inputs, context))
    exporter = check_request(request)
    target = paths.resolve(context, request.export.output_path)
    paths.prepare_target(target)
    context.progress("Importing torch")
    require_torch()  # takes seconds; said before it happens

    from modelpack_gui.stages.common.warnings import capture
    from modelpack_gui.stages.source.build import build_model
    from modelpack_gui.stages.source.call import plan_call
    from modelpack_gui.stages.source.flat import flat_module
    from modelpack_gui.stages.source.forward import run_forward, set_eval
    from modelpack_gui.stages.source.suggest import explained

    built = built or build_model(request.source, context)
    check_fit(built.module, request.export)
    tensors = make_inputs(request.inputs, context)
    with explained(built.module, request.inputs, context):
        plan = plan_call(built.module, request.inputs)
        if exporter.runs_model:
            set_eval(built.module)
        else:
            context.progress("Running the model on the example inputs")
            run_forward(built.module, tensors, plan, inference_mode=False)
    context.check_cancelled()
    spec, notes = sized(request.export, built.module)
    versions = paths.versions("torch", "numpy", *exporter.packages)
    metadata = metadata_of(request, versions, context)
    example_names = [item.name for item in tensor_inputs(request.inputs)]
    with paths.replace_files(target) as temporary:
        call = ExportCall(
            module=flat_module(built.module, plan),
            own_module=built.module,
            plan=plan,
            tensors=tensors,
            spec=spec,
            example_names=example_names,
            input_names=spec.input_names or example_names,
            path=temporary,
            other_tensors=_other_tensors(request, context) if "check_trace" in exporter.options else (),
            metadata=metadata,
        )
        try:
            with capture() as captured:
                export_duration_s = _export(exporter, call, context, request, built.source_path)
        except UserError as error:
            if not spec.draft_report or "draft_report" not in exporter.options:
                raise
            raise with_draft(error, draft_report(call, context)) from error
        context.check_cancelled()
        post_steps = run_steps(steps_of(spec), temporary, request, built, context)
        if spec.format == "onnx":
            kept = tuple(item.step for item in post_steps if item.is_kept)
            if kept != spec.post_steps:  # the file shall not claim a step that was left out
                really = dataclasses.replace(request.export, post_steps=kept)
                metadata = metadata_of(dataclasses.replace(request, export=really), versions, context)
            append_to_onnx(temporary, metadata)
        draft = draft_report(call, context) if spec.draft_report and "draft_report" in exporter.options else ""
        context.check_cancelled()
        artifact = _moved(read_artifact(temporary, hashed_bytes=HASHED_BYTES), target)
        reference = None
        # More runs of the model cost a good share of an export: they are made where the file leaves a doubt.
        is_doubtful = bool(spec.post_steps) or leaves_doubt(artifact, request.inputs, spec.dynamic)
        if spec.format != "torchscript" and is_doubtful:
            context.progress("Comparing what was asked with what came out")
            reference = reference_shapes(built.module, request.inputs, spec.dynamic, context)
    rows = asked_rows(spec, request.inputs, artifact, reference=reference, heeded=exporter.options)
    differences = mismatches(rows)
    warnings = (*built.warnings, *captured.records)
    return ExportRecord(
        asked=request.export,
        artifact=artifact,
        mismatches=differences,
        warnings=warnings,
        duration_s=time.perf_counter() - started_s,
        export_duration_s=export_duration_s,
        versions=versions,
        notes=notes,
        post_steps=post_steps,
        draft_report=draft,
        reference=reference,
        explanations=with_rows(explain_export(request, built.source_path, differences, warnings), rows),
    )


def _other_tensors(request: ExportRequest, context: Context) -> tuple[torch.Tensor, ...]:
    """Other values for the same call: the second set of inputs where there is one, else another seed."""
    if not request.input_sets:
        return make_inputs(request.inputs, context, seed_offset=1)
    check_set(request.input_sets[0], request.inputs)
    return make_inputs(complete_inputs(request.input_sets[0].inputs, context), context)


def check_request(request: ExportRequest) -> Exporter:
    """Check everything that can be checked without running anything, and give the exporter.

    Raises:
        UserError: `exporter-unknown`, `import-missing`, `output-path-missing`, `output-suffix`, `opset-out-of-range`,
            `input-names`, `output-names`, `inputs-missing`, and those of `check_dims` and `steps_of`.
    """
    spec = request.export
    exporter = find(spec.format, spec.exporter)
    missing = missing_packages(exporter)
    if missing:
        raise UserError(
            "import-missing",
            f"The exporter {exporter.title} needs {', '.join(missing)}, which this interpreter lacks.",
            f"Install: {pip_command(*missing)}",
        )
    if not spec.output_path:
        raise UserError("output-path-missing", "No output path is given.", "Give the name of the file to write.")
    _check_suffix(spec)
    opsets = exporter.opsets()
    if opsets and spec.opset_version is not None and not opsets.min <= spec.opset_version <= opsets.max:
        raise UserError(
            "opset-out-of-range",
            f"Opset {spec.opset_version} is outside the range of the exporter {exporter.title} with this torch:"
            f" {opsets.min} to {opsets.max}.",
            f"Choose one in the range, or none for the default ({opsets.default}).",
        )
    tensors = tensor_inputs(request.inputs)
    names = [item.name for item in tensors]
    if not names:
        raise UserError(
            "inputs-missing",
            "There are no example inputs that are tensors." if request.inputs else "There are no example inputs.",
            "Add one for each parameter of forward.",
        )
    _check_names("input-names", "example inputs", [item.name for item in request.inputs])
    if spec.input_names and len(spec.input_names) != len(names):
        raise UserError(
            "input-names",
            f"{len(spec.input_names)} input names are given for {len(names)} example inputs.",
            "Give one name for each, or none to take the names of the example inputs.",
        )
    _check_names("input-names", "input names", list(spec.input_names))
    _check_names("output-names", "output names", list(spec.output_names))
    if shared := set(spec.output_names) & set(spec.input_names or names):
        raise UserError(
            "output-names",
            f"The name {sorted(shared)[0]!r} is given to an input and to an output.",
            "Names in a graph must differ: change one of them.",
        )
    check_dims(spec.dynamic, tensors)
    steps_of(spec)
    return exporter


def _check_suffix(spec: ExportSpec) -> None:
    """Later stages, and other tools, tell the format by the suffix."""
    suffix = Path(spec.output_path).suffix
    of_others = {name for format_, names in SUFFIXES.items() if format_ != spec.format for name in names}
    if suffix in of_others:
        raise UserError(
            "output-suffix",
            f"The output path {spec.output_path} ends in {suffix}, and the export makes a file for"
            f" {FORMAT_TITLES[spec.format]}.",
            f"Let it end in {USUAL_SUFFIX[spec.format]}.",
        )


def _check_names(code: str, what: str, names: list[str]) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1 or not name})
    if doubled:
        raise UserError(
            code,
            f"Among the {what}, {doubled[0]!r} is empty or given more than once.",
            "Give each a name of its own.",
        )


def _export(
    exporter: Exporter, call: ExportCall, context: Context, request: ExportRequest, source_path: str
) -> float:
    """Run the exporter; returns its wall time in seconds."""
    started_s = time.perf_counter()
    try:
        exporter.export(call, context)
    except (UserError, JobCancelled):
        raise
    except SystemExit as error:
        raise UserError(
            "model-exits",
            f"The model's code called sys.exit({'' if error.code is None else repr(error.code)}) during the export.",
            "Do not exit in forward.",
        ) from error
    except Exception as error:
        folder = call.path.parent
        if paths.is_write_failure(error, folder):
            raise  # replace_files explains it
        if error.__cause__ is not None and paths.is_write_failure(error.__cause__, folder):
            raise error.__cause__ from None
        _blame_model(call)
        raise explain(error, exporter, request.export, request.inputs, request.source, source_path) from error
    return time.perf_counter() - started_s


def _blame_model(call: ExportCall) -> None:
    """Raise the error of an eager run if that fails too: then the inputs or the model are at fault."""
    from modelpack_gui.stages.source.forward import run_forward

    run_forward(call.own_module, call.tensors, call.plan)


def _moved(artifact: Artifact, target: Path) -> Artifact:
    """The same artifact at the place it is moved to."""
    external = tuple(str(target.parent / Path(name).name) for name in artifact.external_files)
    return dataclasses.replace(artifact, path=str(target), external_files=external)
