"""One cell of a sweep: its runner in a process of its own, made ready, compared, warmed up and timed."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.client.bench.answers import Answers
from modelpack_gui.client.bench.measured import Measured
from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.client.bench.rounds import SETTLE_FEWEST, Rounds, blocks, fitting_block
from modelpack_gui.client.bench.runner_lane import RunnerLane
from modelpack_gui.core.bench.inputs import batch_size_of, with_batch
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.locations import located
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    BenchSpec,
    RunnerSpec,
    SweepCell,
    SweepChoice,
    SweepOutcome,
    SweepRequest,
)
from modelpack_gui.core.stats import doubts as stats_doubts
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.core.sweep import throughput

_BLOCK = 25


@dataclass(frozen=True)
class CellPlan:
    """What a cell is measured with.

    Attributes:
        folder: Shared by the processes of one batch size: inputs and expected outputs are kept there.
    """

    request: SweepRequest
    choice: SweepChoice
    title: str
    folder: Path
    base: Path

    def prepare_request(self, runner: RunnerSpec) -> BenchPrepareRequest:
        """Make a runner ready for this cell's threads and batch size.

        Raises:
            UserError: The inputs cannot have that size.
        """
        request = self.request
        return BenchPrepareRequest(
            runner=runner,
            source=request.source,
            inputs=with_batch(request.inputs, request.dynamic, self.choice.batch_size),
            artifact_path=request.artifact_path,
            threads=self.choice.threads,
            seed=request.sweep.seed,
            folder=str(self.folder),
        )

    @property
    def items(self) -> int:
        """Of one call."""
        return self.choice.batch_size or batch_size_of(self.request.inputs, self.request.dynamic) or 1

    @property
    def size_bytes(self) -> int:
        """Of the file that the runner runs; 0 if it runs the model itself."""
        name = self.choice.runner.artifact or self.request.artifact_path
        try:
            return located(self.base, name).stat().st_size if name else 0
        except OSError:
            return 0


def take_reference(plan: CellPlan, parts: Parts, runner: RunnerSpec, title: str) -> Answers:
    """Have a runner give the outputs that all cells of a batch size are compared with; its process ends then."""
    answers = Answers(parts, plan.folder, plan.request.rtol, plan.request.atol)
    lane = RunnerLane(parts, Measured(runner.key, title, runner))
    try:
        lane.prepare(plan.prepare_request(runner))
        if lane.is_active:
            answers.take_reference(lane)
    finally:
        lane.stop()
    return answers


def measure(plan: CellPlan, parts: Parts, answers: Answers | None) -> tuple[SweepCell, Answers]:
    """Measure one cell; whatever goes wrong with it is in the cell.

    Args:
        answers: What its outputs are compared with; None where its own are what others are compared with.

    Returns:
        The cell, and the answers to compare with from now on.

    Raises:
        JobCancelled, TooLateError: See Parts.
        UserError: The inputs cannot have that size.
    """
    begun = time.monotonic()
    choice = plan.choice
    item = Measured(choice.runner.key, plan.title, choice.runner)
    lane = RunnerLane(parts, item)
    is_reference = answers is None
    answers = answers or Answers(parts, plan.folder, plan.request.rtol, plan.request.atol)
    try:
        lane.prepare(plan.prepare_request(choice.runner))
        if lane.is_active:
            if is_reference:
                answers.take_reference(lane)
            answers.compare([lane], is_after=False)
            _run(plan, lane)
            answers.compare([lane], is_after=True)
    finally:
        lane.stop()
    return _cell(plan, item, time.monotonic() - begun), answers


def _run(plan: CellPlan, lane: RunnerLane) -> None:
    """Warm up, within half of the budget, and then the timed runs."""
    sweep, item = plan.request.sweep, lane.item
    budget_s = sweep.cell_budget_s
    warm_up_s = None if budget_s is None else budget_s / 2.0
    began = time.monotonic()
    for runs in blocks(sweep.warmup_runs, fitting_block(_BLOCK, warm_up_s, [item.typical_ms or 0.0])):
        if not lane.is_active or (warm_up_s is not None and time.monotonic() - began >= warm_up_s):
            break
        lane.warm_up(runs)
    block_runs = fitting_block(_BLOCK, budget_s, [item.typical_ms or 0.0])
    spec = BenchSpec(iterations=sweep.iterations, block_runs=block_runs, time_budget_s=budget_s)
    for runs in Rounds(spec, lambda: 0.0):
        if not lane.is_active:
            return
        lane.measure(runs, SETTLE_FEWEST)


def _cell(plan: CellPlan, item: Measured, duration_s: float) -> SweepCell:
    begun = SweepCell(
        plan.choice,
        plan.title,
        "measured",
        outputs=item.outputs,
        peak_rss_bytes=item.peak_rss_bytes,
        size_bytes=plan.size_bytes,
        duration_s=duration_s,
    )
    if item.error is not None:
        return dataclasses.replace(begun, outcome=outcome_of(item.error), error=item.error)
    latencies, turns = tuple(item.latencies_ms), tuple(item.turns)
    summary = stats.summarise(latencies, plan.request.sweep.seed, turns)
    return dataclasses.replace(
        begun,
        summary=summary,
        throughput_per_s=throughput(summary.p50_ms, plan.items),
        doubts=stats_doubts.doubts(summary, latencies, turns, warmup_ms=item.warmup_ms, rss_bytes=item.rss_bytes),
    )


def outcome_of(error: ErrorInfo) -> SweepOutcome:
    """How a cell ended, by why."""
    if error.code == "job-timed-out":
        return "timed_out"
    return "crashed" if error.code == "worker-crashed" else "failed"
