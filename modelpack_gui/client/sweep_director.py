"""The director of a sweep: one cell after the other, each in a process of its own, alone on the machine.

Each cell is on disk when it has ended, and what an earlier run finished is not run again. A cell that crashes, hangs
or runs out of memory ends as such, and the others go on.
"""

from __future__ import annotations

import dataclasses
import datetime
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from modelpack_gui.client.bench.answers import Answers
from modelpack_gui.client.bench.measured import EAGER
from modelpack_gui.client.bench.parts import Parts, TooLateError
from modelpack_gui.client.bench.report import RunFacts, machine_facts
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.job_director import HELLO_S, JobDirector, StopJobError
from modelpack_gui.client.lane import Lane
from modelpack_gui.client.process import make_scratch
from modelpack_gui.client.sweep_cell import CellPlan, measure, take_reference
from modelpack_gui.client.sweep_store import Fingerprints, SweepStore, is_worth_keeping
from modelpack_gui.core import sweep as plan
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
from modelpack_gui.core.figures import duration
from modelpack_gui.core.records import (
    BenchSpec,
    Capabilities,
    HelloRequest,
    RunnerSpec,
    SweepCell,
    SweepChoice,
    SweepReport,
    SweepRequest,
)
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.core.saved_models import runs_in_torch

T = TypeVar("T")


