"""What the model's own outputs do at other sizes, and what an export makes of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.core.asked import asked_rows
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import (
    Artifact,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    TensorInfo,
)
from modelpack_gui.stages.export import stage
from modelpack_gui.stages.export.reference import leaves_doubt
from tests.places import MODELS

X = InputSpec("x", (2, 4))
BATCH = DynamicDim("x", 0, "batch")


def export(target: Path, name: str, *inputs: InputSpec, file: str = "sizes.py", **options: Any) -> ExportRecord:
    spec = ExportSpec(output_path=str(target), **{"exporter": "trace", "dynamic": (BATCH,), **options})
    return stage.run(ExportRequest(ModelSource(file=file, name=name), inputs or (X,), spec), PlainContext(MODELS))


def outputs(record: ExportRecord) -> list[tuple[int | str | None, ...] | None]:
    assert record.reference is not None
    return [info.shape for info in record.reference.outputs]


def test_an_output_that_tracing_fixed_is_a_mismatch(tmp_path: Path) -> None:
    record = export(tmp_path / "m.onnx", "IntOfSize")
    assert outputs(record) == [("batch", 3)]
    number, fixed = record.explanations
    assert (number.id, fixed.id) == ("trace-number-frozen", "output-fixed")  # the line that did it comes first
    assert fixed.fixes[1].edits
    (mismatch,) = record.mismatches
    assert (mismatch.aspect, mismatch.asked.endswith("[0] = batch"), mismatch.got.endswith("[0] = 2")) == (
        "output_dim",
        True,
        True,
    )


def test_an_output_that_sums_over_the_batch_is_none(tmp_path: Path) -> None:
    record = export(tmp_path / "m.onnx", "Sums")
    assert outputs(record) == [(4,)]
    assert record.mismatches == ()


def test_a_size_that_the_model_refuses_is_not_believed_of_the_file(tmp_path: Path) -> None:
    record = export(tmp_path / "m.onnx", "FixedBatch", file="tiny.py")
    assert record.reference is not None
    assert "shape '[2, 4]' is invalid" in record.reference.refused["batch"]
    (mismatch,) = record.mismatches
    assert (mismatch.asked, mismatch.got) == ("x[0] = batch", "x[0] = batch")
    assert "refuses another one" in mismatch.explanation


def test_axes_that_only_change_with_each_other_are_changed_together(tmp_path: Path) -> None:
    left, right = InputSpec("left", (2, 4)), InputSpec("right", (2, 4))
    dims = (DynamicDim("left", 0, "a"), DynamicDim("right", 0, "b"))
    record = export(tmp_path / "m.onnx", "Linked", left, right, file="tiny.py", dynamic=dims)
    assert record.reference is not None
    assert record.reference.refused == {}
    assert outputs(record)[0] in (("a", 4), ("b", 4))


def test_sizes_stay_in_the_range_of_the_dimension(tmp_path: Path) -> None:
    image = InputSpec("image", (1, 1, 16, 16))
    dims = (DynamicDim("image", 2, "height", 8, 32, 4), DynamicDim("image", 3, "width", None, None, 4))
    steps = ("onnxscript-optimizer",)  # after which the model is run again in any case
    record = export(tmp_path / "m.onnx", "UNet", image, exporter="dynamo", dynamic=dims, post_steps=steps)
    assert outputs(record) == [(1, 1, "height", "width")]
    assert record.mismatches == ()


@pytest.mark.parametrize("options", [{"dynamic": ()}, {"format": "torchscript", "dynamic": ()}])
def test_without_dynamic_axes_the_model_is_not_run_again(tmp_path: Path, options: dict[str, Any]) -> None:
    suffix = ".pt" if "format" in options else ".onnx"
    assert export(tmp_path / f"m{suffix}", "Sums", **options).reference is None


def test_a_trace_whose_file_leaves_no_doubt_costs_no_more_runs(tmp_path: Path) -> None:
    record = export(tmp_path / "m.onnx", "Tiny", file="tiny.py")
    assert record.reference is None
    assert [info.shape for info in record.artifact.outputs] == [("batch", 3)]
    rows = asked_rows(record.asked, (X,), record.artifact, reference=record.reference)
    assert [(row.asked, row.got) for row in rows if row.aspect == "output_dim"] == [("5[0] = batch",) * 2]


@pytest.mark.parametrize(
    ("shape", "is_doubtful"),
    [
        (("batch", 3), False),
        (("2*batch", 3), False),
        ((2, 3), True),  # fixed at the size of the example
        ((5, 3), True),  # does not follow at all
        (("batch", 2), True),  # the second may be the batch, too
        (("batch", None), True),
        (None, True),
    ],
)
def test_the_shapes_of_a_file_leave_a_doubt_where_an_output_may_hold_the_size_of_the_example(
    shape: tuple[int | str | None, ...] | None, is_doubtful: bool
) -> None:
    artifact = Artifact("/m.onnx", "onnx", 1, "", (), (TensorInfo("y", "float32", shape),))
    assert leaves_doubt(artifact, (X,), (BATCH,)) is is_doubtful


def test_each_output_must_follow_for_a_file_to_leave_no_doubt() -> None:
    good, fixed = TensorInfo("y", "float32", ("batch", 3)), TensorInfo("z", "float32", (7,))
    artifact = Artifact("/m.onnx", "onnx", 1, "", (), (good, fixed))
    assert leaves_doubt(artifact, (X,), (BATCH,))
