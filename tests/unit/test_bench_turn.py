from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import BenchTurnRequest
from modelpack_gui.stages.bench import turn
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.prepare import session_key
from modelpack_gui.stages.bench.registry import RUNNERS, find_runner


class CancelsAfter(PlainContext):
    def __init__(self, checks: int) -> None:
        super().__init__()
        self.left = checks

    def check_cancelled(self) -> None:
        if self.left == 0:
            raise JobCancelled
        self.left -= 1


def test_settle_runs_are_made_and_not_kept_and_nothing_is_collected_meanwhile() -> None:
    seen: list[str] = []

    @contextmanager
    def mode() -> Iterator[None]:
        seen.append("in")
        yield
        seen.append("out")

    def call() -> object:
        seen.append("collecting" if gc.isenabled() else "run")
        return None

    context = PlainContext()
    context.session[session_key("eager")] = Prepared(call, "CPU", {}, mode)
    result = turn.run(BenchTurnRequest("eager", runs=3, settle_runs=2), context)
    assert seen == ["in", "run", "run", "run", "run", "run", "out"]
    assert len(result.latencies_ms) == 3
    assert all(value >= 0.0 for value in result.latencies_ms)
    assert gc.isenabled()


def test_a_cancel_keeps_what_was_measured_until_then() -> None:
    context = CancelsAfter(checks=4)
    context.session[session_key("eager")] = Prepared(lambda: None, "CPU")
    result = turn.run(BenchTurnRequest("eager", runs=10, settle_runs=2), context)
    assert len(result.latencies_ms) == 2
    assert gc.isenabled()


def test_a_cancel_before_the_first_timed_run_is_a_cancel() -> None:
    context = CancelsAfter(checks=1)
    context.session[session_key("eager")] = Prepared(lambda: None, "CPU")
    with pytest.raises(JobCancelled):
        turn.run(BenchTurnRequest("eager", runs=10, settle_runs=2), context)


def test_a_turn_without_preparation_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        turn.run(BenchTurnRequest("eager", runs=1), PlainContext())
    assert caught.value.info.code == "runner-not-prepared"


def test_runners_have_identifiers_of_their_own_and_are_found_by_them() -> None:
    assert len({runner.id for runner in RUNNERS}) == len(RUNNERS)
    assert all(find_runner(runner.id) is runner for runner in RUNNERS)
    with pytest.raises(UserError):
        find_runner("nonsense")
