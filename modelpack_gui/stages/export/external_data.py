"""Keep the weights of an ONNX model in a file beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FROM_BYTES = 256
"""Smaller tensors stay in the main file: shapes and axes are among them, which runtimes must read before the data."""


def save_with_data(model: Any, path: Path) -> None:
    """Save a model to `path` and its weights to `path.data`; data files it was loaded from are not needed then."""
    import onnx

    onnx.save_model(
        model,
        str(path),
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=f"{path.name}.data",
        size_threshold=FROM_BYTES,
    )
