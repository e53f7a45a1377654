"""Shapes that a model computes while it runs: followed node by node where onnx's own inference gives up.

Exporters write `Reshape(x, Concat(Shape(x)[0], 8, -1))`. With the sizes of all inputs chosen such shapes are
constants; they are computed here with onnx's reference operators, and each node is inferred with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from modelpack_gui.stages.inspection.costs import contrib_shapes
from modelpack_gui.stages.inspection.onnx_types import dtype_name

LARGEST_DATA = 1024
"""Elements of what counts as a shape, or as a part of one."""
CHECK_EVERY = 200
_SHAPE_OPS = frozenset(
    {
        "Add", "And", "Cast", "Ceil", "Concat", "ConstantOfShape", "Div", "Equal", "Expand", "Floor", "Gather",
        "Greater", "Identity", "Less", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Range", "Reciprocal",
        "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "ScatterElements", "ScatterND", "Slice",
        "Sqrt", "Squeeze", "Sub", "Tile", "Transpose", "Unsqueeze", "Where",
    }
)  # fmt: skip


def propagate(model: Any, check: Callable[[], None]) -> None:
    """Add to the model's value_info what can be found in one pass over its main graph."""
    _Pass(model).run(check)


class _Pass:
    def __init__(self, model: Any) -> None:
        import onnx

        self._model, self._main = model, model.graph
        self._opsets = {entry.domain: int(entry.version) for entry in model.opset_import}
        self._types: dict[str, Any] = {}
        self._data: dict[str, Any] = {}  # TensorProtos
        for value in (*self._main.input, *self._main.value_info, *self._main.output):
            self._types[value.name] = value.type
        for tensor in self._main.initializer:
            self._types[tensor.name] = onnx.helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
            if math.prod(tensor.dims) <= LARGEST_DATA and not tensor.external_data:
                self._data[tensor.name] = tensor

    def run(self, check: Callable[[], None]) -> None:
        found = []
        for place, node in enumerate(self._main.node):
            if place % CHECK_EVERY == 0:
                check()
            if any(name and not _is_known(self._types.get(name)) for name in node.output):
                found += self._infer(node)
            self._compute(node)
        import onnx

        names = set(found)
        for value in (*self._main.value_info, *self._main.output):
            if value.name in names:
                value.type.CopyFrom(self._types[value.name])
                names.discard(value.name)
        for name in names:
            self._main.value_info.append(onnx.ValueInfoProto(name=name, type=self._types[name]))

    def _infer(self, node: Any) -> list[str]:
        """Names of the outputs of which more is known now."""
        import onnx

        if node.domain in contrib_shapes.DOMAINS:
            standard = contrib_shapes.as_standard(node)
            if standard is not None:
                return self._infer(standard)
            kind = contrib_shapes.first_output(node, self._types)
            if kind is None:
                return []
            self._types[node.output[0]] = kind
            return [node.output[0]]
        if node.domain not in self._opsets or any(attribute.HasField("g") for attribute in node.attribute):
            return []
        try:
            schema = onnx.defs.get_schema(node.op_type, self._opsets[node.domain], node.domain)
            given = [name for name in node.input if name]
            types = onnx.shape_inference.infer_node_outputs(
                schema,
                node,
                {name: self._types[name] for name in given},
                {name: self._data[name] for name in given if name in self._data},
                opset_imports=list(self._model.opset_import),
                ir_version=self._model.ir_version,
            )
        except Exception:  # noqa: BLE001 (C++ raises several types; what the node makes is simply not known)
            return []
        self._types |= types
        return list(types)

    def _compute(self, node: Any) -> None:
        """Keep what the node makes if it is a shape, or a part of one, and follows from constants."""
        from onnx import helper, numpy_helper

        if node.domain not in ("", "ai.onnx") or len(node.output) != 1 or not node.output[0]:
            return
        name = node.output[0]
        kind = self._types.get(name)
        if node.op_type == "Constant":
            tensor = next((item.t for item in node.attribute if item.name == "value"), None)
            if tensor is not None and math.prod(tensor.dims) <= LARGEST_DATA:
                self._data[name] = tensor
            return
        if node.op_type == "Shape":
            sizes = _sizes(self._types.get(node.input[0])) if node.input else None
            if sizes is not None:
                start, end = (
                    next((item.i for item in node.attribute if item.name == key), default)
                    for key, default in (("start", 0), ("end", len(sizes)))
                )
                part = sizes[start:end]
                self._data[name] = helper.make_tensor(name, 7, [len(part)], part)
            return
        shape = _sizes(kind)
        is_small = shape is not None and math.prod(shape) <= LARGEST_DATA
        if (
            node.op_type not in _SHAPE_OPS
            or not is_small
            or any(item and item not in self._data for item in node.input)
        ):
            return
        from onnx.reference import ReferenceEvaluator

        try:
            feeds = {item: numpy_helper.to_array(self._data[item]) for item in node.input if item}
            (made,) = ReferenceEvaluator(node, opsets=self._opsets).run(None, feeds)
            self._data[name] = numpy_helper.from_array(made, name)
        except Exception:  # noqa: BLE001 (the reference operators raise anything; then it is simply not known)
            return


def _sizes(kind: Any) -> list[int] | None:
    if kind is None or kind.WhichOneof("value") != "tensor_type" or not kind.tensor_type.HasField("shape"):
        return None
    dims = kind.tensor_type.shape.dim
    return [int(dim.dim_value) for dim in dims] if all(dim.HasField("dim_value") for dim in dims) else None


def _is_known(kind: Any) -> bool:
    return _sizes(kind) is not None and bool(dtype_name(kind.tensor_type.elem_type))
