from __future__ import annotations

import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import DynamicDim, InputSet, InputSpec, ParitySpec
from modelpack_gui.stages.parity.cases import plan

IMAGE = InputSpec("image", (2, 3, 8, 8))
BATCH = DynamicDim("image", 0, "batch")


def test_the_example_comes_first_then_its_seeds_then_each_other_size() -> None:
    _, cases = plan([IMAGE], [BATCH], ParitySpec(sizes=(1, 2, 3), seeds=(0, 1)))
    assert [case.label for case in cases] == [
        "example",
        "example, seed 1",
        "batch = 1",
        "batch = 1, seed 1",
        "batch = 3",
        "batch = 3, seed 1",
    ]
    assert [case.is_example for case in cases] == [True] + [False] * 5
    assert cases[0].sizes == {"batch": 2}
    assert cases[4].shapes == {"image": (3, 3, 8, 8)}


def test_the_example_is_tried_even_if_its_seed_is_not_listed() -> None:
    _, cases = plan([IMAGE], [], ParitySpec(seeds=(7,)))
    assert [(case.label, case.sizes) for case in cases] == [("example", {}), ("example, seed 7", {})]


def test_sizes_outside_the_range_of_a_dimension_are_left_out() -> None:
    dims, _ = plan([IMAGE], [DynamicDim("image", 0, "batch", min=2, max=5)], ParitySpec())
    assert dims[0].sizes == (3, 5)


def test_a_range_without_any_of_the_sizes_is_tried_near_its_bounds_and_the_example() -> None:
    far = DynamicDim("image", 2, "height", min=32, max=512)
    dims, _ = plan([InputSpec("image", (2, 3, 64, 64))], [far], ParitySpec())
    assert dims[0].sizes == (32, 33, 63, 65, 129)
    narrow = DynamicDim("image", 2, "height", min=64, max=65)
    assert plan([InputSpec("image", (2, 3, 64, 64))], [narrow], ParitySpec())[0][0].sizes == (65,)


def test_no_size_is_tried_where_none_is_asked_for() -> None:
    assert plan([IMAGE], [BATCH], ParitySpec(sizes=()))[0][0].sizes == ()


def test_several_dimensions_change_one_at_a_time_and_all_in_the_last_case() -> None:
    dynamic = [BATCH, DynamicDim("image", 2, "height"), DynamicDim("image", 3, "width")]
    _, cases = plan([IMAGE], dynamic, ParitySpec(sizes=(1, 2, 3, 5), seeds=(0,)))
    assert all(len(case.changed) <= 1 for case in cases[:-1])
    last = cases[-1].sizes
    assert cases[-1].changed == ("batch", "height", "width")
    assert len(set(last.values())) == 3
    assert (last["batch"] != 2, last["height"] != 8, last["width"] != 8) == (True, True, True)


def test_axes_of_one_name_change_together() -> None:
    inputs = [InputSpec("tokens", (2, 7)), InputSpec("mask", (2, 7))]
    dynamic = [DynamicDim("tokens", 1, "length"), DynamicDim("mask", 1, "length")]
    _, cases = plan(inputs, dynamic, ParitySpec(sizes=(5,), seeds=(0,)))
    assert cases[-1].shapes == {"tokens": (2, 5), "mask": (2, 5)}


@pytest.mark.parametrize(
    ("dynamic", "code"),
    [
        ([DynamicDim("imgae", 0, "batch")], "dynamic-dim-unknown"),
        ([DynamicDim("image", 4, "batch")], "dynamic-dim-unknown"),
        ([DynamicDim("image", 0, "n"), DynamicDim("image", 1, "n")], "dynamic-dim-differs"),
    ],
)
def test_dimensions_that_do_not_fit_the_inputs_are_user_errors(dynamic: list[DynamicDim], code: str) -> None:
    with pytest.raises(UserError) as caught:
        plan([IMAGE], dynamic, ParitySpec())
    assert caught.value.info.code == code
    assert caught.value.info.hint


def test_other_input_sets_are_cases_of_their_own_after_the_sizes() -> None:
    night = InputSet("night", (InputSpec("image", (4, 3, 8, 8), high=0.1),))
    _, cases = plan([IMAGE], [BATCH], ParitySpec(sizes=(3,), seeds=(0, 1)), [night])
    assert [case.label for case in cases[-2:]] == ["night", "night, seed 1"]
    assert [(case.input_set, case.sizes, case.changed, case.is_example) for case in cases[-2:]] == [
        ("night", {"batch": 4}, ("batch",), False)
    ] * 2
    assert cases[-1].inputs == night.inputs


@pytest.mark.parametrize(
    "other",
    [
        InputSpec("picture", (2, 3, 8, 8)),
        InputSpec("image", (2, 3, 8)),
        InputSpec("image", (), is_value=True),
        InputSpec("image", (2, 3, 8, 8), argument="x"),
    ],
)
def test_a_set_with_another_call_is_refused(other: InputSpec) -> None:
    with pytest.raises(UserError) as caught:
        plan([IMAGE], [BATCH], ParitySpec(), [InputSet("night", (other,))])
    assert caught.value.info.code == "input-set-differs"


def test_what_comes_from_files_has_no_other_seeds() -> None:
    _, cases = plan([InputSpec("image", (2, 3), file="a.npy")], [], ParitySpec(seeds=(0, 1)))
    assert [case.label for case in cases] == ["example"]
    _, cases = plan([InputSpec("image", (2, 3), file="a.npy"), InputSpec("x", (1,))], [], ParitySpec(seeds=(0, 1)))
    assert [case.label for case in cases] == ["example", "example (image as in the file), seed 1"]


def test_plain_values_are_not_swept() -> None:
    inputs = [InputSpec("image", (2, 3)), InputSpec("mode", (), is_value=True, value="fast")]
    _, cases = plan(inputs, [BATCH], ParitySpec(sizes=(3,), seeds=(0,)))
    assert [case.shapes for case in cases] == [{"image": (2, 3)}, {"image": (3, 3)}]
