"""How much of what is measured is the machine: a loop of known work between the rounds, and the baseline twice."""

from __future__ import annotations

import statistics

from modelpack_gui.client.bench.measured import Measured
from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.core import bench_noise, stats
from modelpack_gui.core.events import Failed
from modelpack_gui.core.records import Calibration, CalibrationRequest, MachineNoise

_CALIBRATE_S = 60.0


class NoiseWatch:
    """Times the loop in a process of its own, which does nothing else."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lane = parts.new_lane()
        self._calibrations: list[Calibration] = []
        self._has_failed = False

    def calibrate(self) -> None:
        """Time the loop once more; a benchmark goes on without it if that cannot be done."""
        if self._has_failed:
            return
        answer = self._parts.ask(self._lane, "bench.calibrate", CalibrationRequest(), _CALIBRATE_S)
        if isinstance(answer, Failed):
            self._has_failed = True
            self._parts.warn(f"How steady the machine is is not watched: {answer.error.message}")
            return
        assert isinstance(answer.result, Calibration)
        self._calibrations.append(answer.result)

    @property
    def frequency_mhz(self) -> float | None:
        """Clock of the processor while the benchmark ran, the middle of what was seen; None if unknown."""
        seen = [one.frequency_mhz for one in self._calibrations if one.frequency_mhz]
        return statistics.median(seen) if seen else None

    def noise(self, baseline: Measured | None, again: Measured | None, cores: int, seed: int) -> MachineNoise:
        """What it comes to.

        Args:
            baseline, again: The same runner in two processes; None without such a pair.
            cores: Of the machine; 0 if unknown.
        """
        ratio = None
        if baseline is not None and again is not None and baseline.latencies_ms and again.latencies_ms:
            ratio = stats.speedup(baseline.latencies_ms, again.latencies_ms, seed, baseline.turns, again.turns)
        loads = [one.load_average for one in self._calibrations]
        return bench_noise.machine_noise(
            self._calibrations,
            aa_ratio=ratio,
            load_before=loads[0] if loads else None,
            load_after=loads[-1] if loads else None,
            cores=cores,
        )
