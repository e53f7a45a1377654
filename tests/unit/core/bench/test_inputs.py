from __future__ import annotations

import pytest

from modelpack_gui.core.bench.inputs import batch_size_of, with_batch
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import DynamicDim, InputSpec

IMAGE = InputSpec("image", (2, 3, 32, 32))
IDS = InputSpec("ids", (2, 16), "int64")
TABLE = InputSpec("table", (16, 4))
SCALE = InputSpec("scale", (), is_value=True, value=2)


def shapes(inputs: tuple[InputSpec, ...]) -> list[tuple[int, ...]]:
    return [item.shape for item in inputs]


def test_no_batch_size_leaves_the_inputs_as_they_are() -> None:
    assert with_batch((IMAGE, IDS), (), None) == (IMAGE, IDS)


def test_all_axes_of_the_dimension_called_batch_are_changed() -> None:
    stacked = InputSpec("stacked", (5, 2))
    dynamic = (
        DynamicDim("image", 0, "batch"),
        DynamicDim("stacked", 1, "batch"),
        DynamicDim("stacked", 0, "steps"),
        DynamicDim("ids", 1, "steps"),
    )
    assert shapes(with_batch((IMAGE, stacked, IDS), dynamic, 8)) == [(8, 3, 32, 32), (5, 8), (2, 16)]


def test_without_such_a_name_the_dimension_that_most_inputs_start_with_is_changed() -> None:
    dynamic = (DynamicDim("table", 0, "rows"), DynamicDim("image", 0, "items"), DynamicDim("ids", 0, "items"))
    assert shapes(with_batch((TABLE, IMAGE, IDS), dynamic, 4)) == [(16, 4), (4, 3, 32, 32), (4, 16)]


def test_without_dynamic_axes_the_first_ones_of_the_size_of_the_first_input_are_changed() -> None:
    assert shapes(with_batch((SCALE, IMAGE, TABLE, IDS), (), 4)) == [(), (4, 3, 32, 32), (16, 4), (4, 16)]


@pytest.mark.parametrize("size", [1, 10, 16])
def test_a_size_outside_of_the_range_of_the_artifact_is_refused(size: int) -> None:
    dynamic = (DynamicDim("image", 0, "batch", min=2, max=12, multiple_of=4),)
    with pytest.raises(UserError) as caught:
        with_batch((IMAGE,), dynamic, size)
    assert caught.value.info.code == "batch-size-outside"
    assert "from 2 to 12, in multiples of 4" in caught.value.info.message


def test_inputs_without_an_axis_have_no_batch() -> None:
    with pytest.raises(UserError) as caught:
        with_batch((SCALE, InputSpec("level", ())), (), 4)
    assert caught.value.info.code == "batch-axis-unknown"


def test_the_batch_size_of_inputs_as_they_are_is_found() -> None:
    assert batch_size_of((TABLE, IMAGE), (DynamicDim("image", 0, "batch"),)) == 2
    assert batch_size_of((TABLE, IMAGE), ()) == 16
    assert batch_size_of((SCALE,), ()) is None
