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

_MADE_UP = re.compile(r"unk__\d+")
_EXTERNAL = 1  # onnx.TensorProto.EXTERNAL


def main_float_dtype(tensors: Iterable[Any]) -> str:
    """The floating-point dtype that most elements of some tensors have; empty if none has one."""
    elements: dict[str, int] = {}
    for tensor in tensors:
        name = dtype_name(tensor.data_type)
        if "float" in name:
            elements[name] = elements.get(name, 0) + math.prod(tensor.dims)
    return max(elements, key=lambda name: elements[name], default="")


def dtype_name(elem_type: int) -> str:
    """The name of an ONNX element type; empty for 0 (undefined), `onnx type N` for one that is not known here."""
    if elem_type == 0:
        return ""
    return DTYPE_NAMES.get(elem_type, f"onnx type {elem_type}")


def tensor_info(value: Any) -> TensorInfo:
    """Name, dtype and shape of a ValueInfoProto; sequences and optionals spell their type as the dtype."""
    dtype, shape = _type_and_shape(value.type)
    return TensorInfo(value.name, dtype, shape)


def _type_and_shape(type_proto: Any) -> tuple[str, tuple[int | str | None, ...] | None]:
    kind = type_proto.WhichOneof("value")
    if kind in ("tensor_type", "sparse_tensor_type"):
        tensor = type_proto.tensor_type if kind == "tensor_type" else type_proto.sparse_tensor_type
        shape = tuple(dim_size(dim) for dim in tensor.shape.dim) if tensor.HasField("shape") else None
        return dtype_name(tensor.elem_type), shape
    if kind == "sequence_type":
        return f"sequence({_type_and_shape(type_proto.sequence_type.elem_type)[0]})", None
    if kind == "optional_type":
        return f"optional({_type_and_shape(type_proto.optional_type.elem_type)[0]})", None
    if kind == "map_type":
        return f"map({_type_and_shape(type_proto.map_type.value_type)[0]})", None
    return "", None


def dim_size(dim: Any) -> int | str | None:
    """A size, the name that the file gives it, or None; `unk__0` and the like are made up by shape inference."""
    if dim.HasField("dim_value"):
        return int(dim.dim_value)
    name = str(dim.dim_param)
    return None if not name or _MADE_UP.fullmatch(name) else name


def external_entries(tensor: Any) -> dict[str, str]:
    """`location`, `offset`, `length`... of a TensorProto kept in a data file; empty if it is in the main file."""
    if tensor.data_location != _EXTERNAL:
        return {}
    return {entry.key: entry.value for entry in tensor.external_data}


def initializer_info(tensor: Any) -> InitializerInfo:
    """Describe a TensorProto without reading its values."""
    shape = tuple(tensor.dims)
    dtype = dtype_name(tensor.data_type)
    external = external_entries(tensor)
    texts = tensor.string_data if dtype == "string" else ()
    size = size_bytes(dtype, math.prod(shape)) or sum(len(item) for item in texts)
    return InitializerInfo(tensor.name, dtype, shape, size, external.get("location", ""))


def sparse_initializer_info(sparse: Any) -> InitializerInfo:
    """Describe a SparseTensorProto: the shape is the dense one, the size that of what is stored."""
    values, indices = initializer_info(sparse.values), initializer_info(sparse.indices)
    size = values.size_bytes + indices.size_bytes
    return InitializerInfo(values.name, values.dtype, tuple(sparse.dims), size, values.external)


def infos_by_name(values: Iterable[Any]) -> dict[str, TensorInfo]:
    """ValueInfoProtos by name."""
    return {value.name: tensor_info(value) for value in values}
