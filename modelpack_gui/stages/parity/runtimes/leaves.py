"""The arrays in an output of ONNX, which may be a sequence, a map or nothing as well as a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelpack_gui.core.records import TensorInfo
from modelpack_gui.stages.parity.runtimes.base import Output


def leaves(name: str, value: Any, dtype: str = "") -> Iterator[Output]:
    """Each array in the value, by the way to it: `name[0]`, `name.key`, and `name` alone for a tensor.

    An optional that is empty gives nothing.

    Args:
        dtype: Of a tensor, as in TensorInfo, where numpy does not say it; empty to take numpy's.

    Raises:
        TypeError: There is something else in it.
    """
    import numpy as np

    if value is None:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(f"{name}.{key}", item)
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from leaves(f"{name}[{place}]", item)
    elif isinstance(value, float):  # those of a map are float32 in the file, and Python's here
        yield _output(name, np.asarray(value, np.float32), dtype)
    elif isinstance(value, (np.ndarray, np.generic, bool, int, str)):
        yield _output(name, np.asarray(value), dtype)
    else:
        raise TypeError(f"the output {name!r} is no tensor, sequence or map of tensors, but a {type(value).__name__}")


def _output(name: str, values: Any, dtype: str) -> Output:
    is_text = values.dtype.kind in "OSU"
    return Output(TensorInfo(name, dtype or ("string" if is_text else str(values.dtype)), values.shape), values)
