"""The runners under load, after their latencies: one runner and one load at a time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.client.bench.runner_lane import RunnerLane
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import BenchSpec, TrafficPoint, TrafficRequest

Load = tuple[int, float | None]
"""Callers, and arrivals a second of an open loop."""


def loads_of(spec: BenchSpec) -> tuple[Load, ...]:
    """Closed loops first, then open ones: those have as many callers as the largest closed loop, at least one."""
    most = max(spec.callers, default=1)
    closed = tuple((callers, None) for callers in dict.fromkeys(spec.callers))
    return closed + tuple((most, rate) for rate in dict.fromkeys(spec.rates_per_s))


class LoadRun:
    """Puts every load on every runner whose answers are right, in an order drawn for each load."""

    def __init__(self, parts: Parts, spec: BenchSpec) -> None:
        self._parts = parts
        self._seconds = spec.load_s
        self._loads = loads_of(spec)
        self._draw = random.Random(spec.seed)  # noqa: S311 (an order, not a secret)
        self._lost: dict[str, ErrorInfo] = {}

    def __len__(self) -> int:
        return len(self._loads)

    def run(self, lanes: Sequence[RunnerLane], number: int) -> None:
        """Put one of the loads, counted from 0, on each runner."""
        load = self._loads[number]
        order = list(lanes)
        self._draw.shuffle(order)
        for lane in order:
            if lane.item.is_valid and lane.is_active:
                point = self._point(lane, load)
                lane.item.load.append(point)
                self._parts.partial(point)
                self._parts.check()

    def describe(self, number: int) -> str:
        """One of the loads in words."""
        callers, rate = self._loads[number]
        if rate is not None:
            return f"{rate:g} calls a second"
        return "1 caller" if callers == 1 else f"{callers} callers"

    def _point(self, lane: RunnerLane, load: Load) -> TrafficPoint:
        runner, (callers, rate) = lane.item.runner, load
        error = self._lost.get(runner)
        if error is None:
            answer = lane.load(TrafficRequest(runner, callers, rate, self._seconds))
            if isinstance(answer, TrafficPoint):
                return answer
            error = answer
            if not lane.is_active:  # its process is gone; its latencies are whole, so that is said of the load alone
                self._lost[runner] = error
                lane.item.error = None
        mode: Literal["closed", "open"] = "closed" if rate is None else "open"
        return TrafficPoint(
            runner, mode, callers, rate, completed=0, duration_s=0.0, throughput_per_s=0.0, error=error
        )
