"""What is done to a TorchScript module before it runs: weights as constants, and fusions for inference."""

from __future__ import annotations

from typing import Any

from modelpack_gui.core.records import OptionInfo
from modelpack_gui.stages.bench.options import Options

FINISH = OptionInfo(
    "finish",
    "Graph",
    "choice",
    "optimized",
    ("optimized", "frozen", "plain"),
    note="frozen makes constants of the weights and folds batch norm; optimized also packs the weights for oneDNN.",
)
_IN_WORDS = {
    "optimized": "freeze, optimize_for_inference",
    "frozen": "freeze",
    "plain": "",
}
"""What is done to the module."""


def finished(scripted: Any, options: Options) -> Any:
    """A scripted or traced module, as the option `finish` asks: weights as constants, and fusions for inference."""
    import torch

    finish = options.choice(FINISH.name)
    if finish == "plain":
        return scripted
    frozen = torch.jit.freeze(scripted)
    return frozen if finish == "frozen" else torch.jit.optimize_for_inference(frozen)


def graph_fact(made_by: str, options: Options) -> dict[str, str]:
    """How a TorchScript graph came about, for the report."""
    finish = _IN_WORDS[options.choice(FINISH.name)]
    return {"graph": f"{made_by}, {finish}" if finish else made_by}
