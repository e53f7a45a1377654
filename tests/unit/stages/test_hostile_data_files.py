"""What an ONNX file says of its data files, whatever that is: each stage that follows it finds words."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import CheckRequest, GraphCompareRequest, TensorStatsRequest
from modelpack_gui.stages.check import stage as check
from modelpack_gui.stages.compare import stage as compare
from modelpack_gui.stages.inspection.tensors import stats
from tests.unit.stages.inspection.inspected import inspect

ENTRIES: dict[str, dict[str, str]] = {
    "nothing": {},
    "no place": {"offset": "0", "length": "16"},
    "an empty place": {"location": ""},
    "a length that is no number": {"location": "w.data", "offset": "", "length": "Loop"},
    "numbers beyond all disks": {"location": "w.data", "offset": "9" * 400, "length": "-1"},
    "a place with a null character": {"location": "w\0.data"},
    "a place longer than any": {"location": "w" * 5000},
    "the folder": {"location": "."},
    "the folder above": {"location": "../w.data"},
    "a pipe": {"location": "pipe"},
}


@pytest.fixture(params=list(ENTRIES.values()), ids=list(ENTRIES))
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2, 2], data_location=TensorProto.EXTERNAL)
    for key, value in request.param.items():
        tensor.external_data.add(key=key, value=value)
    if request.param.get("location") == "pipe":
        if sys.platform == "win32":
            pytest.skip("there are no pipes with a name")
        os.mkfifo(tmp_path / "pipe")
    (tmp_path / "w.data").write_bytes(bytes(16))
    return _save(tmp_path / "m.onnx", tensor)


def _save(path: Path, weight: TensorProto) -> Path:
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 2]) for name in ("x", "y")]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], [weight])
    opsets = [helper.make_opsetid("", 20)]
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString())
    return path


def test_the_graph_is_read_and_the_tensor_has_statistics_or_a_reason(model: Path, tmp_path: Path) -> None:
    assert inspect(model, tmp_path / "columns").index.node_count == 1
    infos: list[ErrorInfo] = []
    try:
        assert stats.run(TensorStatsRequest(str(model), "w"), PlainContext(tmp_path, tmp_path)).shape == (2, 2)
    except UserError as error:
        infos.append(error.info)
    assert all(info.hint for info in infos)


def test_the_check_judges_it(model: Path, tmp_path: Path) -> None:
    assert check.run(CheckRequest(str(model), None, ()), PlainContext(tmp_path, tmp_path)).rows


def test_it_is_compared_with_a_whole_one(model: Path, tmp_path: Path) -> None:
    whole = _save(tmp_path / "whole.onnx", numpy_helper.from_array(np.ones((2, 2), np.float32), "w"))
    request = GraphCompareRequest(str(model), str(whole), folder=str(tmp_path / "out"))
    assert sum(compare.run(request, PlainContext(tmp_path, tmp_path)).counts.values()) == 1
