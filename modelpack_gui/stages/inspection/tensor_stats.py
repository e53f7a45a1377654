"""Statistics of one initializer, read when the user looks at it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import Artifact, TensorStats, TensorStatsRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.inspection.onnx_types import external_entries, initializer_info, sparse_initializer_info
from modelpack_gui.stages.inspection.onnx_walk import graphs_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BINS = 64
PREVIEW_ITEMS = 16
CHUNK = 1 << 20  # elements; a chunk in float64 takes 8 MB


def run(request: TensorStatsRequest, context: Context) -> TensorStats:
    """Describe the values of one initializer (ONNX), or one parameter or buffer (TorchScript, pt2).

    Complex values are described by their magnitudes.

    Raises:
        UserError: `initializer-unknown`, `initializer-corrupt`, or what reading the
            artifact raises.
    """
    path = resolve(context, request.path)
    artifact = read_artifact(path)
    if artifact.format == "onnx":
        dtype, values, size_bytes = _read_onnx(path, request.name)
    else:
        dtype, values, size_bytes = _read_torch(artifact, request.name)
    return describe(request.name, dtype, values, size_bytes)


def describe(name: str, dtype: str, values: npt.NDArray[Any], size_bytes: int) -> TensorStats:
    """Statistics of an array of any dtype, in float64, a chunk at a time; of strings only the preview."""
    import numpy as np

    shape = tuple(int(size) for size in values.shape)
    flat = values.reshape(-1)
    is_numeric = flat.dtype.kind not in "OSU"
    zeros = nans = infs = finite_count = 0
    total = 0.0
    low, high = math.inf, -math.inf
    for chunk in _chunks(flat) if is_numeric else ():
        finite = chunk[np.isfinite(chunk)]
        nans += int(np.isnan(chunk).sum())
        infs += int(np.isinf(chunk).sum())
        zeros += int((chunk == 0).sum())
        finite_count += finite.size
        if finite.size:
            total += float(finite.sum())
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    mean = total / finite_count if finite_count else None
    squares = 0.0
    edges = _edges(low, high) if finite_count else np.linspace(0.0, 1.0, BINS + 1)
    counts = np.zeros(BINS, np.int64)
    for chunk in _chunks(flat) if mean is not None else ():
        finite = chunk[np.isfinite(chunk)]
        with np.errstate(over="ignore"):
            squares += float(np.square(finite - mean).sum())
        counts += np.histogram(finite, edges)[0]
    return TensorStats(
        name=name,
        dtype=dtype,
        shape=shape,
        elements=flat.size,
        size_bytes=size_bytes,
        minimum=low if finite_count else None,
        maximum=high if finite_count else None,
        mean=mean,
        std=math.sqrt(squares / finite_count) if finite_count else None,
        zeros=zeros,
        nans=nans,
        infs=infs,
        counts=tuple(int(count) for count in counts),
        edges=tuple(float(edge) for edge in edges),
        preview=_preview(flat),
    )


def _chunks(flat: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """The values as float64, a chunk at a time."""
    import numpy as np

    for start in range(0, flat.size, CHUNK):
        chunk = flat[start : start + CHUNK]
        yield np.abs(chunk).astype(np.float64) if chunk.dtype.kind == "c" else chunk.astype(np.float64)


def _edges(low: float, high: float) -> npt.NDArray[np.float64]:
    """Edges of equal bins, also for a constant and for values too close or too far apart for float64."""
    import numpy as np

    if math.isinf(high - low):
        return np.linspace(low / 2, high / 2, BINS + 1) * 2
    spacing = float(np.spacing(max(abs(low), abs(high))))
    if high - low < 2 * BINS * spacing:
        margin = max(0.5, BINS * spacing)
        low, high = low - margin, high + margin
    return np.linspace(low, high, BINS + 1)


def _preview(flat: npt.NDArray[Any]) -> str:
    texts = []
    for value in flat[:PREVIEW_ITEMS]:
        if isinstance(value, bytes):
            texts.append(value.decode("utf-8", "replace"))
        elif isinstance(value, str) or flat.dtype.kind in "biu":
            texts.append(str(value))
        elif flat.dtype.kind == "c":
            texts.append(f"{complex(value):.6g}")
        else:  # ml_dtypes has small integers too, of numpy's kind V
            texts.append(f"{float(value):.6g}")
    return ", ".join(texts) + (", …" if flat.size > PREVIEW_ITEMS else "")


def _read_onnx(path: Path, name: str) -> tuple[str, npt.NDArray[Any], int]:
    import onnx

    model = onnx.load(path, load_external_data=False)
    for graph in graphs_of(model.graph):
        for tensor in graph.initializer:
            if tensor.name == name:
                info = initializer_info(tensor)
                return info.dtype, _values(tensor, path), info.size_bytes
        for sparse in graph.sparse_initializer:
            if sparse.values.name == name:
                info = sparse_initializer_info(sparse)
                return info.dtype, _dense(sparse, path), info.size_bytes
    raise _unknown(path, name)


def _values(tensor: Any, path: Path) -> npt.NDArray[Any]:
    """The values of a TensorProto, read from its data file where it has one."""
    import onnx
    from onnx import external_data_helper, numpy_helper

    try:
        if external_entries(tensor):
            external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
        values: npt.NDArray[Any] = numpy_helper.to_array(tensor)
    except (OSError, ValueError, TypeError, onnx.checker.ValidationError) as error:
        raise _corrupt(path, tensor.name, error) from error
    return values


def _dense(sparse: Any, path: Path) -> npt.NDArray[Any]:
    """The whole tensor of a SparseTensorProto; its indices are flat, or one row of places for each value."""
    import numpy as np

    stored, places = _values(sparse.values, path), _values(sparse.indices, path)
    dense = np.zeros(tuple(sparse.dims), stored.dtype)
    try:
        if places.ndim == 1:
            dense.reshape(-1)[places] = stored
        else:
            dense[tuple(places.T)] = stored
    except (IndexError, ValueError) as error:
        raise _corrupt(path, sparse.values.name, error) from error
    return dense


def _read_torch(artifact: Artifact, name: str) -> tuple[str, npt.NDArray[Any], int]:
    from modelpack_gui.stages.source.inputs import dtype_name, to_numpy

    if artifact.format == "pt2":
        from modelpack_gui.stages.inspection.pt2_graph import stored_tensors
        from modelpack_gui.stages.inspection.pt2_program import load_program

        tensors = stored_tensors(load_program(artifact.path)[0])
    else:
        from modelpack_gui.stages.inspection.torchscript_file import load_torchscript

        tensors = load_torchscript(artifact.path).state_dict()
    tensor = tensors.get(name)
    if tensor is None:
        raise _unknown(Path(artifact.path), name)
    return dtype_name(tensor.dtype), to_numpy(tensor), tensor.numel() * tensor.element_size()


def _unknown(path: Path, name: str) -> UserError:
    return UserError(
        "initializer-unknown",
        f"{path} has no initializer called {name!r}.",
        "Read the graph again: the file may have been exported anew since.",
    )


def _corrupt(path: Path, name: str, error: Exception) -> UserError:
    return UserError(
        "initializer-corrupt",
        f"The values of {name!r} in {path} cannot be read: they do not fit its dtype and shape.",
        "The file or its data file is damaged; export it again.",
        f"{type(error).__name__}: {error}",
    )
