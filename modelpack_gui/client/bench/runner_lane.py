"""One runner and its process: what it is asked, what it gave, and what becomes of it when it fails."""

from __future__ import annotations

from typing import TypeVar

from modelpack_gui.client.bench.measured import Measured
from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.client.bench.words import LEFT_OUT, NO_FURTHER
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Done, Failed, Outcome
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    BenchTurnRequest,
    LatencyTurn,
    OutputsRequest,
    PreparedRunner,
    Request,
    RunnerOutputs,
    TrafficPoint,
    TrafficRequest,
)

R = TypeVar("R")

PREPARE_S = 900.0
OUTPUTS_S = 900.0
LOAD_EXTRA_S = 120.0

TURN_LEAST_S = 60.0
TURN_TIMES = 20.0
TURN_MOST_S = 1800.0
"""A turn that takes so many times as long as its runs took before, and at least a minute, has hung."""


class RunnerLane:
    """Asks one runner's process, and keeps what it gives in `item`.

    A runner that fails keeps what it gave before, gets no further turn, and its process is ended.
    """

    def __init__(self, parts: Parts, item: Measured) -> None:
        self.item = item
        self._parts = parts
        self._lane = parts.new_lane()

    @property
    def is_active(self) -> bool:
        """Whether it can be asked for more."""
        return self.item.error is None

    def prepare(self, request: BenchPrepareRequest) -> None:
        """Start the process and make the runner ready."""
        ready = self._ask("bench.prepare", request, PREPARE_S, PreparedRunner)
        self.item.process_start_s = self._lane.start_s
        if ready is not None:
            self.item.prepared = ready
            self.item.peak_rss_bytes = ready.peak_rss_bytes

    def warm_up(self, runs: int) -> tuple[float, ...]:
        """A turn that is kept but does not count; empty if it failed."""
        turn = self._turn(runs, 0)
        if turn is None:
            return ()
        self.item.warmup_ms.extend(turn.latencies_ms)
        return turn.latencies_ms

    def measure(self, runs: int, settle_runs: int) -> tuple[float, ...]:
        """A turn that counts; empty if it failed."""
        self._parts.rest(self._lane)
        turn = self._turn(runs, settle_runs)
        if turn is None:
            return ()
        self.item.latencies_ms.extend(turn.latencies_ms)
        self.item.turns.append(len(turn.latencies_ms))
        self.item.rss_bytes.append(turn.rss_bytes)
        self.item.overheads_ns.append(turn.overhead_ns)
        return turn.latencies_ms

    def outputs(self, request: OutputsRequest) -> RunnerOutputs | ErrorInfo:
        """Its outputs compared, or the reason that they could not be."""
        return self._try("bench.outputs", request, OUTPUTS_S, RunnerOutputs)

    def load(self, request: TrafficRequest) -> TrafficPoint | ErrorInfo:
        """It under load, or the reason that there is no figure."""
        return self._try("bench.traffic", request, request.seconds + LOAD_EXTRA_S, TrafficPoint)

    def stop(self) -> None:
        """End the process, and wait until it is gone."""
        self._lane.stop()
        self._lane.join_workers(5.0)

    def _turn(self, runs: int, settle_runs: int) -> LatencyTurn | None:
        request = BenchTurnRequest(self.item.runner, runs, settle_runs)
        turn = self._ask("bench.turn", request, self._turn_limit_s(runs + settle_runs), LatencyTurn)
        if turn is not None:
            self.item.peak_rss_bytes = max(self.item.peak_rss_bytes, turn.peak_rss_bytes)
        return turn

    def _turn_limit_s(self, runs: int) -> float:
        typical_ms = self.item.typical_ms
        if typical_ms is None:
            return TURN_MOST_S
        return min(TURN_MOST_S, max(TURN_LEAST_S, TURN_TIMES * runs * typical_ms / 1000.0))

    def _ask(self, stage: str, request: Request, limit_s: float, kind: type[R]) -> R | None:
        """What the process gives; None if it failed, which ends this runner."""
        answer = self._parts.ask(self._lane, stage, request, limit_s)
        if isinstance(answer, Failed):
            self._give_up(answer)
            return None
        return _result(answer, kind)

    def _try(self, stage: str, request: Request, limit_s: float, kind: type[R]) -> R | ErrorInfo:
        """What the process gives, or its error; the runner ends only if its process did."""
        answer = self._parts.ask(self._lane, stage, request, limit_s)
        if isinstance(answer, Done):
            return _result(answer, kind)
        if answer.outcome is not Outcome.FAILED or answer.error.code == _LOST:
            self._give_up(answer)
            assert self.item.error is not None
            return self.item.error
        return answer.error

    def _give_up(self, failed: Failed) -> None:
        item = self.item
        item.error = self._ended_between() if failed.error.code == _LOST else failed.error
        self._lane.stop()
        what = NO_FURTHER if item.latencies_ms else LEFT_OUT
        self._parts.warn(f"{item.title} is {what}: {item.error.message}")

    def _ended_between(self) -> ErrorInfo:
        return ErrorInfo(
            "worker-crashed",
            f"The process of {self.item.title} ended between two turns.",
            "The system ends processes for want of memory: use fewer runners or smaller inputs. What it printed last "
            "is in the log.",
        )


_LOST = "runner-not-prepared"
"""Said by a process that took the place of the one in which the runner was prepared."""


def _result(answer: Done, kind: type[R]) -> R:
    assert isinstance(answer.result, kind)
    return answer.result
