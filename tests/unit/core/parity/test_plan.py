from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Sequence

import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.plan import Case, case_of, plan, planned_cases
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CaseChoice, DynamicDim, ExportSpec, InputSet, InputSpec, ParitySpec, Regime

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


# -- sweeps

IMAGES = (InputSpec("image", (2, 3, 64, 64)), InputSpec("scale", (2,)))
HEIGHT = DynamicDim("image", 2, "height", min=32, max=512, multiple_of=32)
BATCHES = (DynamicDim("image", 0, "batch"), DynamicDim("scale", 0, "batch"))
SWEEP = ParitySpec(sweep=True)


def _sweep(
    inputs: Sequence[InputSpec] = IMAGES, dynamic: Sequence[DynamicDim] = (*BATCHES, HEIGHT), spec: ParitySpec = SWEEP
) -> tuple[Case, ...]:
    return plan(inputs, dynamic, spec)[1]


def _sizes(cases: Iterable[Case], name: str) -> set[int]:
    return {case.sizes[name] for case in cases}


def test_a_sweep_tries_small_sizes_a_prime_and_a_large_one() -> None:
    assert _sizes(_sweep(dynamic=BATCHES), "batch") == {1, 2, 3, 5, 7, 17, 64}


def test_a_sweep_tries_both_ends_of_a_range() -> None:
    wide = DynamicDim("image", 0, "batch", min=2, max=300)
    assert {2, 300} <= _sizes(_sweep([IMAGE], [wide]), "batch")
    assert 301 not in _sizes(_sweep([IMAGE], [wide]), "batch")


def test_a_sweep_keeps_to_multiples_and_to_the_range() -> None:
    heights = _sizes(_sweep(), "height")
    assert all(32 <= size <= 512 and size % 32 == 0 for size in heights)
    assert {32, 64, 96, 224, 512} <= heights  # 1, 2 and 3 times 32; the prime 7; the end


def test_a_size_that_cannot_be_afforded_is_not_tried_and_told() -> None:
    endless = DynamicDim("image", 0, "batch", max=1 << 40)
    dims, cases = plan([InputSpec("image", (2, 3, 224, 224))], [endless], SWEEP)
    assert dims[0].beyond == 1 << 40
    assert dims[0].ends == ()
    assert max(case.sizes["batch"] * 3 * 224 * 224 for case in cases) <= 1 << 22


def test_the_likeliest_failures_come_first() -> None:
    cases = _sweep()
    labels = [case.label for case in cases]
    assert labels[:5] == ["example", "batch = 1", "height = 32", "batch = 3", "height = 96"]
    first = {
        "prime": labels.index("batch = 7"),
        "large": labels.index("batch = 64"),
        "end": labels.index("height = 512"),
        "pair": next(i for i, case in enumerate(cases) if len(case.changed) == 2),
        "regime": next(i for i, case in enumerate(cases) if case.regime is not Regime.NORMAL),
        "seed": next(i for i, case in enumerate(cases) if case.seed == 1),
    }
    assert list(first.values()) == sorted(first.values())
    of_regimes = [case.regime for case in cases if case.regime is not Regime.NORMAL]
    assert of_regimes[:6] == list(Regime)[1:]


def test_dimensions_are_also_changed_in_pairs() -> None:
    dynamic = (*BATCHES, HEIGHT, DynamicDim("image", 3, "width"))
    pairs = [set(case.changed) for case in _sweep(dynamic=dynamic) if len(case.changed) == 2]
    for names in ({"batch", "height"}, {"batch", "width"}, {"height", "width"}):
        assert pairs.count(names) == 2
    assert any(len(case.changed) == 3 for case in _sweep(dynamic=dynamic))


def test_each_regime_is_tried_at_the_example_and_at_other_sizes() -> None:
    found: dict[Regime, set[int]] = {}
    for case in _sweep(dynamic=BATCHES):
        found.setdefault(case.regime, set()).add(case.sizes["batch"])
    assert all(found[regime] == {2, 1, 3, 7} for regime in list(Regime)[1:])


def test_only_the_regimes_asked_for_are_tried() -> None:
    spec = ParitySpec(sweep=True, regimes=(Regime.NORMAL, Regime.LARGE))
    assert {case.regime for case in _sweep(spec=spec)} == {Regime.NORMAL, Regime.LARGE}


