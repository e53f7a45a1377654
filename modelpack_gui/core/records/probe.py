"""Which sizes the model itself takes on each axis of its inputs, found by running it in eager mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.source import InputSpec, ModelSource
from modelpack_gui.core.records.tensors import TensorInfo

DimVerdict = Literal["free", "tied", "multiple", "bounded", "fixed", "untried"]


@dataclass(frozen=True)
class ProbeRequest:
    """Run the model at other sizes of each axis of each example input.

    Attributes:
        budget_s: Seconds for all runs together; what does not fit in is reported as not tried.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    budget_s: float = 30.0


@dataclass(frozen=True)
class AxisRef:
    """An axis of an input."""

    input: str
    axis: int

    def __str__(self) -> str:
        return f"{self.input}[{self.axis}]"


@dataclass(frozen=True)
class SizeTrial:
    """One size that was tried.

    Attributes:
        outcome: `taken` by the model, `refused` by it, or `skipped` for want of memory or time.
        note: Why it was not taken; empty if it was.
    """

    size: int
    outcome: Literal["taken", "refused", "skipped"]
    note: str = ""


@dataclass(frozen=True)
class Follower:
    """An axis of an output that changes with an axis of an input.

    Attributes:
        relation: How: `batch`, `height / 4`, `sequence + 1`; empty if it follows in no simple way.
    """

    output: str
    axis: int
    relation: str = ""

    def __str__(self) -> str:
        return f"{self.output}[{self.axis}]"


@dataclass(frozen=True)
class DimFinding:
    """What the model takes on one axis.

    Attributes:
        size: In the example inputs.
        verdict: `free` takes other sizes by itself; `tied` only together with the axes in `group`; `multiple` only
            in steps of `multiple_of`; `bounded` only from `min` to `max`; `fixed` takes no other size. A tied axis
            may be bounded and a multiple, too: the other attributes say so.
        name: Proposed symbolic name; the same for axes that must have one size. Empty for a fixed axis.
        multiple_of: Distance of the sizes it takes, counted from the example's.
        min, max: Of the sizes it takes; None where no bound was found.
        trials: In the order of their sizes.
        reason: The model's own error that stands behind a bound or a fixed axis; empty if there is none.
        followers: Axes of outputs that change with it.
    """

    input: str
    axis: int
    size: int
    verdict: DimVerdict
    name: str = ""
    group: tuple[AxisRef, ...] = ()
    multiple_of: int = 1
    min: int | None = None
    max: int | None = None
    trials: tuple[SizeTrial, ...] = ()
    reason: str = ""
    followers: tuple[Follower, ...] = ()

    @property
    def proposal(self) -> DynamicDim | None:
        """The dynamic axis to ask for; None where the model takes one size only."""
        if self.verdict in ("fixed", "untried") or self.size % self.multiple_of:
            return None
        multiple = self.multiple_of if self.multiple_of > 1 else None
        return DynamicDim(self.input, self.axis, self.name, self.min, self.max, multiple)


@dataclass(frozen=True)
class ProbeReport:
    """All axes.

    Attributes:
        outputs: Outputs of the model, with the name of the dimension that each axis follows.
        runs: Forward passes made.
        is_complete: Whether time was enough for all axes.
    """

    dims: tuple[DimFinding, ...]
    outputs: tuple[TensorInfo, ...]
    runs: int
    is_complete: bool
    duration_s: float
