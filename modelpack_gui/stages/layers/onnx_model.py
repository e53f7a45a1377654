"""An ONNX file to cut parts from: its graph without weights, which lie in a file that all parts share."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import TensorInfo
from modelpack_gui.stages.export.onnx_header import stored_weights, without_weights
from modelpack_gui.stages.inspection.onnx_types import infos_by_name, metadata_of, text_of
from modelpack_gui.stages.inspection.onnx_walk import graphs_of, reads, subgraphs_of
from modelpack_gui.stages.inspection.origin import origin_of_onnx, path_of_node_name
from modelpack_gui.stages.layers.graph import ArtifactGraph, GraphNode

KEPT_BYTES = 1 << 12
"""Initializers up to this size stay in the graph: sizes and axes among them, which shape inference needs."""

_ALIGNMENT = 64
_BLOCK_BYTES = 1 << 22
_EXTERNAL = 1  # onnx.TensorProto.EXTERNAL
_TARGET = re.compile(r"call_function\[target=(?:torch\.ops\.)?(?:\w+\.)?(\w+)")
_FX_NAME = re.compile(r"%(\w+) :")


class OnnxModel:
    """The graph of an ONNX file.

    Attributes:
        folder: Where the weights are that the graph refers to.
    """

    def __init__(self, path: Path, context: Context) -> None:
        import onnx

        self._own_weights: Path | None = None
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            self.proto: Any = onnx.load_model_from_string(without_weights(data, KEPT_BYTES))
            is_external = any(tensor.data_location == _EXTERNAL for tensor in self.proto.graph.initializer)
            if is_external:  # what is in the file itself is small then
                self.proto = onnx.load(str(path), load_external_data=False)
                self.folder = path.parent
            else:
                self.folder = context.scratch
                self._own_weights = self.folder / f"{path.stem}.{os.getpid()}.{id(self)}.weights"
                self._write_weights(stream, data, self._own_weights)
        stored = {tensor.name for tensor in self.proto.graph.initializer}
        stored |= {tensor.values.name for tensor in self.proto.graph.sparse_initializer}
        self.inputs = tuple(value.name for value in self.proto.graph.input if value.name not in stored)
        self.outputs = tuple(value.name for value in self.proto.graph.output)

    def close(self) -> None:
        """Delete the file of weights; no part can be run any more."""
        if self._own_weights is not None:
            self._own_weights.unlink(missing_ok=True)

    def _write_weights(self, source: BinaryIO, data: mmap.mmap, target: Path) -> None:
        """Put the weights that were cut out into a file of their own, and refer to them there.

        They are read and not mapped: what is mapped counts as memory of the process.
        """
        tensors = {tensor.name: tensor for tensor in self.proto.graph.initializer}
        with target.open("wb") as stream:
            for weight in list(stored_weights(data, KEPT_BYTES)):
                stream.write(b"\0" * (-stream.tell() % _ALIGNMENT))
                tensor = tensors[weight.name]
                tensor.data_location = _EXTERNAL
                place = {"location": target.name, "offset": stream.tell(), "length": weight.end - weight.start}
                for key, value in place.items():
                    entry = tensor.external_data.add()
                    entry.key, entry.value = key, str(value)
                source.seek(weight.start)
                for left in range(weight.end - weight.start, 0, -_BLOCK_BYTES):
                    stream.write(source.read(min(left, _BLOCK_BYTES)))

    def graph(self, shapes: Mapping[str, Sequence[int]], module_paths: frozenset[str]) -> ArtifactGraph:
        """The main graph.

        Args:
            shapes: Of its inputs in the case, so that sizes inside can be inferred.
            module_paths: Of the model's modules, to tell repeated calls from names that end in a number.
        """
        return ArtifactGraph(tuple(self._nodes(module_paths)), self.inputs, self.outputs, self._inferred(shapes))

    def _nodes(self, module_paths: frozenset[str]) -> Iterator[GraphNode]:
        index = 0
        for node in self.proto.graph.node:
            node_name, metadata = text_of(node.name), metadata_of(node)
            origin = origin_of_onnx(node_name, metadata)
            fx = metadata.get("pkg.torch.onnx.fx_node", "")
            name, target = _FX_NAME.match(fx), _TARGET.search(fx)
            inner = [graph for attribute in node.attribute for graph in subgraphs_of(attribute)]
            path = origin.module_path if metadata else module_path_of(path_of_node_name(node_name), module_paths)
            yield GraphNode(
                index=index,
                name=node_name,
                op_type=text_of(node.op_type),
                scope=origin.module_path,
                module_path=path,
                group=name.group(1) if name else "",
                operation=target.group(1) if target else "",
                location=origin.source_location,
                inputs=reads(node),
                outputs=tuple(node.output),
                has_subgraphs=bool(inner),
            )
            index += 1 + sum(len(graph.node) for graph in inner for graph in graphs_of(graph))

    def _inferred(self, shapes: Mapping[str, Sequence[int]]) -> dict[str, TensorInfo]:
        """Types of the values with these inputs; those that the file says where inference fails."""
        import onnx

        model = onnx.ModelProto()
        model.CopyFrom(self.proto)
        del model.graph.value_info[:]
        for value in model.graph.output:
            value.type.tensor_type.ClearField("shape")
        for value in model.graph.input:
            if value.name in shapes:
                tensor = value.type.tensor_type
                tensor.ClearField("shape")
                for size in shapes[value.name]:
                    tensor.shape.dim.add().dim_value = size
        try:
            model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        except Exception:  # noqa: BLE001 (C++ raises several types; without sizes the alignment goes by kind and order)
            return {}
        found: dict[str, TensorInfo] = {}
        for values in (model.graph.value_info, model.graph.input, model.graph.output):
            found.update(infos_by_name(values))
        return found


def module_path_of(scope: str, module_paths: frozenset[str]) -> str:
    """The module that a scope of a traced model is in: a repeated call has a number behind a name, `act_1`."""
    if scope in module_paths or not scope:
        return scope
    parts = scope.split(".")
    for length in range(len(parts), 0, -1):
        head = parts[:length]
        for place in range(length):
            base, _, number = head[place].rpartition("_")
            if base and number.isdigit():
                path = ".".join((*head[:place], base, *head[place + 1 :]))
                if path in module_paths:
                    return path
        if ".".join(head) in module_paths:
            return ".".join(head)
    return scope
