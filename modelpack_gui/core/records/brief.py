"""The outcome of a parity run without its cases, for records that hold many of them."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.records.tensors import Verdict


@dataclass(frozen=True)
class ParityBrief:
    """What a parity run came to.

    Attributes:
        summary: The verdict in one plain sentence.
        max_abs_diff: Largest over all outputs of all cases; None if nothing could be compared.
        max_budget: Largest |actual - expected| / (atol + rtol * |expected|); 1.0 is the limit. None as above.
        cases: How many were compared.
    """

    verdict: Verdict
    summary: str
    max_abs_diff: float | None
    max_budget: float | None
    cases: int
