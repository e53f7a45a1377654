"""What operators cost, against counts made by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.graph.columns import ColumnsError
from modelpack_gui.core.graph.costs.formulas import formula_of
from modelpack_gui.core.graph.costs.node_costs import (
    DEPENDS,
    INSIDE,
    KNOWN,
    NO_FORMULA,
    NO_SHAPE,
    REPEATS,
    Costs,
    costs_of,
)
from modelpack_gui.core.graph.costs.op_costs import op_costs
from modelpack_gui.core.graph.graph import Graph
from tests.unit.core.graph.costs.made_nodes import Sizes, info, node_of, one_node, weight


@pytest.mark.parametrize(
    ("op_type", "inputs", "output", "attributes", "macs"),
    [
        # A 3 × 3 convolution of 3 to 8 channels at 4 × 5 places, twice.
        ("Conv", [(2, 3, 6, 7), (8, 3, 3, 3)], (2, 8, 4, 5), {}, 2 * 8 * 4 * 5 * 3 * 9),
        ("Conv", [(1, 8, 4, 4), (8, 1, 3, 3)], (1, 8, 4, 4), {"group": 8}, 8 * 16 * 9),
        ("Conv", [(1, 4, 9), (6, 4, 3)], (1, 6, 7), {}, 6 * 7 * 4 * 3),
        ("ConvTranspose", [(1, 4, 3, 3), (4, 2, 2, 2)], (1, 2, 6, 6), {}, 4 * 9 * 2 * 4),
        ("QLinearConv", [(1, 3, 6, 6), (), (), (8, 3, 3, 3), (), (), (), ()], (1, 8, 4, 4), {}, 8 * 16 * 27),
        ("ConvInteger", [(1, 3, 6, 6), (8, 3, 3, 3), (), ()], (1, 8, 4, 4), {}, 8 * 16 * 27),
        ("MatMul", [(7, 2, 3), (3, 5)], (7, 2, 5), {}, 7 * 2 * 5 * 3),
        ("MatMul", [(3,), (3,)], (), {}, 3),
        ("MatMulInteger", [(2, 3), (3, 5)], (2, 5), {}, 30),
        ("Gemm", [(2, 3), (3, 5)], (2, 5), {}, 30),
        ("Gemm", [(3, 2), (5, 3)], (2, 5), {"transA": 1, "transB": 1}, 30),
        ("Einsum", [(2, 4, 3, 8), (2, 4, 5, 8)], (2, 4, 3, 5), {"equation": "bhqd,bhkd->bhqk"}, 2 * 4 * 3 * 5 * 8),
        ("Einsum", [(7, 2, 3), (3, 5)], (7, 2, 5), {"equation": "...ij,jk->...ik"}, 7 * 2 * 3 * 5),
        # From left to right: what b, h, l, k say of d; then over k, h being summed before.
        (
            "Einsum",
            [(2, 4, 6, 8), (4, 8, 16), (16, 5)],
            (2, 6, 5),
            {"equation": "bhld,hdk,kj->blj"},
            2 * 4 * 6 * 8 * 16 + 2 * 6 * 16 * 5,
        ),
        ("Einsum", [(3, 4), (4, 5)], (4, 5), {"equation": "ij,jk->jk"}, 0),  # i is summed, nothing else
        ("Einsum", [(3, 4), (4, 5)], (3, 5), {"equation": "ij,jk"}, 3 * 4 * 5),
        ("Einsum", [(3, 4), (5,)], (3, 4, 5), {"equation": "ij,k->ijk"}, 0),
        # Four gates, one direction: 6 steps, batch 2, 8 inputs, hidden size 16.
        ("LSTM", [(6, 2, 8), (1, 64, 8), (1, 64, 16)], (6, 1, 2, 16), {}, 6 * 2 * 64 * (8 + 16)),
        ("GRU", [(6, 2, 8), (2, 48, 8), (2, 48, 16)], (6, 2, 2, 16), {}, 6 * 2 * 2 * 48 * (8 + 16)),
        # Two products over 10 queries and 12 keys, 4 heads of 8 and values of 6.
        ("Attention", [(2, 4, 10, 8), (2, 4, 12, 8), (2, 4, 12, 6)], (2, 4, 10, 6), {}, 2 * 4 * 10 * 12 * (8 + 6)),
        (
            "Attention",
            [(2, 10, 32), (2, 12, 16), (2, 12, 16)],
            (2, 10, 32),
            {"q_num_heads": 4, "kv_num_heads": 2},
            2 * 4 * 10 * 12 * (8 + 8),
        ),
        ("Relu", [(2, 3)], (2, 3), {}, 0),
    ],
)
def test_multiply_accumulates_are_those_counted_by_hand(
    op_type: str, inputs: list[Sizes], output: Sizes, attributes: dict[str, Any], macs: float
) -> None:
    costs = costs_of(one_node(op_type, inputs, [output], **attributes))
    assert list(costs.macs) == [macs]
    assert list(costs.why) == [KNOWN]


@pytest.mark.parametrize(
    ("op_type", "inputs", "output", "attributes", "flops"),
    [
        ("Relu", [(2, 3)], (2, 3), {}, 6),
        ("Sigmoid", [(5,)], (5,), {}, 4 * 5),  # negate, exponential, add, divide
        ("Softmax", [(2, 3)], (2, 3), {}, 5 * 6),
        ("ReduceMean", [(2, 3, 4)], (2, 3), {}, 24 + 6),
        ("ReduceL2", [(2, 3, 4)], (2, 3), {}, 2 * 24 + 6),
        ("Sum", [(4,), (4,), (4,)], (4,), {}, 2 * 4),
        ("MaxPool", [(1, 2, 6, 6)], (1, 2, 3, 3), {"kernel_shape": "[2, 2]"}, 18 * 4),
        ("GlobalAveragePool", [(1, 2, 6, 6)], (1, 2, 1, 1), {}, 72 + 2),
        ("Resize", [(1, 1, 2, 2)], (1, 1, 4, 4), {"mode": "linear"}, 16 * 7),
        ("Resize", [(1, 1, 2, 2)], (1, 1, 4, 4), {"mode": "nearest"}, 0),
        ("Gemm", [(2, 3), (3, 5), (5,)], (2, 5), {}, 2 * 30 + 10),
        ("Conv", [(1, 3, 6, 6), (8, 3, 3, 3), (8,)], (1, 8, 4, 4), {}, 2 * 8 * 16 * 27 + 8 * 16),
        ("Transpose", [(2, 3)], (3, 2), {}, 0),
    ],
)
def test_flops_are_two_for_a_multiply_accumulate_and_one_for_each_other_step(
    op_type: str, inputs: list[Sizes], output: Sizes, attributes: dict[str, Any], flops: float
) -> None:
    assert list(costs_of(one_node(op_type, inputs, [output], **attributes)).flops) == [flops]


@pytest.mark.parametrize(
    ("domain", "op_type", "inputs", "outputs", "attributes", "macs"),
    [
        ("com.microsoft", "FusedMatMul", [(3, 2), (3, 5)], [(2, 5)], {"transA": 1}, 30),
        # Three rows in front of two batches, and the right one as well.
        (
            "com.microsoft",
            "FusedMatMul",
            [(3, 2, 4), (5, 2, 4)],
            [(2, 3, 5)],
            {"transBatchA": 1, "transBatchB": 1, "transB": 1},
            2 * 3 * 5 * 4,
        ),
        (
            "com.microsoft",
            "FusedMatMul",
            [(3, 2, 4), (3, 2, 5)],
            [(2, 4, 5)],
            {"transBatchA": 1, "transA": 1, "transBatchB": 1},
            2 * 4 * 5 * 3,
        ),
        ("com.microsoft.nchwc", "Conv", [(1, 8, 6, 6), (16, 8, 3, 3)], [(1, 16, 4, 4)], {}, 16 * 16 * 8 * 9),
        ("com.microsoft", "MatMulNBits", [(2, 64), (5, 2, 16), (10,)], [(2, 5)], {"K": 64, "N": 5}, 2 * 5 * 64),
        (
            "com.microsoft",
            "MultiHeadAttention",
            [(2, 10, 32), (2, 12, 32), (2, 12, 32)],
            [(2, 10, 32)],
            {"num_heads": 4},
            2 * 10 * 12 * 64,
        ),
        (
            "com.microsoft",
            "Attention",
            [(2, 10, 32), (32, 96), (96,)],
            [(2, 10, 32)],
            {"num_heads": 4},
            2 * 10 * 32 * 96 + 2 * 10 * 10 * 64,
        ),
        ("aten", "conv2d", [(2, 3, 6, 7), (8, 3, 3, 3)], [(2, 8, 4, 5)], {}, 2 * 8 * 4 * 5 * 27),
        ("aten", "linear", [(2, 3), (5, 3)], [(2, 5)], {}, 30),
        ("aten", "addmm", [(5,), (2, 3), (3, 5)], [(2, 5)], {}, 30),
        ("aten", "convolution", [(1, 4, 3), (4, 2, 2)], [(1, 2, 6)], {"transposed": True}, 4 * 3 * 2 * 2),
        ("aten", "add_.Tensor", [(2, 3), (2, 3)], [(2, 3)], {}, 0),
        ("aten", "einsum", [(3, 4), (4, 5)], [(3, 5)], {"equation": "ij,jk->ik"}, 3 * 4 * 5),
        ("aten", "bilinear", [(2, 3), (2, 4), (5, 3, 4)], [(2, 5)], {}, 2 * 5 * (3 * 4 + 4)),
        # Four gates of 16, projected to 4: the matrices of inputs, of states and of the projection.
        (
            "aten",
            "lstm.input",
            [(7, 2, 8), (1, 2, 4), (1, 2, 16), (64, 8), (64, 4), (64,), (64,), (4, 16)],
            [(7, 2, 4), (1, 2, 4), (1, 2, 16)],
            {},
            7 * 2 * (64 * 8 + 64 * 4 + 4 * 16),
        ),
        ("aten", "add.Tensor", [(2, 3), (2, 3)], [(2, 3)], {}, 0),
    ],
)
def test_operators_of_other_domains_count_alike(
    domain: str, op_type: str, inputs: list[Sizes], outputs: list[Sizes], attributes: dict[str, Any], macs: float
) -> None:
    costs = costs_of(one_node(op_type, inputs, outputs, domain, **attributes))
    assert list(costs.macs) == [macs]


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (one_node("Gelu", [(2,)], [(2,)], "my.domain"), NO_FORMULA),
        (one_node("MatMul", [("batch", 3), (3, 5)], [("batch", 5)]), NO_SHAPE),
        (one_node("MatMul", [None, (3, 5)], [None]), NO_SHAPE),
        (one_node("Einsum", [(2,), (2,), (2,)], [()], equation="a,a->"), NO_SHAPE),
        (one_node("lstm", [(7, 2, 8)], [(7, 2, 4)], "aten"), NO_SHAPE),  # its weights are one list
        (one_node("Conv", [(2,), (3,)], [(2,)]), NO_SHAPE),  # contradicts the definition
        (one_node("MaxPool", [(1, 1, 4)], [(1, 1, 2)], kernel_shape="the function's attribute k"), NO_SHAPE),
    ],
)
def test_what_cannot_be_counted_is_unknown_and_says_why(graph: Graph, why: int) -> None:
    costs = costs_of(graph)
    assert math.isnan(costs.macs[0])
    assert math.isnan(costs.flops[0])
    assert list(costs.why) == [why]
    assert costs.groups["macs"].unknown[0] == 1


def test_an_operator_whose_steps_depend_on_values_has_no_multiply_accumulates() -> None:
    costs = costs_of(one_node("TopK", [(10,), (1,)], [(3,), (3,)]))
    assert list(costs.macs) == [0.0]
    assert math.isnan(costs.flops[0])
    assert list(costs.why) == [DEPENDS]


def test_every_formula_names_its_source() -> None:
    names = [("ai.onnx", "Conv"), ("ai.onnx", "Relu"), ("com.microsoft", "MatMulNBits"), ("aten", "mm")]
    for domain, op_type in names:
        formula = formula_of(domain, op_type)
        assert formula is not None
        assert formula.text
        assert formula.source


def _with_body(op_type: str, inputs: list[str], *bodies: str, **attributes: Any) -> Graph:
    """A node with graphs inside it, each of one operator on 10 elements; a MatMul makes 1000 multiply-accumulates."""
    builder = GraphBuilder()
    builder.add_ports(0, [info("x", (10, 10)), info("n", (), "int64")], ())
    owner = builder.add_node(node_of(op_type, inputs, [info("y", (10, 10))], **attributes))
    for place, body in enumerate(bodies):
        scope = builder.add_scope(f"body {place}", "subgraph", 0, owner)
        builder.add_node(node_of(body, ["x", "x"], [info(f"inner{place}", (10, 10))]), scope)
    return builder.finish()


def test_an_if_costs_its_dearer_branch() -> None:
    costs = costs_of(_with_body("If", ["n"], "Relu", "MatMul"))
    assert list(costs.macs) == [1000.0, 0.0, 1000.0]
    assert costs.groups["macs"].sums[0] == 1000.0


def test_an_if_with_an_unknown_branch_is_unknown() -> None:
    costs = costs_of(_with_body("If", ["n"], "MatMul", "Mystery"))
    assert math.isnan(costs.macs[0])
    assert costs.why[0] == INSIDE


def test_a_scan_costs_its_body_once_for_each_step() -> None:
    costs = costs_of(_with_body("Scan", ["x"], "MatMul", num_scan_inputs=1))
    assert costs.macs[0] == 10 * 1000.0


def test_how_often_a_loop_runs_is_not_known() -> None:
    costs = costs_of(_with_body("Loop", ["n"], "MatMul"))
    assert math.isnan(costs.macs[0])
    assert costs.why[0] == REPEATS


def test_a_loop_whose_body_computes_nothing_is_free() -> None:
    assert costs_of(_with_body("Loop", ["n"], "Transpose")).macs[0] == 0.0


def test_a_call_costs_what_its_function_costs() -> None:
    builder = GraphBuilder()
    builder.add_node(node_of("Twice", ["x"], [info("y", (10, 10))], "my"))
    for name, called in (("Twice", "Once"), ("Once", "")):
        scope = builder.add_scope(f"function my::{name}", "function")
        builder.add_ports(scope, [info(f"{name}x", (10, 10))], ())
        domain, op_type = ("my", called) if called else ("ai.onnx", "MatMul")
        builder.add_node(node_of(op_type, [f"{name}x"] * 2, [info(f"{name}y", (10, 10))], domain), scope)
    costs = costs_of(builder.finish())
    assert list(costs.macs) == [1000.0, 1000.0, 1000.0]


def test_functions_that_call_each_other_are_unknown() -> None:
    builder = GraphBuilder()
    builder.add_node(node_of("A", ["x"], [info("y", (2,))], "my"))
    for name, called in (("A", "B"), ("B", "A")):
        scope = builder.add_scope(f"function my::{name}", "function")
        builder.add_node(node_of(called, [f"{name}x"], [info(f"{name}y", (2,))], "my"), scope)
    assert all(map(math.isnan, costs_of(builder.finish()).macs))


@pytest.fixture
def net() -> Graph:
    """Two linear layers that share a weight."""
    nodes = [
        node_of("MatMul", ["x", "w"], [info("a", (4, 8))], module="first"),
        node_of("Relu", ["a"], [info("b", (4, 8))], module="first"),
        node_of("MatMul", ["b", "w"], [info("c", (4, 8))], module="second"),
        node_of("Mystery", ["c"], [info("y", (4, 8))], "my"),
    ]
    return graph_of(nodes, [weight("w", 8, 8)], [info("x", (4, 8))], [info("y", (4, 8))])


def test_op_types_add_up_their_nodes_and_count_a_shared_weight_once(net: Graph) -> None:
    rows = {row.op_type: row for row in op_costs(net, costs_of(net))}
    assert list(rows) == ["MatMul", "Relu", "Mystery"]
    assert (rows["MatMul"].nodes, rows["MatMul"].parameters, rows["MatMul"].weight_bytes) == (2, 64.0, 256.0)
    assert rows["MatMul"].macs.value == 2 * 4 * 8 * 8
    assert (rows["Mystery"].macs.value, rows["Mystery"].macs.unknown) == (0.0, 1)
    assert rows["Mystery"].why == "no formula for this operator"
    assert "torch.utils.flop_counter" in rows["MatMul"].source


def test_costs_come_back_from_their_file(net: Graph, tmp_path: Path) -> None:
    costs = costs_of(net)
    costs.write(tmp_path / "costs.columns", {})
    again = Costs.read(tmp_path / "costs.columns")
    assert again.flops[:3] == costs.flops[:3]
    assert math.isnan(again.flops[3])
    assert again.groups["macs"].sums == costs.groups["macs"].sums
    assert list(again.group_nodes) == list(costs.group_nodes)


def test_a_file_of_other_columns_holds_no_costs(net: Graph, tmp_path: Path) -> None:
    net.write(tmp_path / "graph.columns")
    with pytest.raises(ColumnsError, match="node_parameters"):
        Costs.read(tmp_path / "graph.columns")


def test_a_weight_without_axes_is_one_parameter() -> None:
    found = costs_of(
        graph_of([node_of("Mul", ["x", "w"], [info("y", (4,))])], [weight("w")], [info("x", (4,)), info("w", ())], [])
    )
    assert found.parameters[0] == 1


def test_arithmetic_on_sizes_is_free() -> None:
    found = costs_of(one_node("mul", [(), ()], [()], domain="operator"))
    assert (found.macs[0], found.flops[0]) == (0, 0)
