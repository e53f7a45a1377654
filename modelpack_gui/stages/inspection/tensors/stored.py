"""A tensor that an artifact stores, read piece by piece: a giant one never is in memory as a whole."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core import figures
from modelpack_gui.core.dtypes import size_bytes
from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.export.artifact import format_of, read_artifact
from modelpack_gui.stages.export.onnx_header import (
    FoundInitializer,
    WireError,
    find_initializer,
    initializer_header,
    without_weights,
)
from modelpack_gui.stages.inspection.onnx_data_files import DataFiles
from modelpack_gui.stages.inspection.onnx_types import (
    dtype_name,
    external_entries,
    initializer_info,
    sparse_initializer_info,
    text_of,
)
from modelpack_gui.stages.inspection.onnx_walk import graphs_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOST_DENSE = 200_000_000  # elements: gigabytes, nearly all of them zeros
CHUNK = 1 << 20
"""Elements at a time; in float64 they take 8 MB. Whole bytes also where an element takes 2, 4 or 6 bits."""
_PLAIN = frozenset(
    {
        "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
        "float16", "float32", "float64", "complex64", "complex128",
    }
)  # fmt: skip
"""Dtypes that numpy has."""
_LISTS = {
    "value_float": "float32", "value_floats": "float32", "value_int": "int64", "value_ints": "int64",
    "value_string": "string", "value_strings": "string",
}  # fmt: skip
"""The attributes of a Constant that hold no tensor."""


@dataclass(frozen=True)
class FilePlace:
    """Bytes of a file that hold the elements as they are, little-endian and packed."""

    file: Path
    offset: int


@dataclass(frozen=True)
class StoredTensor:
    """Its facts, and its elements: in `values`, or else in a file.

    Attributes:
        dtype: As TensorInfo spells it.
        size_bytes: What it takes in the artifact.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    size_bytes: int
    elements: int
    place: FilePlace | None = None
    values: npt.NDArray[Any] | None = None

    @property
    def storage(self) -> str:
        """What an element is in the file, as `TensorValues.storage`; empty where it needs to be decoded."""
        import numpy as np

        if self.place is None:
            return ""
        if self.dtype in _PLAIN:
            return np.dtype(self.dtype).newbyteorder("<").str
        return self.dtype if self.dtype == "bfloat16" else ""

    def chunks(self, at_once: int | None = None) -> Iterator[npt.NDArray[Any]]:
        """The elements in order, flat, some at a time; of whatever dtype numpy or ml_dtypes has for them.

        Raises:
            UserError: `initializer-corrupt`.
        """
        step = CHUNK if at_once is None else at_once
        if self.place is None:
            assert self.values is not None
            flat = self.values.reshape(-1)
            for start in range(0, flat.size, step):
                yield flat[start : start + step]
            return
        try:
            with self.place.file.open("rb") as stream:
                stream.seek(self.place.offset)
                for start in range(0, self.elements, step):
                    count = min(step, self.elements - start)
                    yield _decoded(self.dtype, stream.read(size_bytes(self.dtype, count)), count)
        except (OSError, ValueError, TypeError) as error:
            raise corrupt(self.place.file, self.name, error) from error


def open_stored(path: Path, name: str) -> StoredTensor:
    """Find an initializer or a constant (ONNX), or a parameter or buffer (TorchScript, pt2), by its name.

    Raises:
        UserError: `initializer-unknown`, `initializer-corrupt`, or what reading the artifact raises.
    """
    try:
        with path.open("rb") as stream:
            format_ = format_of(path, stream.read(2))
            if format_ == "onnx":
                with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    return _of_onnx(path, data, name)
    except (OSError, ValueError) as error:  # gone, empty, a folder...: whoever reads artifacts tells that well
        read_artifact(path, hashed_bytes=0)
        raise corrupt(path, name, error) from error
    return _of_torch(path, format_, name)


def _of_onnx(path: Path, data: mmap.mmap, name: str) -> StoredTensor:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        found = find_initializer(data, name)
        if found is not None:
            return _initializer(path, data, found, name)
        model = onnx.load_model_from_string(without_weights(data))
    except (WireError, DecodeError) as error:
        read_artifact(path, hashed_bytes=0)
        raise corrupt(path, name, error) from error
    bodies = [*graphs_of(model.graph), *model.functions]
    for body in bodies:
        for tensor in getattr(body, "initializer", ()):
            if text_of(tensor.name) == name:
                return of_message(path, tensor)
        for sparse in getattr(body, "sparse_initializer", ()):
            if text_of(sparse.values.name) == name:
                info = sparse_initializer_info(sparse)
                return _of_array(name, info.dtype, _dense(path, sparse), info.size_bytes)
        for node in body.node:
            if node.op_type == "Constant" and name in map(text_of, node.output):
                return _constant(path, name, node)
    raise unknown(path, name)


