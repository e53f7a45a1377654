from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from modelpack_gui.core.records import MachineNoise
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.core.stats.doubts import doubts
from tests.unit.core.stats.made_latencies import RUNS, TURNS, bimodal, constant, stalling, steady

MB = 1_000_000


def text_of(kind: str, values: list[float], **more: Any) -> str:
    found = doubts(stats.summarise(values), values, **more)
    return next((doubt.text for doubt in found if doubt.kind == kind), "")


def test_drift_is_told_with_its_direction() -> None:
    rising = [1.0] * 200 + [1.25] * 200 + [1.5] * 200
    assert "50 % slower than the first" in text_of("drift", rising)
    assert "33 % faster than the first" in text_of("drift", rising[::-1])


def test_humps_are_told_with_their_places() -> None:
    assert text_of("modes", bimodal(1)).startswith("The latencies have 2 humps, at 2.00 ms (68 %), 2.60 ms (32 %)")


def test_a_regular_stall_is_told_with_its_period() -> None:
    text = text_of("stalls", stalling(2))
    assert text.startswith("5 of 500 runs took over twice the median, about every 100 runs, the longest 22")


def test_a_few_chance_stalls_are_no_doubt() -> None:
    values = steady(3)
    values[17] += 6.0
    values[300] += 4.0
    assert text_of("stalls", values) == ""


def test_outliers_are_counted() -> None:
    spiky = [1.0 + 0.001 * (i % 7) + (5.0 if i % 10 == 0 else 0.0) for i in range(RUNS)]
    assert text_of("outliers", spiky) == "50 of 500 runs lie far outside the rest."


def test_a_wide_interval_of_the_p50_is_told() -> None:
    summary = stats.summarise(steady(4))
    vague = dataclasses.replace(summary.p50_ms, low=1.8, high=2.2)
    found = doubts(dataclasses.replace(summary, p50_ms=vague))
    assert [doubt.kind for doubt in found] == ["imprecise"]
    assert "known to ±10 % only" in found[0].text


def test_turns_that_differ_are_told() -> None:
    levels = [2.0, 2.1, 1.95, 2.06, 2.0, 1.9, 2.02, 2.1, 1.96, 2.0] * 2
    values = [float(level) * noise for level, noise in zip(np.repeat(levels, 25), steady(15, level=1.0), strict=True)]
    found = doubts(stats.summarise(values, turns=TURNS), values, TURNS)
    assert [doubt.kind for doubt in found] == ["imprecise"]
    assert found[0].text.startswith("Its turns differ: their medians vary by 3")


def test_single_runs_that_spread_are_told() -> None:
    assert text_of("imprecise", steady(14, sigma=0.1)).startswith("The middle half of the runs spreads over 1")


def test_a_warm_up_that_did_not_settle_is_told() -> None:
    falling = [4.0 - 0.02 * run for run in range(50)]
    text = text_of("warm_up", steady(5), warmup_ms=falling)
    assert text.startswith("The warm-up had not settled after 50 runs: its last runs took 5")
    assert text_of("warm_up", steady(5), warmup_ms=steady(6, runs=50)) == ""
    assert text_of("warm_up", steady(5), warmup_ms=falling[:5]) == ""  # so few tell nothing


def test_fewer_than_500_runs_are_marked() -> None:
    assert text_of("few_runs", steady(7, runs=499)).startswith("Only 499 runs;")
    assert text_of("few_runs", steady(7)) == ""


def test_a_noisy_machine_is_told() -> None:
    noise = MachineNoise((1.0,), 0.2, is_noisy=True, text="The machine was noisy: so.")
    assert text_of("noisy_machine", steady(8), noise=noise) == "The machine was noisy: so."
    assert text_of("noisy_machine", steady(8), noise=dataclasses.replace(noise, is_noisy=False)) == ""


def test_memory_that_grows_with_every_turn_is_told() -> None:
    leaking = [(100 + 4 * turn) * MB for turn in range(20)]
    text = text_of("memory_grows", constant(), rss_bytes=leaking)
    assert text == "Its memory grows with every turn: from 100 MB to 176 MB, 4.00 MB a turn at the end. It may leak."


@pytest.mark.parametrize(
    "rss",
    [
        pytest.param([100 * MB] * 20, id="constant"),
        pytest.param([100 * MB, 150 * MB, 190 * MB, *[200 * MB] * 17], id="fills a cache once"),
        pytest.param([(100 + (turn * 7) % 20) * MB for turn in range(20)], id="up and down"),
        pytest.param([100 * MB + turn * 10_000 for turn in range(20)], id="a little"),
        pytest.param([0] * 20, id="unknown"),
        pytest.param([100 * MB, 300 * MB], id="few turns"),
    ],
)
def test_memory_that_settles_is_no_doubt(rss: list[int]) -> None:
    assert text_of("memory_grows", constant(), rss_bytes=rss) == ""


def test_quiet_runs_leave_no_doubt() -> None:
    values = steady(9)
    noise = MachineNoise((1.0,) * 21, 0.01)
    assert (
        doubts(
            stats.summarise(values, turns=TURNS),
            values,
            TURNS,
            warmup_ms=steady(10, runs=50),
            rss_bytes=[100 * MB] * 20,
            noise=noise,
        )
        == ()
    )
