"""The protocol of a benchmark, with processes that are made up."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Done, Failed, Log, Outcome, Progress, TerminalEvent
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    BenchReport,
    BenchTurnRequest,
    LatencyTurn,
    ModelSource,
    OutputsRequest,
    RunnerOutputs,
    RunnerResult,
    RunnerSpec,
    TrafficRequest,
    Verdict,
)
from tests.unit.client.bench.made_workers import RIGHT, WRONG, Workers, crashed, hung, request


def report_of(event: TerminalEvent) -> BenchReport:
    assert isinstance(event, Done), event
    assert isinstance(event.result, BenchReport)
    return event.result


def result_of(report: BenchReport, runner: str) -> RunnerResult:
    return next(result for result in report.runners if result.runner == runner)


def test_runners_are_prepared_compared_warmed_up_and_timed_in_shuffled_rounds_between_calibrations(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers = Workers(latency_ms={"eager": 4.0, "fast": 2.0})
    report = report_of(workers.run(monkeypatch, tmp_path, request("eager", "fast", "other")))
    asked = [one for one in workers.asked if one[1] != "stop"]
    names = ["eager", "fast", "other"]
    assert asked[:2] == [("", "hello"), ("", "bench.calibrate")]  # the second to see what load there is before
    del asked[0]
    assert asked[1:4] == [(name, "bench.prepare") for name in names]
    assert asked[4:7] == [(name, "bench.outputs") for name in names]
    assert asked[7:10] == [(name, "bench.turn") for name in names]  # warm-up
    rounds = [asked[start : start + 4] for start in range(10, 50, 4)]
    assert [one[0] for one in rounds] == [("", "bench.calibrate")] * 10
    orders = [tuple(name for name, _ in one[1:]) for one in rounds]
    assert all(sorted(order) == names for order in orders)
    assert len(set(orders)) > 1
    assert asked[50] == ("", "bench.calibrate")
    timed = asked[10:51]
    assert workers.rests == [name for name, _ in timed]
    assert asked[51:] == [(name, "bench.outputs") for name in names]

    assert report.baseline == "eager"
    assert report.noise is not None
    assert len(report.noise.calibration_ms) == 11
    assert report.clock_overhead_ns == 80.0
    assert report.started_at.endswith("+00:00")
    assert report.machine["governor"] == "powersave"
    assert (report.machine["threads"], report.machine["seed"]) == ("4", "0")
    fast = result_of(report, "fast")
    assert fast.turns == (10,) * 10
    assert fast.speedup is not None
    assert fast.speedup.value == pytest.approx(2.0, rel=0.01)
    assert fast.sentence
    assert fast.peak_rss_bytes == 2**28 + 1
    assert fast.cold is not None
    assert (fast.cold.process_start_s, fast.cold.load_s, fast.cold.first_run_ms) == (0.25, 1.5, 9.0)
    assert fast.outputs == RIGHT
    assert result_of(report, "eager").outputs is None
    fractions = [event.fraction for event in workers.events if isinstance(event, Progress)]
    assert fractions == sorted(fractions, key=float)  # type: ignore[arg-type]
    assert fractions[-1] == 1.0


def test_the_baseline_runs_in_a_second_process_too_and_is_shown_as_noise_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers = Workers()
    report = report_of(workers.run(monkeypatch, tmp_path, request("fast", "eager", noise_run=True)))
    assert [result.runner for result in report.runners] == ["fast", "eager"]
    assert workers.stages("eager again").count("bench.turn") == 11
    assert {sample.runner for sample in workers.samples("timed")} == {"fast", "eager"}
    assert len(workers.samples("timed")) == 20
    assert report.noise is not None
    assert report.noise.aa_ratio is not None
    assert report.noise.aa_ratio.value == pytest.approx(1.0)
    assert report.noise.band is not None


def test_eager_runs_for_the_outputs_alone_and_is_gone_before_anything_is_timed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers = Workers(answers={("fast", "bench.outputs"): lambda asked, count: RunnerOutputs("fast", WRONG)})
    report = report_of(workers.run(monkeypatch, tmp_path, request("fast", "other")))
    assert workers.stages("eager") == ["bench.prepare", "bench.outputs", "stop"]
    assert workers.asked.index(("eager", "stop")) < workers.asked.index(("other", "bench.turn"))
    assert [result.runner for result in report.runners] == ["fast", "other"]
    assert result_of(report, "fast").outputs == WRONG
    assert not result_of(report, "fast").is_valid
    assert result_of(report, "fast").speedup is None
    assert report.baseline == "other"  # what answers wrongly is nothing to compare with


def test_without_a_model_of_pytorch_the_baseline_gives_the_expected_outputs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers = Workers()
    asked = request("fast", "other", source=ModelSource(), baseline="other")
    report = report_of(workers.run(monkeypatch, tmp_path, asked))
    assert workers.stages("eager") == []
    references = [one.runner for one in workers.requests if isinstance(one, OutputsRequest) and one.is_reference]
    assert references == ["other"]
    assert report.baseline == "other"


def test_a_model_that_eager_cannot_run_leaves_the_baseline_to_give_the_expected_outputs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = Failed("", Outcome.FAILED, ErrorInfo("forward-failed", "The forward pass failed."))
    workers = Workers(answers={("eager", "bench.prepare"): lambda asked, count: broken})
    report = report_of(workers.run(monkeypatch, tmp_path, request("eager", "fast", "other")))
    references = [one.runner for one in workers.requests if isinstance(one, OutputsRequest) and one.is_reference]
    assert references == ["fast"]
    assert result_of(report, "eager").error == broken.error
    assert result_of(report, "other").outputs is not None


def test_a_model_that_is_not_deterministic_is_compared_with_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers = Workers(answers={("eager again", "bench.outputs"): lambda asked, count: RunnerOutputs("eager", WRONG)})
    report = report_of(workers.run(monkeypatch, tmp_path, request("eager", "fast", noise_run=True)))
    outputs = result_of(report, "fast").outputs
    assert outputs is not None
    assert outputs.verdict is Verdict.SKIPPED
    assert "not deterministic" in outputs.note
    assert result_of(report, "fast").speedup is not None


def test_answers_that_go_wrong_on_the_way_are_found_after_the_timed_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers = Workers(
        answers={
            ("fast", "bench.outputs"): lambda asked, count: RunnerOutputs("fast", WRONG if count else RIGHT),
        }
    )
    report = report_of(workers.run(monkeypatch, tmp_path, request("eager", "fast", "other")))
    fast, other = result_of(report, "fast"), result_of(report, "other")
    assert fast.outputs is not None
    assert fast.outputs.verdict is Verdict.FAILED
    assert fast.outputs.note.startswith("Right before the timed runs, wrong after them")
    assert len(fast.latencies_ms) == 100
    assert fast.speedup is None
    assert other.speedup is not None
    assert other.is_valid


@pytest.mark.parametrize("failure", [crashed(), hung()])
def test_a_runner_that_ends_midway_keeps_its_samples_and_leaves_the_others_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: Failed
) -> None:
    workers = Workers(answers={("fast", "bench.turn"): lambda asked, count: failure if count == 5 else None})
    report = report_of(workers.run(monkeypatch, tmp_path, request("eager", "fast", "other")))
    fast = result_of(report, "fast")
    assert fast.error == failure.error
    assert len(fast.latencies_ms) == 40
    assert fast.summary is not None
    assert workers.stages("fast").count("bench.turn") == 6
    for name in ("eager", "other"):
        whole = result_of(report, name)
        assert whole.error is None
        assert len(whole.latencies_ms) == 100
        assert len(whole.turns) == 10


def test_a_process_that_ends_between_two_turns_is_not_called_unprepared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new = Failed("", Outcome.FAILED, ErrorInfo("runner-not-prepared", "The runner was not prepared."))
    workers = Workers(answers={("fast", "bench.turn"): lambda asked, count: new if count == 5 else None})
    report = report_of(workers.run(monkeypatch, tmp_path, request("eager", "fast")))
    error = result_of(report, "fast").error
    assert error is not None
    assert error.code == "worker-crashed"
    assert "between two turns" in error.message


def test_memory_that_grows_from_turn_to_turn_is_doubted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def turn(asked: BenchTurnRequest, count: int) -> LatencyTurn:
        return LatencyTurn("fast", (2.0, 2.01) * (asked.runs // 2), 2**28 + count * 2**25, 2**30, 80.0)

    workers = Workers(answers={("fast", "bench.turn"): turn})
    report = report_of(workers.run(monkeypatch, tmp_path, request("eager", "fast", iterations=200)))
    assert "memory_grows" in {doubt.kind for doubt in result_of(report, "fast").doubts}
    assert "memory_grows" not in {doubt.kind for doubt in result_of(report, "eager").doubts}
    assert result_of(report, "fast").peak_rss_bytes == 2**30


def test_a_benchmark_of_which_every_runner_fails_fails_with_the_first_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failures = {(name, "bench.prepare"): lambda asked, count: crashed() for name in ("eager", "fast")}
    event = Workers(answers=failures).run(monkeypatch, tmp_path, request("eager", "fast"))
    assert isinstance(event, Failed)
    assert event.error.code == "worker-crashed"


def test_load_is_put_on_those_that_answer_right_after_all_latencies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers = Workers(
        answers={
            ("wrong", "bench.outputs"): lambda asked, count: RunnerOutputs("wrong", WRONG),
            ("fast", "bench.traffic"): lambda asked, count: crashed() if asked.callers == 4 else None,
        }
    )
    asked = request("eager", "fast", "wrong", callers=(1, 4), rates_per_s=(50.0,), load_s=0.5)
    report = report_of(workers.run(monkeypatch, tmp_path, asked))
    last_turn = max(number for number, one in enumerate(workers.asked) if one[1] == "bench.turn")
    first_load = min(number for number, one in enumerate(workers.asked) if one[1] == "bench.traffic")
    assert last_turn < first_load
    loads = [one for one in workers.requests if isinstance(one, TrafficRequest)]
    assert {(one.callers, one.rate_per_s) for one in loads} == {(1, None), (4, None), (4, 50.0)}
    assert {one.seconds for one in loads} == {0.5}
    assert result_of(report, "wrong").load == ()
    assert len(result_of(report, "eager").load) == 3
    fast = result_of(report, "fast")
    assert [point.error is None for point in fast.load] == [True, False, False]
    assert fast.error is None  # its latencies are whole
    assert workers.stages("fast").count("bench.traffic") == 2  # its process is gone
    assert len(workers.points()) == 6


def test_settings_reach_the_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workers = Workers()
    spec = RunnerSpec("onnxruntime", {"threads": 1}, "int8.onnx", "INT8")
    asked = request("eager", spec, batch_size=16, pin_cpus=(0, 2), fresh_inputs=True, seed=7)
    report = report_of(workers.run(monkeypatch, tmp_path, asked))
    prepares = [one for one in workers.requests if isinstance(one, BenchPrepareRequest)]
    assert [one.runner for one in prepares] == [RunnerSpec("eager"), spec]
    for one in prepares:
        assert one.inputs[0].shape == (16, 8)
        assert (one.threads, one.pin_cpus, one.fresh_inputs, one.seed) == (2, (0, 2), True, 7)
    assert report.machine["pinned_to"] == "0 2"
    assert report.runners[1].title == "INT8"
    assert report.runners[1].spec == spec


def test_a_batch_size_that_cannot_be_had_fails_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = request("eager", batch_size=4)
    event = Workers().run(monkeypatch, tmp_path, type(asked)(asked.source, (), "", asked.bench))
    assert isinstance(event, Failed)
    assert event.error.code == "batch-axis-unknown"


def test_the_precision_that_was_wanted_and_not_reached_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def turn(asked: BenchTurnRequest, count: int) -> LatencyTurn:
        return LatencyTurn("eager", tuple(draw.uniform(1.0, 9.0) for _ in range(asked.runs)))

    draw = random.Random(0)
    workers = Workers(answers={("eager", "bench.turn"): turn})
    asked = request("eager", precision=1e-6, iterations=20, block_runs=10, warmup_runs=0)
    report = report_of(workers.run(monkeypatch, tmp_path, asked))
    assert len(report.runners[0].latencies_ms) == 800
    lines = [event.message for event in workers.events if isinstance(event, Log)]
    assert any("wanted precision was not reached" in line for line in lines)
    fractions = [
        event.fraction for event in workers.events if isinstance(event, Progress) and "Round" in event.message
    ]
    assert None not in fractions[:2]
    assert set(fractions[2:]) == {None}


def test_no_runner_at_all_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    event = Workers().run(monkeypatch, tmp_path, request())
    assert isinstance(event, Failed)
    assert event.error.code == "no-runners"
