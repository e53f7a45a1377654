from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import (
    CheckReport,
    CheckRequest,
    CheckRow,
    DynamicDim,
    ExportSpec,
    InputSpec,
    Verdict,
)
from modelpack_gui.stages.check.stage import run

X = InputSpec("x", (2, 4), low=-1.0, high=1.0)
N = DynamicDim("x", 0, "n")
ASKED = ExportSpec(opset_version=20, dynamic=(N,), output_names=("y",))
PASSED, WARNING, FAILED, SKIPPED = Verdict.PASSED, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED


def _value(name: str, shape: list[Any] | None, dtype: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def _model(
    nodes: list[Any] | None = None,
    *,
    inputs: list[Any] | None = None,
    outputs: list[Any] | None = None,
    weights: list[Any] | None = None,
    opset: int = 20,
    ir_version: int = 10,
) -> Any:
    """`y = x @ weight` with a dynamic first axis, unless told otherwise."""
    weight = numpy_helper.from_array(np.ones((4, 3), np.float32), "weight")
    graph = helper.make_graph(
        nodes or [helper.make_node("MatMul", ["x", "weight"], ["y"])],
        "net",
        inputs or [_value("x", ["n", 4])],
        outputs or [_value("y", ["n", 3])],
        [weight] if weights is None else weights,
    )
    return helper.make_model(graph, ir_version=ir_version, opset_imports=[helper.make_opsetid("", opset)])


def _check(
    folder: Path, model: Any = None, *, asked: ExportSpec | None = ASKED, inputs: tuple[InputSpec, ...] = (X,)
) -> CheckReport:
    path = folder / "m.onnx"
    if model is not None:
        onnx.save(model, path)
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    report = run(CheckRequest(str(path), asked, inputs), PlainContext(folder, scratch))
    assert list(scratch.iterdir()) == []
    for row in report.rows:
        assert row.explanation
        assert bool(row.fix) == (row.verdict in (WARNING, FAILED)) or row.verdict is SKIPPED, row
    return report


def _row(report: CheckReport, row_id: str) -> CheckRow:
    found = [row for row in report.rows if row.id == row_id]
    assert len(found) == 1, [row.id for row in report.rows]
    return found[0]


def test_a_sound_artifact_that_is_what_was_asked_passes_every_row(tmp_path: Path) -> None:
    report = _check(tmp_path, _model())
    assert report.verdict is PASSED
    assert [row.id for row in report.rows] == [
        "file",
        "onnx-checker",
        "shape-inference",
        "unused-inputs",
        "runtime-loads",
        "runtime-runs",
        "opset",
        "input-names",
        "output-names",
        "dynamic-dim-x-0",
        "output-dim-y-0",
    ]
    assert _row(report, "runtime-runs").got == "y float32 2 × 3"


def test_a_file_of_unknown_origin_is_not_compared_with_anything_asked(tmp_path: Path) -> None:
    report = _check(tmp_path, _model(), asked=None, inputs=())
    assert [row.id for row in report.rows] == [
        "file",
        "onnx-checker",
        "shape-inference",
        "unused-inputs",
        "runtime-loads",
    ]


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"\x08\x0a\x12\x07cut off"])
def test_an_unreadable_file_fails_the_first_row_and_skips_the_rest(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    report = _check(tmp_path)
    assert report.verdict is FAILED
    assert (report.rows[0].id, report.rows[0].verdict) == ("file", FAILED)
    assert {row.verdict for row in report.rows[1:]} == {SKIPPED}
    assert {"onnx-checker", "runtime-loads", "runtime-runs", "opset"} <= {row.id for row in report.rows}


def test_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        _check(tmp_path)
    assert caught.value.info.code == "artifact-missing"


def test_the_checkers_complaint_is_a_failed_row(tmp_path: Path) -> None:
    report = _check(tmp_path, _model([helper.make_node("MatMul", ["x", "nowhere"], ["y"])]))
    row = _row(report, "onnx-checker")
    assert row.verdict is FAILED
    assert "nowhere" in row.details
    assert _row(report, "runtime-loads").verdict is FAILED
    assert _row(report, "runtime-runs").verdict is SKIPPED


def test_a_declared_shape_that_does_not_follow_fails_shape_inference(tmp_path: Path) -> None:
    report = _check(tmp_path, _model(outputs=[_value("y", ["n", 5])]), asked=None)
    assert _row(report, "shape-inference").verdict is FAILED


def test_an_output_of_unknown_shape_is_a_warning(tmp_path: Path) -> None:
    nodes = [helper.make_node("NonZero", ["x"], ["y"])]
    report = _check(tmp_path, _model(nodes, outputs=[_value("y", None, TensorProto.INT64)], weights=[]), asked=None)
    row = _row(report, "shape-inference")
    assert row.verdict is WARNING
    assert "y" in row.explanation


def test_an_ir_version_that_is_too_new_is_explained(tmp_path: Path) -> None:
    report = _check(tmp_path, _model(ir_version=99), asked=None)
    row = _row(report, "runtime-loads")
    assert row.verdict is FAILED
    assert "IR version 99" in row.explanation
    assert "too new" in row.explanation


def test_an_opset_that_is_too_new_is_explained(tmp_path: Path) -> None:
    report = _check(tmp_path, _model(opset=99), asked=None)
    row = _row(report, "runtime-loads")
    assert row.verdict is FAILED
    assert "opset 99" in row.explanation


def test_an_operator_that_the_runtime_does_not_know_is_named(tmp_path: Path) -> None:
    model = _model([helper.make_node("Shrug", ["x"], ["y"], domain="my.ops")], weights=[])
    model.opset_import.append(helper.make_opsetid("my.ops", 1))
    row = _row(_check(tmp_path, model, asked=None), "runtime-loads")
    assert row.verdict is FAILED
    assert "Shrug" in row.explanation


def test_another_opset_than_asked_is_a_warning(tmp_path: Path) -> None:
    row = _row(_check(tmp_path, _model(opset=18)), "opset")
    assert (row.verdict, row.asked, row.got) == (WARNING, "20", "18")


def test_an_opset_that_was_left_to_the_exporter_passes(tmp_path: Path) -> None:
    row = _row(_check(tmp_path, _model(opset=18), asked=ExportSpec(dynamic=(N,))), "opset")
    assert (row.verdict, row.asked, row.got) == (PASSED, "any", "18")


def test_names_that_differ_fail(tmp_path: Path) -> None:
    asked = ExportSpec(input_names=("image",), output_names=("logits",), dynamic=(N,))
    report = _check(tmp_path, _model(), asked=asked)
    assert (_row(report, "input-names").asked, _row(report, "input-names").got) == ("image", "x")
    assert _row(report, "input-names").verdict is FAILED
    assert _row(report, "output-names").verdict is FAILED


def test_names_asked_for_take_the_place_of_the_examples_names(tmp_path: Path) -> None:
    asked = ExportSpec(input_names=("x",), dynamic=(DynamicDim("picture", 0, "n"),))
    report = _check(tmp_path, _model(), asked=asked, inputs=(InputSpec("picture", (2, 4)),))
    assert report.verdict is PASSED, report.rows
    assert _row(report, "dynamic-dim-x-0").verdict is PASSED


def test_an_input_that_the_exporter_dropped_is_named(tmp_path: Path) -> None:
    row = _row(_check(tmp_path, _model(), inputs=(X, InputSpec("mask", (2,)))), "input-names")
    assert row.verdict is FAILED
    assert "does not take every example input (mask)" in row.explanation


def test_outputs_that_got_no_name_are_a_warning(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "weight"], ["y"]), helper.make_node("Relu", ["y"], ["other"])]
    report = _check(tmp_path, _model(nodes, outputs=[_value("y", ["n", 3]), _value("other", ["n", 3])]))
    assert _row(report, "output-names").verdict is WARNING


