"""Run the steps after an export, prove each, and keep what is proved."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import (
    ExportRequest,
    ParityBrief,
    ParityRequest,
    ParitySpec,
    PostStepResult,
    Verdict,
)
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export.post.base import PostStep
from modelpack_gui.stages.source.usercode import trimmed_traceback

if TYPE_CHECKING:
    from modelpack_gui.stages.source.build import BuiltModel

_SIZES = (1, 3, 5)
_SEEDS = (0, 1)


def run_steps(
    steps: Sequence[PostStep], path: Path, request: ExportRequest, built: BuiltModel, context: Context
) -> tuple[PostStepResult, ...]:
    """Take an artifact, alone in its folder with its data files, through some steps; it is replaced in place.

    A step that fails, or whose result does not agree with the model, is left out, and says so.

    Raises:
        JobCancelled: The user asked to stop.
        OSError: A file could not be written.
    """
    results = []
    for number, step in enumerate(steps, 1):
        context.check_cancelled()
        context.progress(f"{step.title} (step {number} of {len(steps)})")
        results.append(_run_step(step, path, request, built, context))
    return tuple(results)


def _run_step(
    step: PostStep, path: Path, request: ExportRequest, built: BuiltModel, context: Context
) -> PostStepResult:
    folder = path.parent / f".{step.id}"
    folder.mkdir()
    try:
        return _proved(step, path, folder / path.name, request, built, context)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _proved(
    step: PostStep, path: Path, made: Path, request: ExportRequest, built: BuiltModel, context: Context
) -> PostStepResult:
    """Make what a step makes, prove it, and put it in the place of what was there if it holds."""
    size_bytes, nodes = _measure(path)
    started_s = time.perf_counter()
    error = _apply(step, path, made)
    result = PostStepResult(
        step.id, False, size_bytes, None, nodes, None, time.perf_counter() - started_s, error=error
    )
    if error is not None:
        return result
    size_after, nodes_after = _measure(made)
    result = dataclasses.replace(result, size_after_bytes=size_after, nodes_after=nodes_after)
    context.check_cancelled()
    try:
        brief = _compare(step, made, request, built, context)
    except UserError as refusal:  # it cannot be loaded, or nothing is there to run it: what is not proved is not kept
        unproved = dataclasses.replace(refusal.info, message=f"{step.title} was left out: {refusal.info.message}")
        return dataclasses.replace(result, error=unproved)
    result = dataclasses.replace(result, parity=brief)
    if brief.verdict is Verdict.FAILED:
        return dataclasses.replace(result, error=_disagreement(step, brief, path, request, built, context))
    _replace(path, made)
    return dataclasses.replace(result, is_kept=True)


def _apply(step: PostStep, path: Path, made: Path) -> ErrorInfo | None:
    """Let a step write its file, and have the standard's checker look at it; why that did not go, None if it did."""
    import onnx

    try:
        with capture():  # packages warn of what does not concern the artifact; what does shows in parity
            step.apply(path, made)
        onnx.checker.check_model(str(made))  # runtimes are more lenient than the standard, each in its own way
    except onnx.checker.ValidationError as error:
        return _failure(step, "what it makes is not valid ONNX", error)
    except Exception as error:
        if paths.is_write_failure(error, made.parent):
            raise
        return _failure(step, f"it failed with {type(error).__name__}", error)
    return None


def _compare(step: PostStep, path: Path, request: ExportRequest, built: BuiltModel, context: Context) -> ParityBrief:
    from modelpack_gui.stages.parity.stage import run

    context.progress(f"Comparing what {step.title} made")
    spec = ParitySpec(rtol=step.rtol, atol=step.atol, sizes=_SIZES, seeds=_SEEDS)
    asked = ParityRequest(request.source, request.inputs, str(path), request.export.dynamic, spec)
    return run(asked, context, built).brief


def _disagreement(
    step: PostStep, brief: ParityBrief, before: Path, request: ExportRequest, built: BuiltModel, context: Context
) -> ErrorInfo:
    """Why a result that can be run is left out; whether the step is to blame shows what was there before it."""
    earlier = _compare(step, before, request, built, context)
    if earlier.verdict is Verdict.FAILED:
        return ErrorInfo(
            "post-step-unproved",
            f"{step.title} was left out: the artifact disagrees with the model already before it, so that nothing"
            " can be proved of the step.",
            "See the Parity page, and mend that first.",
            earlier.summary,
        )
    return ErrorInfo(
        "post-step-disagrees",
        f"{step.title} was left out: what it makes disagrees with the model. {brief.summary}",
        "Leave the step out; the artifact is as it was before it.",
    )


def _failure(step: PostStep, what: str, error: Exception) -> ErrorInfo:
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "(no message)")
    return ErrorInfo(
        "post-step-failed",
        f"{step.title} was left out, as {what}: {line}",
        "Leave the step out; the artifact is as it was before it.",
        trimmed_traceback(error),
    )


def _measure(path: Path) -> tuple[int, int]:
    """Size with data files, and number of nodes, those of subgraphs included."""
    import onnx

    from modelpack_gui.stages.inspection.onnx_walk import graphs_of

    graph = onnx.load(str(path), load_external_data=False).graph
    size_bytes = sum(item.stat().st_size for item in path.parent.iterdir() if item.is_file())
    return size_bytes, sum(len(inner.node) for inner in graphs_of(graph))


def _replace(path: Path, made: Path) -> None:
    """Put what a step made in the place of what was there, data files included."""
    for item in list(path.parent.iterdir()):
        if item.is_file():
            item.unlink()
    for item in list(made.parent.iterdir()):
        item.replace(path.parent / item.name)
