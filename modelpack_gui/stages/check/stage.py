"""Check an artifact: against the standard, in a runtime, and against what was asked."""

from __future__ import annotations

import time
from pathlib import Path

from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.locations import is_file
from modelpack_gui.core.records import Artifact, CheckReport, CheckRequest, CheckRow, Verdict
from modelpack_gui.stages.check import onnx_rows, pt2_rows, runtime_rows
from modelpack_gui.stages.check.asked import asked_rows
from modelpack_gui.stages.check.rows import from_error, not_tried, passed
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import read_artifact


def run(request: CheckRequest, context: Context) -> CheckReport:
    """Check an artifact. A check that fails is a row of the report, and so is a file that cannot be read.

    Raises:
        UserError: `artifact-missing`.
        JobCancelled: The user asked to stop.
    """
    started = time.perf_counter()
    path = resolve(context, request.path)
    if not is_file(path):
        raise UserError(
            "artifact-missing",
            f"There is no file {path}.",
            "Export the model first, or choose the artifact to check.",
        )
    context.progress("Reading the file", 0.0)
    try:
        artifact = read_artifact(path)
    except UserError as error:
        rows = _unreadable(path, error.info, request)
    else:
        rows = [_readable(artifact), *_rows(artifact, request, context)]
    verdict = Verdict.worst([row.verdict for row in rows])
    return CheckReport(str(path), verdict, tuple(rows), time.perf_counter() - started)


def _unreadable(path: Path, error: ErrorInfo, request: CheckRequest) -> list[CheckRow]:
    """The rows for a file that gives nothing to check; which row says why depends on what is wrong."""
    rest = _rest(path, request)
    if error.code == "artifact-data-missing":
        row = from_error("external-data", error)
        whole = passed("file", f"{path.name} itself is a whole ONNX file.")
        return [whole, row, *not_tried(rest, "weights are missing.")]
    reason = "a package is missing." if error.code == "import-missing" else "the file cannot be read."
    return [from_error("file", error), *not_tried(rest, reason)]


def _rest(path: Path, request: CheckRequest) -> list[str]:
    """The checks that would have followed."""
    ids = ["runtime-loads"]
    if path.suffix == ".onnx":
        ids = ["onnx-checker", "shape-inference", "unused-inputs", *ids]
    if request.inputs:
        ids.append("runtime-runs")
    if request.asked is not None:
        ids.append("input-names")
        if path.suffix == ".onnx":
            ids += ["opset", "output-names", "dynamic-dims"]
    return ids


def _readable(artifact: Artifact) -> CheckRow:
    ir = f", IR version {artifact.ir_version}" if artifact.ir_version else ""
    producer = f", made by {artifact.producer}" if ir and artifact.producer else ""
    return passed(
        "file", f"It is a whole {FORMAT_TITLES[artifact.format]} file of {artifact.size_bytes:,} bytes{ir}{producer}."
    )


def _rows(artifact: Artifact, request: CheckRequest, context: Context) -> list[CheckRow]:
    path = Path(artifact.path)
    rows: list[CheckRow] = []
    if artifact.format == "onnx":
        rows += _standard_rows(path, request, context)
        context.check_cancelled()
        context.progress("Loading it in ONNX Runtime", 0.6)
        rows += runtime_rows.onnx_rows(path, artifact, request.inputs, context)
    elif artifact.format == "pt2":
        context.progress("Loading it in torch", 0.3)
        rows += pt2_rows.pt2_rows(artifact, request.asked, request.inputs, context)
    else:
        context.progress("Loading it in torch", 0.3)
        rows += runtime_rows.torchscript_rows(path, artifact, request.inputs, context)
    if request.asked is not None:
        rows += asked_rows(artifact, request.asked, request.inputs, request.reference)
    return rows


def _standard_rows(path: Path, request: CheckRequest, context: Context) -> list[CheckRow]:
    """The rows that need the onnx package."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    data_row = onnx_rows.external_data(model, path, request.asked)
    rows = [data_row] if data_row is not None else []
    context.check_cancelled()
    context.progress("Running the ONNX checker", 0.1)
    rows.append(onnx_rows.checker(path))
    context.check_cancelled()
    context.progress("Inferring shapes", 0.4)
    rows.append(onnx_rows.shape_inference(model, path, context.scratch))
    rows.append(onnx_rows.unused_inputs(model))
    return rows