def test_a_dimension_asked_dynamic_and_made_static_fails(tmp_path: Path) -> None:
    report = _check(tmp_path, _model(inputs=[_value("x", [2, 4])], outputs=[_value("y", [2, 3])]))
    row = _row(report, "dynamic-dim-x-0")
    assert (row.verdict, row.asked, row.got) == (FAILED, "x[0] = n", "x[0] = 2")


def test_two_dimensions_asked_for_that_became_one_are_a_warning(tmp_path: Path) -> None:
    relu = [helper.make_node("Relu", ["x"], ["y"])]
    model = _model(relu, inputs=[_value("x", ["n", "n"])], outputs=[_value("y", ["n", "n"])], weights=[])
    asked = ExportSpec(dynamic=(N, DynamicDim("x", 1, "width")))
    report = _check(tmp_path, model, asked=asked)
    row = _row(report, "dynamic-dim-x-1")
    assert (row.verdict, row.title, row.got) == (WARNING, "x[1]: dynamic as asked", "x[1] = n")
    assert "makes the two equal" in row.explanation
    assert _row(report, "dynamic-dim-x-0").verdict is PASSED


def test_a_dimension_of_an_input_that_is_not_there_fails(tmp_path: Path) -> None:
    asked = ExportSpec(dynamic=(N, DynamicDim("imgae", 0, "batch")))
    row = _row(_check(tmp_path, _model(), asked=asked), "dynamic-dim-imgae-0")
    assert (row.verdict, row.got) == (FAILED, "missing")


