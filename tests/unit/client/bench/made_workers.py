"""Processes of a benchmark that are made up: what each is asked is written down, and its answers are as told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.client.bench.director import Director
from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Done, Event, Failed, Outcome, Partial, Sample, TerminalEvent
from modelpack_gui.core.records import (
    PROTOCOL_VERSION,
    BenchPrepareRequest,
    BenchRequest,
    BenchSpec,
    BenchTurnRequest,
    Calibration,
    CalibrationRequest,
    Capabilities,
    HelloRequest,
    InputSpec,
    LatencyTurn,
    ModelSource,
    OutputsCheck,
    OutputsRequest,
    PreparedRunner,
    Request,
    Result,
    RunnerOutputs,
    RunnerSpec,
    TrafficPoint,
    TrafficRequest,
    Verdict,
)

RIGHT = OutputsCheck(Verdict.PASSED, "eager", worst_ratio=0.1)
WRONG = OutputsCheck(Verdict.FAILED, "eager", worst_ratio=40.0, note="y is off by 0.3.")

Asked = tuple[str, str]
"""Runner and stage. The A/A process of a runner goes by its key and `again`."""


def crashed(text: str = "The worker was ended by SIGSEGV.") -> Failed:
    return Failed("", Outcome.CRASHED, ErrorInfo("worker-crashed", text))


def hung() -> Failed:
    return Failed("", Outcome.TIMED_OUT, ErrorInfo("job-timed-out", "It did not end."))


class Lane:
    """A lane without a process."""

    start_s = 0.25

    def __init__(self, workers: Workers) -> None:
        self.name = ""
        self._workers = workers

    def stop(self) -> None:
        self._workers.asked.append((self.name, "stop"))

    def join_workers(self, timeout_s: float) -> bool:
        return True

    def kill_workers(self) -> None:
        """There is nothing to kill."""


@dataclasses.dataclass
class Workers:
    """All processes of one benchmark.

    Attributes:
        answers: By runner and stage: gives the answer from the request and how often that was asked before; where it
            gives None, or nothing is told, the usual answer comes.
    """

    answers: Mapping[Asked, Callable[[Any, int], Result | Failed | None]] = dataclasses.field(default_factory=dict)
    latency_ms: dict[str, float] = dataclasses.field(default_factory=dict)
    asked: list[Asked] = dataclasses.field(default_factory=list)
    rests: list[str] = dataclasses.field(default_factory=list)
    requests: list[Request] = dataclasses.field(default_factory=list)
    events: list[Event] = dataclasses.field(default_factory=list)

    def run(self, monkeypatch: pytest.MonkeyPatch, base: Path, request: BenchRequest) -> TerminalEvent:
        """The whole benchmark, on this thread."""
        monkeypatch.setattr(Parts, "new_lane", lambda parts: Lane(self))
        monkeypatch.setattr(Parts, "lanes", ())
        monkeypatch.setattr(Parts, "rest", lambda parts, lane: self.rests.append(lane.name))
        monkeypatch.setattr(Parts, "ask", lambda parts, lane, stage, asked, limit_s: self._ask(lane, stage, asked))
        gate = Gate()
        job = WorkerJob("bench", request, self.events.append, base, None)
        job.ticket = gate.ticket(alone=True)
        Director(job, "", gate).run()
        ended = job.wait(0.0)
        assert ended is not None
        return ended

    def stages(self, runner: str) -> list[str]:
        return [stage for name, stage in self.asked if name == runner]

    def samples(self, phase: str) -> list[Sample]:
        return [event for event in self.events if isinstance(event, Sample) and event.phase == phase]

    def points(self) -> list[TrafficPoint]:
        return [event.result for event in self.events if isinstance(event, Partial)]

    def _ask(self, lane: Lane, stage: str, request: Request) -> Done | Failed:
        if isinstance(request, BenchPrepareRequest):
            taken = ("bench.prepare" in self.stages(request.runner.key)) * " again"
            lane.name = f"{request.runner.key}{taken}"
        count = self.stages(lane.name).count(stage)
        self.asked.append((lane.name, stage))
        self.requests.append(request)
        told = self.answers.get((lane.name, stage))
        answer = told(request, count) if told is not None else None
        if answer is None:
            answer = self._usual(lane.name, request)
        return answer if isinstance(answer, Failed) else Done("", answer)

    def _usual(self, name: str, request: Request) -> Result:
        if isinstance(request, HelloRequest):
            return CAPABILITIES
        if isinstance(request, BenchPrepareRequest):
            return PreparedRunner(request.runner.key, "CPU", request.threads, 1.5, 2**28, first_run_ms=9.0)
        if isinstance(request, CalibrationRequest):
            return Calibration(tuple(1.0 + i % 3 / 1000 for i in range(request.loops)), 0.1, 2600.0)
        if isinstance(request, BenchTurnRequest):
            middle = self.latency_ms.get(name.removesuffix(" again"), 2.0)
            taken = tuple(middle * (1.0 + (i * 7 % 11 - 5) / 500) for i in range(request.runs))
            return LatencyTurn(request.runner, taken, 2**28, 2**28 + 1, 80.0)
        if isinstance(request, OutputsRequest):
            return RunnerOutputs(request.runner, None if request.is_reference else RIGHT)
        assert isinstance(request, TrafficRequest)
        is_closed = request.rate_per_s is None
        return TrafficPoint(
            request.runner, "closed" if is_closed else "open", request.callers, request.rate_per_s, 100, 1.0, 100.0
        )


CAPABILITIES = Capabilities(
    protocol=PROTOCOL_VERSION,
    executable="python",
    python_version="3.11.7",
    platform="Linux",
    packages=(),
    cpu="A processor",
    cpu_flags=("avx2",),
    physical_cores=4,
    logical_cores=8,
    memory_bytes=2**34,
    exporters=(),
    runners=(),
    pace={"governor": "powersave"},
)


def request(*runners: str | RunnerSpec, source: ModelSource | None = None, **settings: Any) -> BenchRequest:
    specs = tuple(RunnerSpec(one) if isinstance(one, str) else one for one in runners)
    usual = {"warmup_runs": 10, "iterations": 100, "block_runs": 10, "noise_run": False}
    spec = BenchSpec(runners=specs, **{**usual, **settings})
    model = source if source is not None else ModelSource(file="net.py", name="Net")
    return BenchRequest(model, (InputSpec("x", (2, 8)),), "net.onnx", spec)
