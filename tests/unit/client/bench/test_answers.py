"""Outputs of runners held against a reference's, and what those who look on are told of it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from modelpack_gui.client.bench.answers import Answers
from modelpack_gui.client.bench.measured import Measured
from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.client.bench.runner_lane import RunnerLane
from modelpack_gui.core.records import OutputsCheck, OutputsRequest, RunnerOutputs, RunnerSpec, Verdict


class _Parts:
    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, message: str) -> None:
        self.warned.append(message)


class _Lane:
    is_active = True

    def __init__(self, title: str, verdict: Verdict) -> None:
        self.item = Measured(title.lower(), title, RunnerSpec(title.lower()))
        self._verdict = verdict

    def outputs(self, request: OutputsRequest) -> RunnerOutputs:
        return RunnerOutputs(request.runner, OutputsCheck(self._verdict, request.reference, note="5 of 5 differ."))


def test_wrong_outputs_are_told_before_the_first_timed_run(tmp_path: Path) -> None:
    parts = _Parts()
    answers = Answers(cast(Parts, parts), tmp_path, 1e-3, 1e-5)
    lanes = [_Lane("Eager", Verdict.PASSED), _Lane("Right", Verdict.PASSED), _Lane("Wrong", Verdict.FAILED)]
    assert answers.take_reference(cast(RunnerLane, lanes[0]))
    answers.compare(cast(list[RunnerLane], lanes), is_after=False)
    assert parts.warned == ["Wrong gives wrong outputs: 5 of 5 differ."]
    answers.compare(cast(list[RunnerLane], lanes), is_after=True)
    assert len(parts.warned) == 1
