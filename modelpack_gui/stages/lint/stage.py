"""The lint stage: everything that can be said of an export before it is run."""

from __future__ import annotations

import dataclasses
import time

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import DynamicDim, InputSpec, LintFinding, LintReport, LintRequest
from modelpack_gui.stages.export.base import Exporter
from modelpack_gui.stages.export.registry import find
from modelpack_gui.stages.lint.base import LintCase
from modelpack_gui.stages.source.usercode import require_torch

_ORDER = {"error": 0, "warning": 1, "info": 2}


def run(request: LintRequest, context: Context) -> LintReport:
    """Look for trouble. The model is built, and run at most three times; a model that does not run is read only.

    Raises:
        UserError: Those of building the model and making its example inputs, and `exporter-unknown`.
        JobCancelled: The user asked to stop.
    """
    started_s = time.perf_counter()
    exporter = find(request.export.format, request.export.exporter)
    context.progress("Importing torch")
    require_torch()

    from modelpack_gui.stages.common.warnings import capture
    from modelpack_gui.stages.lint.registry import RULES

    with capture() as captured:
        case = _case(request, exporter, context)
        context.progress("Looking for trouble")
        findings: list[LintFinding] = []
        for rule in RULES:
            context.check_cancelled()
            findings += rule.check(case)
    unique = [item for place, item in enumerate(findings) if item not in findings[:place]]
    return LintReport(
        findings=tuple(sorted(unique, key=lambda item: _ORDER[item.severity])),
        runs=sum(item is not None for item in (case.first, case.second, case.resized)) + bool(case.resize_error),
        warnings=captured.records,
        duration_s=time.perf_counter() - started_s,
    )


def _case(request: LintRequest, exporter: Exporter, context: Context) -> LintCase:
    """Build the model and run it, as far as it lets itself be run."""
    from modelpack_gui.stages.lint.code import find_spots
    from modelpack_gui.stages.lint.runs import run as run_once
    from modelpack_gui.stages.source.build import build_model
    from modelpack_gui.stages.source.call import plan_call
    from modelpack_gui.stages.source.inputs import complete_inputs, make_inputs

    module = build_model(request.source, context).module
    request = dataclasses.replace(request, inputs=complete_inputs(request.inputs, context))
    tensors = make_inputs(request.inputs, context)
    context.check_cancelled()
    module.eval()
    case = LintCase(
        source=request.source,
        inputs=request.inputs,
        export=request.export,
        exporter=exporter,
        module=module,
        tensors=tensors,
        stuck_in_training=tuple(
            path or type(module).__name__ for path, item in module.named_modules() if item.training
        ),
        spots=find_spots(module),
    )
    if case.stuck_in_training or not request.inputs:
        return case  # running it would say no more
    plan = plan_call(module, request.inputs)
    context.progress("Running the model on the example inputs")
    try:
        first = run_once(module, tensors, plan)
    except UserError as error:
        return dataclasses.replace(case, run_error=error.info.message)
    context.check_cancelled()
    context.progress("Running it again")
    case = dataclasses.replace(case, first=first, second=run_once(module, tensors, plan))
    if not request.export.dynamic or first.in_training:
        return case
    context.check_cancelled()
    context.progress("Running it at another size")
    try:
        resized = run_once(module, make_inputs(_resized(request), context), plan)
    except UserError as error:
        return dataclasses.replace(case, resize_error=_words(error))
    return dataclasses.replace(case, resized=resized)


def _resized(request: LintRequest) -> list[InputSpec]:
    """The example inputs with all dynamic axes a step larger, or smaller where they must not grow."""
    dims = {(dim.input, dim.axis): dim for dim in request.export.dynamic}
    found = []
    for item in request.inputs:
        shape = tuple(_other_size(dims.get((item.name, axis)), size) for axis, size in enumerate(item.shape))
        found.append(item if shape == item.shape else dataclasses.replace(item, shape=shape, file=""))
    return found


def _other_size(dim: DynamicDim | None, size: int) -> int:
    if dim is None:
        return size
    step = dim.multiple_of or 1
    return size - step if dim.max is not None and size + step > dim.max and size > step else size + step


def _words(error: UserError) -> str:
    """The model's own words."""
    cause = error.__cause__
    text = str(cause).strip().splitlines() if cause is not None else []
    return f"{type(cause).__name__}: {text[0]}." if text else error.info.message
