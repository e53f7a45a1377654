from __future__ import annotations

import random

from modelpack_gui.client.bench_report import Measured, judge
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import RunnerSpec


def measured(runner: str, median_ms: float, seed: int = 0, runs: int = 200) -> Measured:
    draw = random.Random(seed)
    latencies_ms = [median_ms * draw.uniform(0.95, 1.05) for _ in range(runs)]
    return Measured(runner, runner.title(), RunnerSpec(runner), latencies_ms=latencies_ms)


def test_a_faster_runner_is_named_with_its_speedup_and_interval() -> None:
    baseline, sentence, results = judge([measured("eager", 2.4), measured("fast", 0.8, seed=1)], seed=0)
    assert baseline == "eager"
    assert sentence.startswith("Fast is 3.0 times as fast as Eager (3.0 to 3.")
    assert results[0].speedup is None
    assert results[1].speedup is not None
    assert 2.9 < results[1].speedup.low < results[1].speedup.value < results[1].speedup.high < 3.1


def test_the_fastest_of_several_is_named() -> None:
    _, sentence, _ = judge([measured("eager", 2.0), measured("one", 1.0, 1), measured("two", 0.5, 2)], seed=0)
    assert sentence.startswith("Two is 4.0 times")


def test_no_difference_is_claimed_when_the_interval_holds_one() -> None:
    _, sentence, _ = judge([measured("eager", 1.0), measured("same", 1.0, seed=1)], seed=0)
    assert sentence.startswith("No measurable difference between Same and Eager")


def test_a_slower_runner_is_called_slower() -> None:
    _, sentence, _ = judge([measured("eager", 1.0), measured("slow", 2.2, seed=1)], seed=0)
    assert sentence.startswith("Eager is the fastest: Slow, the next, takes 2.2 times as long")


def test_without_eager_the_first_that_was_measured_is_the_baseline() -> None:
    broken = Measured("broken", "Broken", RunnerSpec("broken"), error=ErrorInfo("code", "message"))
    baseline, sentence, results = judge([broken, measured("one", 1.0), measured("two", 2.0, 1)], seed=0)
    assert baseline == "one"
    assert sentence.startswith("One is the fastest")
    assert results[0].summary is None


def test_one_runner_alone_is_described() -> None:
    _, sentence, _ = judge([measured("eager", 1.0)], seed=0)
    assert sentence.startswith("Eager: p50 ")


def test_nothing_measured_is_said() -> None:
    baseline, sentence, _ = judge([Measured("eager", "Eager", RunnerSpec("eager"))], seed=0)
    assert (baseline, sentence) == ("", "No runner could be measured.")
