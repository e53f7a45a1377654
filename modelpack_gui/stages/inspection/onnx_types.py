"""Types, shapes and sizes of ONNX protobuf messages as our records spell them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from modelpack_gui.core.dtypes import size_bytes
from modelpack_gui.core.records import InitializerInfo, TensorInfo

# The names of onnx.TensorProto.DataType as numpy and ml_dtypes spell them; the numbers are fixed by the standard.
DTYPE_NAMES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8_e4m3fn",
    18: "float8_e4m3fnuz",
    19: "float8_e5m2",
    20: "float8_e5m2fnuz",
    21: "uint4",
    22: "int4",
    23: "float4_e2m1fn",
    24: "float8_e8m0fnu",
    25: "uint2",
    26: "int2",
}
BFLOAT16 = 16
"""Its number in DTYPE_NAMES: numpy lacks it, so that it needs a way of its own."""

MOST_AXES = 256
"""Of a shape that is shown: numpy takes 64, and a damaged file may say a million."""

_MADE_UP = re.compile(r"unk__\d+")
_EXTERNAL = 1  # onnx.TensorProto.EXTERNAL


def main_float_dtype(tensors: Iterable[Any]) -> str:
    """The floating-point dtype that most elements of some tensors have; empty if none has one."""
    elements: dict[str, int] = {}
    for tensor in tensors:
        name = dtype_name(tensor.data_type)
        if "float" in name:
            elements[name] = elements.get(name, 0) + elements_of(tensor.dims)
    return max(elements, key=lambda name: elements[name], default="")


def text_of(text: str | bytes) -> str:
    """A text of a message; protobuf gives bytes where it is no UTF-8: they are spelled with escapes."""
    return text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")


def metadata_of(node: Any) -> dict[str, str]:
    """The metadata_props of a node or model."""
    return {text_of(item.key): text_of(item.value) for item in node.metadata_props}


def elements_of(dims: Iterable[int]) -> int:
    """How many elements a tensor has; 0 for sizes that no tensor can have."""
    sizes = tuple(dims)
    return math.prod(sizes) if len(sizes) <= MOST_AXES and min(sizes, default=0) >= 0 else 0


def dtype_name(elem_type: int) -> str:
    """The name of an ONNX element type; empty for 0 (undefined), `onnx type N` for one that is not known here."""
    if elem_type == 0:
        return ""
    return DTYPE_NAMES.get(elem_type, f"onnx type {elem_type}")


def tensor_info(value: Any) -> TensorInfo:
    """Name, dtype and shape of a ValueInfoProto; sequences and optionals spell their type as the dtype."""
    dtype, shape = type_and_shape(value.type)
    return TensorInfo(text_of(value.name), dtype, shape)


def type_and_shape(type_proto: Any) -> tuple[str, tuple[int | str | None, ...] | None]:
    """Dtype and shape of a TypeProto; the shape is None if it has more than MOST_AXES axes."""
    kind = type_proto.WhichOneof("value")
    if kind in ("tensor_type", "sparse_tensor_type"):
        tensor = getattr(type_proto, kind)
        dtype = dtype_name(tensor.elem_type)
        is_known = tensor.HasField("shape") and len(tensor.shape.dim) <= MOST_AXES
        shape = tuple(dim_size(dim) for dim in tensor.shape.dim) if is_known else None
        return dtype if kind == "tensor_type" else f"sparse({dtype})", shape
    if kind == "sequence_type":
        return f"sequence({type_and_shape(type_proto.sequence_type.elem_type)[0]})", None
    if kind == "optional_type":
        return f"optional({type_and_shape(type_proto.optional_type.elem_type)[0]})", None
    if kind == "map_type":
        keys = dtype_name(type_proto.map_type.key_type)
        return f"map({keys}, {type_and_shape(type_proto.map_type.value_type)[0]})", None
    if kind == "opaque_type":
        names = (text_of(type_proto.opaque_type.domain), text_of(type_proto.opaque_type.name))
        return f"opaque({'.'.join(filter(None, names))})", None
    return "", None


def type_text(type_proto: Any) -> str:
    """A TypeProto as a person reads it: `float32 2 × n`, `sequence(float32)`, `any type of any shape`."""
    dtype, shape = type_and_shape(type_proto)
    if dtype.endswith(")") and shape is None:
        return dtype
    sizes = "of any shape" if shape is None else " × ".join("?" if size is None else str(size) for size in shape)
    return f"{dtype or 'any type'} {sizes or 'scalar'}"


def dim_size(dim: Any) -> int | str | None:
    """A size, the name that the file gives it, or None; `unk__0` and the like are made up by shape inference."""
    if dim.HasField("dim_value"):
        return int(dim.dim_value)
    name = text_of(dim.dim_param)
    return None if not name or _MADE_UP.fullmatch(name) else name


def external_entries(tensor: Any) -> dict[str, str]:
    """`location`, `offset`, `length`... of a TensorProto kept in a data file; empty if it is in the main file."""
    if not is_external(tensor):
        return {}
    return {text_of(entry.key): text_of(entry.value) for entry in tensor.external_data}


def is_external(tensor: Any) -> bool:
    """Whether a TensorProto is kept in a data file, one that it names or not."""
    return bool(tensor.data_location == _EXTERNAL)


def spelled_size(text: str) -> int:
    """An offset or length as a file spells it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def initializer_info(tensor: Any) -> InitializerInfo:
    """Describe a TensorProto without reading its values."""
    shape = tuple(tensor.dims)
    dtype = dtype_name(tensor.data_type)
    external = external_entries(tensor)
    texts = tensor.string_data if dtype == "string" else ()
    size = size_bytes(dtype, elements_of(shape)) or sum(len(item) for item in texts)
    note = f"{len(shape)} axes" if len(shape) > MOST_AXES else ""
    name = text_of(tensor.name)
    return InitializerInfo(name, dtype, () if note else shape, size, external.get("location", ""), note)


def sparse_initializer_info(sparse: Any) -> InitializerInfo:
    """Describe a SparseTensorProto: the shape is the dense one, the size that of what is stored."""
    values, indices = initializer_info(sparse.values), initializer_info(sparse.indices)
    size = values.size_bytes + indices.size_bytes
    note = f"sparse, {elements_of(values.shape):,} of {elements_of(sparse.dims):,} elements stored"
    return InitializerInfo(values.name, values.dtype, tuple(sparse.dims)[:MOST_AXES], size, values.external, note)


def infos_by_name(values: Iterable[Any]) -> dict[str, TensorInfo]:
    """ValueInfoProtos by name."""
    return {text_of(value.name): tensor_info(value) for value in values}
