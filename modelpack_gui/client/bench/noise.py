"""How much of what is measured is the machine: a loop of known work between the rounds, and the baseline twice."""

from __future__ import annotations

import statistics

from modelpack_gui.client.bench.measured import Measured
from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.client.lane import Lane
from modelpack_gui.core.bench import noise as bench_noise
from modelpack_gui.core.events import Failed
from modelpack_gui.core.records import Calibration, CalibrationRequest, MachineNoise
from modelpack_gui.core.stats import latencies as stats

_CALIBRATE_S = 60.0


class NoiseWatch:
    """Times the loop in a process of its own, which does nothing else."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lane: Lane | None = None
        self._calibrations: list[Calibration] = []
        self._load_before: float | None = None
        self._has_failed = False

    def begin(self) -> None:
        """Start the process, and see what load the machine has before that of the runners."""
        self._lane = self._parts.new_lane()
        seen = self._look(self._lane, CalibrationRequest(loops=1))
        self._load_before = seen.load_average if seen is not None else None

    def calibrate(self) -> None:
        """Time the loop once more; a benchmark goes on without it if that cannot be done."""
        assert self._lane is not None
        self._parts.rest(self._lane)
        seen = self._look(self._lane, CalibrationRequest())
        if seen is not None:
            self._calibrations.append(seen)

    @property
    def frequency_mhz(self) -> float | None:
        """Clock of the processor while the benchmark ran, the middle of what was seen; None if unknown."""
        seen = [one.frequency_mhz for one in self._calibrations if one.frequency_mhz]
        return statistics.median(seen) if seen else None

    def noise(self, baseline: Measured | None, again: Measured | None, cores: int, seed: int) -> MachineNoise:
        """What it comes to.

        Args:
            baseline, again: The same runner in two processes; None without such a pair.
            cores: Logical processors of the machine; 0 if unknown.
        """
        ratio = None
        if baseline is not None and again is not None and baseline.latencies_ms and again.latencies_ms:
            ratio = stats.speedup(baseline.latencies_ms, again.latencies_ms, seed, baseline.turns, again.turns)
        return bench_noise.machine_noise(
            self._calibrations,
            aa_ratio=ratio,
            load_before=self._load_before,
            load_after=self._calibrations[-1].load_average if self._calibrations else None,
            cores=cores,
        )

    def _look(self, lane: Lane, request: CalibrationRequest) -> Calibration | None:
        if self._has_failed:
            return None
        answer = self._parts.ask(lane, "bench.calibrate", request, _CALIBRATE_S)
        if isinstance(answer, Failed):
            self._has_failed = True
            self._parts.warn(f"How steady the machine is is not watched: {answer.error.message}")
            return None
        assert isinstance(answer.result, Calibration)
        return answer.result
