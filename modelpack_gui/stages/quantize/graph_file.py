"""The graph in an ONNX file, for what needs no weights: of a large model they take all the time and memory."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

from modelpack_gui.stages.export.onnx_header import without_weights

_KEPT_BYTES = 1024
"""Smaller initializers are kept whole: shapes and axes, from which others follow."""


def read_graph_only(path: Path | str) -> Any:
    """An onnx.ModelProto without the elements of its weights."""
    import onnx

    with Path(path).open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return onnx.load_model_from_string(without_weights(data, _KEPT_BYTES))
