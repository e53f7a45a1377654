from __future__ import annotations

import dataclasses

import pytest

from modelpack_gui.core.bench.verdict import compared, report_sentence, runner_sentence
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import Estimate, MachineNoise, OutputsCheck, RunnerResult, Verdict
from modelpack_gui.core.stats import latencies as stats
from tests.unit.core.stats.made_latencies import TURNS, steady

NOISE = MachineNoise((1.0,) * 21, 0.01, band=0.03)


def runner(name: str, level_ms: float, seed: int = 0, **changes: object) -> RunnerResult:
    """One whose latencies spread by 2 % about a level, against 4 ms of eager."""
    values = steady(seed, level=level_ms)
    ratio = None if name == "eager" else stats.speedup(steady(0, level=4.0), values, 0, TURNS, TURNS)
    made = RunnerResult(
        runner=name,
        title=name.title(),
        prepared=None,
        warmup_ms=(),
        latencies_ms=tuple(values),
        summary=stats.summarise(values, turns=TURNS),
        speedup=ratio,
        turns=TURNS,
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


EAGER = runner("eager", 4.0)
WRONG = OutputsCheck(Verdict.FAILED, "eager", note="Output 0 differs by up to 3.2")
LOSSY = OutputsCheck(Verdict.WARNING, "eager", sqnr_db=31.0, note="The error is 31 dB below the signal")
BROKEN = ErrorInfo("worker-crashed", "Its process crashed", "Try again.")


def missing(name: str) -> RunnerResult:
    return RunnerResult(name, name.title(), None, (), (), None, None, error=BROKEN)


@pytest.mark.parametrize(
    ("ratio", "band", "claim"),
    [
        ((1.66, 1.61, 1.71), None, "faster"),
        ((1.66, 1.61, 1.71), 0.03, "faster"),
        ((1.02, 1.01, 1.03), None, "faster"),
        ((1.02, 1.01, 1.03), 0.03, "equal"),
        ((1.05, 0.99, 1.11), None, "equal"),
        ((0.98, 0.97, 0.99), None, "slower"),
        ((0.98, 0.97, 0.99), 0.03, "equal"),
        ((0.90, 0.88, 0.92), 0.03, "slower"),
        ((1.0, 1.0, 1.0), 0.0, "equal"),
    ],
)
def test_a_difference_is_claimed_only_outside_of_interval_and_band(
    ratio: tuple[float, float, float], band: float | None, claim: str
) -> None:
    assert compared(Estimate(*ratio), band) == claim


def test_a_faster_runner_is_told_with_its_interval() -> None:
    told = runner_sentence(dataclasses.replace(runner("fast", 2.4, 1), speedup=Estimate(1.66, 1.61, 1.71)), EAGER)
    assert told == "Fast is 1.66x faster than Eager at the median (95 %: 1.61 to 1.71)."


def test_a_slower_runner_is_told_by_how_much() -> None:
    told = runner_sentence(dataclasses.replace(runner("slow", 8.0, 1), speedup=Estimate(0.5, 0.4, 0.625)), EAGER)
    assert told == "Slow is 2.00x slower than Eager at the median (95 %: 1.60 to 2.50)."


def test_no_difference_is_told_as_such() -> None:
    told = runner_sentence(dataclasses.replace(runner("same", 4.0, 1), speedup=Estimate(1.01, 0.99, 1.03)), EAGER)
    assert told == "Same against Eager: no difference that this run can show (1.01x, 95 %: 0.99 to 1.03)."


def test_a_difference_within_the_noise_says_how_large_the_noise_is() -> None:
    near = dataclasses.replace(runner("near", 4.0, 1), speedup=Estimate(1.02, 1.01, 1.03))
    told = runner_sentence(near, EAGER, NOISE)
    assert told == (
        "Near against Eager: no difference that this run can show (1.02x, 95 %: 1.01 to 1.03); "
        "Eager differs from itself by up to 3 %."
    )


def test_a_small_sure_difference_is_not_rounded_away() -> None:
    near = dataclasses.replace(runner("near", 4.0, 1), speedup=Estimate(1.004, 1.002, 1.006))
    assert "1.004x faster than Eager at the median (95 %: 1.002 to 1.006)" in runner_sentence(near, EAGER)


def test_the_baseline_has_no_sentence() -> None:
    assert runner_sentence(EAGER, EAGER) == ""


def test_wrong_outputs_are_told_in_place_of_a_speed() -> None:
    told = runner_sentence(runner("fast", 1.0, 1, outputs=WRONG), EAGER)
    assert told == "Fast gives wrong outputs, so its speed does not count. Output 0 differs by up to 3.2."


def test_a_runner_that_failed_says_why() -> None:
    assert runner_sentence(missing("gone"), EAGER) == "Gone could not be measured: Its process crashed."
    stopped = runner("stopped", 2.0, 1, error=BROKEN)
    assert runner_sentence(stopped, EAGER).endswith("It stopped early: Its process crashed.")
    assert report_sentence("eager", (EAGER, stopped)).endswith(" Stopped before the end: Stopped.")


def test_the_price_of_a_lossy_runner_is_told() -> None:
    told = runner_sentence(runner("int8", 1.0, 1, outputs=LOSSY), EAGER)
    assert told.startswith("Int8 is 4.0")
    assert told.endswith("Its outputs differ: The error is 31 dB below the signal.")


# -- the whole


def test_the_fastest_is_named_with_both_medians() -> None:
    told = report_sentence("eager", [EAGER, runner("one", 2.0, 1), runner("two", 1.0, 2)], NOISE)
    assert told.startswith("Two is ")
    assert "x faster than Eager at the median (95 %: " in told
    assert told.endswith(": p50 0.999 ms against 4.00 ms.")


def test_runners_as_fast_as_the_fastest_are_named() -> None:
    told = report_sentence("eager", [EAGER, runner("one", 1.0, 1), runner("two", 1.0, 2), runner("three", 2.0, 3)])
    assert " This run cannot tell " in told
    assert "Three" not in told


def test_wrong_outputs_never_win() -> None:
    wrong = runner("wrong", 0.5, 1, outputs=WRONG)
    told = report_sentence("eager", [EAGER, wrong, runner("right", 2.0, 2)])
    assert told.startswith("Right is 2.0")
    assert told.endswith(" Wrong outputs, so that the speed does not count: Wrong.")
    alone = report_sentence("eager", [EAGER, wrong])
    assert alone.startswith("Eager takes ")
    assert "faster" not in alone


def test_the_fastest_with_the_same_outputs_is_named_beside_a_lossy_winner() -> None:
    told = report_sentence("eager", [EAGER, runner("int8", 1.0, 1, outputs=LOSSY), runner("ort", 2.0, 2)])
    assert told.startswith("Int8 is ")
    assert "Its outputs differ: The error is 31 dB below the signal. With the same outputs: Ort is 2.0" in told


def test_a_baseline_that_is_fastest_is_named() -> None:
    told = report_sentence("eager", [EAGER, runner("slow", 8.0, 1), runner("slower", 16.0, 2)])
    assert told.startswith("Eager is the fastest; Slow, the next, is ")
    assert "x slower (95 %: " in told


def test_nothing_faster_is_told() -> None:
    told = report_sentence("eager", [EAGER, runner("same", 4.0, 1), runner("slow", 8.0, 2)])
    assert told.startswith(
        "No runner is shown to be faster than Eager. Same against Eager: no difference that this run can show"
    )


def test_what_was_not_measured_and_a_noisy_machine_are_told() -> None:
    noise = dataclasses.replace(NOISE, is_noisy=True)
    told = report_sentence("eager", [EAGER, missing("gone"), runner("one", 2.0, 1)], noise)
    assert told.endswith("Not measured: Gone. The machine was noisy, so take this with care.")


def test_a_baseline_with_wrong_outputs_compares_nothing() -> None:
    told = report_sentence("eager", [dataclasses.replace(EAGER, outputs=WRONG), runner("one", 1.0, 1)])
    assert told.startswith("Eager gives wrong outputs")
    assert told.endswith("nothing can be compared with it.")


def test_nothing_measured_is_told() -> None:
    assert report_sentence("", [missing("gone")]) == "No runner could be measured."
