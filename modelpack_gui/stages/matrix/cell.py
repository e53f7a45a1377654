"""One cell of the export matrix: build the model once, export, read back, check, compare at every size."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import (
    CheckReport,
    CheckRequest,
    ExportRecord,
    ExportRequest,
    InspectRequest,
    MatrixCell,
    MatrixCellRequest,
    MatrixFinding,
    MatrixSize,
    ParityCase,
    ParityReport,
    ParityRequest,
    Verdict,
)
from modelpack_gui.stages.check import stage as check_stage
from modelpack_gui.stages.export import stage as export_stage
from modelpack_gui.stages.inspection import stage as inspection_stage
from modelpack_gui.stages.parity import stage as parity_stage
from modelpack_gui.stages.source.usercode import require_torch

if TYPE_CHECKING:
    from modelpack_gui.stages.source.build import BuiltModel

_LOADS = ("runtime-loads", "runtime-runs")


def run(request: MatrixCellRequest, context: Context) -> MatrixCell:
    """Take one cell as far as it goes. Whatever stops it is part of the cell.

    Raises:
        JobCancelled: The user asked to stop.
    """
    started_s = time.perf_counter()
    try:
        built, record = _export(request, context)
    except UserError as error:
        return MatrixCell(request.choice, "failed", error=error.info, duration_s=time.perf_counter() - started_s)
    context.check_cancelled()
    path = record.artifact.path
    checked = check_stage.run(CheckRequest(path, request.export, request.inputs), context)
    context.check_cancelled()
    report, parity_error = _compare(request, built, path, context)
    return MatrixCell(
        choice=request.choice,
        outcome="exported",
        export=record,
        check=checked.verdict,
        loads=Verdict.worst([row.verdict for row in checked.rows if row.id in _LOADS]),
        findings=_findings(checked),
        parity=None if report is None else report.brief,
        parity_error=parity_error,
        sizes=() if report is None else tuple(map(_size, report.cases)),
        nodes=_nodes(path, context),
        duration_s=time.perf_counter() - started_s,
    )


def _export(request: MatrixCellRequest, context: Context) -> tuple[BuiltModel, ExportRecord]:
    exported = ExportRequest(request.source, request.inputs, request.export, request.input_sets)
    export_stage.check_request(exported)  # before seconds are spent on torch and the model
    require_torch()
    import torch

    from modelpack_gui.stages.source.build import build_model

    torch.set_num_threads(request.threads)
    built = build_model(request.source, context)
    if torch.get_num_threads() != request.threads:  # the model's own file has set another number
        torch.set_num_threads(request.threads)
    context.progress("Exporting")
    return built, export_stage.run(exported, context, built)


def _compare(
    request: MatrixCellRequest, built: BuiltModel, path: str, context: Context
) -> tuple[ParityReport | None, ErrorInfo | None]:
    compared = ParityRequest(
        request.source, request.inputs, path, request.export.dynamic, request.parity, request.input_sets
    )
    try:
        return parity_stage.run(compared, context, built, is_brief=True), None
    except UserError as error:
        return None, error.info


def _nodes(path: str, context: Context) -> int | None:
    """Of its graph, as the Graph page counts them; None where that page could not show it either."""
    try:
        return inspection_stage.run(InspectRequest(path), context).node_count
    except UserError as error:
        context.log("info", f"The nodes were not counted: {error.info.message}")
        return None


def _findings(report: CheckReport) -> tuple[MatrixFinding, ...]:
    return tuple(
        MatrixFinding(row.title, row.verdict, row.explanation, row.fix)
        for row in report.rows
        if row.verdict in (Verdict.FAILED, Verdict.WARNING)
    )


def _size(case: ParityCase) -> MatrixSize:
    if case.error is not None:
        reason = case.error.message
    else:
        reason = next((one.reason for one in case.outputs if one.verdict is case.verdict), "")
    return MatrixSize(
        label=case.label,
        seed=case.seed,
        verdict=case.verdict,
        max_abs_diff=max((one.max_abs_diff for one in case.outputs if one.max_abs_diff is not None), default=None),
        max_budget=max((one.max_budget for one in case.outputs if one.max_budget is not None), default=None),
        reason=reason,
    )
