"""Whether onnxruntime loads a file as it does by default: a fault in one of its optimisations ends the process."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.quantize.speed import UNLOADABLE
from modelpack_gui.core.records import QuantizeAdvice
from modelpack_gui.stages.common.apart import Apart
from modelpack_gui.stages.parity.runtimes.base import first_line
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import import_onnxruntime, session_options

_LIMIT_S = 300.0
REFUSED = "quantized-not-loadable"


def load_by_default(path: str) -> None:
    """Load it with all optimisations. Called in a process of its own.

    Raises:
        UserError: `quantized-not-loadable`, with onnxruntime's own words.
    """
    ort = import_onnxruntime()
    try:
        ort.InferenceSession(path, session_options(ort, "all"), providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base
        raise UserError(REFUSED, first_line(error)) from error


def loading_fault(path: Path, context: Context, load: str = f"{__name__}:load_by_default") -> QuantizeAdvice | None:
    """What is to know of a file that only loads with fewer optimisations; None if it loads as all do.

    Args:
        load: The function that loads it, as `Apart` takes one.

    Raises:
        JobCancelled: The user asked to stop.
    """
    try:
        Apart(load, str(path)).result(_LIMIT_S, context.check_cancelled)
    except UserError as error:
        told = error.info.message
        deed = f"refuses it ({told})" if error.info.code == REFUSED else "crashes"
        context.log("warning", f"{told}\n{error.info.details}".strip())
    else:
        return None
    version = import_onnxruntime().__version__
    what = f"When onnxruntime {version} loads this file on the CPU as it does by default, it {deed}"
    return QuantizeAdvice(
        UNLOADABLE,
        "warning",
        f"{what}: it was judged with fewer optimisations.",
        "Load it at the level extended (graph_optimization_level), or try another version of onnxruntime.",
    )
