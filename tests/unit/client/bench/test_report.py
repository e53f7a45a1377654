from __future__ import annotations

import random

import pytest

from modelpack_gui.client.bench.measured import Measured
from modelpack_gui.client.bench.report import baseline_of, cold_start, judge, wanted_baseline
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import OutputsCheck, PreparedRunner, RunnerSpec, Verdict


def measured(runner: str, median_ms: float = 1.0, seed: int = 0, runs: int = 200, **options: bool) -> Measured:
    draw = random.Random(seed)
    latencies_ms = [median_ms * draw.uniform(0.95, 1.05) for _ in range(runs)]
    spec = RunnerSpec(runner, options)
    return Measured(spec.key, spec.key.title(), spec, latencies_ms=latencies_ms, turns=[25] * (runs // 25))


def test_speedups_are_against_the_baseline_and_each_says_what_it_means() -> None:
    results = judge([measured("eager", 2.4), measured("fast", 0.8, seed=1)], "eager", None, seed=0)
    assert results[0].speedup is None
    assert results[0].sentence == ""
    assert results[1].speedup is not None
    assert 2.9 < results[1].speedup.low < results[1].speedup.value < results[1].speedup.high < 3.1
    assert "Fast" in results[1].sentence


def test_a_wrong_answer_has_samples_and_figures_and_no_speedup() -> None:
    wrong = measured("fast", 0.1)
    wrong.outputs = OutputsCheck(Verdict.FAILED, "eager")
    results = judge([measured("eager"), wrong], "eager", None, seed=0)
    assert results[1].summary is not None
    assert results[1].speedup is None
    assert not results[1].is_valid


@pytest.mark.parametrize(
    ("wanted", "baseline"), [("", "eager"), ("onnxruntime", "onnxruntime"), ("nonsense", "eager"), ("eager", "eager")]
)
def test_the_baseline_is_the_one_asked_for_else_eager(wanted: str, baseline: str) -> None:
    items = [measured("onnxruntime"), measured("eager", channels_last=True), measured("eager")]
    assert baseline_of(items, wanted) == baseline


def test_without_plain_eager_one_with_options_is_the_baseline_and_else_the_first() -> None:
    assert wanted_baseline([measured("one"), measured("eager", compiled=True)], "").runner == "eager[compiled=true]"
    assert wanted_baseline([measured("one"), measured("two")], "").runner == "one"


def test_what_was_not_measured_or_answers_wrongly_is_no_baseline() -> None:
    broken = Measured("eager", "Eager", RunnerSpec("eager"), error=ErrorInfo("code", "message"))
    wrong = measured("one")
    wrong.outputs = OutputsCheck(Verdict.FAILED)
    assert baseline_of([broken, wrong, measured("two")], "one") == "two"
    assert baseline_of([broken, wrong], "") == ""


def test_a_cold_start_is_told_as_far_as_it_is_known() -> None:
    item = Measured("eager", "Eager", RunnerSpec("eager"))
    assert cold_start(item) is None
    item.process_start_s = 0.2
    cold = cold_start(item)
    assert cold is not None
    assert (cold.process_start_s, cold.load_s, cold.steady_after_runs) == (0.2, None, None)
    item.prepared = PreparedRunner("eager", "CPU", 1, 3.5, 0, compile_s=2.0, first_run_ms=40.0)
    item.warmup_ms = [9.0, 5.0, 2.0, 1.0] + [1.0 + (i % 5) / 1000 for i in range(46)]
    item.latencies_ms = [1.0 + (i % 5) / 1000 for i in range(200)]
    cold = cold_start(item)
    assert cold is not None
    assert (cold.load_s, cold.compile_s, cold.first_run_ms) == (3.5, 2.0, 40.0)
    assert cold.steady_after_runs is not None
    assert 1 <= cold.steady_after_runs <= 10
    assert cold.steady_after_s == pytest.approx(sum(item.warmup_ms[: cold.steady_after_runs]) / 1000.0)
