"""The checks on graphs made for them: what they find, where, and what they leave alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.records import (
    Artifact,
    GraphCheckResult,
    GraphChecksReport,
    GraphChecksRequest,
    NodeInfo,
    Result,
    TensorInfo,
)
from modelpack_gui.core.serde import decode_tagged, dumps, encode_tagged, kinds_of
from modelpack_gui.stages.inspection.checks import stage
from modelpack_gui.stages.inspection.checks.base import Check, Subject
from modelpack_gui.stages.inspection.checks.registry import CHECKS
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


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(tmp_path)


@pytest.mark.parametrize(("rest", "said"), [(b"\x08\x0a\xff", "is cut short or damaged"), (None, "cannot be read")])
def test_file_that_was_damaged_or_deleted_since_is_told_of_in_words(
    tmp_path: Path, rest: bytes | None, said: str
) -> None:
    path = tmp_path / "model.onnx"
    graph = helper.make_graph([op("Relu", ("x",), "y")], "g", [value("x")], [value("y")])
    save(helper.make_model(graph, ir_version=10), str(path))
    index = inspect(path, tmp_path).index
    path.unlink() if rest is None else path.write_bytes(rest)
    report = stage.run(GraphChecksRequest(index), PlainContext(scratch=tmp_path))
    problems = {result.id: result.problem for result in report.results if result.problem}
    assert said in problems["checker"]
    assert not any("Error" in problem for problem in problems.values()), problems


def test_clean_graph_has_no_findings(checker: Checker) -> None:
    checker.check(
        [op("MatMul", ("x", "w"), "h"), op("Relu", ("h",), "y")],
        outputs=[value("y", (2, 3))],
        weights=[weight("w", np.ones((4, 3), np.float32))],
    )
    assert [result.id for result in checker.report.results if result.total] == []
    assert {result.id for result in checker.report.results} == {check.id for check in CHECKS}


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


def test_report_crosses_the_process_boundary_unchanged(checker: Checker) -> None:
    checker.check([op("Identity", ("x",), "h"), op("Relu", ("h",), "y", bogus=1)], outputs=[value("y")])
    sent = json.loads(dumps(encode_tagged(checker.report)))
    assert decode_tagged(kinds_of(Result), sent) == checker.report


def test_nodes_that_do_nothing_and_those_that_must_copy(checker: Checker) -> None:
    checker.check(
        [op("Identity", ("x",), "h"), op("Relu", ("h",), "y"), op("Identity", ("x",), "z")],
        outputs=[value("y"), value("z")],
    )
    assert checker.found("identities") == [["identity_h"]]


def test_casts_back_and_forth(checker: Checker) -> None:
    checker.check(
        [
            op("Cast", ("x",), "half", to=HALF),
            op("Cast", ("half",), "back", to=FLOAT),
            op("Cast", ("back",), "same", to=FLOAT),
            op("Relu", ("same",), "y"),
        ],
        outputs=[value("y")],
    )
    assert checker.found("casts") == [["cast_back", "cast_half"], ["cast_same"]]
    assert "float32 to float16 and back" in checker.texts("casts")[0]


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [([0, 2, 1], [0, 2, 1], "undo one another"), ([1, 2, 0], [1, 2, 0], "could be one"), (None, None, "undo")],
)
def test_transposes_in_a_row(checker: Checker, first: list[int] | None, second: list[int] | None, what: str) -> None:
    orders: list[dict[str, Any]] = [{} if perm is None else {"perm": perm} for perm in (first, second)]
    nodes = [op("Transpose", ("x",), "h", "", **orders[0]), op("Transpose", ("h",), "y", "", **orders[1])]
    checker.check(nodes, inputs=[value("x", (2, 2, 2))], outputs=[value("y", (2, 2, 2))])
    assert checker.found("transposes") == [["transpose_y", "transpose_h"]]
    assert what in checker.texts("transposes")[0]


def test_transpose_whose_result_is_read_elsewhere_is_needed(checker: Checker) -> None:
    nodes = [op("Transpose", ("x",), "h"), op("Transpose", ("h",), "y"), op("Relu", ("h",), "z")]
    checker.check(nodes, outputs=[value("y"), value("z", (4, 2))])
    assert checker.found("transposes") == []


def test_float64_is_found_where_it_begins(checker: Checker) -> None:
    checker.check(
        [
            op("Cast", ("x",), "wide", to=DOUBLE),
            op("Mul", ("wide", "k"), "m"),
            op("Cast", ("m",), "y", to=FLOAT),
        ],
        outputs=[value("y")],
        weights=[weight("k", np.float64(2.0))],
    )
    assert checker.found("float64") == [["cast_wide"]]


def test_model_that_takes_float64_is_meant_to(checker: Checker) -> None:
    checker.check([op("Relu", ("x",), "y")], [value("x", dtype=DOUBLE)], [value("y", dtype=DOUBLE)])
    assert checker.found("float64") == []


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


def test_deprecated_operator(checker: Checker) -> None:
    checker.check(
        [op("Upsample", ("x", "s"), "y")], outputs=[], weights=[weight("s", np.ones(2, np.float32))], opset=10
    )
    assert checker.found("deprecated") == [["upsample_y"]]


def test_what_depends_on_constants_alone(checker: Checker) -> None:
    checker.check(
        [
            op("Constant", (), "c", value=numpy_helper.from_array(np.ones(4, np.float32))),
            op("Neg", ("c",), "n"),
            op("Identity", ("n",), "i"),
            op("Exp", ("i",), "e"),
            op("Add", ("x", "e"), "y"),
        ],
        outputs=[value("y")],
    )
    assert checker.found("constant") == [["exp_e", "neg_n"]]


def test_gravest_come_first_and_what_found_nothing_last(checker: Checker) -> None:
    checker.check(
        [op("Identity", ("x",), "h"), op("Relu", ("h",), "y", bogus=1), op("Exp", ("x",), "lost")],
        outputs=[value("y")],
    )
    found = [result.severity for result in checker.report.results if result.total]
    assert found == sorted(found, key=("error", "warning", "info").index)
    assert checker.report.results[-1].total == 0
    assert checker.report.count("error") >= 1


def test_check_that_breaks_does_not_take_the_others_with_it(
    checker: Checker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(_subject: object) -> Any:
        raise RuntimeError("the file is odd")

    broken_check = Check("broken", "Broken", "info", "", "", broken)
    monkeypatch.setattr(stage, "CHECKS", (broken_check, *CHECKS))
    graph = helper.make_graph([op("Identity", ("x",), "h"), op("Relu", ("h",), "y")], "g", [value("x")], [value("y")])
    path = tmp_path / "model.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), str(path))
    report = stage.run(GraphChecksRequest(inspect(path, tmp_path).index), PlainContext(scratch=tmp_path))
    assert "the file is odd" in next(result.problem for result in report.results if result.id == "broken")
    assert report.count("info") == 1


def test_columns_that_are_gone_are_an_error_of_ours(checker: Checker, tmp_path: Path) -> None:
    checker.check([op("Relu", ("x",), "y")], outputs=[value("y")])
    index = inspect(tmp_path / "model.onnx", tmp_path).index
    Path(index.columns).unlink()
    with pytest.raises(UserError, match="cannot be read"):
        stage.run(GraphChecksRequest(index), PlainContext(scratch=tmp_path))


def test_cancelling_ends_it(checker: Checker, tmp_path: Path) -> None:
    class Cancelled(PlainContext):
        def check_cancelled(self) -> None:
            raise JobCancelled

    checker.check([op("Relu", ("x",), "y")], outputs=[value("y")])
    index = inspect(tmp_path / "model.onnx", tmp_path).index
    with pytest.raises(JobCancelled):
        stage.run(GraphChecksRequest(index), Cancelled(scratch=tmp_path))


def test_many_findings_are_counted_and_some_are_told(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "MOST_FINDINGS", 2)
    checker.check([op("Exp", ("x",), f"lost{i}") for i in range(5)] + [op("Relu", ("x",), "y")], outputs=[value("y")])
    result = checker.result("dead-nodes")
    assert (result.total, len(result.findings)) == (5, 2)
