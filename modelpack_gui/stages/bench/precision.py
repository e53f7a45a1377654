"""Whether an ONNX file trades accuracy for speed: INT8, float16, bfloat16. Asked apart, for onnx takes memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.bench.apart import Apart
from modelpack_gui.stages.hello import missing_of

_LOOK = "modelpack_gui.stages.bench.precision:look_at_precision"
_LIMIT_S = 120.0


def low_precision(path: Path, context: Context) -> tuple[str, tuple[str, ...]]:
    """`int8`, `float16` or `bfloat16`, empty for full precision; and a warning where that cannot be told."""
    if missing_of(("onnx",)):
        return "", (f"Without the package onnx it cannot be told whether {path.name} is of low precision.",)
    try:
        if "onnx" in sys.modules:  # there is nothing left to keep out of this process
            return look_at_precision(str(path)), ()
        return str(Apart(_LOOK, str(path)).result(_LIMIT_S, context.check_cancelled)), ()
    except UserError as error:
        return "", (f"It cannot be told whether {path.name} is of low precision: {error.info.message}",)


def look_at_precision(argument: Any) -> str:
    """In a process apart: read the file's facts."""
    from modelpack_gui.stages.export.artifact import read_artifact
    from modelpack_gui.stages.parity.low_precision import low_precision_of

    return low_precision_of(read_artifact(argument, hashed_bytes=0))