class SweepDirector(JobDirector):
    """Runs one sweep job.

    Args:
        job: Its request is a SweepRequest.
        interpreter: Of all cells.
        gate: Says when no other job of the client runs.
    """

    def __init__(self, job: WorkerJob, interpreter: str, gate: Gate) -> None:
        super().__init__("sweep", job, gate)
        assert isinstance(job.request, SweepRequest)
        self._request: SweepRequest = job.request
        self._interpreter = interpreter
        self._part: tuple[WorkerJob, Parts] | None = None
        self._capabilities: Capabilities | None = None
        self._store: SweepStore | None = SweepStore(Path(job.request.folder)) if job.request.folder else None
        self._fingerprints: Fingerprints | None = None
        self._answers: dict[int | None, Answers] = {}
        self._folders: list[Path] = []
        self._cells: dict[plan.CellKey, SweepCell] = {}
        self._begun = time.monotonic()
        self._started_at = ""
        job.on_cancel(self._on_cancel)

    def _started_lanes(self) -> tuple[Lane, ...]:
        return self._part[1].lanes if self._part is not None else ()

    def _direct(self) -> TerminalEvent:
        job = self._job
        try:
            self._wait_for_gate()
            self._begun = time.monotonic()
            self._started_at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
            job.emit(Started(job.id, job.stage))
            self._look_around()
            self._run_cells()
            return Done(job.id, self._report(is_complete=True))
        except JobCancelled:
            self._cancel_rest()
            return Cancelled(job.id, self._report(is_complete=False) if self._cells else None)
        finally:
            for folder in self._folders:
                shutil.rmtree(folder, ignore_errors=True)

    # -- steps

    def _look_around(self) -> None:
        """Learn what the interpreter and the machine are, and which cells an earlier run has finished."""

        def hello(parts: Parts) -> Capabilities:
            lane = parts.new_lane()
            answer = parts.ask(lane, "hello", HelloRequest(), HELLO_S)
            if isinstance(answer, Failed):
                raise StopJobError(answer.outcome, answer.error)
            assert isinstance(answer.result, Capabilities)
            return answer.result

        found = self._capabilities = self._in_parts(hello, HELLO_S, "")
        choices = plan.choices(self._request.sweep, found.runners, cores=found.cores)
        if not choices:
            raise UserError("no-cells", "There is nothing to sweep.", "Choose at least one runner.")
        self._fingerprints = Fingerprints(self._request, found, self._job.base)
        kept = {}
        if self._store is not None:
            if self._request.is_fresh:
                self._store.clear()
            kept = dict(self._store.read())
        for choice in choices:
            old = kept.get(plan.key_of(choice))
            if old is not None and old.fingerprint == self._fingerprints.of(choice):
                self._show(old.cell)
            else:
                self._show(SweepCell(choice, runner_title(choice.runner, found.runners), "waiting"))

    def _run_cells(self) -> None:
        waiting = [cell.choice for cell in self._cells.values() if not plan.is_over(cell)]
        for choice in plan.run_order(waiting):
            self._check()
            cell = self._cells[plan.key_of(choice)]
            self._show(dataclasses.replace(cell, outcome="running"))
            self._tell(plan.where(choice, cell.title))
            self._keep(self._measured(cell))

    def _measured(self, cell: SweepCell) -> SweepCell:
        """Measure a cell; one that takes too long is ended."""
        began = time.monotonic()
        limit = self._request.sweep.cell_limit_s
        try:
            made = self._plan(cell)
            answers = self._reference(made)
            found, answers = self._in_parts(lambda parts: measure(made, parts, answers), limit, cell.title)
            self._answers.setdefault(cell.choice.batch_size, answers)
            return found
        except TooLateError:
            message = f"It did not end within {limit:g} s, and was stopped."
            error = ErrorInfo("job-timed-out", message, "It hangs, or is slow: allow a cell more time.")
            took = time.monotonic() - began
            return dataclasses.replace(cell, outcome="timed_out", error=error, duration_s=took)
        except UserError as error:
            return dataclasses.replace(cell, outcome="failed", error=error.info, duration_s=time.monotonic() - began)

    def _plan(self, cell: SweepCell) -> CellPlan:
        return CellPlan(self._request, cell.choice, cell.title, self._folder(cell.choice), self._job.base)

    def _folder(self, choice: SweepChoice) -> Path:
        """Of the cells of one batch size."""
        if not self._folders:
            self._folders.append(make_scratch())
        folder = self._folders[0] / f"batch-{choice.batch_size or 0}"
        folder.mkdir(exist_ok=True)
        return folder

    def _reference(self, made: CellPlan) -> Answers | None:
        """The outputs expected at a batch size; None if this very cell is the one to give them."""
        size = made.choice.batch_size
        if size not in self._answers:
            runner = self._reference_runner()
            if runner.key == made.choice.runner.key:
                return None
            title = f"{runner_title(runner, self._known.runners)}, for the outputs alone"
            limit = self._request.sweep.cell_limit_s
            self._answers[size] = self._in_parts(
                lambda parts: take_reference(made, parts, runner, title), limit, title
            )
        return self._answers[size]

    def _reference_runner(self) -> RunnerSpec:
        """PyTorch as it is written; for a source that is an ONNX file the first runner that is asked for."""
        if runs_in_torch(self._request.source, self._job.base):
            return RunnerSpec(EAGER)
        return self._request.sweep.runners[0]

    # -- one part, with processes of its own

    def _in_parts(self, work: Callable[[Parts], T], limit_s: float, title: str) -> T:
        """Do something with processes that end with it, within a limit.

        Raises:
            JobCancelled, TooLateError: See Parts.
        """
        inner = WorkerJob("sweep", self._request, lambda event: self._forward(event, title), self._job.base, limit_s)
        parts = Parts(inner, self._interpreter)
        with self._lock:
            self._part = (inner, parts)
        if self._job.is_cancel_requested:  # it came between the last check and the line above
            inner.cancel()
        parts.begin()
        try:
            return work(parts)
        finally:
            for lane in parts.lanes:
                lane.stop()
            for lane in parts.lanes:
                lane.join_workers(5.0)

    def _forward(self, event: Event, title: str) -> None:
        if isinstance(event, Log):
            text = f"{title}: {event.message}" if title else event.message
            self._job.emit(Log(self._job.id, event.level, text, event.source))

    def _check(self) -> None:
        if self._job.is_cancel_requested:
            raise JobCancelled
        limit = self._job.deadline_s
        if limit is not None and time.monotonic() - self._begun >= limit:
            message = f"The sweep did not end within {limit:g} s; the cells finished by then are kept."
            hint = "Run it again: it goes on from there."
            raise StopJobError(Outcome.TIMED_OUT, ErrorInfo("job-timed-out", message, hint))

    def _on_cancel(self) -> None:
        with self._news:
            part = self._part
            self._news.notify_all()
        if part is not None:
            part[0].cancel()
            part[1].cancel_part()

    # -- what comes of it

    @property
    def _known(self) -> Capabilities:
        assert self._capabilities is not None
        return self._capabilities

    def _show(self, cell: SweepCell) -> None:
        self._cells[plan.key_of(cell.choice)] = cell
        self._job.emit(Partial(self._job.id, cell))

    def _tell(self, text: str) -> None:
        """How far it is, and how long the rest will take."""
        cells = tuple(self._cells.values())
        over = sum(plan.is_over(cell) for cell in cells)
        left = plan.time_left_s(cells, self._request.sweep)
        about = "" if left is None else f", about {duration(left)} left"
        self._job.emit(Progress(self._job.id, f"{over} of {len(cells)} cells{about}: {text}", over / len(cells)))

    def _keep(self, cell: SweepCell) -> None:
        """Show a cell that has ended, once it is on disk."""
        if self._store is not None and is_worth_keeping(cell):
            assert self._fingerprints is not None
            try:
                self._store.put(cell, self._fingerprints.of(cell.choice))
            except UserError as error:
                self._store = None
                text = f"The cells are not kept for another time: {error.info.message}"
                self._job.emit(Log(self._job.id, "warning", text))
        self._show(cell)

    def _cancel_rest(self) -> None:
        for cell in tuple(self._cells.values()):
            if not plan.is_over(cell):
                self._show(dataclasses.replace(cell, outcome="cancelled"))

    def _report(self, *, is_complete: bool) -> SweepReport:
        cells = tuple(self._cells.values())
        summary = plan.summary(cells)
        run = RunFacts(self._known, 0, self._started_at, 0.0)
        facts = machine_facts(run, BenchSpec(seed=self._request.sweep.seed), None)
        return SweepReport(
            sweep=self._request.sweep,
            cells=cells,
            summary=summary if is_complete else f"Stopped early. {summary}",
            machine={name: value for name, value in facts.items() if name != "threads"},
            is_complete=is_complete,
            duration_s=time.monotonic() - self._begun,
            started_at=self._started_at,
        )
