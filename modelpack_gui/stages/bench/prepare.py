"""Make one runner ready in this process."""

from __future__ import annotations

import gc
import sys
import time

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, PreparedRunner
from modelpack_gui.stages.bench.registry import find_runner
from modelpack_gui.stages.hello import missing_of


def run(request: BenchPrepareRequest, context: Context) -> PreparedRunner:
    """Prepare the runner and keep it in the session for the turns.

    Raises:
        UserError: `runner-unknown`, `package-missing`, or whatever the runner says.
    """
    started = time.perf_counter()
    runner = find_runner(request.runner.runner)
    missing = missing_of(runner.packages)
    if missing:
        names = " ".join(missing)
        raise UserError(
            "package-missing",
            f"{runner.title} needs {', '.join(missing)}, which this interpreter lacks.",
            f'Install it: "{sys.executable}" -m pip install {names}',
        )
    context.progress(f"Preparing {runner.title}")
    prepared = runner.prepare(request, context)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: the collection before each turn need not look through it
    context.session[session_key(request.runner.key)] = prepared
    return PreparedRunner(
        runner=request.runner.key,
        provider=prepared.provider,
        threads=request.threads,
        load_time_s=time.perf_counter() - started,
        peak_rss_bytes=_peak_rss_bytes(),
        facts=dict(prepared.facts),
    )


def session_key(runner: str) -> str:
    """Where the session keeps a prepared runner."""
    return f"bench:{runner}"


def _peak_rss_bytes() -> int:
    """Largest resident memory of this process so far; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux kilobytes
