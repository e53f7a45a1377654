"""The attributes of an ONNX node as short text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.records import AttributeInfo
from modelpack_gui.stages.inspection.onnx_types import dtype_name, external_entries

LIST_ITEMS = 16
TEXT_LENGTH = 200
TENSOR_ITEMS = 8

# The names of onnx.AttributeProto.AttributeType; the numbers are fixed by the standard.
_TYPES = {
    1: "FLOAT",
    2: "INT",
    3: "STRING",
    4: "TENSOR",
    5: "GRAPH",
    6: "FLOATS",
    7: "INTS",
    8: "STRINGS",
    9: "TENSORS",
    10: "GRAPHS",
    11: "SPARSE_TENSOR",
    12: "SPARSE_TENSORS",
    13: "TYPE_PROTO",
    14: "TYPE_PROTOS",
}


def attribute_info(attribute: Any) -> AttributeInfo:
    """Name, type and value of an AttributeProto; tensors are summarised, long lists and texts shortened."""
    kind = _TYPES.get(attribute.type, "UNDEFINED")
    if attribute.ref_attr_name:
        return AttributeInfo(attribute.name, kind, f"the function's attribute {attribute.ref_attr_name}")
    return AttributeInfo(attribute.name, kind, _value_text(kind, attribute))


def _value_text(kind: str, attribute: Any) -> str:
    if kind == "INT":
        return str(attribute.i)
    if kind == "FLOAT":
        return _float_text(attribute.f)
    if kind == "STRING":
        return _string_text(attribute.s)
    if kind == "INTS":
        return _list_text([str(item) for item in attribute.ints[:LIST_ITEMS]], len(attribute.ints))
    if kind == "FLOATS":
        return _list_text([_float_text(item) for item in attribute.floats[:LIST_ITEMS]], len(attribute.floats))
    if kind == "STRINGS":
        return _list_text([_string_text(item) for item in attribute.strings[:LIST_ITEMS]], len(attribute.strings))
    if kind == "TENSOR":
        return tensor_text(attribute.t)
    if kind == "GRAPH":
        return _graph_text(attribute.g)
    if kind == "TENSORS":
        return _list_text([tensor_text(item) for item in attribute.tensors[:LIST_ITEMS]], len(attribute.tensors))
    if kind == "GRAPHS":
        return _list_text([_graph_text(item) for item in attribute.graphs[:LIST_ITEMS]], len(attribute.graphs))
    if kind == "SPARSE_TENSOR":
        sparse = attribute.sparse_tensor
        sizes = " × ".join(str(size) for size in sparse.dims)
        return f"sparse {dtype_name(sparse.values.data_type)} {sizes}, {sparse.values.dims[0]} stored"
    if kind == "SPARSE_TENSORS":
        return f"{len(attribute.sparse_tensors)} sparse tensors"
    if kind == "TYPE_PROTO":
        return shortened(str(attribute.tp).replace("\n", " "))
    return ""


def tensor_text(tensor: Any) -> str:
    """A TensorProto as `int64 3: 1, 2, 3`, values only where they are few and in the main file."""
    shape = tuple(tensor.dims)
    label = f"{dtype_name(tensor.data_type)} {' × '.join(str(size) for size in shape) or 'scalar'}"
    if math.prod(shape) > TENSOR_ITEMS or external_entries(tensor):
        return label
    from onnx import numpy_helper

    try:
        values = numpy_helper.to_array(tensor).reshape(-1)
    except (ValueError, TypeError):  # fewer bytes than the shape says: the check stage tells that story
        return f"{label}: its data does not fit its shape"
    if values.dtype.kind in "OSU":
        texts = [_string_text(item) for item in values]
    else:
        texts = [_float_text(item) if "float" in label else str(item) for item in values.tolist()]
    return shortened(f"{label}: {', '.join(texts)}" if texts else label)


def shortened(text: str) -> str:
    """A text cut to the length that a cell can show."""
    return text if len(text) <= TEXT_LENGTH else f"{text[:TEXT_LENGTH]}… ({len(text)} characters)"


def _graph_text(graph: Any) -> str:
    count = len(graph.node)
    return f"graph {graph.name or 'without name'}, {count} {'node' if count == 1 else 'nodes'}"


def _string_text(value: Any) -> str:
    return shortened(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _float_text(value: float) -> str:
    return f"{value:.7g}"  # a float32 has about seven digits; more would show noise


def _list_text(shown: Sequence[str], length: int) -> str:
    more = f", … ({length} items)" if length > len(shown) else ""
    return f"[{', '.join(shown)}{more}]"
