"""What every stage says about a tensor, a warning and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(str, Enum):
    """The judgement on one row, one output or one stage."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"

    @staticmethod
    def worst(verdicts: list[Verdict]) -> Verdict:
        """The gravest of some verdicts; SKIPPED when there are none, for nothing proves nothing."""
        for verdict in (Verdict.FAILED, Verdict.WARNING, Verdict.PASSED):
            if verdict in verdicts:
                return verdict
        return Verdict.SKIPPED


@dataclass(frozen=True)
class TensorInfo:
    """Name, dtype and shape of a value.

    Attributes:
        dtype: As numpy spells it (`float32`, `int64`, `bool`), also `bfloat16`, `string`; empty if unknown.
        shape: A size, a symbolic name, or None (unknown) per axis; None altogether if the rank is unknown.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None

    @property
    def shape_text(self) -> str:
        """The shape as it is shown: `2 × batch × ?`, `scalar`, or `unknown`."""
        if self.shape is None:
            return "unknown"
        return " × ".join("?" if size is None else str(size) for size in self.shape) or "scalar"


@dataclass(frozen=True)
class CapturedWarning:
    """A warning or log line that a library gave during a stage.

    Attributes:
        category: Class of the warning (`TracerWarning`), or the logger's name.
        file: Where it points to; empty if unknown.
        line: Line in `file`, from 1; 0 if unknown.
        count: How often it was given.
    """

    category: str
    message: str
    file: str = ""
    line: int = 0
    count: int = 1