def test_a_dynamic_dimension_that_was_not_asked_for_is_a_warning(tmp_path: Path) -> None:
    row = _row(_check(tmp_path, _model(), asked=ExportSpec()), "dynamic-dim-x-0")
    assert (row.verdict, row.asked, row.got) == (WARNING, "x[0] is static", "x[0] = n")


def test_no_dynamic_dimension_asked_and_none_there_passes(tmp_path: Path) -> None:
    model = _model(inputs=[_value("x", [2, 4])], outputs=[_value("y", [2, 3])])
    assert _row(_check(tmp_path, model, asked=ExportSpec()), "dynamic-dims").verdict is PASSED


def test_an_input_that_nothing_reads_is_a_warning(tmp_path: Path) -> None:
    report = _check(tmp_path, _model(inputs=[_value("x", ["n", 4]), _value("mask", [2])]), asked=None, inputs=())
    row = _row(report, "unused-inputs")
    assert row.verdict is WARNING
    assert "mask" in row.explanation


def test_an_input_that_only_a_subgraph_reads_is_used(tmp_path: Path) -> None:
    def branch(name: str, op: str) -> Any:
        return helper.make_graph([helper.make_node(op, ["x"], [name])], name, [], [_value(name, ["n", 4])])

    choose = helper.make_node("If", ["flag"], ["y"], then_branch=branch("a", "Abs"), else_branch=branch("b", "Neg"))
    inputs = [_value("flag", [], TensorProto.BOOL), _value("x", ["n", 4])]
    model = _model([choose], inputs=inputs, outputs=[_value("y", ["n", 4])], weights=[])
    assert _row(_check(tmp_path, model, asked=None, inputs=()), "unused-inputs").verdict is PASSED


def _save_external(folder: Path) -> None:
    onnx.save(_model(), folder / "m.onnx", save_as_external_data=True, location="m.data", size_threshold=0)


def test_data_files_travel_with_the_copy_that_is_loaded(tmp_path: Path) -> None:
    _save_external(tmp_path)
    report = _check(tmp_path, asked=ExportSpec(external_data=True, dynamic=(N,)))
    assert report.verdict is PASSED, report.rows
    assert _row(report, "external-data").got == "m.data"


def test_a_data_file_that_was_not_asked_for_is_a_warning(tmp_path: Path) -> None:
    _save_external(tmp_path)
    assert _row(_check(tmp_path), "external-data").verdict is WARNING


def test_a_data_file_that_was_asked_for_and_is_not_there_is_a_warning(tmp_path: Path) -> None:
    row = _row(_check(tmp_path, _model(), asked=ExportSpec(external_data=True, dynamic=(N,))), "external-data")
    assert (row.verdict, row.got) == (WARNING, "one file")


