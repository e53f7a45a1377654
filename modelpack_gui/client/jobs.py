"""The client: jobs to lanes; benchmarks, sweeps and matrices to directors."""

from __future__ import annotations

import atexit
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from modelpack_gui.client.api import Job, Listener
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.core import records
from modelpack_gui.core.events import Cancelled
from modelpack_gui.core.records import ModelSource, Request, ScanRequest

if TYPE_CHECKING:
    from modelpack_gui.client.job_director import JobDirector
    from modelpack_gui.client.lane import Lane

DEADLINES_S = {
    "hello": 60.0,
    "scan": 60.0,
    "load": 900.0,
    "probe": 900.0,
    "lint": 300.0,
    "export": 3600.0,
    "inspect": 900.0,
    "graph.costs": 900.0,
    "graph.layout": 120.0,
    "tensor-stats": 300.0,
    "tensor-values": 900.0,
    "graph.node-data": 300.0,
    "operator-docs": 120.0,
    "graph.checks": 1800.0,
    "graph.details": 300.0,
    "graph.compare": 1800.0,
    "graph.weights": 1800.0,
    "graph.optimized": 1800.0,
    "check": 1800.0,
    "parity": 3600.0,
    "profile": 1800.0,
}
"""Longest run time of a stage where the caller names none, seconds. Parts of what a director steers have theirs."""

LONE_STAGES = frozenset({"profile"})
"""Stages whose times are what is asked for: they run alone, in a process of their own."""

DRAWING_STAGE = "graph.layout"
"""It needs no torch and must not wait behind an export: it has a lane of its own, in our own interpreter."""

LOOKING_STAGES = frozenset({"operator-docs", "graph.details", "graph.node-data", "tensor-stats", "tensor-values"})
"""What is asked about something that was clicked on: a process of its own answers while another exports or checks."""

FILE_STAGES = frozenset({"hello", "inspect", "graph.costs", "graph.checks", *LOOKING_STAGES})
"""What asks for facts of a file alone and imports no module of the user's: a worker of another folder is as good, and
the next file is there without a Python being started for its folder."""

_LOOKING_LANE = "\0looking "  # and the interpreter
_DRAWING_LANE = "\0drawing"  # no interpreter has such a name

CLOSE_S = 2.0

_clients: weakref.WeakSet[WorkerClient] = weakref.WeakSet()


class WorkerClient:
    """Runs jobs in worker processes; see `client.api.Client`.

    Args:
        worker_idle_s: After how long without a job a worker is ended, to give its memory back; None keeps it.
        is_drawing: Whether graphs will be drawn: then the process for that is started with the first inspection.
    """

    def __init__(self, worker_idle_s: float | None = 600.0, *, is_drawing: bool = False) -> None:
        self._idle_s = worker_idle_s
        self._is_drawing = is_drawing
        self._gate = Gate()
        self._lock = threading.Lock()
        self._lanes: dict[str, Lane] = {}
        self._directors: list[JobDirector] = []
        self._is_closed = False
        _clients.add(self)

    def run(
        self,
        stage: str,
        request: Request,
        listener: Listener,
        *,
        interpreter: str = "",
        base: Path | None = None,
        deadline_s: float | None = None,
    ) -> Job:
        """Queue a job; after `close` it is ended as cancelled."""
        limit = DEADLINES_S.get(stage) if deadline_s is None else deadline_s
        folder = Path(sys.prefix) if stage == DRAWING_STAGE else (base or Path.cwd()).absolute()
        # A relative interpreter is one of its folder.
        is_anywhere = _reads_files_alone(stage, request) and (not interpreter or Path(interpreter).is_absolute())
        job = WorkerJob(stage, request, listener, folder, limit, is_at_home_anywhere=is_anywhere)
        is_bench = stage == "bench" and isinstance(request, records.BenchRequest)
        is_matrix = stage == "matrix" and isinstance(request, records.MatrixRequest)
        is_sweep = stage == "sweep" and isinstance(request, records.SweepRequest)
        is_lone = stage in LONE_STAGES
        with self._lock:
            if self._is_closed:
                threading.Thread(target=job.emit, args=[Cancelled(job.id)], name="late job", daemon=True).start()
                return job
            job.ticket = self._gate.ticket(alone=is_bench or is_sweep or is_lone)
            if is_bench or is_matrix or is_sweep or is_lone:
                self._direct(job, interpreter, is_bench=is_bench)
            elif stage == DRAWING_STAGE:
                self._lane("", _DRAWING_LANE).submit(job)
            elif stage in LOOKING_STAGES:
                self._lane(interpreter, _LOOKING_LANE + interpreter).submit(job)
            else:
                self._lane(interpreter, interpreter).submit(job)
                if stage == "inspect":  # a picture is wanted as soon as the graph is read
                    self._prepare_drawing()
        return job

    def prepare(self) -> None:
        """Start the processes that read and draw the first file before it is chosen; from any thread.

        The one that reads is of our own interpreter, as a file that is opened without a recipe wants it.
        """
        with self._lock:
            if not self._is_closed:
                self._lane("", "").prepare(Path(sys.prefix), "inspect")
                self._prepare_drawing()

    def close(self) -> None:
        """Cancel what runs and end every worker."""
        with self._lock:
            self._is_closed = True
            lanes, directors = tuple(self._lanes.values()), tuple(self._directors)
        for director in directors:
            director.stop()
        for lane in lanes:
            lane.stop()
        until = time.monotonic() + CLOSE_S
        for lane in lanes:
            lane.join_workers(max(0.0, until - time.monotonic()))
        for director in directors:
            director.join_workers(max(0.0, until - time.monotonic()))
        for lane in lanes:
            lane.kill_workers()
        for director in directors:
            director.kill_workers()

    def _direct(self, job: WorkerJob, interpreter: str, *, is_bench: bool) -> None:
        """Hand a job to a director, which has processes of its own."""
        director: JobDirector
        if is_bench:  # imported only when needed: the window opens sooner
            from modelpack_gui.client.bench.director import Director

            director = Director(job, interpreter, self._gate)
        elif job.stage == "sweep":
            from modelpack_gui.client.sweep_director import SweepDirector

            director = SweepDirector(job, interpreter, self._gate)
        elif job.stage in LONE_STAGES:
            from modelpack_gui.client.lone_job import LoneJobDirector

            director = LoneJobDirector(job, interpreter, self._gate)
        else:
            from modelpack_gui.client.matrix import MatrixDirector

            director = MatrixDirector(job, interpreter, self._gate)
        self._directors = [*(old for old in self._directors if old.is_alive()), director]
        director.start()

    def _prepare_drawing(self) -> None:
        if self._is_drawing:
            self._lane("", _DRAWING_LANE).prepare(Path(sys.prefix), DRAWING_STAGE)

    def _lane(self, interpreter: str, key: str) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            from modelpack_gui.client.lane import Lane  # as above

            lane = self._lanes[key] = Lane(interpreter, self._gate, self._idle_s)
            lane.start()
        return lane


def _reads_files_alone(stage: str, request: Request) -> bool:
    if isinstance(request, ScanRequest):
        return not request.module and ModelSource(request.file).is_saved_model
    # One of torch's files may name classes of a module beside it.
    if stage == "check" and isinstance(request, records.CheckRequest):
        return Path(request.path).is_absolute() and request.path.lower().endswith(".onnx")
    return stage in FILE_STAGES


@atexit.register
def _close_all() -> None:
    """Leave no process behind, whatever way the app ends."""
    for client in tuple(_clients):
        client.close()
