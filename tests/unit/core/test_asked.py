"""Asked against got: one judgement, each difference with a fix that can be applied."""

from __future__ import annotations

from typing import Any

import pytest

from modelpack_gui.core.asked import AskedRow, asked_rows, gravest_first
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    Artifact,
    DynamicDim,
    ExportSpec,
    InputSpec,
    ReferenceShapes,
    TensorInfo,
    Verdict,
)

IDS, MASK = InputSpec("ids", (2, 8), "int64"), InputSpec("mask", (2, 8))
BATCH = (DynamicDim("ids", 0, "batch"), DynamicDim("mask", 0, "batch"))
GOT_IDS = TensorInfo("ids", "int64", ("batch", 8))
GOT_MASK = TensorInfo("mask", "float32", ("batch", 8))
LOGITS = TensorInfo("logits", "float32", ("batch", 5))


def artifact(
    inputs: tuple[TensorInfo, ...] = (GOT_IDS, GOT_MASK), outputs: tuple[TensorInfo, ...] = (LOGITS,), **facts: Any
) -> Artifact:
    return Artifact("/m.onnx", facts.pop("format", "onnx"), 1, "", inputs, outputs, opset_version=20, **facts)


def rows(
    spec: ExportSpec, made: Artifact, inputs: tuple[InputSpec, ...] = (IDS, MASK), **options: Any
) -> tuple[AskedRow, ...]:
    return asked_rows(spec, inputs, made, **options)


def only_wrong(found: tuple[AskedRow, ...]) -> AskedRow:
    (row,) = [row for row in found if row.verdict is not Verdict.PASSED]
    return row


def applied(row: AskedRow, spec: ExportSpec, inputs: tuple[InputSpec, ...] = (IDS, MASK), number: int = 0) -> Recipe:
    assert row.explanation is not None
    return apply_fix(Recipe(inputs=inputs, export=spec), row.explanation.fixes[number])


def test_all_that_is_as_asked_passes() -> None:
    spec = ExportSpec(dynamic=BATCH, opset_version=20, output_names=("logits",))
    reference = ReferenceShapes((TensorInfo("output", "float32", ("batch", 5)),))
    found = rows(spec, artifact(), reference=reference)
    assert {row.verdict for row in found} == {Verdict.PASSED}
    assert [row.place for row in found if row.place] == ["ids[0]", "mask[0]", "logits[0]"]


def test_another_opset_is_mended_by_asking_for_it() -> None:
    spec = ExportSpec(dynamic=BATCH, opset_version=17)
    row = only_wrong(rows(spec, artifact()))
    assert (row.verdict, row.asked, row.got) == (Verdict.WARNING, "17", "20")
    assert applied(row, spec).export.opset_version == 20


def test_a_dimension_that_came_out_fixed_is_made_static_on_all_inputs_of_its_name() -> None:
    spec = ExportSpec(dynamic=BATCH)
    fixed = TensorInfo("ids", "int64", (2, 8))
    row = only_wrong(rows(spec, artifact((fixed, GOT_MASK))))
    assert (row.verdict, row.asked, row.got) == (Verdict.FAILED, "ids[0] = batch", "ids[0] = 2")
    assert row.explanation is not None
    assert row.explanation.fixes[0].text == "Make ids[0] and mask[0] static"
    assert applied(row, spec).export.dynamic == ()


def test_an_example_size_of_one_is_the_first_suspect_of_a_fixed_dimension() -> None:
    ids = InputSpec("ids", (1, 8), "int64")
    spec = ExportSpec(dynamic=BATCH[:1])
    row = only_wrong(rows(spec, artifact((TensorInfo("ids", "int64", (1, 8)),)), (ids,)))
    assert applied(row, spec, (ids,)).inputs[0].shape == (2, 8)


def test_two_names_that_became_one_are_given_one_name() -> None:
    spec = ExportSpec(dynamic=(BATCH[0], DynamicDim("mask", 0, "rows", 1, 9)))
    row = only_wrong(rows(spec, artifact()))
    assert (row.verdict, row.place) == (Verdict.WARNING, "mask[0]")
    assert applied(row, spec).export.dynamic == BATCH


def test_a_dimension_that_nobody_asked_for_can_be_asked_for() -> None:
    spec = ExportSpec(dynamic=BATCH[:1])
    row = only_wrong(rows(spec, artifact()))
    assert (row.verdict, row.asked) == (Verdict.WARNING, "mask[0] is static")
    assert applied(row, spec).export.dynamic == BATCH


def test_a_misspelt_input_is_corrected() -> None:
    spec = ExportSpec(dynamic=(BATCH[0], DynamicDim("maks", 0, "batch")))
    found = [row for row in rows(spec, artifact()) if row.got == "missing"]
    assert applied(found[0], spec).export.dynamic == BATCH


def test_an_input_that_vanished_is_said_once() -> None:
    row = only_wrong(rows(ExportSpec(dynamic=BATCH), artifact((GOT_IDS,))))
    assert (row.aspect, row.asked, row.got) == ("inputs", "2: ids, mask", "1: ids")


