"""The attributes of an ONNX node as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from modelpack_gui.core.records import AttributeInfo
from modelpack_gui.stages.inspection.onnx_types import (
    dtype_name,
    elements_of,
    is_external,
    text_of,
    type_text,
)

LIST_ITEMS = 16
TEXT_LENGTH = 200
GRAPH, GRAPHS = 5, 10
# Names of onnx.AttributeProto.AttributeType, and the field that holds a value of each; both fixed by the standard.
_TYPES = {
    1: ("FLOAT", "f"),
    2: ("INT", "i"),
    3: ("STRING", "s"),
    4: ("TENSOR", "t"),
    GRAPH: ("GRAPH", "g"),
    6: ("FLOATS", "floats"),
    7: ("INTS", "ints"),
    8: ("STRINGS", "strings"),
    9: ("TENSORS", "tensors"),
    GRAPHS: ("GRAPHS", "graphs"),
    11: ("SPARSE_TENSOR", "sparse_tensor"),
    12: ("SPARSE_TENSORS", "sparse_tensors"),
    13: ("TYPE_PROTO", "tp"),
    14: ("TYPE_PROTOS", "type_protos"),
}


def type_of(attribute: Any) -> int:
    """The AttributeType; files of ir_version 1 say it by the field that they fill."""
    number = int(attribute.type)
    if number:
        return number
    filled = {field.name for field, _ in attribute.ListFields()}
    return next((number for number, (_, field) in _TYPES.items() if field in filled), 0)


@dataclass(frozen=True)
class AttributeText:
    """How much of a value is spelled out.

    Attributes:
        items: Of a list.
        characters: Of one text.
        elements: Tensors of up to so many show their values.
    """

    items: int
    characters: int
    elements: int

    def info(self, attribute: Any) -> AttributeInfo:
        """Name, type and value of an AttributeProto."""
        kind, field = _TYPES.get(type_of(attribute), ("UNDEFINED", ""))
        name = text_of(attribute.name)
        if attribute.ref_attr_name:
            return AttributeInfo(name, kind, f"the function's attribute {text_of(attribute.ref_attr_name)}")
        return AttributeInfo(name, kind, self._value(kind, getattr(attribute, field)) if field else "")

    def tensor(self, tensor: Any) -> str:
        """A TensorProto as `int64 3: 1, 2, 3`, values only where they are few and in the main file."""
        dims = tuple(tensor.dims)
        label = f"{dtype_name(tensor.data_type) or 'no type'} {_sizes(dims) or 'scalar'}"
        if is_external(tensor) or elements_of(dims) > self.elements:
            return label
        from onnx import numpy_helper

        try:
            values = numpy_helper.to_array(tensor).reshape(-1)
        # Fewer bytes than the shape says, a type that is unknown: the check stage tells that story.
        except (ValueError, TypeError, KeyError, IndexError, OverflowError):
            return f"{label}: its data does not fit its shape"
        if values.dtype.kind in "OSU":
            texts = [self._string(item) for item in values]
        elif values.dtype.kind == "c":
            texts = [f"{item:.7g}" for item in values.tolist()]
        else:
            texts = [_float_text(float(item)) if "float" in label else str(item) for item in values.tolist()]
        return self.shortened(f"{label}: {', '.join(texts)}" if texts else label)

    def shortened(self, text: str) -> str:
        """A text, its end cut off if it is long."""
        return text if len(text) <= self.characters else f"{text[: self.characters]}… ({len(text):,} characters)"

    def listed(self, shown: Iterable[str], length: int) -> str:
        """The first items of a list of some length."""
        texts = list(shown)
        more = f", … ({length} items)" if length > len(texts) else ""
        return f"[{', '.join(texts)}{more}]"

    def _value(self, kind: str, value: Any) -> str:
        single: dict[str, Callable[[Any], str]] = {
            "INT": str,
            "FLOAT": _float_text,
            "STRING": self._string,
            "TENSOR": self.tensor,
            "GRAPH": _graph_text,
            "SPARSE_TENSOR": self._sparse,
            "TYPE_PROTO": type_text,
        }
        if kind in single:
            return single[kind](value)
        return self.listed(map(single[kind.removesuffix("S")], islice(value, self.items)), len(value))

    def _sparse(self, sparse: Any) -> str:
        stored = elements_of(sparse.values.dims)
        label = f"sparse {dtype_name(sparse.values.data_type)} {_sizes(tuple(sparse.dims))}, {stored} stored"
        if stored > self.elements:
            return label
        return self.shortened(f"{label}: {self.tensor(sparse.values)} at {self.tensor(sparse.indices)}")

    def _string(self, value: Any) -> str:
        return self.shortened(text_of(value) if isinstance(value, (bytes, str)) else str(value))


SHORT = AttributeText(items=LIST_ITEMS, characters=TEXT_LENGTH, elements=8)
"""What a cell of a table can show."""

WHOLE = AttributeText(items=100_000, characters=1_000_000, elements=10_000)
"""All that a person may want to read."""


def attribute_info(attribute: Any) -> AttributeInfo:
    """Name, type and value of an AttributeProto; tensors are summarised, long lists and texts shortened."""
    return SHORT.info(attribute)


def _sizes(dims: Sequence[int]) -> str:
    shown = " × ".join(str(size) for size in dims[:8])
    return shown if len(dims) <= 8 else f"{shown} × … ({len(dims)} axes)"


def _graph_text(graph: Any) -> str:
    count = len(graph.node)
    return f"graph {text_of(graph.name) or 'without name'}, {count} {'node' if count == 1 else 'nodes'}"


def _float_text(value: float) -> str:
    return f"{value:.7g}"  # a float32 has about seven digits; more would show noise
