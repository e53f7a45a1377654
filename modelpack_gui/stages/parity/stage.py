"""Prove that an artifact computes what the model computes, over sizes and seeds; or show where it does not."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.dims import Dim
from modelpack_gui.core.parity.judgement import judge_report, rejudge_case
from modelpack_gui.core.parity.plan import Case, case_of, plan
from modelpack_gui.core.records import ParityReport, ParityRequest, Verdict
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.explain.results import explain_parity
from modelpack_gui.stages.parity.attribution import attribute
from modelpack_gui.stages.parity.low_precision import hidden_overflow
from modelpack_gui.stages.parity.one_case import CaseRunner
from modelpack_gui.stages.parity.opening import further_sides, open_both
from modelpack_gui.stages.parity.reference import randomness
from modelpack_gui.stages.parity.sweep import go_through
from modelpack_gui.stages.source.build import BuiltModel
from modelpack_gui.stages.source.inputs import complete_inputs


def run(
    request: ParityRequest,
    context: Context,
    built: BuiltModel | None = None,
    clock: Callable[[], float] = time.perf_counter,
    *,
    is_brief: bool = False,
) -> ParityReport:
    """Compare the model in eager mode with its artifact, or any two artifacts.

    An ONNX source is compared with itself in `onnx.reference`, where no other artifact is named.

    A case that fails is part of the report. So is one that the model itself does not run: it is skipped. Each goes
    to the context as it comes.

    Args:
        built: The model of the request, where the caller needs it too; else it is built here.
        clock: Seconds; what the time budget of a sweep is measured by.
        is_brief: Whether the verdict is all that is wanted, and not where a difference comes from.

    Raises:
        UserError: The model cannot be built or run on its example inputs, the artifact cannot be read or loaded, a
            dynamic dimension does not fit the example inputs, `case-unknown`, or `inputs-missing`.
        JobCancelled: The user asked to stop.
    """
    started = clock()
    if not request.inputs:
        raise UserError(
            "inputs-missing",
            "There are no example inputs, so that there is nothing to compare on.",
            "Add the example inputs that forward takes.",
        )
    request = _completed(request, context)
    dims, cases = _planned(request, context)
    with capture() as captured:
        opened = open_both(request, context, built)
        reference, runtime, built = opened.reference, opened.runtime, opened.built
        request = _judged_anew(request, opened.computes_in)
        context.progress(f"Running {reference.title} twice on the example", 0.0)
        tensors = reference.make_inputs(request.inputs)
        random = randomness(reference.run(tensors), reference.run(tensors))
        further = None if random else further_sides(opened, request, context, has_plain=not is_brief)
        runner = CaseRunner(
            reference,
            runtime,
            further,
            dims,
            request.parity,
            opened.computes_in,
            context,
            is_random=random is not None,
        )
        tried = go_through(cases, request, runner.run, context, clock)
    found = None
    if not is_brief and not request.only:  # of cases that are run once more for their values it is known
        with capture():  # what other ways of running it warn of is no matter of this artifact
            found = attribute(tried.cases, cases, opened, request, context, clock, is_random=random is not None)
    own = (random, hidden_overflow(opened.computes_in, runtime.description))
    warnings = (*(built.warnings if built is not None else ()), *captured.records, *(one for one in own if one))
    report = judge_report(
        ParityReport(
            artifact_path=opened.artifact.path,
            parity=request.parity,
            verdict=Verdict.SKIPPED,
            summary="",
            cases=tried.cases,
            runtime=runtime.description,
            warnings=warnings,
            duration_s=clock() - started,
            computes_in=opened.computes_in,
            attribution=found,
            left=tried.left,
            expected_title=reference.title,
            is_random=random is not None,
            example_sizes={dim.name: dim.example for dim in dims},
            runtime_title=runtime.title,
        )
    )
    source_path = built.source_path if built is not None else ""
    return dataclasses.replace(report, explanations=explain_parity(report, request, opened.artifact, source_path))


def _judged_anew(request: ParityRequest, computes_in: str) -> ParityRequest:
    """What is known may have been judged by other tolerances than are asked for now."""
    known = tuple(rejudge_case(case, request.parity, computes_in) for case in request.known)
    return dataclasses.replace(request, known=known)


def _planned(request: ParityRequest, context: Context) -> tuple[tuple[Dim, ...], tuple[Case, ...]]:
    """All planned cases; with `only` those, and what is known, also where no plan has them."""
    dims, cases = plan(request.inputs, request.dynamic, request.parity, request.input_sets)
    if not request.only:
        for dim in dims:
            if dim.beyond is not None:
                context.log(
                    "info",
                    f"{dim.name} = {dim.beyond}, the end of its range, is not tried: the inputs are too large.",
                )
        return dims, cases
    asked = [case_of(choice, request.inputs, request.dynamic, request.input_sets) for choice in request.only]
    by_key = {case.choice.key: case for case in cases}
    wanted = {case.choice.key: by_key.get(case.choice.key, case) for case in asked}
    known = {case.choice.key for case in request.known}
    others = [case for key, case in by_key.items() if key in known or key in wanted]
    return dims, tuple({case.choice.key: case for case in (*others, *wanted.values())}.values())


def _completed(request: ParityRequest, context: Context) -> ParityRequest:
    """With the shapes and dtypes of files where the rows leave them to those, and all sizes of what is asked for."""
    sets = tuple(
        dataclasses.replace(item, inputs=complete_inputs(item.inputs, context)) for item in request.input_sets
    )
    inputs = complete_inputs(request.inputs, context)
    only = tuple(case_of(choice, inputs, request.dynamic, sets).choice for choice in request.only)
    return dataclasses.replace(request, inputs=inputs, input_sets=sets, only=only)