def test_plain_values_are_no_inputs_of_the_artifact() -> None:
    inputs = (IDS, InputSpec("scale", (), is_value=True, value=2.0), MASK)
    assert all(row.verdict is Verdict.PASSED for row in rows(ExportSpec(dynamic=BATCH), artifact(), inputs))


def test_an_output_that_should_follow_and_is_said_to_be_fixed_warns() -> None:
    spec = ExportSpec(exporter="trace", dynamic=BATCH)
    reference = ReferenceShapes((TensorInfo("output", "float32", ("batch", 5)),))
    made = artifact(outputs=(TensorInfo("logits", "float32", (2, 5)),))
    row = only_wrong(rows(spec, made, reference=reference))
    assert (row.aspect, row.verdict) == ("output_dim", Verdict.WARNING)
    assert (row.asked, row.got) == ("logits[0] = batch", "logits[0] = 2")
    assert applied(row, spec, number=1).export.exporter == "dynamo"
    assert applied(row, spec, number=2).export.dynamic == ()


def test_an_output_that_changes_in_no_simple_way_must_not_be_fixed_either() -> None:
    reference = ReferenceShapes((TensorInfo("output", "float32", ("batch", None)),))
    row = only_wrong(rows(ExportSpec(dynamic=BATCH), artifact(), reference=reference))
    assert (row.asked, row.got, row.verdict) == ("logits[1] = ?", "logits[1] = 5", Verdict.WARNING)


@pytest.mark.parametrize("size", [None, "Reshape_7_dim_0", "batch"])
def test_an_output_that_follows_under_any_name_passes(size: str | None) -> None:
    reference = ReferenceShapes((TensorInfo("output", "float32", ("batch", 5)),))
    made = artifact(outputs=(TensorInfo("logits", "float32", (size, 5)),))
    found = rows(ExportSpec(dynamic=BATCH), made, reference=reference)
    assert {row.verdict for row in found} == {Verdict.PASSED}


def test_an_output_said_to_follow_that_never_changes_is_a_warning() -> None:
    reference = ReferenceShapes((TensorInfo("output", "float32", (2, 5)),))
    row = only_wrong(rows(ExportSpec(dynamic=BATCH), artifact(), reference=reference))
    assert (row.verdict, row.asked, row.got) == (Verdict.WARNING, "logits[0] = 2", "logits[0] = batch")


def test_outputs_that_are_all_fixed_are_a_warning_where_the_model_was_not_run() -> None:
    row = only_wrong(rows(ExportSpec(dynamic=BATCH), artifact(outputs=(TensorInfo("y", "float32", (2, 5)),))))
    assert (row.aspect, row.verdict) == ("output_dim", Verdict.WARNING)


def test_a_dimension_that_the_model_itself_refuses_is_a_warning_with_its_error() -> None:
    reference = ReferenceShapes(refused={"batch": "RuntimeError: shape is invalid"})
    found = rows(ExportSpec(dynamic=BATCH), artifact(), reference=reference)
    wrong = [row for row in found if row.verdict is not Verdict.PASSED]
    assert {row.place for row in wrong} == {"ids[0]", "mask[0]"}
    assert wrong[0].explanation is not None
    assert "shape is invalid" in wrong[0].explanation.cause


def test_an_option_without_effect_is_switched_off() -> None:
    spec = ExportSpec(dynamic=BATCH, freeze=True)
    row = only_wrong(rows(spec, artifact(), heeded=("opset_version",)))
    assert (row.aspect, row.got) == ("freeze", "not used")
    assert not applied(row, spec).export.freeze


def test_weights_in_a_file_that_was_not_asked_for_can_be_asked_for() -> None:
    spec = ExportSpec(dynamic=BATCH)
    row = only_wrong(rows(spec, artifact(external_files=("/m.onnx.data",))))
    assert applied(row, spec).export.external_data


def test_names_of_outputs_that_do_not_fit_are_left_to_the_exporter() -> None:
    spec = ExportSpec(dynamic=BATCH, output_names=("a", "b"))
    row = only_wrong(rows(spec, artifact()))
    assert (row.verdict, row.aspect) == (Verdict.FAILED, "output_names")
    assert applied(row, spec, number=1).export.output_names == ()


def test_a_torchscript_file_is_compared_by_the_number_of_inputs_alone() -> None:
    made = artifact((TensorInfo("a", "", None), TensorInfo("b", "", None)), format="torchscript")
    assert rows(ExportSpec(format="torchscript", exporter="trace", dynamic=BATCH), made) == ()


def test_the_gravest_rows_come_first() -> None:
    spec = ExportSpec(dynamic=BATCH, opset_version=17)
    found = gravest_first(rows(spec, artifact((GOT_IDS, TensorInfo("mask", "float32", (2, 8))))))
    assert [row.verdict for row in found[:2]] == [Verdict.FAILED, Verdict.WARNING]
