from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.stages.source.onnx_indices import largest_indices
from modelpack_gui.stages.source.onnx_source import describe_onnx


def _table(name: str, *shape: int, dtype: type[np.generic] = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.zeros(shape, dtype), name)


def _graph(nodes: list[onnx.NodeProto], tables: list[onnx.TensorProto], *inputs: str) -> onnx.GraphProto:
    values = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, 16]) for name in inputs]
    outputs = [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)]
    return helper.make_graph(nodes, "g", values, outputs, tables)


def test_a_file_is_tried_on_ids_that_its_tables_have(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["a"]),
        helper.make_node("Gather", ["kinds", "token_type_ids"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["y"]),
    ]
    tables = [_table("words", 50, 4), _table("kinds", 2, 4)]
    model = helper.make_model(_graph(nodes, tables, "input_ids", "token_type_ids"), ir_version=9)
    onnx.save(model, tmp_path / "m.onnx")
    ranges = {spec.name: (spec.low, spec.high) for spec in describe_onnx(tmp_path / "m.onnx").proposed}
    assert ranges == {"input_ids": (0.0, 49.0), "token_type_ids": (0.0, 1.0)}


def test_the_smallest_table_counts_that_the_values_reach_unchanged() -> None:
    nodes = [
        helper.make_node("Cast", ["ids"], ["narrow"], to=TensorProto.INT32),
        helper.make_node("Unsqueeze", ["narrow", "axes"], ["raised"]),
        helper.make_node("Gather", ["small", "raised"], ["a"]),
        helper.make_node("Gather", ["large", "ids"], ["b"]),
        helper.make_node("Add", ["ids", "one"], ["next"]),
        helper.make_node("Gather", ["tiny", "next"], ["y"]),
    ]
    tables = [_table("small", 7, 4), _table("large", 90, 4), _table("tiny", 1, 4)]
    assert largest_indices(_graph(nodes, tables, "ids")) == {"ids": 6}


@pytest.mark.parametrize(("axis", "largest"), [(0, 4), (1, 8), (-1, 8), (2, None), (-3, None)])
def test_the_axis_says_what_of_a_table_is_chosen(axis: int, largest: int | None) -> None:
    nodes = [helper.make_node("Gather", ["table", "ids"], ["y"], axis=axis)]
    expected = {} if largest is None else {"ids": largest}
    assert largest_indices(_graph(nodes, [_table("table", 5, 9)], "ids")) == expected


def test_tables_of_integers_and_of_onnxruntimes_own_operator() -> None:
    nodes = [
        helper.make_node("DequantizeLinear", ["bytes", "scale", "zero"], ["table"]),
        helper.make_node("Gather", ["table", "ids"], ["a"]),
        helper.make_node("EmbedLayerNormalization", ["words", "kinds", "w", "p", "k"], ["y"], domain="com.microsoft"),
    ]
    tables = [_table("bytes", 6, 4, dtype=np.uint8), _table("w", 30, 4), _table("p", 16, 4), _table("k", 3, 4)]
    found = largest_indices(_graph(nodes, tables, "ids", "words", "kinds"))
    assert found == {"ids": 5, "words": 29, "kinds": 2}


def test_a_table_with_nothing_in_it_and_nodes_with_too_few_inputs_say_nothing() -> None:
    nodes = [
        helper.make_node("Gather", ["empty", "ids"], ["a"]),
        helper.make_node("Gather", ["empty"], ["b"]),
        helper.make_node("Constant", [], ["y"], value_int=1),
    ]
    assert largest_indices(_graph(nodes, [_table("empty", 0, 4)], "ids")) == {}
