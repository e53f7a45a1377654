"""A queue of jobs for one interpreter, and the thread that sees them through, one after the other, in one worker.

The thread owns all state. Everything reaches it as a message in one inbox: what the worker says, and wake-ups when a
job was added or cancelled. Deadlines are the longest it waits for the next message.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from pathlib import Path

from modelpack_gui.client import crash
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.process import (
    OUTPUT_LINES,
    Garbage,
    Gone,
    Message,
    Output,
    OutputCut,
    OutputEnd,
    Ready,
    Refused,
    WorkerProcess,
)
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.events import (
    Cancel,
    Cancelled,
    Done,
    Event,
    Failed,
    Log,
    Outcome,
    Prepare,
    Progress,
    Run,
    Started,
    TerminalEvent,
)

START_S = 30.0
TERMINATE_AFTER_S = 0.5
KILL_AFTER_S = 1.0
OUTPUT_GRACE_S = 1.0


class Lane(threading.Thread):
    """Runs jobs of one interpreter.

    Args:
        interpreter: As chosen by the user; it is looked up when a worker starts.
        gate: Asked before each job, where benchmarks must be alone; None to never wait.
        idle_s: After how long without a job the worker is ended; None keeps it.
        is_measuring: See WorkerProcess.

    Attributes:
        start_s: From starting the latest worker until it was ready for a command; None before the first was.
    """

    def __init__(
        self, interpreter: str, gate: Gate | None = None, idle_s: float | None = None, *, is_measuring: bool = False
    ) -> None:
        super().__init__(name=f"jobs {interpreter or 'own interpreter'}", daemon=True)
        self._interpreter = interpreter
        self._gate = gate
        self._idle_s = idle_s
        self._is_measuring = is_measuring
        self._inbox: queue.SimpleQueue[tuple[WorkerProcess, Message] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pending: deque[WorkerJob] = deque()
        self._is_stopping = False
        self._to_prepare: tuple[Path, str] | None = None
        self._workers: list[WorkerProcess] = []  # also those given up, until they are gone
        # What follows is changed by the thread alone.
        self.start_s: float | None = None
        self._start_begun = 0.0
        self._worker: WorkerProcess | None = None
        self._is_ready = False
        self._stage_to_prepare = ""
        self._job: WorkerJob | None = None
        self._deadline: float | None = None
        self._cancel_started: float | None = None
        self._is_terminated = False
        self._has_begun = False
        self._is_second_try = False
        self._held: TerminalEvent | None = None
        self._held_until = 0.0
        self._has_all_output = False
        self._idle_since = time.monotonic()
        if gate is not None:
            gate.watch(self.wake)

    def submit(self, job: WorkerJob) -> None:
        """Queue a job. One that comes after `stop` is ended at once."""
        job.on_cancel(self.wake)
        with self._lock:
            is_taken = not self._is_stopping
            if is_taken:
                self._pending.append(job)
        if is_taken:
            self.wake()
        else:
            self._end(job, Cancelled(job.id))

    def prepare(self, base: Path, stage: str) -> None:
        """Start a worker before there is a job for it, if there is none, and have it import what a stage needs."""
        with self._lock:
            self._to_prepare = (base, stage)
        self.wake()

    def wake(self) -> None:
        """Have the thread look again."""
        self._inbox.put(None)

    def stop(self) -> None:
        """Cancel everything and end the worker; returns at once."""
        with self._lock:
            self._is_stopping = True
        self.wake()

    def join_workers(self, timeout_s: float) -> bool:
        """After `stop`: wait until no process is left; False if the time passed first."""
        until = time.monotonic() + timeout_s
        self.join(timeout_s)
        with self._lock:
            workers = tuple(self._workers)
        gone = [worker.join(max(0.0, until - time.monotonic())) for worker in workers]
        return all(gone) and not self.is_alive()

    def kill_workers(self) -> None:
        """End every process at once, from any thread."""
        with self._lock:
            workers = tuple(self._workers)
        for worker in workers:
            worker.kill()

    def run(self) -> None:
        """The thread: take a message or the passing of a deadline, act, start what can be started."""
        while not self._is_stopping:
            try:
                item = self._inbox.get(timeout=self._patience())
            except queue.Empty:
                item = None
            try:
                self._act(item)
            except Exception as error:  # noqa: BLE001 (a thread that died would leave its jobs without an end)
                self._give_up_worker()
                if self._job is not None:
                    self._finish(Failed(self._job.id, Outcome.FAILED, crash.fault(error)))
        self._give_up_worker()
        if self._job is not None:
            self._finish(Cancelled(self._job.id))
        while self._pending:
            job = self._pending.popleft()
            self._end(job, Cancelled(job.id))
        if self._gate is not None:
            self._gate.unwatch(self.wake)

    def _act(self, item: tuple[WorkerProcess, Message] | None) -> None:
        if item is not None and item[0] is self._worker:
            self._take(item[0], item[1])
        self._look_at_cancels()
        self._look_at_clock()
        self._start_next()

    # -- starting

    def _start_next(self) -> None:
        if self._job is not None or self._is_stopping:
            return
        if not self._pending:
            self._start_early()
            return
        job = self._pending[0]
        if self._gate is not None and not self._gate.may_start(job.ticket):
            return
        with self._lock:
            self._pending.popleft()
        self._job = job
        job.emit(Started(job.id, job.stage))
        self._has_begun, self._is_second_try = False, False
        if self._worker is not None and not job.may_run_in(self._worker.base):
            self._give_up_worker()
        if self._worker is None:
            self._start_worker(job)
        elif self._is_ready:
            self._send_job(self._worker, job)
        else:  # it was started early, and will say when it is ready
            self._deadline = time.monotonic() + START_S

    def _start_early(self) -> None:
        with self._lock:
            wanted, self._to_prepare = self._to_prepare, None
        if wanted is None or self._worker is not None:
            return
        base, self._stage_to_prepare = wanted
        with contextlib.suppress(UserError):  # the first job will meet it again, and can say it to someone
            self._start_process(base)
            self._idle_since = time.monotonic()

    def _start_worker(self, job: WorkerJob) -> None:
        job.emit(Progress(job.id, "Starting Python"))
        try:
            self._start_process(job.base)
        except UserError as error:
            self._finish(Failed(job.id, Outcome.FAILED, error.info))
            return
        self._deadline = time.monotonic() + START_S

    def _start_process(self, base: Path) -> None:
        self._start_begun = time.monotonic()
        worker = WorkerProcess(self._interpreter, base, self._post, is_measuring=self._is_measuring)
        with self._lock:
            self._workers = [old for old in self._workers if not old.join(0.0)]
            self._workers.append(worker)
        self._worker, self._is_ready = worker, False

    def _post(self, worker: WorkerProcess, message: Message) -> None:
        self._inbox.put((worker, message))

    def _send_job(self, worker: WorkerProcess, job: WorkerJob) -> None:
        worker.begin_job()
        self._deadline = None if job.deadline_s is None else time.monotonic() + job.deadline_s
        worker.send(Run(job.id, job.stage, job.request, "" if job.base == worker.base else str(job.base)))

    # -- what the worker says

    def _take(self, worker: WorkerProcess, message: Message) -> None:
        job = self._job
        if isinstance(message, Gone):
            self._take_gone(worker, message)
        elif isinstance(message, Ready):
            self._is_ready = True
            self.start_s = time.monotonic() - self._start_begun
            if job is not None:
                self._send_job(worker, job)
            elif self._stage_to_prepare:
                worker.send(Prepare(self._stage_to_prepare))
        elif job is None:
            return  # what a thread of the user's code prints between two jobs
        elif isinstance(message, Output):
            job.emit(Log(job.id, "info", message.text, message.source))
        elif isinstance(message, OutputCut):
            text = f"More than {OUTPUT_LINES} lines were printed; the rest is not shown."
            job.emit(Log(job.id, "warning", text, "stderr"))
        elif isinstance(message, OutputEnd):
            self._has_all_output = message.job == job.id
            if self._has_all_output and self._held is not None:
                self._finish(self._held)
        elif isinstance(message, Refused):
            self._give_up_worker()
            self._finish(Failed(job.id, Outcome.FAILED, message.error))
        elif isinstance(message, Garbage):
            self._take_garbage(job, message)
        else:
            self._take_event(job, message)

    def _take_event(self, job: WorkerJob, event: Event) -> None:
        is_answer_to_malformed = isinstance(event, Failed) and not event.job
        if event.job != job.id and not is_answer_to_malformed:
            self._take_garbage(job, Garbage(repr(event)[:500], f"it is about job {event.job!r}"))
        elif not isinstance(event, (Done, Failed, Cancelled)):
            if isinstance(event, Started):
                self._has_begun = True
            else:
                job.emit(event)
        elif self._has_all_output:
            self._finish(event)
        else:
            self._held = event
            self._held_until = time.monotonic() + OUTPUT_GRACE_S

    def _take_garbage(self, job: WorkerJob, message: Garbage) -> None:
        if not self._is_ready:  # printed by a start-up hook of that interpreter, before we could look after stdout
            job.emit(Log(job.id, "info", message.text, "stdout"))
            return
        output = self._give_up_worker()
        error = crash.malformed_error(message.problem, f"{message.text}\n\n{output}")
        self._finish(Failed(job.id, Outcome.CRASHED, error))

    def _take_gone(self, worker: WorkerProcess, message: Gone) -> None:
        self._worker = None
        job = self._job
        if job is None:
            return
        if self._held is not None:
            self._finish(self._held)
        elif self._cancel_started is not None:
            self._finish(Cancelled(job.id))
        elif self._is_ready and not self._has_begun and not self._is_second_try:
            self._is_second_try = True  # it died between two jobs; this one is not to blame
            self._start_worker(job)
        elif self._is_ready:
            error = crash.crash_error(message.returncode, job.stage, worker.output, crash.file_of(job.request))
            self._finish(Failed(job.id, Outcome.CRASHED, error))
        else:
            error = crash.start_error(worker.executable, message.returncode, worker.output)
            self._finish(Failed(job.id, Outcome.FAILED, error))

    # -- cancels and deadlines

    def _look_at_cancels(self) -> None:
        with self._lock:
            cancelled = [job for job in self._pending if job.is_cancel_requested]
            for job in cancelled:
                self._pending.remove(job)
        for job in cancelled:
            self._end(job, Cancelled(job.id))
        current = self._job
        if current is None or not current.is_cancel_requested or self._cancel_started is not None:
            return
        if self._worker is not None and self._is_ready:
            self._cancel_started = time.monotonic()
            self._worker.send(Cancel(current.id))
        else:
            self._give_up_worker()
            self._finish(Cancelled(current.id))

    def _look_at_clock(self) -> None:
        now = time.monotonic()
        job = self._job
        if job is None:
            if self._idle_s is not None and self._worker is not None and now - self._idle_since >= self._idle_s:
                self._give_up_worker()
        elif self._held is not None:
            if now >= self._held_until:
                self._finish(self._held)
        elif self._cancel_started is not None:
            if now >= self._cancel_started + KILL_AFTER_S:
                self._give_up_worker()
                self._finish(Cancelled(job.id))
            elif now >= self._cancel_started + TERMINATE_AFTER_S and not self._is_terminated:
                self._is_terminated = True
                assert self._worker is not None
                self._worker.terminate()
        elif self._deadline is not None and now >= self._deadline:
            self._time_out(job)

    def _time_out(self, job: WorkerJob) -> None:
        was_ready = self._is_ready
        output = self._give_up_worker()
        if was_ready:
            error = crash.job_timeout_error(job.stage, job.deadline_s or 0.0, output)
        else:
            error = crash.start_timeout_error(START_S, output)
        self._finish(Failed(job.id, Outcome.TIMED_OUT, error))

    def _patience(self) -> float | None:
        """Seconds until something is due without a message; None if nothing is."""
        due: float | None
        if self._job is None:
            has_limit = self._idle_s is not None and self._worker is not None
            due = self._idle_since + (self._idle_s or 0.0) if has_limit else None
        elif self._held is not None:
            due = self._held_until
        elif self._cancel_started is not None:
            due = self._cancel_started + (KILL_AFTER_S if self._is_terminated else TERMINATE_AFTER_S)
        else:
            due = self._deadline
        return None if due is None else max(0.0, due - time.monotonic())

    def _finish(self, event: TerminalEvent) -> None:
        job = self._job
        assert job is not None
        if self._cancel_started is not None and isinstance(event, Failed):
            event = Cancelled(job.id)  # what a job that is being stopped trips over is of no interest
        elif event.job != job.id:
            assert isinstance(event, Failed)  # the answer to a command that the worker could not read
            event = Failed(job.id, event.outcome, event.error)
        self._job = None
        self._held = None
        self._has_all_output = False
        self._cancel_started = None
        self._is_terminated = False
        self._deadline = None
        self._idle_since = time.monotonic()
        self._end(job, event)
        self.wake()  # there may be a next one

    def _end(self, job: WorkerJob, event: TerminalEvent) -> None:
        if self._gate is not None:
            self._gate.leave(job.ticket)
        job.emit(event)

    def _give_up_worker(self) -> str:
        """Kill the worker, if there is one; what it still says is ignored. Gives its last output."""
        worker, self._worker = self._worker, None
        self._is_ready = False
        if worker is None:
            return ""
        output = worker.output
        worker.kill()
        return output
