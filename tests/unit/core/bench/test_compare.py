from __future__ import annotations

import dataclasses

import pytest

from modelpack_gui.core.bench.compare import compare, gate
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import Verdict
from tests.unit.core.bench.made_bench import NOISE, WRONG, bench_report, with_runner

BEFORE = bench_report({"eager": 4.0, "fast": 2.0}, 1)


def test_each_runner_is_laid_over_itself() -> None:
    after = bench_report({"eager": 4.0, "fast": 2.4}, 11)
    eager, fast = compare(BEFORE, after).changes
    assert (eager.claim, fast.claim) == ("equal", "slower")
    assert fast.ratio is not None
    assert fast.ratio.low < 1.2 < fast.ratio.high
    assert fast.sentence.startswith("Fast has become 1.2")
    assert "slower (95 %: 1." in fast.sentence
    assert fast.sentence.endswith("p50 2.40 ms, before 2.00 ms.")
    assert "no difference that these runs can show" in eager.sentence


def test_what_became_faster_is_told_by_how_much() -> None:
    change = compare(BEFORE, bench_report({"eager": 4.0, "fast": 1.0}, 11)).changes[1]
    assert change.claim == "faster"
    assert change.sentence.startswith("Fast has become 2.0")


def test_a_difference_within_the_noise_of_either_run_is_none() -> None:
    after = bench_report({"eager": 4.0, "fast": 2.06}, 11)
    assert compare(BEFORE, after).changes[1].claim == "slower"
    noisy = dataclasses.replace(after, noise=dataclasses.replace(NOISE, band=0.05))
    assert compare(BEFORE, noisy).changes[1].claim == "equal"
    assert compare(noisy, BEFORE).changes[1].claim == "equal"


def test_runs_of_another_time_are_not_taken_for_pairs() -> None:
    """In the same rounds a machine that slows down slows both; here one run had it in reverse."""
    rising = bench_report({"eager": 4.0})
    values = sorted(rising.runners[0].latencies_ms)
    up = with_runner(rising, "eager", latencies_ms=tuple(values))
    down = with_runner(rising, "eager", latencies_ms=tuple(reversed(values)))
    ratio = compare(up, down).changes[0].ratio
    assert ratio is not None
    assert ratio.low < 0.99 < 1.01 < ratio.high


def test_new_gone_wrong_and_broken_runners_have_no_ratio() -> None:
    after = bench_report({"eager": 4.0, "other": 1.0}, 11)
    claims = {change.key: change.claim for change in compare(BEFORE, after).changes}
    assert claims == {"eager": "equal", "other": "new", "fast": "gone"}
    wrong = with_runner(BEFORE, "fast", outputs=WRONG)
    for one, other, said in (
        (BEFORE, wrong, "Fast gives wrong outputs: its speed does not count."),
        (wrong, BEFORE, "Fast gave wrong outputs in the earlier run: its speed does not count."),
    ):
        change = compare(one, other).changes[1]
        assert (change.claim, change.ratio, change.sentence) == ("invalid", None, said)
    error = ErrorInfo("worker-crashed", "Its process crashed.")
    broken = with_runner(BEFORE, "fast", summary=None, latencies_ms=(), error=error)
    change = compare(BEFORE, broken).changes[1]
    assert change.claim == "unmeasured"
    assert change.sentence == "Fast could not be measured in this run: Its process crashed."
    assert (change.before_ms, change.after_ms) == (BEFORE.runners[1].summary.p50_ms, None)  # type: ignore[union-attr]


def test_what_else_differs_is_noted() -> None:
    after = dataclasses.replace(
        BEFORE,
        artifact_path="build/other.onnx",
        threads=4,
        machine={"cpu": "A CPU", "torch": "2.14.0", "threads": "4"},
        bench=dataclasses.replace(BEFORE.bench, batch_size=8, seed=3),
        noise=dataclasses.replace(NOISE, calibration_ms=(3.3,) * 21, is_noisy=True),
    )
    assert compare(BEFORE, after).notes == (
        "The artifact differs: build/net.onnx before, build/other.onnx after.",
        "Threads differ: 2 before, 4 after.",
        "Settings differ: batch_size as given before, 8 after.",
        "torch differs: 2.13.0 before, 2.14.0 after.",
        "governor differs: performance before, none after.",
        "The machine itself was 10 % slower in the later run, by a loop of known work.",
        "The later run was made on a noisy machine.",
    )
    assert compare(BEFORE, BEFORE).notes == ()


