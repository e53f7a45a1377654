"""The director of an export matrix: a worker of its own for each cell, several at a time; then the latencies.

The thread owns all state. What the cells say reaches it in one inbox. A cell that crashes or hangs ends as such, and
the others go on; each is on disk when it has ended, and what an earlier run finished is not run again.
"""

from __future__ import annotations

import dataclasses
import queue
import time
from collections import deque

from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.job_director import HELLO_S, JobDirector, StopJobError
from modelpack_gui.client.lane import Lane
from modelpack_gui.client.matrix_store import MatrixStore, fingerprint_of, is_current, is_worth_keeping
from modelpack_gui.core import matrix
from modelpack_gui.core.errors import ErrorInfo, JobCancelled, UserError
from modelpack_gui.core.events import (
    Cancelled,
    Done,
    Event,
    Failed,
    Log,
    Outcome,
    Partial,
    Progress,
    Started,
    TerminalEvent,
)
from modelpack_gui.core.records import (
    Capabilities,
    HelloRequest,
    MatrixCell,
    MatrixCellRequest,
    MatrixChoice,
    MatrixLatency,
    MatrixLatencyRequest,
    MatrixReport,
    MatrixRequest,
    Request,
)

_LATENCY_S = 120.0


class MatrixDirector(JobDirector):
    """Runs one matrix job.

    Args:
        job: Its request is a MatrixRequest.
        interpreter: Of all cells.
        gate: Says when the latency can be looked at alone.
    """

    def __init__(self, job: WorkerJob, interpreter: str, gate: Gate) -> None:
        super().__init__("matrix", job, gate)
        assert isinstance(job.request, MatrixRequest)
        self._request: MatrixRequest = job.request
        self._interpreter = interpreter
        self._inbox: queue.SimpleQueue[tuple[MatrixChoice | None, Event] | None] = queue.SimpleQueue()
        self._lanes: list[Lane] = []  # all that were started, until their processes are gone
        self._parts: dict[MatrixChoice | None, tuple[Lane, WorkerJob]] = {}
        self._store = MatrixStore(job.base, self._request.export)
        self._has_store_failed = False
        self._fingerprint = ""
        self._cells: dict[MatrixChoice, MatrixCell] = {}
        self._reused = 0
        self._workers = 1
        self._cores = 1
        self._timers: dict[bool, Lane] = {}  # of ONNX files and of others
        self._begun = time.monotonic()
        job.on_cancel(self._wake)

    def _started_lanes(self) -> tuple[Lane, ...]:
        return tuple(self._lanes)

    def _direct(self) -> TerminalEvent:
        job = self._job
        try:
            self._wait_for_gate()
            self._begun = time.monotonic()
            job.emit(Started(job.id, job.stage))
            self._prepare()
            if self._run_cells() or self._lacks_latency():
                self._look_at_latency()
            return Done(job.id, self._report(is_complete=True))
        except JobCancelled:
            return Cancelled(job.id, self._report(is_complete=False) if self._cells else None)

    # -- steps

    def _wait_for_gate(self) -> None:
        self._gate.watch(self._wake)
        try:
            while not self._gate.may_start(self._job.ticket):
                self._check()
                self._inbox.get()
        finally:
            self._gate.unwatch(self._wake)
        self._check()

    def _prepare(self) -> None:
        """Learn what the interpreter has, and which cells an earlier run has finished."""
        request = self._request
        if not request.matrix.choices:
            raise StopJobError(Outcome.FAILED, ErrorInfo("no-cells", "No cell is chosen.", "Choose an exporter."))
        lane = self._new_lane()
        answer = self._ask(lane, "hello", HelloRequest(), HELLO_S)
        lane.stop()
        if isinstance(answer, Failed):
            raise StopJobError(answer.outcome, answer.error)
        assert isinstance(answer, Done)
        assert isinstance(answer.result, Capabilities)
        self._cores = answer.result.cores
        self._workers = min(request.matrix.workers or self._cores, len(request.matrix.choices))
        self._fingerprint = fingerprint_of(request, answer.result, self._job.base)
        if request.is_fresh:
            self._store.clear()
        kept = self._store.read()
        for choice in dict.fromkeys(request.matrix.choices):
            old = kept.get(choice)
            if old is not None and is_current(old, self._fingerprint):
                self._reused += 1
                self._show(old.cell)
            else:
                self._show(MatrixCell(choice, "waiting"))

    def _run_cells(self) -> bool:
        """Run what is missing; gives whether there was anything."""
        missing = matrix.run_order(cell.choice for cell in self._cells.values() if not cell.is_over)
        pending = deque(missing)
        try:
            while pending or self._parts:
                self._check()
                while pending and len(self._parts) < self._workers:
                    self._start_cell(pending.popleft())
                if len(self._parts) < self._workers:
                    self._warm_up_timer()
                self._take(self._next())
        except JobCancelled:
            self._cancel_cells()
            raise
        return bool(missing)

    def _start_cell(self, choice: MatrixChoice) -> None:
        request = self._request
        asked = MatrixCellRequest(
            choice=choice,
            source=request.source,
            inputs=request.inputs,
            export=matrix.export_of(choice, request.export),
            parity=request.parity,
            input_sets=request.input_sets,
            threads=max(1, self._cores // self._workers),
        )
        self._show(MatrixCell(choice, "running", "Starting"))
        self._start(choice, self._new_lane(), "matrix.cell", asked, request.matrix.cell_limit_s)

    def _take(self, said: tuple[MatrixChoice | None, Event] | None) -> None:
        """What a cell says: where it is, what it logs, or that it has ended."""
        choice, event = said if said is not None else (None, None)
        if choice is None:
            return
        if isinstance(event, Progress):
            self._show(dataclasses.replace(self._cells[choice], message=event.message))
        elif isinstance(event, Log):
            text = f"{matrix.title(choice)}: {event.message}"
            self._job.emit(Log(self._job.id, event.level, text, event.source))
        elif isinstance(event, (Done, Failed, Cancelled)):
            lane, _ = self._parts.pop(choice)
            lane.stop()
            self._keep(_ended(choice, event))

    def _cancel_cells(self) -> None:
        """Stop what runs, within a second, and say of the rest that it was cancelled."""
        for _, part in tuple(self._parts.values()):
            part.cancel()
        while self._parts:
            self._take(self._inbox.get())
        for cell in tuple(self._cells.values()):
            if not cell.is_over:
                self._show(MatrixCell(cell.choice, "cancelled"))

    # -- latency

    def _lacks_latency(self) -> bool:
        return any(cell.latency is None and cell.latency_error is None for cell in self._to_time())

    def _to_time(self) -> list[MatrixCell]:
        if not self._request.matrix.latency_runs:
            return []
        return [cell for cell in self._cells.values() if matrix.loads(cell)]

    def _warm_up_timer(self) -> None:
        """Use a core that has no cell left for what the latencies will need: it takes seconds to import."""
        formats = {cell.choice.format == "onnx" for cell in self._cells.values()}
        missing = sorted(formats - set(self._timers), reverse=True)
        if self._request.matrix.latency_runs and missing:
            request = MatrixLatencyRequest("", (), 0)
            part = WorkerJob("matrix.latency", request, lambda _: None, self._job.base, _LATENCY_S)
            self._timer(is_onnx=missing[0]).submit(part)

    def _timer(self, *, is_onnx: bool) -> Lane:
        if is_onnx not in self._timers:
            self._timers[is_onnx] = self._new_lane()
        return self._timers[is_onnx]

    def _look_at_latency(self) -> None:
        """Time the artifacts one at a time, alone: all of them anew, since only what was timed together compares.

        One process for ONNX files and one for those that torch runs: each slows the other in one process.
        """
        cells = self._to_time()
        if not cells:
            return
        self._gate.leave(self._job.ticket)
        self._job.ticket = self._gate.ticket(alone=True)
        self._wait_for_gate()
        for number, cell in enumerate(cells, 1):
            text = f"Latency of {matrix.title(cell.choice)} ({number} of {len(cells)})"
            self._job.emit(Progress(self._job.id, text, (number - 1) / len(cells)))
            timer = self._timer(is_onnx=cell.choice.format == "onnx")
            runs = self._request.matrix.latency_runs
            asked = MatrixLatencyRequest(cell.artifact_path, self._request.inputs, runs)
            answer = self._ask(timer, "matrix.latency", asked, _LATENCY_S)
            if isinstance(answer, Done):
                assert isinstance(answer.result, MatrixLatency)
                self._keep(dataclasses.replace(cell, latency=answer.result, latency_error=None))
            else:
                assert isinstance(answer, Failed)
                self._keep(dataclasses.replace(cell, latency=None, latency_error=answer.error))

    # -- parts

    def _new_lane(self) -> Lane:
        lane = Lane(self._interpreter)
        with self._lock:
            self._lanes = [old for old in self._lanes if not old.join_workers(0.0)]
            self._lanes.append(lane)
        lane.start()
        return lane

    def _start(self, key: MatrixChoice | None, lane: Lane, stage: str, request: Request, limit_s: float) -> None:
        left = self._time_left()
        limit_s = limit_s if left is None else min(limit_s, left)
        part = WorkerJob(stage, request, lambda event: self._inbox.put((key, event)), self._job.base, limit_s)
        self._parts[key] = (lane, part)
        lane.submit(part)

    def _ask(self, lane: Lane, stage: str, request: Request, limit_s: float) -> Done | Failed:
        """Run one part and wait for its end.

        Raises:
            JobCancelled: The matrix was cancelled.
            StopJobError: Its deadline has passed.
        """
        self._check()
        self._start(None, lane, stage, request, limit_s)
        _, part = self._parts[None]
        answer: Event | None = None
        try:
            while not isinstance(answer, (Done, Failed, Cancelled)):
                self._check()
                said = self._next()
                answer = said[1] if said is not None else None
        except JobCancelled:
            part.cancel()
            raise
        finally:
            del self._parts[None]
        if isinstance(answer, Cancelled):
            raise JobCancelled
        return answer

    def _next(self) -> tuple[MatrixChoice | None, Event] | None:
        """The next thing that was said; None for a wake-up, or when the deadline passed first."""
        left = self._time_left()
        try:
            return self._inbox.get(timeout=None if left is None else max(0.0, left))
        except queue.Empty:
            return None

    def _wake(self) -> None:
        self._inbox.put(None)

    def _check(self) -> None:
        if self._job.is_cancel_requested:
            raise JobCancelled
        left = self._time_left()
        if left is not None and left <= 0.0:
            message = (
                f"The matrix did not end within {self._job.deadline_s:g} s; the cells finished by then are kept."
            )
            raise StopJobError(
                Outcome.TIMED_OUT, ErrorInfo("job-timed-out", message, "Try fewer cells, or allow more.")
            )

    def _time_left(self) -> float | None:
        limit = self._job.deadline_s
        return None if limit is None else limit - (time.monotonic() - self._begun)

    # -- results

    def _show(self, cell: MatrixCell) -> None:
        """Tell the listener of a cell, and how far the whole is."""
        self._cells[cell.choice] = cell
        self._job.emit(Partial(self._job.id, cell))
        if cell.outcome == "running":
            over = sum(one.is_over for one in self._cells.values())
            text = f"{over} of {len(self._cells)} cells; {matrix.title(cell.choice)}: {cell.message}"
            self._job.emit(Progress(self._job.id, text, over / len(self._cells)))

    def _keep(self, cell: MatrixCell) -> None:
        """Show a cell that has ended, once it is on disk."""
        if is_worth_keeping(cell) and not self._has_store_failed:
            try:
                self._store.put(cell, self._fingerprint)
            except UserError as error:
                self._has_store_failed = True
                text = f"The cells are not kept for another time: {error.info.message}"
                self._job.emit(Log(self._job.id, "warning", text))
        self._show(cell)

    def _report(self, *, is_complete: bool) -> MatrixReport:
        cells = tuple(self._cells.values())
        recommended, reason = matrix.recommend(cells, self._request.export)
        return MatrixReport(
            cells=cells,
            recommended=recommended,
            reason=reason if is_complete else f"Stopped early. {reason}",
            is_complete=is_complete,
            duration_s=time.monotonic() - self._begun,
            reused=self._reused,
            workers=self._workers,
        )


def _ended(choice: MatrixChoice, event: TerminalEvent) -> MatrixCell:
    """The cell that the end of its job stands for."""
    if isinstance(event, Done):
        assert isinstance(event.result, MatrixCell)
        return event.result
    if isinstance(event, Cancelled):
        return MatrixCell(choice, "cancelled")
    if event.outcome is Outcome.CRASHED:
        return MatrixCell(choice, "crashed", error=event.error)
    return MatrixCell(choice, "timed_out" if event.outcome is Outcome.TIMED_OUT else "failed", error=event.error)
