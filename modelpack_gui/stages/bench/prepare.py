"""Make one runner ready in this process."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, PreparedRunner
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.files import refuse_file
from modelpack_gui.stages.bench.options import checked
from modelpack_gui.stages.bench.registry import find_runner
from modelpack_gui.stages.common.memory import peak_rss_bytes
from modelpack_gui.stages.hello import missing_of
from modelpack_gui.stages.parity.runtimes.base import first_line
from modelpack_gui.stages.source.usercode import pip_command, trimmed_traceback


def run(request: BenchPrepareRequest, context: Context) -> PreparedRunner:
    """Prepare the runner and keep it in the session for the turns.

    Raises:
        UserError: `runner-unknown`, `option-unknown`, `option-invalid`, `option-not-available`, `package-missing`,
            `runner-not-available`, `runner-takes-no-file`, `cpus-not-available`, or whatever the runner says.
    """
    runner = find_runner(request.runner.runner)
    missing = missing_of(runner.packages)
    if missing:
        raise UserError(
            "package-missing",
            f"{runner.title} needs {', '.join(missing)}, which this interpreter lacks.",
            f"Install it: {pip_command(*missing)}",
        )
    problem = runner.problem()
    if problem:
        raise UserError("runner-not-available", f"{runner.title} cannot run here.", problem)
    options = checked(runner.title, runner.options(), request.runner.options)
    if not runner.needs_artifact:
        refuse_file(request, runner.title)
    warnings = keep_to(request.pin_cpus)
    context.progress(f"Preparing {runner.title}")
    started = time.perf_counter()
    prepared = runner.prepare(request, options, context)
    load_time_s = time.perf_counter() - started
    if request.fresh_inputs and any(spec.file for spec in request.inputs):
        warnings += ("Inputs that come from a file have the same values in every run, also with fresh inputs.",)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: the collection before each turn need not look through it
    key = request.runner.key
    context.session[session_key(key)] = prepared
    context.session[request_key(key)] = request
    return PreparedRunner(
        runner=key,
        provider=prepared.provider,
        threads=options.threads(request.threads),
        load_time_s=load_time_s if prepared.load_s is None else prepared.load_s,
        peak_rss_bytes=peak_rss_bytes(),
        facts=dict(prepared.facts),
        compile_s=prepared.compile_s,
        first_run_ms=prepared.first_run_ms,
        is_lossy=prepared.is_lossy,
        warnings=(*warnings, *prepared.warnings),
    )


def session_key(runner: str) -> str:
    """Where the session keeps a prepared runner."""
    return f"bench:{runner}"


def request_key(runner: str) -> str:
    """Where the session keeps what a runner was prepared by."""
    return f"bench-request:{runner}"


def prepared_of(runner: str, context: Context) -> Prepared:
    """The runner of a key, prepared in this process before.

    Raises:
        UserError: `runner-not-prepared`.
    """
    prepared = context.session.get(session_key(runner))
    if not isinstance(prepared, Prepared):
        raise UserError(
            "runner-not-prepared",
            f"The runner {runner!r} was not prepared in this process.",
            "Start the benchmark again.",
        )
    return prepared


def runner_failed(runner: str, when: str, error: BaseException) -> UserError:
    """The error for a runner that ran once, and does not go on."""
    return UserError(
        "runner-failed",
        f"{runner} failed {when}: {type(error).__name__}: {first_line(error)}",
        "It ran before; its answer may depend on how often it was run. The details hold all that it said.",
        f"{error}\n\n{trimmed_traceback(error)}",
    )


def keep_to(cpus: Sequence[int]) -> tuple[str, ...]:
    """Keep this process, all threads of it and those to come, to some logical processors; give a warning if not.

    Raises:
        UserError: `cpus-not-available`, this process may not run on one of them.
    """
    if not cpus:
        return ()
    if sys.platform != "linux":
        return ("This system does not let a process be kept to some processors.",)
    allowed = os.sched_getaffinity(0)
    if not set(cpus) <= allowed:
        lacking = ", ".join(map(str, sorted(set(cpus) - allowed)))
        raise UserError(
            "cpus-not-available",
            f"The benchmark cannot be kept to processor {lacking}: this process may not run there.",
            f"It may run on {', '.join(map(str, sorted(allowed)))}.",
        )
    for task in Path("/proc/self/task").iterdir():  # 0 means the calling thread alone
        try:
            os.sched_setaffinity(int(task.name), cpus)
        except ProcessLookupError:  # it has ended meanwhile
            continue
    return ()
