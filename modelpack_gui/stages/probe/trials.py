"""Forward passes at other sizes, within a budget of time and memory; each is made once."""

from __future__ import annotations

import dataclasses
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import AxisRef, InputSpec, TensorInfo
from modelpack_gui.stages.common.memory import peak_rss_bytes
from modelpack_gui.stages.source.call import plan_call
from modelpack_gui.stages.source.forward import run_forward
from modelpack_gui.stages.source.inputs import make_inputs, tensor_info
from modelpack_gui.stages.source.usercode import last_user_frame

if TYPE_CHECKING:
    import torch

Sizes = Mapping[AxisRef, int]

LONGEST_RUN_S = 1.0
"""A size is not tried if it is expected to take longer than this, judged by the size before it."""

_MEMORY_SHARE = 0.25  # of what is free: other programs run here, too
_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc", "input-too-large")


@dataclass(frozen=True)
class Trial:
    """One forward pass.

    Attributes:
        note: Why it was not taken, in one line.
        outputs: Of a pass that the model took.
        duration_s: Of the pass.
        grown_bytes: How much the process's peak memory grew.
    """

    outcome: Literal["taken", "refused", "skipped"]
    note: str = ""
    outputs: tuple[TensorInfo, ...] = ()
    duration_s: float = 0.0
    grown_bytes: int = 0

    @property
    def is_taken(self) -> bool:
        """Whether the model took these sizes."""
        return self.outcome == "taken"


class Trials:
    """Runs the model at other sizes than `base`, which starts as that of the example inputs."""

    def __init__(
        self, module: torch.nn.Module, inputs: Sequence[InputSpec], budget_s: float, context: Context
    ) -> None:
        self._module = module
        self._plan = plan_call(module, inputs)
        self._plan = plan_call(module, inputs)
        self._inputs = tuple(dataclasses.replace(item, file="") if item.file else item for item in inputs)
        self._context = context
        self._ends_s = time.monotonic() + budget_s
        self._made: dict[tuple[tuple[AxisRef, int], ...], Trial] = {}
        self.base: dict[AxisRef, int] = {
            AxisRef(item.name, axis): size
            for item in inputs
            if not item.is_value
            for axis, size in enumerate(item.shape)
        }

    @property
    def runs(self) -> int:
        """Forward passes made so far."""
        return len(self._made)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the budget is used up."""
        return time.monotonic() >= self._ends_s

    def run(self, changed: Sizes) -> Trial:
        """One pass with some sizes changed.

        Raises:
            JobCancelled: The user asked to stop.
        """
        sizes = {**self.base, **changed}
        key = tuple(sizes.items())
        if key not in self._made:
            self._context.check_cancelled()
            if self.is_out_of_time:
                return Trial("skipped", "There was no time left for it.")
            self._made[key] = self._run(sizes)
        return self._made[key]

    def is_worth_trying(self, last: Trial, growth: float) -> str:
        """Why an input that is `growth` times as large as that of `last` should not be tried; empty if it may.

        Attention grows with the square of a sequence, and so does what is expected here.
        """
        if last.duration_s * growth**2 > LONGEST_RUN_S:
            return "It would take too long."
        if last.grown_bytes * growth**2 > _MEMORY_SHARE * _free_bytes():
            return "It may need too much memory."
        return ""

    def _run(self, sizes: Sizes) -> Trial:
        specs = [self._resized(item, sizes) for item in self._inputs]
        before = peak_rss_bytes()
        started_s = time.perf_counter()
        try:
            results = run_forward(self._module, make_inputs(specs), self._plan)
        except UserError as error:
            return Trial("skipped" if _is_about_memory(error) else "refused", _reason(error))
        duration_s = time.perf_counter() - started_s
        outputs = tuple(tensor_info(name, tensor) for name, tensor in results)
        return Trial("taken", "", outputs, duration_s, peak_rss_bytes() - before)

    def _resized(self, item: InputSpec, sizes: Sizes) -> InputSpec:
        if item.is_value:
            return item
        shape = tuple(sizes[AxisRef(item.name, axis)] for axis in range(len(item.shape)))
        return dataclasses.replace(item, shape=shape)


def _reason(error: UserError) -> str:
    """The model's own words, and where it said them."""
    cause = error.__cause__
    if cause is None:
        return error.info.message
    text = str(cause).strip()
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()] or ["(no message)"]
    line = lines[-1] if "TorchScript interpreter" in lines[0] else lines[0]  # which tells its own stack first
    frame: traceback.FrameSummary | None = last_user_frame(cause)
    where = f" ({Path(frame.filename).name}:{frame.lineno})" if frame is not None else ""
    return f"{type(cause).__name__}: {line[:300]}{where}"


def _is_about_memory(error: UserError) -> bool:
    text = f"{error.info.code} {error.__cause__ or ''}".lower()
    return isinstance(error.__cause__, MemoryError) or any(mark in text for mark in _OUT_OF_MEMORY)


def _free_bytes() -> int:
    """Memory that can be had now; 4 GB where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 4_000_000_000
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields.get("MemAvailable", "4000000 kB").split()[0]) * 1024