def _initializer(path: Path, data: mmap.mmap, found: FoundInitializer, name: str) -> StoredTensor:
    import onnx

    tensor = onnx.TensorProto.FromString(initializer_header(data, found))
    info = initializer_info(tensor)
    place = _external_place(path, tensor, info.size_bytes)
    if place is None and found.raw is not None and not external_entries(tensor):
        place = FilePlace(path, found.raw[0])
        if found.raw[1] - found.raw[0] < info.size_bytes:
            raise corrupt(path, name, ValueError("there are fewer bytes than its shape says"))
    if place is None or not size_bytes(info.dtype, 1):
        # Its elements are in fields of their own: numbers one by one, or texts.
        return _in_memory(path, name, onnx.TensorProto.FromString(data[slice(*found.message)]))
    return StoredTensor(name, info.dtype, info.shape, info.size_bytes, _elements(path, name, info.shape), place)


def _external_place(path: Path, tensor: Any, needed: int) -> FilePlace | None:
    """Where a data file has it; None if it is in the model file.

    Raises:
        UserError: `tensor-data-missing`, `initializer-corrupt`.
    """
    entries = external_entries(tensor)
    if not entries:
        return None
    files = DataFiles(path.parent)
    problems = files.need(tensor, needed)
    file = files.found[0] if files.found else None
    if file is None or file.state in ("missing", "outside"):
        raise UserError(
            "tensor-data-missing",
            f"The values of {tensor.name!r} cannot be read: {'; '.join(problems)}.",
            f"Put the data file beside {path.name}; the two belong together.",
        )
    if file.state == "short" or file.size_bytes < file.needed_bytes or file.needed_bytes < needed:
        raise corrupt(path, tensor.name, ValueError("; ".join(problems) or "its data file has too few bytes for it"))
    offset = entries.get("offset", "0")
    return FilePlace(Path(file.path), int(offset) if offset.isascii() and offset.isdigit() else 0)


def of_message(path: Path, tensor: Any) -> StoredTensor:
    """A TensorProto that is in memory; its elements stay in the data file where it has one.

    Raises:
        UserError: `tensor-data-missing`, `initializer-corrupt`.
    """
    info = initializer_info(tensor)
    place = _external_place(path, tensor, info.size_bytes)
    if place is None or not size_bytes(info.dtype, 1):
        return _in_memory(path, tensor.name, tensor)
    elements = _elements(path, tensor.name, info.shape)
    return StoredTensor(tensor.name, info.dtype, info.shape, info.size_bytes, elements, place)


def _in_memory(path: Path, name: str, tensor: Any) -> StoredTensor:
    info = initializer_info(tensor)
    return _of_array(name, info.dtype, _values(path, tensor, name), info.size_bytes)


def _of_array(name: str, dtype: str, values: npt.NDArray[Any], size: int) -> StoredTensor:
    shape = tuple(int(size) for size in values.shape)
    return StoredTensor(name, dtype, shape, size, int(values.size), values=values)


def _constant(path: Path, name: str, node: Any) -> StoredTensor:
    """What a Constant node gives; a number, text or list in its attributes counts as a tensor too."""
    import numpy as np
    import onnx

    for attribute in node.attribute:
        if attribute.name == "value" and attribute.HasField("t"):
            return _in_memory(path, name, attribute.t)
        if attribute.name == "sparse_value":
            info = sparse_initializer_info(attribute.sparse_tensor)
            return _of_array(name, info.dtype, _dense(path, attribute.sparse_tensor), info.size_bytes)
        kind = _LISTS.get(text_of(attribute.name))
        if kind is not None:
            value = onnx.helper.get_attribute_value(attribute)
            values = np.array(value, object if kind == "string" else kind)
            return _of_array(name, kind, values, size_bytes(kind, values.size))
    raise unknown(path, name)


