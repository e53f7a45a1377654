"""What an ONNX file says of one node, value, initializer, graph or function, or of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from mmap import mmap
from pathlib import Path
from typing import Any

from modelpack_gui.core.records import AttributeInfo, DetailRow, GraphDetails, GraphDetailsRequest
from modelpack_gui.stages.export.artifact import parse_onnx
from modelpack_gui.stages.inspection.attributes import WHOLE
from modelpack_gui.stages.inspection.onnx_shapes import SHAPE_ELEMENTS
from modelpack_gui.stages.inspection.onnx_types import (
    dtype_name,
    external_entries,
    text_of,
    type_text,
)
from modelpack_gui.stages.inspection.onnx_walk import all_graphs, all_nodes

_DATA_FIELDS = (
    "float_data", "int32_data", "string_data", "int64_data", "raw_data", "double_data", "uint64_data",
)  # fmt: skip


def read_details(request: GraphDetailsRequest, path: Path, data: mmap) -> GraphDetails:
    """Look a part up.

    Raises:
        UserError: The file is no ONNX model any more.
        IndexError: It has no such part.
    """
    model = parse_onnx(path, data, SHAPE_ELEMENTS * 8)
    if request.part == "model":
        return _answer(request, model, _model_facts(model))
    if request.part == "node":
        node = _at(all_nodes(model), request.number)
        return _answer(request, node, _node_facts(node), node.attribute)
    if request.part == "initializer":
        tensors = (tensor for scope in all_graphs(model) for tensor in _stored(scope))
        tensor = _at(tensors, request.number)
        return _answer(request, getattr(tensor, "values", tensor), _tensor_facts(tensor))
    scope = _at(all_graphs(model), request.number)
    if request.part == "scope":
        return _answer(request, scope, _scope_facts(scope), getattr(scope, "attribute_proto", ()))
    infos = [info for info in _infos(scope) if info.name == request.name]
    facts = [*_quantization(scope, request.name)]
    return _answer(request, infos[0] if infos else None, [*(row for info in infos for row in _type(info)), *facts])


def _at(items: Iterable[Any], number: int) -> Any:
    for item in islice(items, max(number, 0), None):
        return item
    raise IndexError(number)


def _answer(
    request: GraphDetailsRequest, message: Any, facts: Iterable[DetailRow], attributes: Iterable[Any] = ()
) -> GraphDetails:
    return GraphDetails(
        request=request,
        attributes=tuple(map(_attribute, attributes)),
        facts=tuple(row for row in facts if row.text),
        metadata={text_of(entry.key): text_of(entry.value) for entry in getattr(message, "metadata_props", ())},
        doc=text_of(getattr(message, "doc_string", "")),
    )


def _attribute(attribute: Any) -> AttributeInfo:
    return WHOLE.info(attribute)


def _node_facts(node: Any) -> Iterator[DetailRow]:
    yield DetailRow("overload", text_of(node.overload))
    for item in getattr(node, "device_configurations", ()):
        yield DetailRow("device configuration", " ".join(str(item).split()))
    for attribute in node.attribute:
        if attribute.doc_string:
            yield DetailRow(f"{text_of(attribute.name)} (note)", text_of(attribute.doc_string))


def _stored(scope: Any) -> Iterator[Any]:
    yield from getattr(scope, "initializer", ())
    yield from getattr(scope, "sparse_initializer", ())


def _tensor_facts(tensor: Any) -> Iterator[DetailRow]:
    if hasattr(tensor, "indices"):
        for part in (tensor.values, tensor.indices):
            sizes = " × ".join(str(size) for size in part.dims)
            yield DetailRow("values" if part is tensor.values else "indices", f"{dtype_name(part.data_type)} {sizes}")
        yield from _tensor_facts(tensor.values)
        return
    for key, value in external_entries(tensor).items():
        yield DetailRow(f"external data: {key}", value)
    filled = [name for name in _DATA_FIELDS if len(getattr(tensor, name))]
    yield DetailRow("kept in", ", ".join(filled))
    if tensor.HasField("segment"):
        yield DetailRow("segment", f"{tensor.segment.begin} to {tensor.segment.end}")


def _scope_facts(scope: Any) -> Iterator[DetailRow]:
    yield DetailRow("name", text_of(scope.name))
    if hasattr(scope, "opset_import"):  # a function
        yield DetailRow("overload", text_of(scope.overload))
        yield DetailRow("attributes without a default", ", ".join(map(text_of, scope.attribute)))
        yield DetailRow("operator sets", _opsets(scope.opset_import))


def _infos(scope: Any) -> Iterator[Any]:
    if hasattr(scope, "opset_import"):  # inputs and outputs of a function are names alone
        yield from scope.value_info
        return
    yield from scope.input
    yield from scope.output
    yield from scope.value_info


def _type(info: Any) -> Iterator[DetailRow]:
    yield DetailRow("declared type", type_text(info.type))
    yield DetailRow("denotation", text_of(info.type.denotation))
    for kind in ("tensor_type", "sparse_tensor_type"):
        if info.type.HasField(kind):
            axes = [text_of(dim.denotation) for dim in getattr(info.type, kind).shape.dim]
            yield DetailRow("axes", ", ".join(axes) if any(axes) else "")


def _quantization(scope: Any, name: str) -> Iterator[DetailRow]:
    for annotation in getattr(scope, "quantization_annotation", ()):
        if annotation.tensor_name == name:
            for entry in annotation.quant_parameter_tensor_names:
                yield DetailRow(f"quantised with: {text_of(entry.key)}", text_of(entry.value))


def _model_facts(model: Any) -> Iterator[DetailRow]:
    yield DetailRow("operator sets", _opsets(model.opset_import))
    for function in model.functions:
        name = f"{text_of(function.domain)}::{text_of(function.name)}"
        yield DetailRow("local function", f"{name}, {len(function.node)} nodes, {_opsets(function.opset_import)}")
    for i, training in enumerate(model.training_info):
        yield DetailRow(f"training {i}: starts with", _bindings(training.initialization_binding))
        yield DetailRow(f"training {i}: updates", _bindings(training.update_binding))
    for item in getattr(model, "configuration", ()):
        yield DetailRow("device configuration", " ".join(str(item).split()))


def _bindings(entries: Sequence[Any]) -> str:
    return ", ".join(f"{text_of(entry.key)} = {text_of(entry.value)}" for entry in entries)


def _opsets(entries: Sequence[Any]) -> str:
    return ", ".join(f"{text_of(entry.domain) or 'ai.onnx'} {entry.version}" for entry in entries)
