"""Where a difference comes from: the export, constant folding, the runtime's optimiser, the runtime, or rounding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from modelpack_gui.core.records.tensors import Verdict


class Origin(str, Enum):
    """What makes the artifact differ."""

    NONE = "none"  # nothing differs
    ROUNDING = "rounding"  # as near to the exact result as eager is, or nearly
    EXPORT = "export"  # the artifact differs without any optimisation
    FOLDING = "folding"  # only when exported with constant folding
    OPTIMIZER = "optimizer"  # only with the runtime's graph optimisations
    RUNTIME = "runtime"  # the reference evaluator agrees, the runtime does not
    PRECISION = "precision"  # it computes in a lower precision, as asked
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SideResult:
    """One way of running the artifact, against the expected outputs of one case.

    Attributes:
        side: `off`, `basic`, `extended`, `all` (levels of optimisation), `onnx.reference` or another runtime,
            `without ConstantFolding` (one optimiser of the runtime switched off), `eager in float16`, `without
            folding` and `exported anew` (the model exported once more).
        noise_ratio: See NoiseFigures; the largest over the outputs.
        error: Why it could not be run; empty if it could.
    """

    side: str
    verdict: Verdict
    max_abs_diff: float | None
    max_budget: float | None
    noise_ratio: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Attribution:
    """The origin of the largest difference, and how it was told.

    Attributes:
        sentence: In plain words: `differs from eager by 3e-6, as near to the exact result as eager is (0.9x):
            rounding`.
        case: Label of the case that was looked at.
        why: The part of it that says how it was told; empty if the figures of the case alone did.
        level: The lowest level of optimisation at which it differs; empty but for OPTIMIZER.
        sides: What was run to tell.
    """

    origin: Origin
    sentence: str
    case: str
    level: str = ""
    sides: tuple[SideResult, ...] = ()
    why: str = ""
