"""Profile one runner on the example inputs: the job `profile`, in a process that does nothing else."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.profile.summary import notes_of, summary_of
from modelpack_gui.core.records import BenchPrepareRequest, ProfileReport, ProfileRequest, ProfileRow
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.stages import machine
from modelpack_gui.stages.bench import prepare
from modelpack_gui.stages.bench.base import Prepared, Runner
from modelpack_gui.stages.bench.prepare import session_key
from modelpack_gui.stages.bench.profile.profilers import Profiled, arm, profiler_of
from modelpack_gui.stages.bench.profile.runs import TracedRun, faster_half
from modelpack_gui.stages.bench.registry import find_runner, runner_infos
from modelpack_gui.stages.bench.turn import time_calls, without_collection


def run(request: ProfileRequest, context: Context) -> ProfileReport:
    """Time the runner without the profiler, then with it, and put the time to nodes and operators.

    Raises:
        UserError: `profile-not-offered`, `profile-empty`, `runner-failed`, or what `bench.prepare` says.
    """
    runner = find_runner(request.runner.runner)
    profile = profiler_of(runner)
    facts = machine.look()
    asked = BenchPrepareRequest(
        runner=request.runner,
        source=request.source,
        inputs=request.inputs,
        artifact_path=request.artifact_path,
        threads=request.threads or facts.physical_cores or facts.logical_cores or 1,
    )
    prepared = _prepared(asked, context)
    try:
        wall_us = _wall_us(prepared, request, context)
        del prepared
        context.session.pop(session_key(request.runner.key))  # its memory is free for the next one
        arm(runner)
        with tempfile.TemporaryDirectory(dir=context.scratch) as folder:
            prepared = _prepared(replace(asked, profile_folder=folder), context)
            context.progress("Profiling", 0.6)
            profiled = profile(prepared, request, Path(folder), wall_us, context)
    except (JobCancelled, UserError):
        raise
    except Exception as error:  # whatever the model or the runtime raises
        raise prepare.runner_failed(request.runner.key, "while it was profiled", error) from error
    flags = " ".join(facts.flags)
    return _report(request, runner, prepared, profiled, wall_us, {"cpu": facts.cpu, "cpu flags": flags})


def _prepared(asked: BenchPrepareRequest, context: Context) -> Prepared:
    prepare.run(asked, context)
    return prepare.prepared_of(asked.runner.key, context)


def _wall_us(prepared: Prepared, request: ProfileRequest, context: Context) -> float:
    """A run with the profiler off, microseconds: of the faster half of them, as with it on."""
    context.progress("Timing without the profiler", 0.3)
    elapsed: list[int] = []
    with without_collection(), prepared.mode():
        for _ in range(request.warmup_runs):
            context.check_cancelled()
            prepared.call()
        time_calls([prepared.call] * max(1, request.runs), elapsed, context.check_cancelled)
    return faster_half([TracedRun[str](nanoseconds / 1000.0) for nanoseconds in elapsed]).total_us


def _report(
    request: ProfileRequest,
    runner: Runner,
    prepared: Prepared,
    profiled: Profiled,
    wall_us: float,
    facts: dict[str, str],
) -> ProfileReport:
    in_rows = sum(row.mean_us for row in profiled.rows)
    rows = tuple(
        sorted((_with_share(row, in_rows) for row in profiled.rows), key=lambda row: (-row.mean_us, row.name))
    )
    providers: dict[str, int] = {}
    for row in rows:
        providers[row.provider] = providers.get(row.provider, 0) + 1
    report = ProfileReport(
        runner=request.runner.key,
        title=runner_title(request.runner, runner_infos()),
        wall_us=wall_us,
        profiled_us=profiled.total_us,
        runs=profiled.runs,
        rows=rows,
        overhead_us=profiled.total_us - in_rows,
        providers=providers,
        summary=summary_of(rows, wall_us),
        facts={**prepared.facts, **facts},
        artifact_path=asked_artifact(request) if runner.needs_artifact else "",
        probe_us=profiled.probe_us,
    )
    return replace(report, notes=(*notes_of(report), *profiled.notes))


def asked_artifact(request: ProfileRequest) -> str:
    """The file that is run, as it was asked for: the runner's own, else the recipe's."""
    return request.runner.artifact or request.artifact_path


def _with_share(row: ProfileRow, total_us: float) -> ProfileRow:
    return replace(row, share=row.mean_us / total_us if total_us > 0.0 else 0.0)
