"""Ask the layers stage where it goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.rounding import half_spacing
from modelpack_gui.core.records import LayerFault, LayersReport, LayersRequest, ParitySpec, ReproRequest, Result
from modelpack_gui.stages.layers import stage as layers
from modelpack_gui.stages.layers.faults import FAULT_RATIO
from modelpack_gui.stages.source.build import BuiltModel


class _Unwatched:
    """The context of the job, without the parts: they are those of another stage."""

    def __init__(self, context: Context) -> None:
        self.base: Path = context.base
        self.scratch: Path = context.scratch
        self.session: dict[str, Any] = context.session
        self.progress = context.progress
        self.log = context.log
        self.check_cancelled = context.check_cancelled

    def partial(self, part: Result) -> None:
        """Keep it to itself."""


class Found(NamedTuple):
    """A fault.

    Attributes:
        limit: The error from which on it is one, however wide the tolerances are.
    """

    fault: LayerFault
    limit: float | None


def find_fault(request: ReproRequest, built: BuiltModel, context: Context) -> Found | None:
    """The first fault at the case; None if there is none, or the artifact cannot be looked into.

    Raises:
        JobCancelled: The user asked to stop.
    """
    asked = LayersRequest(
        source=request.source,
        inputs=request.inputs,
        artifact_path=request.artifact_path,
        dynamic=request.dynamic,
        parity=request.parity,
        input_sets=request.input_sets,
        case=request.case,
    )
    try:
        report = layers.run(asked, _Unwatched(context), built)
    except UserError as error:  # an artifact that does not run at all has no layers, and can have a repro
        context.log("info", f"The fault was not looked for layer by layer: {error}")
        return None
    return Found(report.fault, _limit(report, request.parity)) if report.fault is not None else None


def _limit(report: LayersReport, spec: ParitySpec) -> float | None:
    fault = report.fault
    for row in report.rows:
        if fault is not None and (row.value, row.optimization) == (fault.value, fault.optimization):
            if row.max_budget is None or not row.max_expected:  # integers, or nothing finite
                return None
            floor = max(row.noise_floor or 0.0, half_spacing(row.info.dtype, row.max_expected))
            return floor * (spec.max_noise_ratio or FAULT_RATIO)
    return None