def test_a_data_file_that_was_left_behind_fails_and_skips_the_rest(tmp_path: Path) -> None:
    _save_external(tmp_path)
    (tmp_path / "m.data").unlink()
    report = _check(tmp_path)
    assert _row(report, "file").verdict is PASSED
    assert _row(report, "external-data").verdict is FAILED
    assert "m.data" in _row(report, "external-data").explanation
    assert {row.verdict for row in report.rows[2:]} == {SKIPPED}


def test_a_data_file_that_was_cut_off_fails(tmp_path: Path) -> None:
    _save_external(tmp_path)
    (tmp_path / "m.data").write_bytes(b"\0" * 8)
    report = _check(tmp_path)
    assert "shorter" in _row(report, "external-data").explanation
    assert _row(report, "external-data").verdict is FAILED
    assert _row(report, "runtime-loads").verdict is FAILED


def test_a_data_file_outside_the_folder_of_the_model_fails(tmp_path: Path) -> None:
    _save_external(tmp_path)
    model = onnx.load(tmp_path / "m.onnx", load_external_data=False)
    for entry in model.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = "../m.data"
    inner = tmp_path / "inner"
    inner.mkdir()
    row = _row(_check(inner, model), "runtime-loads")
    assert row.verdict is FAILED
    assert "../m.data is not in the folder of the model" in row.explanation.replace("\\", "/")


def test_example_inputs_that_do_not_fit_fail_the_run(tmp_path: Path) -> None:
    row = _row(_check(tmp_path, _model(), asked=None, inputs=(InputSpec("x", (2, 5)),)), "runtime-runs")
    assert row.verdict is FAILED
    assert row.details


def test_outputs_that_are_not_finite_are_a_warning(tmp_path: Path) -> None:
    nodes = [helper.make_node("Log", ["x"], ["l"]), helper.make_node("MatMul", ["l", "weight"], ["y"])]
    row = _row(_check(tmp_path, _model(nodes)), "runtime-runs")
    assert row.verdict is WARNING
    assert "NaN or Inf" in row.explanation


def test_a_missing_runtime_skips_its_rows_and_gives_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    report = _check(tmp_path, _model())
    assert report.verdict is PASSED
    row = _row(report, "runtime-loads")
    assert row.verdict is SKIPPED
    assert "-m pip install onnxruntime" in row.fix
    assert _row(report, "runtime-runs").verdict is SKIPPED


def test_a_missing_onnx_package_skips_the_report_and_gives_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx.save(_model(), tmp_path / "m.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    report = _check(tmp_path)
    assert report.verdict is SKIPPED
    assert "-m pip install onnx" in report.rows[0].fix


class _Net(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x)


def _save_torchscript(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(_Net().eval(), (torch.rand(2, 4),)).save(str(path))  # type: ignore[no-untyped-call]


def test_a_torchscript_archive_is_loaded_run_and_its_inputs_compared(tmp_path: Path) -> None:
    _save_torchscript(tmp_path / "m.pt")
    asked = ExportSpec(format="torchscript", exporter="trace", dynamic=(N,))
    report = run(CheckRequest(str(tmp_path / "m.pt"), asked, (X,)), PlainContext(tmp_path, tmp_path))
    assert [(row.id, row.verdict) for row in report.rows] == [
        ("file", PASSED),
        ("runtime-loads", PASSED),
        ("runtime-runs", PASSED),
        ("input-names", PASSED),
    ]


def test_a_torchscript_archive_that_refuses_the_example_fails_the_run(tmp_path: Path) -> None:
    _save_torchscript(tmp_path / "m.pt")
    inputs = (X, InputSpec("other", (1,)))
    report = run(CheckRequest(str(tmp_path / "m.pt"), None, inputs), PlainContext(tmp_path, tmp_path))
    assert _row(report, "runtime-runs").verdict is FAILED


def test_a_damaged_torchscript_archive_fails_the_first_row(tmp_path: Path) -> None:
    _save_torchscript(tmp_path / "m.pt")
    (tmp_path / "m.pt").write_bytes((tmp_path / "m.pt").read_bytes()[:200])
    report = run(CheckRequest(str(tmp_path / "m.pt"), None, ()), PlainContext(tmp_path, tmp_path))
    assert [(row.id, row.verdict) for row in report.rows] == [("file", FAILED), ("runtime-loads", SKIPPED)]
