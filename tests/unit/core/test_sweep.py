"""A sweep on paper: its cells, their order, the time left, and the sentence."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpack_gui.core import sweep
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import (
    OutputsCheck,
    RunnerInfo,
    RunnerSpec,
    SweepCell,
    SweepChoice,
    SweepSpec,
    Verdict,
    runner_specs,
)
from modelpack_gui.core.stats import latencies as stats

INFOS = (
    RunnerInfo("eager", "Eager", "", ()),
    RunnerInfo("onnxruntime", "ONNX Runtime", "onnx", ()),
    RunnerInfo("torchscript_file", "TorchScript file", "torchscript", ()),
)


def _choice(runner: str = "eager", threads: int = 1, batch: int | None = 1) -> SweepChoice:
    return SweepChoice(RunnerSpec(runner), threads, batch)


def _cell(choice: SweepChoice, p50_ms: float, *, count: int = 200, overhead_s: float = 2.0) -> SweepCell:
    summary = stats.summarise([p50_ms] * count)
    items = choice.batch_size or 1
    return SweepCell(
        choice,
        choice.runner.runner.title(),
        "measured",
        summary,
        sweep.throughput(summary.p50_ms, items),
        OutputsCheck(Verdict.PASSED),
        duration_s=overhead_s + count * p50_ms / 1000.0,
    )


def _waiting(choice: SweepChoice) -> SweepCell:
    return SweepCell(choice, choice.runner.runner.title(), "waiting")


def test_every_runner_has_every_number_of_threads_and_every_batch_size() -> None:
    spec = SweepSpec(runner_specs("eager", "onnxruntime"), threads=(1, 4), batch_sizes=(8, 1))
    found = sweep.choices(spec, INFOS, cores=4)
    assert len(found) == 8
    assert {(one.threads, one.batch_size) for one in found} == {(1, 1), (4, 1), (1, 8), (4, 8)}


def test_without_numbers_it_is_one_thread_and_all_cores_at_the_example_size() -> None:
    found = sweep.choices(SweepSpec(runner_specs("eager")), INFOS, cores=6)
    assert [(one.threads, one.batch_size) for one in found] == [(1, None), (6, None)]
    assert len(sweep.choices(SweepSpec(runner_specs("eager")), INFOS, cores=1)) == 1


def test_files_go_to_the_runners_that_take_them_beside_the_recipes_own() -> None:
    runners = (
        *runner_specs("eager", "onnxruntime", "torchscript_file"),
        RunnerSpec("onnxruntime", artifact="b.onnx"),
    )
    spec = SweepSpec(runners, artifacts=("a.onnx", "a.pt"), threads=(1,))
    found = [one.runner.key for one in sweep.choices(spec, INFOS, cores=4)]
    assert found == [
        "eager",
        "onnxruntime",
        "onnxruntime[file=a.onnx]",
        "torchscript_file",
        "torchscript_file[file=a.pt]",
        "onnxruntime[file=b.onnx]",
    ]


def test_a_runner_with_threads_of_its_own_keeps_to_them() -> None:
    spec = SweepSpec((RunnerSpec("onnxruntime", {"threads": 3}),), threads=(1, 2, 4))
    assert [one.threads for one in sweep.choices(spec, INFOS, cores=4)] == [3]


def test_the_corners_come_first_and_then_what_lies_between() -> None:
    threads, batches = (1, 2, 4, 8, 16), (1, 2, 4, 8, 16)
    cells = [_choice(runner, t, b) for runner in ("eager", "ort") for b in batches for t in threads]
    ordered = sweep.run_order(cells)
    corners = {(t, b) for t in (1, 16) for b in (1, 16)}
    assert {(one.threads, one.batch_size) for one in ordered[:8]} == corners
    assert [one.runner.runner for one in ordered[:2]] == ["eager", "ort"]
    thirds = {(one.threads, one.batch_size) for one in ordered[8:18]}
    assert all(4 in place for place in thirds)


@given(st.sets(st.integers(1, 40), min_size=1), st.sets(st.integers(1, 40), min_size=1))
def test_the_order_loses_no_cell(threads: set[int], batches: set[int]) -> None:
    cells = [_choice("eager", t, b) for t in threads for b in batches]
    assert {sweep.key_of(one) for one in sweep.run_order(cells)} == {sweep.key_of(one) for one in cells}


def test_nothing_is_known_of_the_time_before_a_cell_has_ended() -> None:
    assert sweep.time_left_s([_waiting(_choice())], SweepSpec()) is None
    assert sweep.time_left_s([_cell(_choice(), 1.0)], SweepSpec()) == 0.0


def test_the_time_left_goes_with_the_batch_size() -> None:
    spec = SweepSpec(warmup_runs=0, iterations=200, cell_budget_s=None)
    done = _cell(_choice(batch=1), 10.0)  # 2 s to get ready, 2 s of runs
    assert sweep.time_left_s([done, _waiting(_choice(batch=4))], spec) == pytest.approx(2.0 + 8.0)
    assert sweep.time_left_s([done, _waiting(_choice(batch=1)), _waiting(_choice(batch=4))], spec) == pytest.approx(
        14.0
    )


def test_the_time_left_is_within_the_budgets_of_a_cell() -> None:
    spec = SweepSpec(warmup_runs=0, iterations=200, cell_budget_s=5.0)
    done = _cell(_choice(batch=1), 10.0)
    assert sweep.time_left_s([done, _waiting(_choice(batch=64))], spec) == pytest.approx(2.0 + 5.0 + 0.64)


def test_a_cell_that_runs_counts_for_what_is_left_of_it() -> None:
    spec = SweepSpec(warmup_runs=0, iterations=200, cell_budget_s=None)
    running = dataclasses.replace(_waiting(_choice(batch=1)), outcome="running")
    done = _cell(_choice(threads=2, batch=1), 10.0)
    assert sweep.time_left_s([done, running], spec, elapsed_s=3.0) == pytest.approx(1.0)
    assert sweep.time_left_s([done, running], spec, elapsed_s=30.0) == 0.0


def test_failed_cells_tell_the_time_too() -> None:
    failed = dataclasses.replace(_waiting(_choice()), outcome="crashed", duration_s=4.0)
    assert sweep.time_left_s([failed, _waiting(_choice(batch=2))], SweepSpec()) == 4.0


def test_the_sentence_names_the_quickest_and_the_one_with_most_items() -> None:
    cells = [_cell(_choice("eager", 1, 1), 2.0), _cell(_choice("ort", 4, 16), 8.0)]
    text = sweep.summary(cells)
    assert text.startswith("Lowest latency: Eager, 1 thread, batch 1, p50 2.00 ms (95 %: 2.00 ms to 2.00 ms);")
    assert "most items: Ort, 4 threads, batch 16, 2,000 a second" in text
    assert text.endswith("A first look: measure the best ones with a benchmark.")


def test_cells_that_cannot_be_told_from_the_quickest_are_named() -> None:
    cells = [_cell(_choice("ort", 2, 1), 2.0), _cell(_choice("ort", 1, 1), 2.0), _cell(_choice("eager", 1, 1), 3.0)]
    text = sweep.summary(cells)
    assert "cannot tell the latency of Ort, 1 thread, batch 1 from that" in text
    assert "Eager" not in text


def test_wrong_outputs_do_not_count() -> None:
    right = _cell(_choice("eager"), 2.0, count=500)
    wrong = dataclasses.replace(_cell(_choice("int8"), 0.5), outputs=OutputsCheck(Verdict.FAILED))
    lost = SweepCell(_choice("ort"), "Ort", "crashed", error=ErrorInfo("x", "It crashed.", ""))
    text = sweep.summary([right, wrong, lost])
    assert text.startswith("Eager, 1 thread, batch 1 is best in both: p50 2.00 ms")
    assert "1 cell with wrong outputs left out; 1 cell gave no figure." in text
    assert "first look" not in text


def test_a_sweep_without_figures_says_so() -> None:
    lost = SweepCell(_choice("ort"), "Ort", "crashed")
    assert sweep.summary([lost]) == "No cell gave a figure that counts: 1 cell ran."
    assert sweep.summary([_waiting(_choice())]) == "No cell has run yet."
