"""Whether an ONNX file trades accuracy for speed: INT8, float16, bfloat16. Asked apart, for onnx takes memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.lossy import KnownPrice
from modelpack_gui.stages.common.apart import Apart
from modelpack_gui.stages.hello import missing_of

_LOOK = "modelpack_gui.stages.bench.precision:look_at_precision"
_LIMIT_S = 120.0


def low_precision(path: Path, context: Context) -> tuple[str, KnownPrice | None, tuple[str, ...]]:
    """`int8`, `float16` or `bfloat16`, empty for full precision; what the file says that this costs; and a warning.

    The warning is given where that cannot be told.
    """
    if missing_of(("onnx",)):
        return "", None, (f"Without the package onnx it cannot be told whether {path.name} is of low precision.",)
    try:
        if "onnx" in sys.modules:  # there is nothing left to keep out of this process
            found = look_at_precision(str(path))
        else:
            found = Apart(_LOOK, str(path)).result(_LIMIT_S, context.check_cancelled)
    except UserError as error:
        return "", None, (f"It cannot be told whether {path.name} is of low precision: {error.info.message}",)
    price = serde.decode(KnownPrice, found["price"]) if found["price"] is not None else None
    return str(found["precision"]), price, ()


def look_at_precision(argument: Any) -> dict[str, Any]:
    """In a process apart: read the file's facts; `precision` and `price`, in what JSON can hold."""
    from modelpack_gui.stages.common.price import price_in
    from modelpack_gui.stages.export.artifact import read_artifact
    from modelpack_gui.stages.parity.low_precision import low_precision_of

    artifact = read_artifact(argument, hashed_bytes=0)
    precision = low_precision_of(artifact)
    return {"precision": precision, "price": serde.encode(price_in(artifact.metadata)) if precision else None}
