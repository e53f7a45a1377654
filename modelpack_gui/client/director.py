"""Steers a benchmark: a process for each runner, one active at a time, in interleaved blocks.

The director computes no latency. It hands a turn to one process, waits until that has ended, and collects what it
measured; the other processes wait for a command meanwhile.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator

from modelpack_gui.client.bench_report import Measured, judge, machine_facts, titles
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.job_director import JobDirector
from modelpack_gui.client.lane import Lane
from modelpack_gui.core.errors import ErrorInfo, JobCancelled
from modelpack_gui.core.events import (
    Cancelled,
    Done,
    Event,
    Failed,
    Log,
    Outcome,
    Progress,
    Sample,
    Started,
    TerminalEvent,
)
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    BenchReport,
    BenchRequest,
    BenchTurnRequest,
    Capabilities,
    HelloRequest,
    LatencyTurn,
    PreparedRunner,
    Request,
)

SETTLE_RUNS = 5
"""Runs at the start of each turn that are not kept: the process has slept while others had theirs."""

_HELLO_S = 60.0
_PREPARE_S = 900.0
_TURN_S = 1800.0


class _TooLateError(Exception):
    """The benchmark's own deadline has passed."""


class _StopError(Exception):
    """The benchmark cannot go on at all."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.error.message)
        self.failed = failed


class Director(JobDirector):
    """Runs one benchmark job.

    Args:
        job: Its request is a BenchRequest.
        interpreter: Of all runners.
        gate: Says when no other job of the client runs.
    """

    def __init__(self, job: WorkerJob, interpreter: str, gate: Gate) -> None:
        super().__init__("benchmark", job, gate)
        assert isinstance(job.request, BenchRequest)
        self._request: BenchRequest = job.request
        self._interpreter = interpreter
        self._part: WorkerJob | None = None
        self._lanes: dict[str, Lane] = {}
        self._measured: list[Measured] = []
        self._capabilities: Capabilities | None = None
        self._threads = 1
        self._steps_done = 0
        self._steps = 1
        self._begun = time.monotonic()
        job.on_cancel(self._on_cancel)

    def _started_lanes(self) -> tuple[Lane, ...]:
        return tuple(self._lanes.values())

    def _direct(self) -> TerminalEvent:
        job = self._job
        try:
            self._wait_for_gate()
            self._begun = time.monotonic()
            job.emit(Started(job.id, job.stage))
            self._prepare_all()
            self._warm_up()
            self._measure()
            return self._judged()
        except JobCancelled:
            has_samples = any(item.latencies_ms for item in self._measured)
            return Cancelled(job.id, self._report(is_complete=False) if has_samples else None)
        except _TooLateError:
            return Failed(job.id, Outcome.TIMED_OUT, self._too_late())
        except _StopError as stop:
            return Failed(job.id, stop.failed.outcome, stop.failed.error)

    # -- steps

    def _prepare_all(self) -> None:
        spec = self._request.bench
        if not spec.runners:
            error = ErrorInfo("no-runners", "No runner is chosen.", "Choose at least one runner.")
            raise _StopError(Failed(self._job.id, Outcome.FAILED, error))
        chosen = {one.key: one for one in spec.runners}
        names = tuple(chosen)
        with self._lock:
            self._lanes = {name: Lane(self._interpreter, is_measuring=True) for name in names}
        for lane in self._lanes.values():
            lane.start()
        answer = self._ask(names[0], "hello", HelloRequest(), _HELLO_S)
        if isinstance(answer, Failed):
            raise _StopError(answer)
        assert isinstance(answer, Done)
        assert isinstance(answer.result, Capabilities)
        self._capabilities = answer.result
        self._threads = spec.threads or answer.result.physical_cores or answer.result.logical_cores or 1
        known = titles(self._request, answer.result)
        self._measured = [Measured(name, known[name], chosen[name]) for name in names]
        rounds = math.ceil(spec.iterations / spec.block_runs)
        self._steps = len(names) * (1 + math.ceil(spec.warmup_runs / spec.block_runs) + rounds)
        for item in self._measured:
            self._progress(f"Preparing {item.title}")
            self._prepare(item)
        if not self._active():
            raise _StopError(self._nothing_ready())

    def _prepare(self, item: Measured) -> None:
        request = BenchPrepareRequest(
            runner=item.spec,
            source=self._request.source,
            inputs=self._request.inputs,
            artifact_path=self._request.artifact_path,
            threads=self._threads,
        )
        answer = self._ask(item.runner, "bench.prepare", request, _PREPARE_S)
        self._steps_done += 1
        if isinstance(answer, Failed):
            self._give_up(item, answer.error)
        else:
            assert isinstance(answer, Done)
            assert isinstance(answer.result, PreparedRunner)
            item.prepared = answer.result

    def _warm_up(self) -> None:
        spec = self._request.bench
        for item in self._active():
            for runs in _blocks(spec.warmup_runs, spec.block_runs):
                if item.error is None:
                    self._progress(f"Warming up {item.title}")
                    self._turn(item, runs, 0, "warmup")

    def _measure(self) -> None:
        spec = self._request.bench
        shuffle = random.Random(spec.seed).shuffle  # noqa: S311 (an order of turns, not a secret)
        blocks = tuple(_blocks(spec.iterations, spec.block_runs))
        for number, runs in enumerate(blocks, 1):
            order = list(self._measured)  # all, also those that failed: the order of the rest must not hang on them
            shuffle(order)
            for item in order:
                if item.error is None:
                    self._progress(f"Round {number} of {len(blocks)}: {item.title}")
                    self._turn(item, runs, SETTLE_RUNS, "timed")

    def _turn(self, item: Measured, runs: int, settle_runs: int, phase: str) -> None:
        answer = self._ask(item.runner, "bench.turn", BenchTurnRequest(item.runner, runs, settle_runs), _TURN_S)
        self._steps_done += 1
        if isinstance(answer, Failed):
            self._give_up(item, answer.error)
            return
        assert isinstance(answer, Done)
        assert isinstance(answer.result, LatencyTurn)
        latencies = answer.result.latencies_ms
        (item.warmup_ms if phase == "warmup" else item.latencies_ms).extend(latencies)
        self._job.emit(Sample(self._job.id, item.runner, phase, latencies))
        self._check()

    def _judged(self) -> TerminalEvent:
        if not any(item.latencies_ms for item in self._measured):
            return self._nothing_ready()
        self._progress("Computing intervals")
        return Done(self._job.id, self._report(is_complete=True))

    # -- one part of it in one process

    def _ask(self, runner: str, stage: str, request: Request, limit_s: float) -> TerminalEvent:
        """Have a runner's process do something.

        Raises:
            JobCancelled: The benchmark was cancelled, and this part gave nothing.
            _TooLateError: The deadline of the benchmark has passed.
        """
        self._check()
        left = self._time_left()
        part = WorkerJob(
            stage, request, self._forward, self._job.base, limit_s if left is None else min(limit_s, left)
        )
        with self._lock:
            self._part = part
        if self._job.is_cancel_requested:  # it came between the check and the line above
            part.cancel()
        self._lanes[runner].submit(part)
        answer = part.wait()
        assert answer is not None
        with self._lock:
            self._part = None
        if isinstance(answer, Cancelled):
            raise JobCancelled
        if isinstance(answer, Failed) and answer.outcome is Outcome.TIMED_OUT:
            self._check()
        return answer

    def _forward(self, event: Event) -> None:
        """Pass on what a part logs; its progress is a detail of ours."""
        if isinstance(event, Log):
            self._job.emit(Log(self._job.id, event.level, event.message, event.source))

    def _give_up(self, item: Measured, error: ErrorInfo) -> None:
        item.error = error
        self._lanes[item.runner].stop()
        self._job.emit(Log(self._job.id, "warning", f"{item.title} is left out: {error.message}"))

    def _active(self) -> list[Measured]:
        return [item for item in self._measured if item.error is None]

    def _progress(self, message: str) -> None:
        self._job.emit(Progress(self._job.id, message, min(1.0, self._steps_done / self._steps)))

    def _check(self) -> None:
        if self._job.is_cancel_requested:
            raise JobCancelled
        left = self._time_left()
        if left is not None and left <= 0.0:
            raise _TooLateError

    def _time_left(self) -> float | None:
        limit = self._job.deadline_s
        return None if limit is None else limit - (time.monotonic() - self._begun)

    # -- what comes from outside

    def _on_cancel(self) -> None:
        with self._news:
            part = self._part
            self._news.notify_all()
        if part is not None:
            part.cancel()

    # -- the result

    def _report(self, *, is_complete: bool) -> BenchReport:
        baseline, summary, results = judge(self._measured, self._request.bench.seed)
        assert self._capabilities is not None
        return BenchReport(
            bench=self._request.bench,
            artifact_path=self._request.artifact_path,
            baseline=baseline,
            summary=summary if is_complete else f"Stopped early. {summary}",
            runners=results,
            threads=self._threads,
            machine=machine_facts(self._capabilities),
            is_complete=is_complete,
            duration_s=time.monotonic() - self._begun,
        )

    def _nothing_ready(self) -> Failed:
        """The first runner's error, with those of the others in the details."""
        errors = [(item.title, item.error) for item in self._measured if item.error is not None]
        first = errors[0][1]
        others = [f"{title}: {error.message}" for title, error in errors if error.message != first.message]
        details = "\n".join([*others, first.details]).strip()
        return Failed(self._job.id, Outcome.FAILED, ErrorInfo(first.code, first.message, first.hint, details))

    def _too_late(self) -> ErrorInfo:
        return ErrorInfo(
            "job-timed-out",
            f"The benchmark did not end within {self._job.deadline_s:g} s and was stopped.",
            "Use fewer iterations or smaller inputs, or allow more time.",
        )


def _blocks(runs: int, block: int) -> Iterator[int]:
    """Split a number of runs into blocks; the last may be smaller."""
    for start in range(0, runs, block):
        yield min(block, runs - start)
