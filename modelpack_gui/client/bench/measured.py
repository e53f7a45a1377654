"""What was collected of one runner while it was measured."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import OutputsCheck, PreparedRunner, RunnerSpec, TrafficPoint

EAGER = "eager"
"""Key of PyTorch as it is written: what outputs and latencies are compared with, unless told otherwise."""


@dataclass
class Measured:
    """One runner's figures, as far as they have come.

    Attributes:
        runner: Its key.
        warmup_ms, latencies_ms: Milliseconds, in the order they were measured.
        turns: Timed runs in each turn.
        rss_bytes: Resident memory after each timed turn; 0 if unknown.
        overheads_ns: What the loop costs around a call, of each turn.
        process_start_s: From starting its process until that was ready.
        error: Why it is measured no further; what came before stays.
    """

    runner: str
    title: str
    spec: RunnerSpec
    prepared: PreparedRunner | None = None
    warmup_ms: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    peak_rss_bytes: int = 0
    overheads_ns: list[float] = field(default_factory=list)
    process_start_s: float | None = None
    outputs: OutputsCheck | None = None
    load: list[TrafficPoint] = field(default_factory=list)
    error: ErrorInfo | None = None

    @property
    def typical_ms(self) -> float | None:
        """About how long a call takes, by the latest runs; None before anything is known of it."""
        latest = (self.latencies_ms or self.warmup_ms)[-50:]
        if latest:
            return statistics.median(latest)
        return self.prepared.first_run_ms if self.prepared is not None else None

    @property
    def is_valid(self) -> bool:
        """Whether its speed counts: it was measured, and its answers are right as far as they were compared."""
        return bool(self.latencies_ms) and (self.outputs is None or self.outputs.is_valid)
