"""Steers a benchmark: a process for each runner, one active at a time, in interleaved rounds.

The director computes no latency. It hands a turn to one process, waits until that has ended, and collects what it
measured; the other processes wait for a command meanwhile. The order is: make all runners ready, compare their
outputs, warm up, measure in rounds with a look at the machine between them, compare the outputs again, put on load.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
import shutil
from pathlib import Path

from modelpack_gui.client.bench import report
from modelpack_gui.client.bench.answers import Answers
from modelpack_gui.client.bench.load import LoadRun
from modelpack_gui.client.bench.measured import EAGER, Measured
from modelpack_gui.client.bench.noise import NoiseWatch
from modelpack_gui.client.bench.parts import Parts, TooLateError
from modelpack_gui.client.bench.rounds import Rounds, blocks, fitting_block, settle_runs, widest_half_width
from modelpack_gui.client.bench.runner_lane import RunnerLane
from modelpack_gui.client.bench.words import AGAIN, WARMING_UP
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.job_director import HELLO_S, JobDirector, StopJobError
from modelpack_gui.client.lane import Lane
from modelpack_gui.client.process import make_scratch
from modelpack_gui.core.bench.inputs import with_batch
from modelpack_gui.core.errors import ErrorInfo, JobCancelled, UserError
from modelpack_gui.core.events import Cancelled, Done, Failed, Outcome, Started, TerminalEvent
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    BenchReport,
    BenchRequest,
    Capabilities,
    HelloRequest,
    InputSpec,
    RunnerSpec,
)
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.core.saved_models import runs_in_torch

_PREPARE_STEPS, _LOAD_STEPS = 10, 20
"""How far the bar goes for making a runner ready, and for a load, where a turn is 1."""


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
        self._spec = job.request.bench
        self._inputs: tuple[InputSpec, ...] = job.request.inputs
        self._parts = Parts(job, interpreter)
        self._runners: list[RunnerLane] = []
        self._again: RunnerLane | None = None  # the baseline once more, in a second process
        self._watch = NoiseWatch(self._parts)
        self._load_run = LoadRun(self._parts, self._spec)
        self._capabilities: Capabilities | None = None
        self._threads = 1
        self._steps_done = 0
        self._steps = 1
        self._started_at = ""
        self._folder: Path | None = None  # shared by the processes
        job.on_cancel(self._on_cancel)

    def _started_lanes(self) -> tuple[Lane, ...]:
        return self._parts.lanes

    def _direct(self) -> TerminalEvent:
        job = self._job
        try:
            self._wait_for_gate()
            self._parts.begin()
            self._started_at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
            job.emit(Started(job.id, job.stage))
            self._folder = make_scratch()
            self._look_around()
            self._prepare_all()
            answers = Answers(self._parts, self._folder, self._request.rtol, self._request.atol)
            self._compare_first(answers)
            self._warm_up()
            self._measure()
            self._step("Comparing the outputs once more")
            answers.compare(self._runners, is_after=True)
            self._put_on_load()
            return self._judged()
        except JobCancelled:
            has_samples = any(lane.item.latencies_ms for lane in self._runners)
            return Cancelled(job.id, self._report(is_complete=False) if has_samples else None)
        except TooLateError:
            return Failed(job.id, Outcome.TIMED_OUT, self._too_late())
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    # -- steps

    def _look_around(self) -> None:
        """Learn what the interpreter and the machine are, in a process that is gone before the first runner's."""
        spec = self._spec
        if not spec.runners:
            raise UserError("no-runners", "No runner is chosen.", "Choose at least one runner.")
        self._inputs = with_batch(self._inputs, self._request.dynamic, spec.batch_size)
        lane = self._parts.new_lane()
        answer = self._parts.ask(lane, "hello", HelloRequest(), HELLO_S)
        lane.stop()
        lane.join_workers(5.0)
        if isinstance(answer, Failed):
            raise StopJobError(answer.outcome, answer.error)
        assert isinstance(answer.result, Capabilities)
        found = answer.result
        self._capabilities = found
        self._watch.begin()
        self._threads = spec.threads or min(found.cores, len(spec.pin_cpus) or found.cores)

    def _prepare_all(self) -> None:
        spec = self._spec
        chosen = {one.key: one for one in spec.runners}
        turns = math.ceil(spec.warmup_runs / spec.block_runs) + math.ceil(spec.iterations / spec.block_runs)
        each = _PREPARE_STEPS + turns + _LOAD_STEPS * len(self._load_run)
        self._steps = (len(chosen) + spec.noise_run) * each + 2
        self._runners = [self._new_runner(one) for one in chosen.values()]
        for lane in self._runners:
            self._step(f"Preparing {lane.item.title}", _PREPARE_STEPS)
            lane.prepare(self._prepare_request(lane))
        active = [lane for lane in self._runners if lane.is_active]
        if not active:
            raise self._nothing_measured()
        if spec.noise_run:
            baseline = report.wanted_baseline([lane.item for lane in active], spec.baseline)
            again = self._new_runner(baseline.spec, f"{baseline.title}{AGAIN}")
            self._step(f"Preparing {again.item.title}", _PREPARE_STEPS)
            again.prepare(self._prepare_request(again))
            self._again = again

    def _compare_first(self, answers: Answers) -> None:
        """Compare the outputs; whatever process that needs besides is gone before anything is timed."""
        self._step("Comparing the outputs")
        eager = next((lane for lane in self._runners if lane.item.runner == EAGER), None)
        if eager is not None:
            if eager.is_active:
                answers.take_reference(eager)
        elif runs_in_torch(self._request.source, self._job.base):
            eager = self._new_runner(RunnerSpec(EAGER), "PyTorch eager, for the outputs alone")
            eager.prepare(self._prepare_request(eager))
            if eager.is_active:
                answers.take_reference(eager)
            eager.stop()
        if not answers.reference:
            items = [lane.item for lane in self._runners if lane.is_active]
            if items:
                baseline = report.wanted_baseline(items, self._spec.baseline)
                answers.take_reference(next(lane for lane in self._runners if lane.item is baseline))
        if self._again is not None and self._again.is_active:
            answers.check_steadiness(self._again)
        answers.compare(self._runners, is_after=False)

    def _warm_up(self) -> None:
        for lane in self._everyone():
            for runs in blocks(self._spec.warmup_runs, self._spec.block_runs):
                if lane.is_active:
                    self._step(f"{WARMING_UP} {lane.item.title}")
                    self._show(lane, "warmup", lane.warm_up(runs))

    def _measure(self) -> None:
        typical_ms = [lane.item.typical_ms or 0.0 for lane in self._everyone() if lane.is_active]
        block_runs = fitting_block(self._spec.block_runs, self._spec.time_budget_s, typical_ms)
        spec = dataclasses.replace(self._spec, block_runs=block_runs)
        rounds = Rounds(spec, lambda: widest_half_width([lane.item for lane in self._active()]))
        for runs in rounds:
            self._watch.calibrate()
            # Those that failed too: what order the rest come in must not hang on them.
            for lane in rounds.shuffled(self._everyone()):
                if lane.is_active and not rounds.is_late:
                    self._step(f"{rounds.title}: {lane.item.title}", is_known=not rounds.is_open_ended)
                    self._show(lane, "timed", lane.measure(runs, settle_runs(lane.item.typical_ms)))
            if not self._active():
                break
        self._watch.calibrate()
        if spec.precision is not None and rounds.width is not None and rounds.width > spec.precision:
            self._parts.warn(f"The wanted precision was not reached. {rounds.title}.")

    def _put_on_load(self) -> None:
        for number in range(len(self._load_run)):
            text = f"Under load: {self._load_run.describe(number)}"
            self._step(text, _LOAD_STEPS * len(self._runners))
            self._load_run.run(self._runners, number)

    def _judged(self) -> TerminalEvent:
        if not any(lane.item.latencies_ms for lane in self._runners):
            raise self._nothing_measured()
        self._parts.progress("Computing intervals", 1.0)
        return Done(self._job.id, self._report(is_complete=True))

    def _on_cancel(self) -> None:
        self._on_news()
        self._parts.cancel_part()

    # -- details

    def _new_runner(self, spec: RunnerSpec, title: str = "") -> RunnerLane:
        assert self._capabilities is not None
        shown = title or runner_title(spec, self._capabilities.runners)
        return RunnerLane(self._parts, Measured(spec.key, shown, spec))

    def _prepare_request(self, lane: RunnerLane) -> BenchPrepareRequest:
        return BenchPrepareRequest(
            runner=lane.item.spec,
            source=self._request.source,
            inputs=self._inputs,
            artifact_path=self._request.artifact_path,
            threads=self._threads,
            fresh_inputs=self._spec.fresh_inputs,
            pin_cpus=self._spec.pin_cpus,
            seed=self._spec.seed,
            folder=str(self._folder),
        )

    def _show(self, lane: RunnerLane, phase: str, latencies_ms: tuple[float, ...]) -> None:
        if latencies_ms and lane is not self._again:
            self._parts.sample(lane.item.runner, phase, latencies_ms)
        self._parts.check()

    def _everyone(self) -> list[RunnerLane]:
        return [*self._runners, *([self._again] if self._again is not None else [])]

    def _active(self) -> list[RunnerLane]:
        return [lane for lane in self._runners if lane.is_active]

    def _step(self, message: str, steps: int = 1, *, is_known: bool = True) -> None:
        """Say what comes, and count it; what was not foreseen (not `is_known`) is not counted."""
        self._parts.progress(message, min(0.99, self._steps_done / self._steps) if is_known else None)
        self._steps_done += steps if is_known else 0

    # -- the result

    def _report(self, *, is_complete: bool) -> BenchReport:
        assert self._capabilities is not None
        return report.make(
            self._request,
            [lane.item for lane in self._runners],
            self._again.item if self._again is not None else None,
            self._watch,
            report.RunFacts(self._capabilities, self._threads, self._started_at, self._parts.elapsed_s),
            is_complete=is_complete,
        )

    def _nothing_measured(self) -> StopJobError:
        """The first runner's error, with those of the others in the details."""
        errors = [(lane.item.title, lane.item.error) for lane in self._runners if lane.item.error is not None]
        first = errors[0][1]
        others = [f"{title}: {error.message}" for title, error in errors if error.message != first.message]
        details = "\n".join([*others, first.details]).strip()
        return StopJobError(Outcome.FAILED, ErrorInfo(first.code, first.message, first.hint, details))

    def _too_late(self) -> ErrorInfo:
        return ErrorInfo(
            "job-timed-out",
            f"The benchmark did not end within {self._job.deadline_s:g} s and was stopped.",
            "Use fewer iterations or smaller inputs, or allow more time.",
        )