def _values(path: Path, tensor: Any, name: str) -> npt.NDArray[Any]:
    """The values of a TensorProto, read from its data file where it has one."""
    import onnx
    from onnx import external_data_helper, numpy_helper

    try:
        if external_entries(tensor):  # that of a subgraph, which is seldom large
            external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
        if tensor.data_type == onnx.TensorProto.STRING:
            return _texts(tensor)
        values: npt.NDArray[Any] = numpy_helper.to_array(tensor)
    except (OSError, ValueError, TypeError, KeyError, onnx.checker.ValidationError) as error:
        raise corrupt(path, name, error) from error
    return values


def _texts(tensor: Any) -> npt.NDArray[Any]:
    """The texts of a TensorProto; onnx itself takes no bytes that are no UTF-8."""
    import numpy as np

    return np.array([text_of(text) for text in tensor.string_data], object).reshape(tuple(tensor.dims))


def _dense(path: Path, sparse: Any) -> npt.NDArray[Any]:
    """The whole tensor of a SparseTensorProto; its indices are flat, or one row of places for each value.

    Raises:
        UserError: `tensor-too-large`, `initializer-corrupt`.
    """
    import numpy as np

    name = sparse.values.name
    if _elements(path, name, tuple(sparse.dims)) > MOST_DENSE:
        raise UserError(
            "tensor-too-large",
            f"The sparse tensor {text_of(name)!r} has room for {figures.count(math.prod(sparse.dims))} elements.",
            f"Sparse tensors of up to {figures.count(MOST_DENSE)} elements are unfolded to show their values.",
        )
    stored, places = _values(path, sparse.values, name), _values(path, sparse.indices, name)
    try:
        dense = np.zeros(tuple(sparse.dims), stored.dtype)
        if places.ndim == 1:
            dense.reshape(-1)[places] = stored
        else:
            dense[tuple(places.T)] = stored
    except (IndexError, ValueError, MemoryError) as error:
        raise corrupt(path, name, error) from error
    return dense


def _of_torch(path: Path, format_: str, name: str) -> StoredTensor:
    from modelpack_gui.stages.source.inputs import dtype_name as torch_dtype_name
    from modelpack_gui.stages.source.inputs import to_numpy

    if format_ == "pt2":
        from modelpack_gui.stages.inspection.pt2_graph import stored_tensors
        from modelpack_gui.stages.inspection.pt2_program import load_program

        tensors = stored_tensors(load_program(str(path))[0])
    else:
        from modelpack_gui.stages.inspection.torchscript_file import load_torchscript

        tensors = load_torchscript(path).state_dict()
    tensor = tensors.get(name)
    if tensor is None:
        raise unknown(path, name)
    size = tensor.numel() * tensor.element_size()
    return _of_array(name, torch_dtype_name(tensor.dtype), to_numpy(tensor), size)


def _decoded(dtype: str, data: bytes, count: int) -> npt.NDArray[Any]:
    import numpy as np

    if dtype in _PLAIN:
        return np.frombuffer(data, np.dtype(dtype).newbyteorder("<"), count)
    if dtype == "bfloat16":
        return widened(np.frombuffer(data, "<u2", count))
    import onnx
    from onnx import numpy_helper

    number = next(number for number in onnx.TensorProto.DataType.values() if dtype_name(number) == dtype)
    values: npt.NDArray[Any] = numpy_helper.to_array(onnx.TensorProto(data_type=number, dims=[count], raw_data=data))
    return values


def widened(halves: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """The bits of bfloat16 as float32: they are its upper half."""
    import numpy as np

    return (halves.astype(np.uint32) << 16).view(np.float32)


def _elements(path: Path, name: str, shape: tuple[int, ...]) -> int:
    """How many elements a tensor has.

    Raises:
        UserError: `initializer-corrupt`: it has an axis of fewer than none.
    """
    if min(shape, default=0) < 0:
        raise corrupt(path, text_of(name), ValueError(f"the size of an axis is {min(shape)}"))
    return math.prod(shape)


def unknown(path: Path, name: str) -> UserError:
    """There is no such tensor."""
    return UserError(
        "initializer-unknown",
        f"{path} has no initializer called {name!r}.",
        "Read the graph again: the file may have been exported anew since.",
    )


def corrupt(path: Path, name: str, error: Exception) -> UserError:
    """There is one, and it makes no sense."""
    return UserError(
        "initializer-corrupt",
        f"The values of {name!r} in {path} cannot be read: they do not fit its dtype and shape.",
        "The file or its data file is damaged; export it again.",
        f"{type(error).__name__}: {error}",
    )
