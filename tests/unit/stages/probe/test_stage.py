"""The probe on a tiny model for each verdict: which sizes a model takes, alone and together."""

from __future__ import annotations

import json

import pytest

from modelpack_gui.core import serde
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import (
    AxisRef,
    DimFinding,
    DynamicDim,
    InputSpec,
    ModelSource,
    ProbeReport,
    ProbeRequest,
)
from modelpack_gui.stages.probe import stage
from tests.places import MODELS

IDS = InputSpec("ids", (2, 8), "int64")
MASK = InputSpec("mask", (2, 8))


def probe(name: str, *inputs: InputSpec, file: str = "sizes.py", budget_s: float = 30.0) -> ProbeReport:
    return stage.run(ProbeRequest(ModelSource(file=file, name=name), inputs, budget_s), PlainContext(MODELS))


def dim(report: ProbeReport, name: str, axis: int) -> DimFinding:
    (found,) = [item for item in report.dims if (item.input, item.axis) == (name, axis)]
    return found


def taken(found: DimFinding) -> set[int]:
    return {trial.size for trial in found.trials if trial.outcome == "taken"}


def test_axes_that_take_any_size_by_themselves_are_free_and_named() -> None:
    report = probe("Free", InputSpec("x", (2, 3, 4)))
    batch, sequence = dim(report, "x", 0), dim(report, "x", 1)
    assert (batch.verdict, batch.name, batch.min, batch.max) == ("free", "batch", None, None)
    assert (sequence.verdict, sequence.name) == ("free", "sequence")
    assert {1, 2, 3, 4} <= taken(sequence)
    assert max(taken(sequence)) > 1000
    assert batch.proposal == DynamicDim("x", 0, "batch")
    assert [str(item) for item in batch.followers] == ["output[0]"]
    assert report.outputs[0].shape == ("batch", "sequence", 3)


def test_a_fixed_axis_says_so_with_the_models_own_error_and_line() -> None:
    found = dim(probe("Free", InputSpec("x", (2, 3, 4))), "x", 2)
    assert (found.verdict, found.proposal) == ("fixed", None)
    assert "mat1 and mat2 shapes cannot be multiplied" in found.reason
    assert "sizes.py:" in found.reason


def test_axes_that_must_agree_are_tied_and_share_a_name() -> None:
    report = probe("Encoder", IDS, MASK)
    ids, mask = dim(report, "ids", 1), dim(report, "mask", 1)
    assert (ids.verdict, ids.group) == ("tied", (AxisRef("mask", 1),))
    assert (mask.verdict, mask.group) == ("tied", (AxisRef("ids", 1),))
    assert ids.name == mask.name == "sequence"
    assert dim(report, "ids", 0).name == dim(report, "mask", 0).name == "batch"
    assert report.outputs[0].shape == ("batch", 4)


def test_the_largest_size_of_position_embeddings_is_found_exactly() -> None:
    found = dim(probe("Encoder", IDS, MASK), "ids", 1)
    assert (found.min, found.max) == (None, 16)
    assert "index out of range" in found.reason
    assert found.proposal == DynamicDim("ids", 1, "sequence", None, 16)


def test_an_example_of_the_largest_size_is_bounded_not_fixed() -> None:
    report = probe("Encoder", InputSpec("ids", (2, 16), "int64"), InputSpec("mask", (2, 16)))
    assert dim(report, "ids", 1).max == 16


def test_examples_of_size_one_do_not_pass_for_independent_by_broadcasting() -> None:
    report = probe("Encoder", InputSpec("ids", (1, 8), "int64"), InputSpec("mask", (1, 8)))
    assert dim(report, "ids", 0).group == (AxisRef("mask", 0),)
    assert dim(report, "ids", 0).size == 1


def test_a_u_net_takes_multiples_of_its_stride() -> None:
    report = probe("UNet", InputSpec("image", (2, 1, 32, 16)))
    height, width = dim(report, "image", 2), dim(report, "image", 3)
    assert (height.verdict, height.multiple_of, height.group) == ("multiple", 4, ())
    assert (width.verdict, width.multiple_of) == ("multiple", 4)
    assert height.proposal == DynamicDim("image", 2, "height", None, None, 4)
    assert report.outputs[0].shape == ("batch", 1, "height", "width")


def test_the_smallest_picture_of_a_kernel_is_found_and_the_outputs_follow_a_formula() -> None:
    report = probe("Conv", InputSpec("image", (1, 1, 12, 9)))
    height = dim(report, "image", 2)
    assert (height.verdict, height.min, height.max) == ("bounded", 5, None)
    assert "Kernel size" in height.reason
    assert report.outputs[0].shape == (
        "batch",
        2,
        "(height - 3) / 2, rounded down",
        "(width - 3) / 2, rounded down",
    )


def test_a_mask_as_long_as_cache_and_tokens_is_tied_to_both() -> None:
    report = probe("Cached", InputSpec("x", (2, 3, 4)), InputSpec("past", (2, 5, 4)), InputSpec("mask", (2, 8)))
    assert dim(report, "x", 1).group == (AxisRef("mask", 1),)
    assert dim(report, "past", 1).group == (AxisRef("mask", 1),)
    assert dim(report, "mask", 1).group == (AxisRef("x", 1), AxisRef("past", 1))
    assert len({dim(report, name, 1).name for name in ("x", "past", "mask")}) == 3
    assert report.outputs[0].shape == ("batch", dim(report, "mask", 1).name, dim(report, "x", 2).name)


def test_a_picture_of_twice_the_size_keeps_its_ratio() -> None:
    report = probe("Pyramid", InputSpec("small", (2, 3, 4, 6)), InputSpec("large", (2, 3, 8, 12)))
    small, large = dim(report, "small", 2), dim(report, "large", 2)
    assert (small.group, large.group) == ((AxisRef("large", 2),), (AxisRef("small", 2),))
    assert (small.multiple_of, large.multiple_of) == (1, 2)


def test_two_axes_of_one_input_that_must_agree_share_a_name() -> None:
    report = probe("Square", InputSpec("x", (3, 3)))
    assert [item.name for item in report.dims] == ["size", "size"]


def test_a_model_that_fixes_its_batch_has_nothing_to_propose() -> None:
    report = probe("FixedBatch", InputSpec("x", (2, 4)), file="tiny.py")
    assert [item.verdict for item in report.dims] == ["fixed", "fixed"]
    assert "shape '[2, 4]' is invalid" in report.dims[0].reason


def test_without_time_the_axes_are_reported_as_not_tried() -> None:
    report = probe("Free", InputSpec("x", (2, 3, 4)), budget_s=0.0)
    assert not report.is_complete
    assert {item.verdict for item in report.dims} == {"untried"}


def test_a_report_survives_the_process_boundary() -> None:
    report = probe("Encoder", IDS, MASK)
    assert serde.decode(ProbeReport, json.loads(serde.dumps(serde.encode(report)))) == report


def test_a_model_that_refuses_its_example_is_an_error() -> None:
    with pytest.raises(UserError) as caught:
        probe("Free", InputSpec("x", (2, 3, 5)))
    assert caught.value.info.code == "forward-failed"


def test_a_probe_stops_when_it_is_cancelled() -> None:
    class Cancels(PlainContext):
        asked = 0

        def check_cancelled(self) -> None:
            self.asked += 1
            if self.asked > 8:
                raise JobCancelled

    context = Cancels(MODELS)
    with pytest.raises(JobCancelled):
        stage.run(ProbeRequest(ModelSource(file="sizes.py", name="Encoder"), (IDS, MASK)), context)
    assert context.asked == 9