def test_whole_numbers_have_no_nan_and_are_never_tiny() -> None:
    tokens = (InputSpec("tokens", (2, 7), "int64"), InputSpec("mask", (2, 7), "bool"))
    regimes = {case.regime for case in _sweep(tokens, [DynamicDim("tokens", 1, "length")])}
    assert regimes == {Regime.NORMAL, Regime.ZEROS, Regime.LARGE, Regime.EQUAL}


def test_a_model_without_dynamic_dimensions_is_swept_over_regimes_and_seeds() -> None:
    labels = [case.label for case in _sweep([IMAGE], [])]
    assert labels[:3] == ["example", "example, zeros", "example, large values"]
    assert labels[-1] == "example, seed 1"


@pytest.mark.parametrize("number", range(100))
def test_no_plan_has_a_case_twice_or_leaves_the_range(number: int) -> None:
    drawn = random.Random(number)
    example, step = drawn.randint(1, 300), drawn.choice([None, drawn.randint(1, 33)])
    low, high = drawn.choice([None, drawn.randint(0, 40)]), drawn.choice([None, drawn.randint(1, 2000)])
    sizes, seeds = drawn.choices(range(41), k=drawn.randint(0, 5)), drawn.choices(range(4), k=drawn.randint(0, 3))
    spec = ParitySpec(sizes=tuple(sizes), seeds=tuple(seeds), sweep=bool(number % 2))
    dims = [DynamicDim("x", 0, "n", low, high, step), DynamicDim("x", 1, "m")]
    _, cases = plan([InputSpec("x", (example, 4, 5))], dims, spec)
    keys = [case.choice.key for case in cases]
    assert len(set(keys)) == len(keys)
    assert cases[0].is_example
    assert not any(case.is_example for case in cases[1:])
    for case in cases:
        size = case.sizes["n"]
        assert case.shapes == {"x": (size, case.sizes["m"], 5)}
        if size != example:
            assert (low or 0) <= size <= (high if high is not None else size)
        assert ("n" in case.changed) == (size != example)


def test_a_sweep_leaves_nothing_out_that_is_tried_without_it() -> None:
    night = (InputSet("night", tuple(dataclasses.replace(item, high=0.1) for item in IMAGES)),)
    _, usual = plan(IMAGES, (*BATCHES, HEIGHT), ParitySpec(), night)
    _, swept = plan(IMAGES, (*BATCHES, HEIGHT), SWEEP, night)
    assert {case.choice.key for case in usual} <= {case.choice.key for case in swept}


def test_any_case_of_a_plan_is_found_again_by_its_choice() -> None:
    night = (InputSet("night", (InputSpec("image", (4, 3, 64, 64)), InputSpec("scale", (4,), file="a.npy"))),)
    dynamic = (*BATCHES, HEIGHT)
    for case in plan(IMAGES, dynamic, SWEEP, night)[1]:
        assert case_of(case.choice, IMAGES, dynamic, night) == case


def test_sizes_that_a_choice_leaves_out_are_those_of_its_own_example() -> None:
    night = (InputSet("night", (InputSpec("image", (4, 3, 64, 64)), InputSpec("scale", (4,)))),)
    case = case_of(CaseChoice({"height": 96}, input_set="night"), IMAGES, (*BATCHES, HEIGHT), night)
    assert (case.label, case.sizes, case.changed) == (
        "night, height = 96",
        {"batch": 4, "height": 96},
        ("batch", "height"),
    )


@pytest.mark.parametrize("choice", [CaseChoice({"length": 3}), CaseChoice(input_set="day")])
def test_a_choice_that_the_recipe_no_longer_has_is_a_user_error(choice: CaseChoice) -> None:
    with pytest.raises(UserError) as caught:
        case_of(choice, IMAGES, BATCHES)
    assert caught.value.info.code == "case-unknown"


def test_the_number_of_cases_is_known_before_a_run() -> None:
    recipe = Recipe(inputs=IMAGES, export=ExportSpec(dynamic=(*BATCHES, HEIGHT)), parity=SWEEP)
    assert planned_cases(recipe) == len(_sweep())
    assert planned_cases(dataclasses.replace(recipe, inputs=())) == 0
