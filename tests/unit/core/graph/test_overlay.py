from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from modelpack_gui.core.graph import graph_overlays
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay, magnitude, value_text, worst
from modelpack_gui.core.records import InitializerInfo, NodeInfo, TensorInfo

NAN = math.nan


def made(op_type: str, inputs: Sequence[str], output: str, module: str = "", dtype: str = "float32") -> NodeInfo:
    info = TensorInfo(output, dtype, (1, 4))
    return NodeInfo(0, op_type, "ai.onnx", f"n_{output}", module, tuple(inputs), (output,), (info,))


def overlay(values: Sequence[float], **more: object) -> Overlay:
    return Overlay("made", "Made", "", "sequential", floats(values), **more)  # type: ignore[arg-type]


@pytest.fixture
def graph() -> Graph:
    """Two modules: `a` with two nodes and `a.b` with one inside, and one node outside of both."""
    return graph_of(
        [
            made("Conv", ("x", "w"), "y0", "a"),
            made("Relu", ("y0",), "y1", "a"),
            made("Conv", ("y1", "w", "bias"), "y2", "a.b"),
            made("Add", ("y2", "y1"), "y3", dtype="int64"),
        ],
        [InitializerInfo("w", "float32", (4, 4), 64), InitializerInfo("bias", "float32", (), 4)],
        [TensorInfo("x", "float32", (1, 4))],
        [TensorInfo("y3", "int64", (1, 4))],
    )


def test_shared_weight_counts_once(graph: Graph) -> None:
    assert list(graph_overlays.parameters(graph).values) == [16.0, 0.0, 17.0, 0.0]
    assert list(graph_overlays.weight_bytes(graph).values) == [64.0, 0.0, 68.0, 0.0]


def test_dtype_is_that_of_the_first_output(graph: Graph) -> None:
    found = graph_overlays.dtypes(graph)
    assert [found.text(value) for value in found.values] == ["float32", "float32", "float32", "int64"]


def test_unknown_dtype_is_no_category() -> None:
    found = graph_overlays.dtypes(graph_of([made("Foo", (), "y", dtype="")]))
    assert found.categories == ()
    assert math.isnan(found.values[0])
    assert found.text(found.values[0]) == ""


def test_node_between_pairs_is_quantised_and_so_is_the_activation_after_it() -> None:
    nodes = [
        made("DequantizeLinear", ("xq", "s"), "x"),
        made("DequantizeLinear", ("wq", "s"), "w"),
        made("Conv", ("x", "w"), "c"),
        made("Relu", ("c",), "r"),
        made("QuantizeLinear", ("r", "s"), "rq", dtype="int8"),
        made("MatMul", ("f", "w"), "m"),
        made("Relu", ("m",), "out"),
        made("QLinearAdd", ("rq", "rq"), "added", dtype="int8"),
        made("MatMulNBits", ("f", "wq"), "four"),
        made("MaxPool", ("added",), "pooled", dtype="int8"),
        made("Shape", ("f",), "size", dtype="int64"),
    ]
    stored = [InitializerInfo("wq", "int8", (4, 4), 16), InitializerInfo("s", "float32", (), 4)]
    found = graph_overlays.quantized(graph_of(nodes, stored, [TensorInfo("f", "float32", (1, 4))]))
    assert [found.text(value) for value in found.values] == [
        graph_overlays.CONVERTS,
        graph_overlays.CONVERTS,
        graph_overlays.QUANTIZED,
        graph_overlays.QUANTIZED,
        graph_overlays.CONVERTS,
        graph_overlays.WEIGHTS_ONLY,
        graph_overlays.FLOAT,
        graph_overlays.QUANTIZED,
        graph_overlays.WEIGHTS_ONLY,
        graph_overlays.QUANTIZED,
        graph_overlays.WHOLE,
    ]


def test_precision_of_a_node_without_a_dtype_is_not_known() -> None:
    assert math.isnan(graph_overlays.quantized(graph_of([made("Foo", (), "y", dtype="")])).values[0])


def test_bytes_are_not_quantised_where_nothing_is() -> None:
    found = graph_overlays.quantized(graph_of([made("Transpose", ("image",), "turned", dtype="uint8")]))
    assert found.text(found.values[0]) == graph_overlays.WHOLE


def test_worst_nodes_come_in_order_and_unknown_ones_and_zeros_do_not() -> None:
    assert worst(overlay([3.0, NAN, 7.0, 0.0, 7.0]), 3) == [2, 4, 0]
    assert worst(overlay([3.0, NAN, 7.0, 1.0], is_low_worst=True), 2) == [3, 0]
    assert worst(overlay([2.0, 1.0, 1.0, 2.0, 1.0], is_low_worst=True), 2) == [1, 2]
    assert worst(overlay([NAN, 0.0])) == []


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, "share", "12 %"),
        (312_000.0, "B", "312 kB"),
        (6.712e9, "count", "6.71 G"),
        (0.52, "of the limit", "0.520"),
        (12.0, "", "12.0"),
        (-22_963_200.0, "", "-23.0 M"),
        (1e20, "", "1.00e+20"),
        (math.inf, "", "inf"),
    ],
)
def test_values_are_told_with_their_unit(value: float, unit: str, text: str) -> None:
    assert value_text(value, unit) == text  # type: ignore[arg-type]


def test_magnitudes() -> None:
    assert [magnitude(value) for value in (0.0, 312.0, 999.6, 1200.0, 45.3e6)] == [
        "0",
        "312",
        "1.00 k",
        "1.20 k",
        "45.3 M",
    ]
