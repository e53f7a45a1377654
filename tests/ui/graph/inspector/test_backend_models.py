"""What ships in the tests of the onnx package can be looked at: each node, tensor and group, and what is stored."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import (
    GraphDetailsRequest,
    OperatorDocs,
    OperatorDocsRequest,
    TensorStatsRequest,
    TensorValuesRequest,
)
from modelpack_gui.stages.inspection import details, onnx_shapes, operator_docs
from modelpack_gui.stages.inspection.tensors import stats as tensor_stats
from modelpack_gui.stages.inspection.tensors import values as tensor_values
from modelpack_gui.ui.arrays.elements import Elements
from modelpack_gui.ui.graph.inspector.group_inspection import group_inspection
from modelpack_gui.ui.graph.inspector.node_inspection import node_inspection
from modelpack_gui.ui.graph.inspector.value_inspection import value_inspection
from modelpack_gui.ui.graph.tensors.stored_values import is_stored, main_tensor
from tests.unit.stages.inspection.inspected import Inspected, inspect
from tests.unit.stages.inspection.shipped_models import models

EVERY = 5
"""All of them pass, and take half a minute; those of an operator differ little."""
CONTEXT = PlainContext()


def test_each_node_tensor_and_group_can_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_shapes, "CAN_FORK", False)  # a child for each costs minutes, and none of these crashes
    path = tmp_path / "model.onnx"
    seen = 0
    for name, data in models()[::EVERY]:
        path.write_bytes(data)
        try:
            found = inspect(path, tmp_path / "columns")
        except UserError:
            continue  # test_inspection_backend_models says which may be refused
        seen += 1
        _look_at_nodes(found, path, name)
        _look_at_values(found.graph, path, name, tmp_path / "copy")
        for group in range(len(found.graph.groups)):
            assert group_inspection(found.graph, group).sections, name
    assert seen > 300


def _look_at_nodes(found: Inspected, path: Path, name: str) -> None:
    graph = found.graph
    for node in range(len(graph.nodes)):
        domain = graph.text("node_domain", node)
        version = found.index.artifact.opset_imports.get(domain)
        docs = _docs(graph.text("node_op_type", node), domain, version)
        told = details.run(GraphDetailsRequest(str(path), "node", node), CONTEXT)
        made = node_inspection(graph, node, docs, version, details=told)
        titles = [section.title for section in made.sections]
        is_local = (domain, graph.text("node_op_type", node)) in graph.function_scopes
        assert docs.is_known or is_local, (name, graph.nodes[node].op_type)
        assert titles.count("Node") == 1, name
        stored = main_tensor(graph, node)
        assert stored < 0 or is_stored(graph, stored), name


def _look_at_values(graph: Graph, path: Path, name: str, folder: Path) -> None:
    for value in range(graph.value_count):
        assert value_inspection(graph, value).sections, name
        if not is_stored(graph, value):
            continue
        tensor = graph.value_name(value)
        found = tensor_values.run(TensorValuesRequest(str(path), tensor, str(folder)), CONTEXT)
        stats = tensor_stats.run(TensorStatsRequest(str(path), tensor), CONTEXT)
        elements = Elements(found)
        read = elements.flat(0, elements.size)
        assert read.size == stats.elements == elements.size, (name, tensor)
        if stats.minimum is not None and read.dtype.kind == "f" and not stats.nans and not stats.infs:
            assert float(read.min()) == stats.minimum, (name, tensor)
        shape = graph.value_info(value).shape
        assert shape is None or tuple(shape) == found.shape, (name, tensor)


@functools.cache
def _docs(op_type: str, domain: str, version: int | None) -> OperatorDocs:
    return operator_docs.run(OperatorDocsRequest(op_type, domain, version), CONTEXT)
