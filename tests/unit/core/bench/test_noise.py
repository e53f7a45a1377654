from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from modelpack_gui.core.bench.noise import band_of, machine_noise
from modelpack_gui.core.records import Calibration, Estimate


def loops(levels: list[float], sigma: float = 0.005, seed: int = 0) -> list[Calibration]:
    draw = np.random.default_rng(seed)
    return [Calibration(tuple(float(v) for v in level * np.exp(draw.normal(0, sigma, 20)))) for level in levels]


def test_a_steady_loop_is_a_quiet_machine() -> None:
    noise = machine_noise(loops([3.0] * 21), load_before=0.1, load_after=1.0, cores=4)
    assert not noise.is_noisy
    assert len(noise.calibration_ms) == 21
    assert noise.calibration_ms[0] == pytest.approx(3.0, rel=0.01)
    assert 0.004 < noise.spread < 0.013  # (p95 - p50) / p50 of a normal one is 1.64 standard deviations
    assert noise.text.startswith("The machine was quiet: a loop of known work varies by 0.")


def test_single_times_that_vary_are_noise() -> None:
    noise = machine_noise(loops([3.0] * 21, sigma=0.2))
    assert noise.is_noisy
    assert "varies by 3" in noise.text or "varies by 4" in noise.text


def test_a_speed_that_changes_between_rounds_is_noise() -> None:
    noise = machine_noise(loops([3.0] * 10 + [3.6] * 11))
    assert noise.is_noisy
    assert "its speed changed by 1" in noise.text or "its speed changed by 2" in noise.text
    assert not machine_noise(loops([3.0] * 20 + [3.6])).is_noisy  # one round is not the machine


def test_a_machine_that_others_use_is_noisy() -> None:
    noise = machine_noise(loops([3.0] * 5), load_before=3.1, cores=4)
    assert noise.is_noisy
    assert "the load average was 3.1 on 4 processors before it began" in noise.text
    assert not machine_noise(loops([3.0] * 5), load_before=3.1).is_noisy  # of how many processors is unknown


def test_what_runs_meanwhile_tells_more_than_the_minute_before() -> None:
    alone = [dataclasses.replace(one, others_running=0.05) for one in loops([3.0] * 5)]
    assert not machine_noise(alone, load_before=1.9, cores=2).is_noisy  # our own benchmark of before
    beside = [dataclasses.replace(one, others_running=0.9) for one in loops([3.0] * 5)]
    noise = machine_noise(beside, load_before=0.1, cores=2)
    assert noise.is_noisy
    assert "other programs wanted 0.9 processors meanwhile" in noise.text


def test_without_a_loop_nothing_is_said_of_the_machine() -> None:
    noise = machine_noise([])
    assert (noise.is_noisy, noise.calibration_ms, noise.spread, noise.band, noise.text) == (False, (), 0.0, None, "")


@pytest.mark.parametrize(
    ("low", "high", "band"), [(0.98, 1.01, 1 / 0.98 - 1), (1.0, 1.03, 0.03), (0.95, 0.97, 1 / 0.95 - 1)]
)
def test_the_band_is_what_a_runner_may_show_to_itself(low: float, high: float, band: float) -> None:
    ratio = Estimate((low + high) / 2, low, high)
    assert band_of(ratio) == pytest.approx(band)
    noise = machine_noise([], aa_ratio=ratio)
    assert noise.band == pytest.approx(band)
    assert noise.text.startswith("The baseline against itself differs by up to ")


def test_without_a_second_measurement_there_is_no_band() -> None:
    assert band_of(None) is None
