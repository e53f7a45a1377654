"""Graphs made for the checks, and a run of the checks on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import GraphCheckResult, GraphChecksReport, GraphChecksRequest
from modelpack_gui.stages.inspection.checks import stage
from tests.unit.stages.inspection.inspected import inspect

FLOAT, DOUBLE, HALF, INT64 = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT64


def op(op_type: str, inputs: Sequence[str], outputs: str | Sequence[str], name: str = "", **attributes: Any) -> Any:
    outputs = [outputs] if isinstance(outputs, str) else list(outputs)
    return helper.make_node(op_type, list(inputs), outputs, name or f"{op_type.lower()}_{outputs[0]}", **attributes)


def value(name: str, shape: Sequence[int | str] = (2, 4), dtype: int = FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, list(shape))


def weight(name: str, array: Any) -> Any:
    return numpy_helper.from_array(np.asarray(array), name)


class Checker:
    """Saves a model, and checks it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = GraphChecksReport("", (), "")

    def check(
        self,
        nodes: Sequence[Any],
        inputs: Sequence[Any] = (),
        outputs: Sequence[Any] = (),
        weights: Sequence[Any] = (),
        *,
        opset: int = 20,
        functions: Sequence[Any] = (),
        **asked: Any,
    ) -> Checker:
        graph = helper.make_graph(list(nodes), "g", list(inputs or [value("x")]), list(outputs), list(weights))
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid("my", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10, functions=list(functions))
        path = self.folder / "model.onnx"
        save(model, str(path))
        found = inspect(path, self.folder)
        self.names = [node.name for node in found.nodes]
        self.report = stage.run(GraphChecksRequest(found.index, **asked), PlainContext(scratch=self.folder))
        assert not [result.problem for result in self.report.results if result.problem]
        return self

    def result(self, check: str) -> GraphCheckResult:
        return next(result for result in self.report.results if result.id == check)

    def found(self, check: str) -> list[list[str]]:
        """The names of the nodes of each finding."""
        return [[self.names[node] for node in finding.nodes] for finding in self.result(check).findings]

    def texts(self, check: str) -> list[str]:
        return [finding.text for finding in self.result(check).findings]
