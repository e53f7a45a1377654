"""The types that an ONNX model says its values have, scope by scope, each type spelled once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from modelpack_gui.core.graph.graph import Shape
from modelpack_gui.stages.inspection.onnx_types import text_of, type_and_shape
from modelpack_gui.stages.inspection.onnx_walk import all_graphs


class ValueTypes(NamedTuple):
    """All types, and for each scope (numbered as in a `Graph`) names of values with the numbers of their types."""

    types: Sequence[tuple[str, Shape | None]]
    scopes: Sequence[tuple[Sequence[str], Sequence[int]]]

    def to_json(self) -> bytes:
        """For `from_json`."""
        return json.dumps(self).encode()

    @classmethod
    def from_json(cls, data: bytes) -> ValueTypes:
        """What `to_json` wrote."""
        types, scopes = json.loads(data)
        return cls([(dtype, None if shape is None else tuple(shape)) for dtype, shape in types], scopes)


def value_types(model: Any) -> ValueTypes:
    """The declared and inferred types of a model."""
    numbers: dict[bytes, int] = {}
    types: list[tuple[str, Shape | None]] = []
    scopes = []
    for graph in all_graphs(model):
        names, of_names = [], []
        for info in _infos(graph):
            type_proto = info.type
            key = type_proto.SerializeToString()
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(types)
                types.append(type_and_shape(type_proto))
            names.append(text_of(info.name))
            of_names.append(number)
        scopes.append((names, of_names))
    return ValueTypes(types, scopes)


def _infos(graph: Any) -> Iterator[Any]:
    """ValueInfoProtos; inputs and outputs of a function are names alone."""
    if not hasattr(graph, "opset_import"):
        yield from graph.input
        yield from graph.output
    yield from graph.value_info
