"""Every model that ships in the tests of the onnx package: read, and the same in the graph as in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.costs.node_costs import costs_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.stages.inspection import onnx_shapes
from modelpack_gui.stages.inspection.onnx_types import tensor_info
from tests.unit.stages.inspection.inspected import Inspected, inspect
from tests.unit.stages.inspection.shipped_models import models

SHARDS = 6


def test_there_are_about_two_thousand() -> None:
    names = [name for name, _ in models()]
    assert len(names) > 1900
    assert {name.partition("/")[0] for name in names} >= {"light", "simple", "pytorch-converted", "pytorch-operator"}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_each_is_read_as_it_is_in_the_file(shard: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_shapes, "CAN_FORK", False)  # a child for each costs minutes, and none of these crashes
    path = tmp_path / "model.onnx"
    for name, data in models()[shard::SHARDS]:
        path.write_bytes(data)
        model = onnx.load_model_from_string(data)
        try:
            found = inspect(path, tmp_path / "columns")
        except UserError:
            with pytest.raises(onnx.checker.ValidationError):
                onnx.checker.check_model(model)
            continue
        Path(found.index.columns).unlink()
        _compare(found, model, name)
        costs = costs_of(found.graph)
        assert len(costs.macs) == len(found.graph.nodes)


def _compare(found: Inspected, model: Any, name: str) -> None:
    graph = found.graph
    scopes = [_Scope(model.graph), *map(_Scope, model.functions)]
    expected = [item for scope in scopes for item in scope.all_nodes()]
    assert [node.op_type for node in graph.nodes] == [node.op_type for node in expected], name
    for node, proto in zip(graph.nodes, expected, strict=True):
        assert node.inputs == tuple(proto.input), (name, node.index)
        assert node.outputs == tuple(proto.output), (name, node.index)
        assert [item.name for item in node.attributes] == [item.name for item in proto.attribute], (name, node.index)
        assert node.name == proto.name
        assert node.domain == (proto.domain or "ai.onnx")
    weights = [tensor.name for scope in scopes for tensor in scope.all_weights()]
    assert [item.name for item in graph.initializers] == weights, name
    assert _ports(graph, graph.scopes[0].inputs) == [item.name for item in model.graph.input], name
    assert _ports(graph, graph.scopes[0].outputs) == [item.name for item in model.graph.output], name
    for value in (*model.graph.input, *model.graph.output):
        declared, shown = tensor_info(value), graph.value_info(graph.value_named(value.name))
        assert shown.dtype == declared.dtype or not declared.dtype, (name, value.name)
        if declared.shape is not None:
            assert shown.shape is not None, (name, value.name)
            assert len(shown.shape) == len(declared.shape), (name, value.name)
    assert found.index.node_count == len(expected)
    assert sum(found.index.op_counts.values()) == len(expected)
    assert found.index.notes == (), name


def _ports(graph: Graph, values: tuple[int, ...]) -> list[str]:
    return [graph.value_name(value) for value in values]


class _Scope:
    """A GraphProto or FunctionProto, walked the plain way."""

    def __init__(self, proto: Any) -> None:
        self._proto = proto

    def all_nodes(self) -> Iterator[Any]:
        for node in self._proto.node:
            yield node
            for inner in _inner(node):
                yield from inner.all_nodes()

    def all_weights(self) -> Iterator[Any]:
        if isinstance(self._proto, onnx.GraphProto):
            yield from self._proto.initializer
            yield from (sparse.values for sparse in self._proto.sparse_initializer)
        for node in self._proto.node:
            for inner in _inner(node):
                yield from inner.all_weights()


def _inner(node: Any) -> list[_Scope]:
    return [
        _Scope(graph)
        for item in node.attribute
        for graph in (*([item.g] if item.HasField("g") else []), *item.graphs)
    ]
