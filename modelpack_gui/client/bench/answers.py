"""Do the runners answer right? A fast wrong answer is no comparison, so outputs are held against a reference.

The reference is PyTorch as it is written, where there is such a model: in the process of its runner if it is among
them, else in one of its own that ends before anything is timed. Without such a model it is the baseline. Outputs are
compared before the first timed run and again after the last, since a runner may go wrong on the way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.client.bench.parts import Parts
from modelpack_gui.client.bench.runner_lane import RunnerLane
from modelpack_gui.client.bench.words import WRONG_OUTPUTS
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import OutputsCheck, OutputsRequest, RunnerOutputs, Verdict

_UNSTEADY = (
    "Not compared: the reference itself gave other outputs in a second process, so its model is not deterministic."
)
_SEVERITY = (Verdict.SKIPPED, Verdict.PASSED, Verdict.WARNING, Verdict.FAILED)


class Answers:
    """Compares the outputs of runners with those of one of them.

    Args:
        folder: Where the expected outputs are kept.
        rtol, atol: Tolerances.
    """

    def __init__(self, parts: Parts, folder: Path, rtol: float, atol: float) -> None:
        self._parts = parts
        self._folder = folder
        self._rtol = rtol
        self._atol = atol
        self._reference = ""
        self._why_not = ""

    @property
    def reference(self) -> str:
        """Key of the runner that gave the expected outputs; empty if none could."""
        return self._reference

    def take_reference(self, lane: RunnerLane) -> bool:
        """Keep a runner's outputs as those expected; False if it gave none."""
        self._reference = lane.item.runner
        answer = lane.outputs(self._request(lane, is_reference=True))
        if isinstance(answer, ErrorInfo):
            self._reference = ""
            self._why_not = f"{lane.item.title} gave no outputs: {answer.message}"
            return False
        return True

    def check_steadiness(self, again: RunnerLane) -> None:
        """Hold the reference against itself in a second process; where they differ, nothing can be compared."""
        if not self._reference or again.item.runner != self._reference:
            return
        answer = again.outputs(self._request(again))
        if isinstance(answer, RunnerOutputs) and answer.check is not None and not answer.check.is_valid:
            self._reference = ""
            self._why_not = _UNSTEADY
            self._parts.warn(_UNSTEADY)

    def compare(self, lanes: Sequence[RunnerLane], *, is_after: bool) -> None:
        """Compare the outputs of each runner that can still be asked; the worse of two comparisons stays."""
        for lane in lanes:
            item = lane.item
            if not lane.is_active or (item.runner == self._reference and not is_after):
                continue
            check = self._compared(lane)
            if check is None or (item.runner == self._reference and check.is_valid):
                continue
            if is_after and check.verdict is Verdict.FAILED and (item.outputs is None or item.outputs.is_valid):
                note = f"Right before the timed runs, wrong after them: {check.note}"
                check = dataclasses.replace(check, note=note)
            if check.verdict is Verdict.FAILED and not is_after:  # who looks on must not take its speed for a result
                self._parts.warn(f"{item.title} {WRONG_OUTPUTS}: {check.note}")
            if item.outputs is None or _SEVERITY.index(check.verdict) > _SEVERITY.index(item.outputs.verdict):
                item.outputs = check

    def _compared(self, lane: RunnerLane) -> OutputsCheck | None:
        if not self._reference:
            return OutputsCheck(Verdict.SKIPPED, note=self._why_not or "There is nothing to compare with.")
        answer = lane.outputs(self._request(lane))
        if isinstance(answer, ErrorInfo):
            return OutputsCheck(Verdict.SKIPPED, self._reference, note=answer.message)
        return answer.check

    def _request(self, lane: RunnerLane, *, is_reference: bool = False) -> OutputsRequest:
        return OutputsRequest(
            runner=lane.item.runner,
            folder=str(self._folder),
            is_reference=is_reference,
            reference=self._reference,
            rtol=self._rtol,
            atol=self._atol,
        )
