"""A runner under load: several callers at once, or calls that arrive at a fixed rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelpack_gui.core.errors import ErrorInfo


@dataclass(frozen=True)
class TrafficRequest:
    """Put load on the prepared runner.

    Attributes:
        runner: Key of the prepared runner.
        callers: Threads that call; of an open loop the most that may be at work at once.
        rate_per_s: Arrivals a second of an open loop, evenly spaced; None for a closed loop, in which each caller
            calls again as soon as it has its answer.
        seconds: How long.
    """

    runner: str
    callers: int
    rate_per_s: float | None
    seconds: float


@dataclass(frozen=True)
class TrafficPoint:
    """One runner at one load.

    Latencies of an open loop count from when a call should have started, so that a stall counts for all calls that it
    held up (coordinated omission, Tene 2013); `service_ms` counts from when it did start.

    Attributes:
        percentiles_ms: Latency by share (`0.5`, `0.9`, `0.95`, `0.99`, `0.999`) as text, those the sample carries.
        service_ms: The same without the correction; empty for a closed loop, where there is nothing to correct.
        is_saturated: An open loop that did not keep up: the latency would grow for as long as it lasted.
        error: Why there is no figure; None if there is.
    """

    runner: str
    mode: Literal["closed", "open"]
    callers: int
    rate_per_s: float | None
    completed: int
    duration_s: float
    throughput_per_s: float
    percentiles_ms: Mapping[str, float] = field(default_factory=dict)
    service_ms: Mapping[str, float] = field(default_factory=dict)
    max_ms: float = 0.0
    is_saturated: bool = False
    error: ErrorInfo | None = None
