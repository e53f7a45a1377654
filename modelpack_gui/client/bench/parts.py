"""The parts of a benchmark, one at a time, with an eye on the cancel and the deadline of the whole.

While a part runs, whoever asked for it waits without a wake-up: nothing of this process competes with what it times.
"""

from __future__ import annotations

import threading
import time

from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.lane import Lane
from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, Log, Outcome, Partial, Progress, Sample
from modelpack_gui.core.records import Request, Result

REST_S = 0.05
"""Between parts of different processes. Threads of the libraries go on spinning after a call, to be there for the
next one: measured here, those of ONNX Runtime for 33 ms of processor time, those of torch for 8 ms."""


class TooLateError(Exception):
    """The deadline of the whole job has passed."""


class Parts:
    """Runs the parts of one job.

    Args:
        job: The whole; its listener is told of what the parts log.
        interpreter: Of every process.
    """

    def __init__(self, job: WorkerJob, interpreter: str) -> None:
        self._job = job
        self._interpreter = interpreter
        self._lock = threading.Lock()
        self._part: WorkerJob | None = None
        self._is_cancelled = threading.Event()
        self._last: tuple[Lane, float] | None = None  # which was asked last, and when it had answered
        self._lanes: list[Lane] = []
        self._begun = time.monotonic()

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All that were started, whether their processes live or not."""
        with self._lock:
            return tuple(self._lanes)

    @property
    def elapsed_s(self) -> float:
        """Since the job began to run."""
        return time.monotonic() - self._begun

    def begin(self) -> None:
        """The job starts to run; its deadline counts from now."""
        self._begun = time.monotonic()

    def new_lane(self) -> Lane:
        """A lane whose process starts when it is first asked for something."""
        lane = Lane(self._interpreter, is_measuring=True)
        with self._lock:
            self._lanes.append(lane)
        lane.start()
        return lane

    def ask(self, lane: Lane, stage: str, request: Request, limit_s: float) -> Done | Failed:
        """Have a process do something, and wait for its end.

        Raises:
            JobCancelled: The job was cancelled, and this part gave nothing.
            TooLateError: The deadline of the job has passed.
        """
        self.check()
        left = self._time_left()
        limit_s = limit_s if left is None else min(limit_s, left)
        part = WorkerJob(stage, request, self._forward, self._job.base, limit_s)
        with self._lock:
            self._part = part
        if self._job.is_cancel_requested:  # it came between the check and the line above
            part.cancel()
        lane.submit(part)
        answer = part.wait()
        assert answer is not None
        with self._lock:
            self._part = None
        self._last = (lane, time.monotonic())
        if isinstance(answer, Cancelled):
            raise JobCancelled
        if isinstance(answer, Failed) and answer.outcome is Outcome.TIMED_OUT:
            self.check()
        return answer

    def rest(self, lane: Lane) -> None:
        """Wait until what another process did before cannot disturb this one any more; a cancel ends it at once."""
        if self._last is not None and self._last[0] is not lane:
            self._is_cancelled.wait(max(0.0, self._last[1] + REST_S - time.monotonic()))

    def check(self) -> None:
        """Stop here if the job was cancelled or is too late.

        Raises:
            JobCancelled, TooLateError: So it is.
        """
        if self._job.is_cancel_requested:
            raise JobCancelled
        left = self._time_left()
        if left is not None and left <= 0.0:
            raise TooLateError

    def cancel_part(self) -> None:
        """Have the part that runs, if there is one, end soon; from any thread."""
        self._is_cancelled.set()
        with self._lock:
            part = self._part
        if part is not None:
            part.cancel()

    # -- what the listener of the job is told

    def progress(self, message: str, fraction: float | None) -> None:
        """Say what is being done, and how far the whole is, if that can be known."""
        self._job.emit(Progress(self._job.id, message, fraction))

    def warn(self, message: str) -> None:
        """Write a line to the log."""
        self._job.emit(Log(self._job.id, "warning", message))

    def sample(self, runner: str, phase: str, latencies_ms: tuple[float, ...]) -> None:
        """Give latencies that were just measured."""
        self._job.emit(Sample(self._job.id, runner, phase, latencies_ms))

    def partial(self, part: Result) -> None:
        """Give a part of the result."""
        self._job.emit(Partial(self._job.id, part))

    # -- inside

    def _time_left(self) -> float | None:
        limit = self._job.deadline_s
        return None if limit is None else limit - self.elapsed_s

    def _forward(self, event: Event) -> None:
        """Pass on what a part logs; its progress is a detail of ours."""
        if isinstance(event, Log):
            self._job.emit(Log(self._job.id, event.level, event.message, event.source))
