"""Operators that the chosen provider has no kernel for."""

from __future__ import annotations

from pathlib import Path

from onnx import TensorProto, helper, save

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import GraphChecksRequest
from modelpack_gui.stages.inspection.checks import stage
from tests.unit.stages.inspection.checks.checker import HALF, Checker, op, value
from tests.unit.stages.inspection.inspected import inspect


def test_operators_without_a_kernel(checker: Checker) -> None:
    custom = helper.make_node("Foo", ["h"], ["y"], "foo", domain="my")
    checker.check(
        [op("Det", ("x",), "d"), op("Relu", ("x",), "h"), custom],
        inputs=[value("x", (4, 4), HALF)],
        outputs=[value("y", (4, 4), HALF), value("d", (), HALF)],
    )
    assert checker.found("no-kernel") == [["foo"]]
    assert "not known to ONNX Runtime" in checker.texts("no-kernel")[0]
    assert checker.found("cast-around") == [["det_d"]]


def test_bfloat16_is_not_cast_around_an_operator_without_a_kernel_for_it(checker: Checker) -> None:
    checker.check(
        [op("Det", ("x",), "d")],
        inputs=[value("x", (4, 4), TensorProto.BFLOAT16)],
        outputs=[value("d", (), TensorProto.BFLOAT16)],
    )
    assert checker.found("no-kernel") == [["det_d"]]


def test_an_operator_of_others_is_taken_only_where_those_have_kernels(checker: Checker) -> None:
    half, brain = TensorProto.FLOAT16, TensorProto.BFLOAT16
    checker.check(
        [op("Relu", ("x",), "y"), op("Mish", ("h",), "z")],
        inputs=[value("x", ("n", 4), brain), value("h", (4, 4), half)],
        outputs=[value("y", ("n", 4), brain), value("z", (4, 4), half)],
    )
    assert checker.found("no-kernel") == [["relu_y"]]
    assert "Relu has no kernel for bfloat16" in checker.texts("no-kernel")[0]


def test_kernel_of_an_old_opset_that_is_gone(checker: Checker) -> None:
    checker.check([op("Add", ("x", "x"), "y", axis=0)], outputs=[value("y")], opset=6)
    assert checker.found("no-kernel") == [["add_y"]]


def test_provider_that_is_not_there_is_said_and_the_other_checks_are_made(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    graph = helper.make_graph([op("Identity", ("x",), "h"), op("Relu", ("h",), "y")], "g", [value("x")], [value("y")])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), str(path))
    request = GraphChecksRequest(inspect(path, tmp_path).index, provider="NoSuchProvider")
    report = stage.run(request, PlainContext(scratch=tmp_path))
    problems = {result.id: result.problem for result in report.results if result.problem}
    assert problems.keys() == {"no-kernel", "cast-around"}
    assert "NoSuchProvider" in problems["no-kernel"]
    assert report.count("info") == 1
