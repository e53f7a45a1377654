"""What onnx.reference, the standard's own evaluator, makes of a part: it tells a wrong graph from a wrong runtime."""

from __future__ import annotations

from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.stages.repro.trial import Outcome, Trial


def evaluated(
    model: Any, trial: Trial, tolerance: tuple[float, float], nan_equal: bool, context: Context
) -> Outcome | None:
    """The outcome of a part in it; None where it does not know an operator, for then it says nothing."""
    import numpy as np
    from onnx.reference import ReferenceEvaluator

    from modelpack_gui.stages.repro.reproduce import compare

    named = {item.name: trial.feeds[name] for item, name in zip(model.graph.input, trial.cut.inputs, strict=True)}
    try:
        with np.errstate(all="ignore"):
            actual = np.asarray(ReferenceEvaluator(model).run(None, named)[0])
    except Exception as error:  # noqa: BLE001 (each of its many operators may refuse in its own way)
        context.log("info", f"onnx.reference cannot run the repro: {type(error).__name__}: {error}")
        return None
    return Outcome("", compare(trial.expected, actual, *tolerance, nan_equal))