def test_the_largest_change_is_the_summary() -> None:
    names = {"eager": 4.0, "fast": 2.0, "third": 3.0}
    before, after = bench_report(names, 1), bench_report({**names, "fast": 2.2, "third": 1.5}, 11)
    told = compare(before, after).summary
    assert told.startswith("Third has become 2.0")
    assert told.endswith("1 other differs too.")
    assert compare(before, before).summary == "No difference that these runs can show, in 3 runners."
    assert compare(bench_report({"a": 1.0}), bench_report({"b": 1.0})).summary.startswith("The two runs have no")


# -- the gate


@pytest.mark.parametrize(
    ("level_ms", "verdict", "is_passed"),
    [
        (2.0, Verdict.PASSED, True),
        (1.0, Verdict.PASSED, True),
        (2.05, Verdict.PASSED, True),  # 2.5 % slower surely, and that is allowed
        (2.1, Verdict.WARNING, True),  # 5 % is in the middle of its interval
        (2.2, Verdict.FAILED, False),
    ],
)
def test_the_gate_looks_at_the_interval_and_not_at_the_point(
    level_ms: float, verdict: Verdict, is_passed: bool
) -> None:
    judged = gate(BEFORE, bench_report({"eager": 4.0, "fast": level_ms}, 11), 0.05)
    assert judged.rows[1].verdict is verdict
    assert (judged.verdict, judged.is_passed) == (verdict, is_passed)


def test_the_gate_says_what_is_too_slow() -> None:
    judged = gate(BEFORE, bench_report({"eager": 4.0, "fast": 2.4}, 11))
    assert judged.summary == "Failed against the baseline, 5 % allowed: Fast."
    assert judged.rows[1].sentence.startswith("Fast is too slow: 1.2")
    assert judged.rows[1].sentence.endswith("; 5 % allowed.")


def test_a_gate_that_fails_on_a_noisy_machine_says_so() -> None:
    after = bench_report({"eager": 4.0, "fast": 2.4}, 11)
    noisy = dataclasses.replace(after, noise=dataclasses.replace(NOISE, is_noisy=True))
    assert gate(BEFORE, noisy).summary.endswith("try again on a quiet one.")
    assert "quiet" not in gate(BEFORE, dataclasses.replace(BEFORE, noise=noisy.noise)).summary  # it passed


def test_noise_beyond_the_limit_fails_nothing() -> None:
    after = bench_report({"eager": 4.0, "fast": 2.2}, 11)
    noisy = dataclasses.replace(after, noise=dataclasses.replace(NOISE, band=0.15))
    judged = gate(BEFORE, noisy)
    assert judged.rows[1].verdict is Verdict.WARNING
    assert "two runs differ by up to 15 % by noise alone" in judged.rows[1].sentence


def test_a_runner_that_is_wrong_or_broken_now_does_not_pass() -> None:
    for changes in ({"outputs": WRONG}, {"summary": None, "error": ErrorInfo("code", "It broke.")}):
        judged = gate(BEFORE, with_runner(BEFORE, "fast", **changes))
        assert (judged.rows[1].verdict, judged.is_passed) == (Verdict.FAILED, False)


def test_what_the_baseline_cannot_judge_is_left_out() -> None:
    wrong_before = with_runner(BEFORE, "fast", outputs=WRONG)
    assert [row.key for row in gate(wrong_before, BEFORE).rows] == ["eager"]
    gone = gate(BEFORE, bench_report({"eager": 4.0}, 11))
    assert [row.verdict for row in gone.rows] == [Verdict.PASSED, Verdict.SKIPPED]
    assert gone.is_passed


def test_a_gate_that_compares_nothing_does_not_pass() -> None:
    judged = gate(BEFORE, bench_report({"other": 1.0}))
    assert (judged.verdict, judged.is_passed) == (Verdict.SKIPPED, False)
    assert judged.summary.endswith("nothing could be compared.")
