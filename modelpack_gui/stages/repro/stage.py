"""Make a repro: the smallest part of an ONNX artifact that still fails, as a zip that runs without this app."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import Artifact, ReproRecord, ReproRequest, Verdict
from modelpack_gui.stages.common.paths import replace_files, resolve
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.export.metadata import options_in
from modelpack_gui.stages.layers.missing import condition_of
from modelpack_gui.stages.parity.low_precision import low_precision_of
from modelpack_gui.stages.repro import texts, zipped
from modelpack_gui.stages.repro.evaluator import evaluated
from modelpack_gui.stages.repro.shrink import Shrinker
from modelpack_gui.stages.repro.situation import Situation, open_situation, origin
from modelpack_gui.stages.repro.subgraph import Graph
from modelpack_gui.stages.repro.trial import Trial, Trials, Values

BUDGET_S = 60.0
"""For making it smaller; a failure that is found is kept when the time is up."""

_FEWEST = (1, 2, 3, 4)
"""Sizes that the dynamic dimensions are tried at, where the case has a larger one; then half of it."""


def run(request: ReproRequest, context: Context) -> ReproRecord:
    """Find the smallest failing part, and write it with its inputs and what is expected of it.

    Raises:
        UserError: `repro-not-onnx`, `repro-nothing-fails`, `repro-value-unknown`, what building the model, running it
            and reading the artifact raise, and what a target that cannot be written raises.
        JobCancelled: The user asked to stop.
    """
    started_s = time.perf_counter()
    artifact = read_artifact(resolve(context, request.parity.actual_artifact or request.artifact_path))
    if artifact.format != "onnx":
        kind = "a TorchScript archive" if artifact.format == "torchscript" else "an exported program"
        raise UserError(
            "repro-not-onnx",
            f"{Path(artifact.path).name} is {kind}, and a repro is cut out of an ONNX graph.",
            "Export the same model to ONNX and make the repro from that; if ONNX agrees with the model, send this "
            "file with its inputs.",
        )
    graph = Graph(Path(artifact.path), context.scratch)
    with capture():
        situation = open_situation(request, graph, artifact, context)
        context.progress("Looking for the smallest part that fails", 0.4)
        trials = Trials(graph, request.parity, low_precision_of(artifact), context, BUDGET_S)
        shrinker = Shrinker(graph, trials, situation.truth.at(situation.tensors))
        trial = shrinker.find(situation.value, situation.limit)
        if trial is None:
            raise _nothing_fails(artifact.path, situation, trials)
        context.progress("Trying smaller inputs", 0.6)
        trial = shrinker.smaller_inputs(trial, _smaller(situation))
    model = trials.model(trial.cut, trial.feeds, trial.expected)
    finding = _finding(graph, trial, situation, artifact)
    rtol, atol = trials.tolerance(trial.cut, trial.expected)
    reference = evaluated(model, trial, (rtol, atol), request.parity.nan_equal, context)
    finding = dataclasses.replace(finding, reference=reference)
    context.progress("Writing the zip", 0.8)
    target = resolve(context, request.output_path)
    settings = {"RTOL": rtol, "ATOL": atol, "NAN_EQUAL": request.parity.nan_equal}
    with replace_files(target) as path, tempfile.TemporaryDirectory(dir=context.scratch) as folder:
        content = {
            "README.md": texts.readme(
                trial, finding, len(graph), (rtol, atol), is_limited=trials.is_limited(trial.cut)
            ),
            "versions.txt": texts.version_lines(artifact),
        }
        packed, unpacked = Path(folder, "packed"), Path(folder, "unpacked")
        packed.mkdir()
        zipped.write_folder(packed, model, trial, settings, content)
        files = zipped.pack(packed, path, context)
        context.progress("Running it in a process of its own", 0.9)
        rerun = zipped.rerun(path, unpacked, context)
        size_bytes = path.stat().st_size
    return ReproRecord(
        path=str(target),
        verdict=Verdict.FAILED if rerun.status == 1 and rerun.levels else Verdict.PASSED,
        summary=_summary(trial, rerun, len(graph), texts.report_to(trial, finding)),
        nodes=len(trial.cut.nodes),
        nodes_before=len(graph),
        files=files,
        size_bytes=size_bytes,
        command=zipped.COMMAND,
        duration_s=time.perf_counter() - started_s,
    )


def _smaller(situation: Situation) -> Iterator[Callable[[], Values]]:
    """What the model computes on a part of the inputs, the smallest parts first; one dimension at a time."""
    for axes, size in situation.dims:
        for fewer in sorted({*_FEWEST, size // 2}):
            if 0 < fewer < size:
                yield lambda axes=axes, fewer=fewer: _at(situation, axes, fewer)  # type: ignore[misc]


def _at(situation: Situation, axes: Sequence[tuple[int, int]], size: int) -> Values:
    tensors: list[Any] = list(situation.tensors)
    for position, axis in axes:
        tensors[position] = tensors[position][(slice(None),) * axis + (slice(0, size),)]
    try:
        return situation.truth.at(tensors)
    except UserError:  # the model need not run at every size
        return {}


def _finding(graph: Graph, trial: Trial, situation: Situation, artifact: Artifact) -> texts.Finding:
    fault = situation.fault
    module_path, place, source_line = origin(graph, trial.cut, fault)
    missing = fault.missing if fault is not None else ()
    condition = condition_of(f"{place.file}:{place.line}") if missing and place is not None else None
    made_with = options_in(artifact.metadata)
    return texts.Finding(
        title=Path(artifact.path).name,
        against=situation.reference.title,
        post_steps=made_with.post_steps if made_with is not None else (),
        case_label=situation.case_label,
        sentence=fault.sentence if fault is not None else "",
        module_path=module_path,
        ops=tuple(graph.node(i).op_type for i in trial.cut.nodes),
        place=place,
        source_line=source_line,
        missing=missing,
        condition=condition[0] if condition is not None else "",
        reference=None,
    )


def _summary(trial: Trial, rerun: zipped.Rerun, nodes_before: int, report: texts.Report) -> str:
    part = f"{plural(len(trial.cut.nodes), 'node')} of {nodes_before:,}"
    if rerun.status != 1 or not rerun.levels:
        return f"Written, but it does not fail when it is run by itself: {part}."
    levels = rerun.levels
    where = "with optimisations off and on" if len(levels) > 1 else f"only with optimisations {_spoken(levels[0])}"
    if report.is_limit:
        to = "a branch of the model that the export froze"
    else:
        to = f"a matter for {report.repository or 'whoever made one file from the other'}"
    return f"It fails without this app, {where}: {part}, {to}."


def _spoken(level: str) -> str:
    return "on" if level == "all" else level


def _nothing_fails(path: str, situation: Situation, trials: Trials) -> UserError:
    if trials.is_over:
        return UserError(
            "repro-nothing-fails",
            f"No part of {Path(path).name} was found to fail at {situation.case_label} within {BUDGET_S:.0f} s.",
            "Choose a row of the layers where it goes wrong, or a case with smaller inputs.",
        )
    return UserError(
        "repro-nothing-fails",
        f"{Path(path).name} agrees with the model at {situation.case_label}, within the tolerances.",
        "Choose a case that fails, or stricter tolerances.",
    )
