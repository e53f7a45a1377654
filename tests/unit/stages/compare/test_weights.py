from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import GraphCompareRequest, WeightChanges, WeightChangesRequest
from modelpack_gui.stages.compare import stage, weights


def saved(path: Path, *values: np.ndarray[Any, Any], is_external: bool = False) -> Path:
    """A chain of products, one with each weight."""
    nodes, read = [], "x"
    for place in range(len(values)):
        made = "y" if place == len(values) - 1 else f"v{place}"
        nodes.append(helper.make_node("MatMul", [read, f"w{place}"], [made], f"product_{chr(97 + place)}"))
        read = made
    dtype = helper.np_dtype_to_tensor_dtype(values[0].dtype)
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", dtype, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)],
        [numpy_helper.from_array(value, f"w{place}") for place, value in enumerate(values)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path, save_as_external_data=is_external, location=f"{path.name}.data", size_threshold=0)
    return path


def measured(before: Path, after: Path) -> WeightChanges:
    folder = str(before.parent / "out")
    compared = stage.run(GraphCompareRequest(str(before), str(after), folder=folder), PlainContext())
    return weights.run(WeightChangesRequest(compared), PlainContext())


@pytest.mark.parametrize("is_external", [False, True])
def test_figures_are_those_of_numpy_the_most_changed_first(tmp_path: Path, *, is_external: bool) -> None:
    random = np.random.default_rng(0)
    before = [random.standard_normal((4, 4)).astype(np.float32) for _ in range(3)]
    after = [before[0], before[1] * np.float32(1.5), before[2].copy()]
    after[2][0, 0] += np.float32(0.25)
    found = measured(saved(tmp_path / "a.onnx", *before), saved(tmp_path / "b.onnx", *after, is_external=is_external))
    assert [row.name for row in found.rows] == ["w1", "w2"]
    assert found.rows[0].relative == pytest.approx(0.5)
    assert found.rows[0].changed == 16
    assert found.rows[1].changed == 1
    assert found.rows[1].max_abs == pytest.approx(0.25)
    assert found.rows[1].mean_abs == pytest.approx(0.25 / 16)
    assert (found.rows[1].node, found.rows[1].other_node) == (2, 2)


def test_another_precision_is_measured_by_its_rounding(tmp_path: Path) -> None:
    value = np.random.default_rng(0).standard_normal((4, 4)).astype(np.float32)
    (row,) = measured(saved(tmp_path / "a.onnx", value), saved(tmp_path / "b.onnx", value.astype(np.float16))).rows
    assert (row.dtype, row.other_dtype) == ("float32", "float16")
    assert row.relative is not None
    assert 0.0 < row.relative < 2.0**-11


def test_nan_is_no_other_value_than_nan_and_infinity_is_no_figure(tmp_path: Path) -> None:
    before = np.zeros((4, 4), np.float32)
    before[0, 0] = np.nan
    after = before.copy()
    after[1, 1] = np.inf
    (row,) = measured(saved(tmp_path / "a.onnx", before), saved(tmp_path / "b.onnx", after)).rows
    assert (row.changed, row.max_abs, row.relative) == (1, 0.0, None)


def test_weights_of_other_shapes_have_no_figures(tmp_path: Path) -> None:
    before, after = np.ones((4, 4), np.float32), np.ones((4, 5), np.float32)
    assert measured(saved(tmp_path / "a.onnx", before), saved(tmp_path / "b.onnx", after)).rows == ()


def test_a_data_file_that_is_gone_is_told_and_the_rest_is_measured(tmp_path: Path) -> None:
    before = [np.ones((4, 4), np.float32), np.ones((4, 4), np.float32) * 2]
    after = [value * np.float32(3) for value in before]
    a, b = saved(tmp_path / "a.onnx", *before), saved(tmp_path / "b.onnx", *after, is_external=True)
    compared = stage.run(GraphCompareRequest(str(a), str(b), folder=str(tmp_path / "out")), PlainContext())
    (tmp_path / "b.onnx.data").unlink()
    found = weights.run(WeightChangesRequest(compared), PlainContext())
    assert found.rows == ()
    assert set(found.unread) == {"w0", "w1"}


def test_pairs_that_are_gone_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    a = saved(tmp_path / "a.onnx", np.ones((4, 4), np.float32))
    compared = stage.run(GraphCompareRequest(str(a), str(a), folder=str(tmp_path / "out")), PlainContext())
    Path(compared.columns).unlink()
    with pytest.raises(UserError) as caught:
        weights.run(WeightChangesRequest(compared), PlainContext())
    assert caught.value.info.code == "comparison-unreadable"
