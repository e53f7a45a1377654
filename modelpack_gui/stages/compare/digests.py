"""Digests of what a file stores, so that equal weights are known without keeping any in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.compare.features import Digests
from modelpack_gui.core.graph.graph import Graph, Shape
from modelpack_gui.core.locations import is_file, without_links
from modelpack_gui.core.records import Artifact
from modelpack_gui.stages.inspection.attributes import LIST_ITEMS, TEXT_LENGTH, attribute_info
from modelpack_gui.stages.inspection.onnx_schemas import schema_of
from modelpack_gui.stages.inspection.onnx_types import dtype_name, external_entries, is_external, spelled_size
from modelpack_gui.stages.inspection.onnx_walk import all_nodes, graphs_of

_SLICE = 1 << 22  # bytes read at once
_CANCEL_EVERY = 512
_STRING, _TENSOR, _FLOATS, _INTS, _STRINGS = 3, 4, 6, 7, 8  # onnx.AttributeProto.AttributeType
_SUBBYTE = ("int4", "uint4", "int2", "uint2", "float4")

Kind = tuple[str, tuple[int, ...]]


def stored_kinds(graph: Graph) -> set[Kind]:
    """Dtype and shape of all initializers and Constants."""
    found = {(item.dtype, item.shape) for item in graph.initializers}
    constant = graph.texts.index("Constant") if "Constant" in graph.texts else -1
    for node, op_type in enumerate(graph.ints("node_op_type")):
        if op_type == constant:
            infos = [graph.value_info(value) for value in graph.outputs(node) if value >= 0]
            found |= {(info.dtype, _whole(info.shape)) for info in infos}
    return found


def _whole(shape: Shape | None) -> tuple[int, ...]:
    return tuple(size for size in shape or () if isinstance(size, int))


def digests_of(
    artifact: Artifact, graph: Graph, wanted: set[Kind], context: Context, *, reads_weights: bool = True
) -> Digests:
    """Digests of an artifact's weights and long attributes.

    Args:
        wanted: Weights of other dtypes and shapes are not read: nothing is equal to them.
        reads_weights: Whether weights are read at all.
    """
    if artifact.format != "onnx":
        names = _torch_digests(artifact, wanted, context) if reads_weights else {}
        return Digests([_taken(names, item.name) for item in graph.initializers])
    import onnx

    model = onnx.load(artifact.path, load_external_data=False)
    folder = Path(artifact.path).parent
    found: dict[str, list[str]] = {}
    graphs = list(graphs_of(model.graph))
    count = 0
    for inner in graphs if reads_weights else ():
        for tensor in (*inner.initializer, *inner.sparse_initializer):
            count += 1
            if count % _CANCEL_EVERY == 0:
                context.check_cancelled()
            name = tensor.values.name if hasattr(tensor, "values") else tensor.name
            found.setdefault(name, []).append(_digest(tensor, wanted, folder, context))
    return Digests(
        [_taken(found, item.name) for item in graph.initializers],
        _attribute_digests(model, graph, context),
        _defaults(graph, artifact.opset_imports),
    )


def _taken(found: dict[str, list[str]], name: str) -> str:
    """The next of a name: a name may be stored once in each subgraph, in the order of the graph."""
    left = found.get(name)
    return left.pop(0) if left else ""


def _digest(tensor: Any, wanted: set[Kind], folder: Path, context: Context) -> str:
    if hasattr(tensor, "values"):
        made = hashlib.blake2b(tensor.SerializeToString(deterministic=True), digest_size=16)
        return made.hexdigest() if not external_entries(tensor.values) else ""
    return _tensor_digest(tensor, folder, context) if _kind(tensor) in wanted else ""


def _kind(tensor: Any) -> Kind:
    return dtype_name(tensor.data_type), tuple(tensor.dims)


def _tensor_digest(tensor: Any, folder: Path, context: Context | None = None) -> str:
    """Of dtype, shape and values; empty if the values cannot be read."""
    kind = _kind(tensor)
    made = hashlib.blake2b(repr(kind).encode(), digest_size=16)
    try:
        for part in tensor_parts(tensor, kind[0], folder):
            if context is not None:
                context.check_cancelled()
            made.update(part)
    except (OSError, ValueError, TypeError):  # moved or damaged: the check stage tells that story
        return ""
    return made.hexdigest()


def tensor_parts(tensor: Any, dtype: str, folder: Path) -> Iterator[bytes | memoryview]:
    """The bytes of a tensor, a slice at a time; the same for whatever field holds them."""
    if is_external(tensor):
        yield from _external_parts(external_entries(tensor), folder)
    elif tensor.HasField("raw_data") and not dtype.startswith(_SUBBYTE):
        yield tensor.raw_data
    else:
        from onnx import numpy_helper

        array = numpy_helper.to_array(tensor)
        yield repr(array.tolist()).encode() if array.dtype.kind in "OSU" else array.tobytes()


def _external_parts(entries: Mapping[str, str], folder: Path) -> Iterator[bytes]:
    path = without_links(folder / entries.get("location", ""))
    if not path.is_relative_to(without_links(folder)):
        raise ValueError(f"{path} is not below {folder}")
    if not is_file(path):  # a pipe would be waited for
        raise ValueError(f"{path} is no file")
    left = spelled_size(entries["length"]) if "length" in entries else None
    with path.open("rb") as stream:
        stream.seek(spelled_size(entries.get("offset", "")))
        while left is None or left > 0:
            part = stream.read(_SLICE if left is None else min(_SLICE, left))
            if not part:
                if left:
                    raise ValueError(f"{path} ends before the tensor does")
                return
            left = None if left is None else left - len(part)
            yield part


def _attribute_digests(model: Any, graph: Graph, context: Context) -> dict[int, str]:
    """Of attributes whose text is not all of them, by the number of their row."""
    starts = graph.ints("attribute_starts")
    if starts[-1] != sum(len(node.attribute) for node in all_nodes(model)):
        return {}  # the graph was read from another file than this one is now
    found = {}
    for row, attribute in enumerate(item for node in all_nodes(model) for item in node.attribute):
        if row % 4096 == 0:
            context.check_cancelled()
        digest = _attribute_digest(attribute)
        if digest:
            found[row] = digest
    return found


def _attribute_digest(attribute: Any) -> str:
    """Empty where the text of an attribute is all of it, or where its data cannot be read."""
    kind = attribute.type
    if kind == _TENSOR and not is_external(attribute.t):
        return _tensor_digest(attribute.t, Path())
    is_long = len(attribute.s) > TEXT_LENGTH if kind == _STRING else False
    if kind in (_FLOATS, _INTS, _STRINGS):
        is_long = max(len(attribute.floats), len(attribute.ints), len(attribute.strings)) > LIST_ITEMS
    if not is_long:
        return ""
    return hashlib.blake2b(attribute.SerializeToString(deterministic=True), digest_size=16).hexdigest()


def _defaults(graph: Graph, opsets: Mapping[str, int]) -> dict[tuple[str, str], dict[str, str]]:
    """What attributes are taken for that a node leaves out, as the standard says for the model's opsets."""
    found = {}
    for op, domain in set(zip(graph.ints("node_op_type"), graph.ints("node_domain"), strict=True)):
        op_type, name = graph.texts[op], graph.texts[domain]
        schema = schema_of(op_type, opsets.get(name, 1), name)
        if schema is None:
            continue
        texts = {
            key: attribute_info(item.default_value).value
            for key, item in schema.attributes.items()
            if item.default_value.name
        }
        if texts:
            found[op_type, name] = texts
    return found


def _torch_digests(artifact: Artifact, wanted: set[Kind], context: Context) -> dict[str, list[str]]:
    from modelpack_gui.stages.source.inputs import dtype_name as torch_dtype_name
    from modelpack_gui.stages.source.inputs import to_numpy

    if artifact.format == "pt2":
        from modelpack_gui.stages.inspection.pt2_graph import stored_tensors
        from modelpack_gui.stages.inspection.pt2_program import load_program

        tensors = stored_tensors(load_program(artifact.path)[0])
    else:
        from modelpack_gui.stages.inspection.torchscript_file import load_torchscript

        tensors = load_torchscript(artifact.path).state_dict()
    found = {}
    for name, tensor in tensors.items():
        context.check_cancelled()
        kind = torch_dtype_name(tensor.dtype), tuple(tensor.shape)
        if kind in wanted:
            made = hashlib.blake2b(repr(kind).encode(), digest_size=16)
            made.update(to_numpy(tensor).tobytes())
            found[name] = [made.hexdigest()]
    return found
