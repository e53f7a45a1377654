from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.core.parity.plan import Case, plan
from modelpack_gui.core.records import (
    CaseChoice,
    DynamicDim,
    InputSpec,
    ModelSource,
    ParityCase,
    ParityPart,
    ParityRequest,
    ParitySpec,
    Result,
    TensorInfo,
    Verdict,
)
from modelpack_gui.stages.parity import metrics, totals
from modelpack_gui.stages.parity.keep import OutputValues
from modelpack_gui.stages.parity.one_case import Compared
from modelpack_gui.stages.parity.sweep import Tried, go_through

INPUTS = (InputSpec("x", (2, 4)),)
DIMS = (DynamicDim("x", 0, "n"),)


class Watched(PlainContext):
    """A context that holds the parts, and is cancelled after some of them."""

    def __init__(self, *, cancel_after: int | None = None) -> None:
        super().__init__()
        self.parts: list[ParityPart] = []
        self._cancel_after = cancel_after

    def partial(self, part: Result) -> None:
        assert isinstance(part, ParityPart)
        self.parts.append(part)

    def check_cancelled(self) -> None:
        if self._cancel_after is not None and len(self.parts) >= self._cancel_after:
            raise JobCancelled


class Loop:
    """Cases that take a second each on a clock of their own; those of three rows fail."""

    def __init__(self, rows: int = 4) -> None:
        self.now_s = 0.0
        self.ran: list[str] = []
        self._rows = rows

    def run(
        self, request: ParityRequest, context: PlainContext | None = None, planned: tuple[Case, ...] = ()
    ) -> Tried:
        cases = planned or plan(request.inputs, request.dynamic, request.parity)[1]
        return go_through(cases, request, self._compare, context or Watched(), lambda: self.now_s)

    def _compare(self, case: Case) -> Compared:
        self.now_s += 1.0
        self.ran.append(case.label)
        array = np.ones((self._rows, 4), np.float32)
        info = TensorInfo("y", "float32", array.shape)
        output = metrics.compare("y", (info, array), (info, array), totals.Tolerance(1e-3, 1e-5))
        verdict = Verdict.FAILED if case.sizes["n"] == 3 else Verdict.PASSED
        judged = ParityCase(case.label, case.sizes, case.seed, case.is_example, verdict, (output,))
        return Compared(judged, (OutputValues(array, array),))


def _request(
    *,
    sweep: bool = True,
    budget_s: float = 0.0,
    only: tuple[CaseChoice, ...] = (),
    known: tuple[ParityCase, ...] = (),
    folder: str = "",
    keep_bytes: int = 1 << 20,
) -> ParityRequest:
    spec = ParitySpec(sizes=(1, 3, 5), seeds=(0,), sweep=sweep, regimes=(), time_budget_s=budget_s)
    return ParityRequest(
        ModelSource(), INPUTS, "m.onnx", DIMS, spec, only=only, known=known, folder=folder, keep_bytes=keep_bytes
    )


def test_each_case_is_given_as_it_comes() -> None:
    context = Watched()
    found = Loop().run(_request(), context)
    assert tuple(part.case for part in context.parts) == found.cases
    assert [part.number for part in context.parts] == list(range(1, len(found.cases) + 1))
    assert {part.planned for part in context.parts} == {len(found.cases)}
    assert found.left == ()


def test_what_came_before_a_cancel_is_with_the_client() -> None:
    context = Watched(cancel_after=2)
    with pytest.raises(JobCancelled):
        Loop().run(_request(), context)
    assert len(context.parts) == 2


def test_no_case_is_started_after_the_time_budget_is_used_up() -> None:
    everything = Loop().run(_request())
    found = Loop().run(_request(budget_s=1.5))
    assert found.cases == everything.cases[:2]
    assert found.left == tuple(case.choice for case in everything.cases[2:])


def test_the_example_is_run_however_short_the_time_is() -> None:
    assert [case.label for case in Loop().run(_request(budget_s=1e-9)).cases] == ["example"]


@pytest.mark.parametrize("budget_s", [0.0, 1.5])
def test_only_a_sweep_has_a_time_budget(budget_s: float) -> None:
    assert not Loop().run(_request(sweep=False, budget_s=budget_s)).left


def test_going_on_gives_what_one_run_gives() -> None:
    whole = Loop().run(_request())
    first = Loop().run(_request(budget_s=2.0))
    loop = Loop()
    assert loop.run(_request(known=first.cases)) == whole
    assert loop.ran == [case.label for case in whole.cases[2:]]


def test_known_cases_are_counted_and_not_given_again() -> None:
    first = Loop().run(_request(budget_s=2.0))
    context = Watched()
    whole = Loop().run(_request(known=first.cases), context)
    assert [part.number for part in context.parts] == list(range(3, len(whole.cases) + 1))


def test_a_case_that_is_asked_for_is_run_although_it_is_known() -> None:
    whole = Loop().run(_request())
    asked = whole.cases[1]
    loop = Loop()
    assert loop.run(_request(known=whole.cases, only=(asked.choice,))) == whole
    assert loop.ran == [asked.label]


def test_values_that_made_room_are_told_of_in_the_report_and_to_whoever_watches(tmp_path: Path) -> None:
    context = Watched()
    one_case = 2 * (4 * 4 * 4 + 128)
    found = Loop().run(_request(folder=str(tmp_path), keep_bytes=2 * one_case), context)
    kept = {case.label for case in found.cases if case.outputs[0].values is not None}
    assert kept == {"example", "n = 3"}
    assert len(list(tmp_path.iterdir())) == 2
    last = {part.case.label: part.case for part in context.parts}
    assert tuple(last.values()) == found.cases


def test_known_values_that_are_gone_are_not_claimed(tmp_path: Path) -> None:
    first = Loop().run(_request(folder=str(tmp_path)))
    files = first.cases[0].outputs[0].values
    assert files is not None
    Path(files.actual).unlink()
    again = Loop().run(_request(folder=str(tmp_path), known=first.cases))
    assert [case.outputs[0].values is None for case in again.cases] == [True, *[False] * (len(first.cases) - 1)]


@pytest.mark.parametrize("only_one", [True, False])
def test_values_of_other_cases_stay_where_only_some_are_asked_for(tmp_path: Path, only_one: bool) -> None:
    whole = Loop().run(_request(folder=str(tmp_path)))
    only = (whole.cases[1].choice,) if only_one else ()
    Loop().run(_request(folder=str(tmp_path), only=only, budget_s=1.0))
    assert len(list(tmp_path.iterdir())) == (len(whole.cases) if only_one else 1)


def _held(loop: Loop, request: ParityRequest) -> Callable[[], int]:
    import tracemalloc

    def measured() -> int:
        tracemalloc.start()
        try:
            loop.run(request)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measured


def test_the_arrays_of_no_more_than_one_case_are_held() -> None:
    rows = 1 << 16
    one = _held(Loop(rows), _request())()
    many = ParitySpec(sizes=tuple(range(1, 12)), seeds=(0, 1), sweep=False)
    request = ParityRequest(ModelSource(), INPUTS, "m.onnx", DIMS, many)
    assert _held(Loop(rows), request)() < one + rows * 4 * 4
