"""Breaches of the standard, and what nothing reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.records import Artifact, GraphChecksRequest, NodeInfo, TensorInfo
from modelpack_gui.stages.inspection.checks import stage
from modelpack_gui.stages.inspection.checks.base import Subject
from modelpack_gui.stages.inspection.checks.registry import CHECKS
from tests.unit.stages.inspection.checks.checker import Checker, op, value, weight
from tests.unit.stages.inspection.inspected import inspect


def test_every_node_that_breaks_the_standard_is_named(checker: Checker) -> None:
    checker.check(
        [op("Relu", ("x",), "h", bogus=1), op("Add", ("h",), "z"), op("Sigmoid", ("z",), "y")], outputs=[value("y")]
    )
    assert checker.found("checker") == [["relu_h"], ["add_z"]]
    assert "bogus" in checker.texts("checker")[0]


def test_contradiction_is_at_its_cause_and_not_at_what_follows(checker: Checker) -> None:
    checker.check(
        [op("Add", ("x", "w"), "s"), op("Relu", ("s",), "r"), op("Sigmoid", ("r",), "y")],
        outputs=[value("y")],
        weights=[weight("w", np.ones((3, 7), np.float32))],
    )
    assert checker.found("shape-inference") == [["add_s"]]
    assert "Incompatible dimensions" in checker.texts("shape-inference")[0]


def test_shape_that_ends_at_a_custom_operator(checker: Checker) -> None:
    custom = helper.make_node("Foo", ["x"], ["h"], "foo", domain="my")
    checker.check([custom, op("Relu", ("h",), "y")], outputs=[value("y")])
    assert checker.found("unknown-shape") == [["foo"]]


def test_dead_nodes_are_found_as_they_hang_together_inside_of_branches_too(checker: Checker) -> None:
    branch = helper.make_graph([op("Neg", ("h",), "n"), op("Abs", ("h",), "lost")], "b", [], [value("n")])
    checker.check(
        [
            op("Relu", ("x",), "h"),
            op("Exp", ("x",), "e"),
            op("Log", ("e",), "l"),
            op("Sign", ("x",), "s"),
            helper.make_node("If", ["c"], ["y"], "if", then_branch=branch, else_branch=branch),
        ],
        inputs=[value("x"), value("c", (), TensorProto.BOOL)],
        outputs=[value("y")],
    )
    dead = [sorted(names) for names in checker.found("dead-nodes")]
    assert sorted(dead) == [["abs_lost"], ["abs_lost"], ["exp_e", "log_l"], ["sign_s"]]
    assert "Log log_l and 1 node before it" in checker.texts("dead-nodes")


def test_attributes_that_torchscript_spells_out_are_not_dead(tmp_path: Path) -> None:
    nodes = [
        NodeInfo(0, op_type, domain, "", "", (), (name,), (TensorInfo(name, "", None),))
        for op_type, domain, name in (("GetAttr", "prim", "a"), ("relu", "aten", "b"))
    ]
    artifact = Artifact(str(tmp_path / "net.pt"), "torchscript", 0, "", (), ())
    subject = Subject(artifact, graph_of(nodes), PlainContext(), "")
    check = next(check for check in CHECKS if check.id == "dead-nodes")
    assert [finding.nodes for finding in check.find(subject)] == [(1,)]


def test_unused_weights_inputs_and_outputs(checker: Checker) -> None:
    checker.check(
        [op("Split", ("x",), ("a", "b"), axis=1, num_outputs=2), op("Relu", ("a",), "y")],
        inputs=[value("x"), value("idle")],
        outputs=[value("y", (2, 2))],
        weights=[
            weight("unused", np.ones(1000, np.float32)),
            weight("bn.num_batches_tracked", np.int64(3)),  # nothing but training reads it: that says nothing
        ],
    )
    assert checker.texts("unused-initializers") == ["unused, 4.00 kB"]
    assert checker.texts("unused-inputs") == ["idle is given and never read"]
    assert checker.found("unused-outputs") == [["split_a"]]


def test_function_that_is_never_called(checker: Checker) -> None:
    opsets = [helper.make_opsetid("", 20)]
    functions = [
        helper.make_function("my", name, ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], opsets)
        for name in ("Used", "Idle")
    ]
    call = helper.make_node("Used", ["x"], ["y"], "call", domain="my")
    checker.check([call], outputs=[value("y")], functions=functions)
    assert checker.texts("unused-functions") == ["function my::Idle is never called"]
    assert checker.found("no-kernel") == []


def test_weights_stored_twice_are_found_by_their_values(checker: Checker) -> None:
    same, other = np.arange(400, dtype=np.float32).reshape(4, 100), np.ones((4, 100), np.float32)
    checker.check(
        [op("MatMul", ("x", name), f"y_{name}") for name in ("a", "b", "c")],
        outputs=[value(f"y_{name}", (2, 100)) for name in ("a", "b", "c")],
        weights=[weight("a", same), weight("b", same), weight("c", other)],
    )
    assert checker.texts("duplicated-weights") == ["a, b hold the same values; 1.60 kB could be saved"]
    assert checker.found("duplicated-weights") == [["matmul_y_a", "matmul_y_b"]]
    weights = [weight("a", same), weight("b", same)]
    nodes = [op("MatMul", ("x", name), f"y_{name}") for name in ("a", "b")]
    outputs = [value("y_a", (2, 100)), value("y_b", (2, 100))]
    assert checker.check(nodes, (), outputs, weights, reads_weights=False).texts("duplicated-weights") == []


def test_weight_with_a_nan_is_an_error_and_infinities_are_not(checker: Checker) -> None:
    broken, mask = np.ones((4, 3), np.float32), np.full((2, 3), -np.inf, np.float32)
    broken[1, 2] = np.nan
    checker.check(
        [op("MatMul", ("x", "w"), "h"), op("Add", ("h", "mask"), "y")],
        outputs=[value("y", (2, 3))],
        weights=[weight("w", broken), weight("mask", mask)],
    )
    assert checker.texts("nan-weights") == ["w: an element is NaN"]
    assert checker.found("nan-weights") == [["matmul_h"]]


def test_weight_that_is_an_input_too(checker: Checker) -> None:
    checker.check(
        [op("MatMul", ("x", "w"), "y")],
        inputs=[value("x"), value("w", (4, 3))],
        outputs=[value("y", (2, 3))],
        weights=[weight("w", np.ones((4, 3), np.float32))],
    )
    assert checker.found("overridable-weights") == [["matmul_y"]]
    assert checker.texts("unused-inputs") == []


class _Tied(nn.Module):
    """The weight of the embedding is that of the head; where the largest were, nobody asks."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 400)
        self.head = nn.Linear(400, 10, bias=False)
        self.head.weight = self.table.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        states, _ = self.table(tokens).half().float().max(1)
        scores: torch.Tensor = self.head(states)
        return scores


@pytest.mark.filterwarnings("ignore")
def test_a_good_program_has_nothing_that_nobody_needs(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(_Tied().eval(), (torch.zeros((2, 3), dtype=torch.int64),)), path)
    found = inspect(path, tmp_path)
    assert {"_assert_tensor_metadata", "getitem"} <= {node.op_type.partition(".")[0] for node in found.nodes}
    report = stage.run(GraphChecksRequest(found.index), PlainContext(scratch=tmp_path))
    assert [(result.id, result.findings) for result in report.results if result.findings] == []
    assert found.index.parameters == 10 * 400
