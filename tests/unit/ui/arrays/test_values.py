"""What the window computes from values, against brute force over the whole arrays."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ValueFiles
from modelpack_gui.ui.arrays import blocks
from modelpack_gui.ui.arrays.density import density, plane_of
from modelpack_gui.ui.arrays.judging import Counter, facts_of
from modelpack_gui.ui.arrays.log_counts import error_counts
from modelpack_gui.ui.arrays.pair import Values, open_values
from modelpack_gui.ui.arrays.pooling import Shade, Shading, SliceChoice, Window, levels, pool
from modelpack_gui.ui.arrays.saving import save_npz, save_rows, save_slice
from modelpack_gui.ui.arrays.ulp import ulp_distances
from modelpack_gui.ui.arrays.worst import Measure, worst

Array = npt.NDArray[Any]
DIFFERENCE = Shading(Shade.DIFFERENCE)


def _values(expected: Array, actual: Array, exact: Array | None = None, *, nan_equal: bool = True) -> Values:
    return Values(expected, actual, exact, None, str(expected.dtype), nan_equal)


def _noisy(shape: tuple[int, ...], dtype: Any = np.float32, seed: int = 0) -> Values:
    draw = np.random.default_rng(seed)
    expected = draw.standard_normal(shape).astype(dtype)
    return _values(expected, (expected + 1e-4 * draw.standard_normal(shape)).astype(dtype))


def _count(values: Values, rtol: float, atol: float) -> int:
    return Counter(values).count(rtol, atol)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("rtol", "atol"), [(1e-3, 1e-5), (0.0, 1e-4), (1e-4, 0.0), (0.0, 0.0), (1.0, 1.0)])
def test_the_count_of_many_blocks_is_that_of_assert_allclose(dtype: Any, rtol: float, atol: float) -> None:
    values = _noisy((9, 70_001), dtype)
    wide = values.expected.astype(float), values.actual.astype(float)
    beyond = np.abs(wide[1] - wide[0]) > atol + rtol * np.abs(wide[0])
    assert _count(values, rtol, atol) == np.count_nonzero(beyond)


@pytest.mark.parametrize("spread", [1e-7, 1e-3])  # few elements beyond the first tolerance, and many
def test_counting_again_and_again_is_as_exact_as_counting_once(spread: float) -> None:
    draw = np.random.default_rng(1)
    expected = draw.standard_normal(300_000)
    actual = expected + spread * draw.standard_normal(300_000)
    actual[draw.integers(0, 300_000, 500)] += draw.standard_normal(500)
    actual[77] = np.nan
    values = _values(expected, actual)
    counter = Counter(values)
    difference, size = values.errors(0, values.size)
    for atol in (1e-3, 2e-3, 1.5e-4, 1e-4, 1e-9, 0.0, 1e-3, 1e300):
        for rtol in (1e-3, 0.0, 0.5):
            assert counter.count(rtol, atol) == np.count_nonzero(difference > atol + rtol * size)


def test_an_element_exactly_at_the_limit_is_within_it() -> None:
    values = _values(np.array([0.0, 1.0]), np.array([0.25, 1.5]))
    assert _count(values, 0.25, 0.25) == 0
    assert _count(values, 0.25, math.nextafter(0.25, 0)) == 1
    assert _count(values, math.nextafter(0.25, 0), 0.25) == 0  # rounded as numpy rounds it


@pytest.mark.parametrize(("nan_equal", "beyond"), [(True, 3), (False, 4)])
def test_nan_and_infinities_agree_only_with_their_like(nan_equal: bool, beyond: int) -> None:
    nan, inf = math.nan, math.inf
    expected, actual = np.array([nan, nan, inf, inf, -inf, 1.0]), np.array([nan, 1.0, inf, -inf, -inf, nan])
    values = _values(expected, actual, nan_equal=nan_equal)
    assert _count(values, 1e9, 1e9) == beyond
    facts = facts_of(values)
    assert (facts.expected_nans, facts.actual_nans) == (2, 2)
    assert (facts.expected_infs, facts.actual_infs) == (3, 3)
    assert (facts.low, facts.high) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (np.array([1, 2, 3]), np.array([1, 2, 4])),
        (np.array([2**60, 2, 3]), np.array([2**60 + 1, 2, 3])),
        (np.array([True, False, True]), np.array([True, True, True])),
        (np.array(["a", "<s>", "c"]), np.array(["a", "b", "c"])),
        (np.array([200, 2, 3], np.uint8), np.array([100, 2, 3], np.uint8)),
    ],
)
def test_integers_booleans_and_strings_must_be_equal_at_any_tolerance(expected: Array, actual: Array) -> None:
    values = _values(expected, actual)
    assert _count(values, 10.0, 1e30) == 1
    assert len(worst(values, 5, Measure.BUDGET, 10.0, 1e30)) == 1


def test_complex_values_are_as_far_apart_as_their_difference_is_long() -> None:
    values = _values(np.array([1 + 1j, 2j]), np.array([1 + 1j, 2.0]))
    assert _count(values, 0.0, 2.8) == 1
    assert _count(values, 0.0, 2.9) == 0


@pytest.mark.parametrize("shape", [(), (0, 5)])
def test_scalars_and_nothing_have_counts_too(shape: tuple[int, ...]) -> None:
    values = _values(np.full(shape, 1.0), np.full(shape, 2.0))
    size = math.prod(shape)
    assert _count(values, 0.0, 0.5) == size
    assert len(worst(values, 5, Measure.ABSOLUTE, 0.0, 0.5)) == size
    x, y = plane_of(facts_of(values), is_difference=False)
    assert density(values, (8, 8), x, y, is_difference=False).inside == size
    assert sum(error_counts(values).absolute.counts) == size


@pytest.mark.parametrize("measure", list(Measure))
def test_the_worst_of_many_blocks_are_those_of_a_full_sort(measure: Measure) -> None:
    values = _noisy((700_003,), np.float64)
    difference, size = np.abs(values.actual - values.expected), np.abs(values.expected)
    score = {
        Measure.ABSOLUTE: difference,
        Measure.RELATIVE: difference / size,
        Measure.BUDGET: difference / (1e-5 + 1e-3 * size),
    }[measure]
    found = worst(values, 50, measure, 1e-3, 1e-5)
    assert [one.place for one in found] == np.argsort(-score, kind="stable")[:50].tolist()


def test_of_equally_bad_elements_the_first_come_first() -> None:
    expected = np.zeros(1000)
    actual = np.ones(1000)
    found = worst(_values(expected, actual), 3, Measure.ABSOLUTE, 0.0, 0.0)
    assert [one.index for one in found] == [(0,), (1,), (2,)]


def test_an_element_tells_its_index_and_all_its_errors() -> None:
    expected = np.array([[1.0, 2.0], [4.0, 8.0]], np.float32)
    actual = expected.copy()
    actual[1, 0] = 5.0
    (one,) = worst(_values(expected, actual, expected.astype(float)), 9, Measure.BUDGET, 0.1, 0.1)
    assert (one.index, one.expected, one.actual, one.difference, one.exact) == ((1, 0), 4.0, 5.0, 1.0, 4.0)
    assert (one.relative, one.budget) == (0.25, 2.0)
    assert one.ulp == 1 << 21


def test_ulp_distances_count_across_zero_and_in_bfloat16() -> None:
    tiny = np.finfo(np.float32).smallest_subnormal
    expected = np.array([1.0, -tiny, 0.0, np.inf], np.float32)
    actual = np.array([np.nextafter(np.float32(1), np.float32(2)), tiny, -0.0, 1.0], np.float32)
    assert ulp_distances(expected, actual, "float32") == [1, 2, 0, None]
    halves = np.array([1.0], np.float32), np.array([1.0078125], np.float32)
    assert ulp_distances(*halves, "bfloat16") == [1]
    assert ulp_distances(np.array([-1.7e308]), np.array([1.7e308]), "float64") == [
        2 * int(np.array(1.7e308).view(np.int64))
    ]
    assert ulp_distances(np.array([1]), np.array([2]), "int64") is None


def test_a_histogram_counts_every_element_where_its_error_belongs() -> None:
    values = _values(np.ones(6), np.array([1.0, 1.0, 1.001, 1.001, 1.5, np.nan]))
    found = error_counts(values)
    assert (found.absolute.zeros, sum(found.absolute.counts), found.misplaced) == (2, 3, 1)
    low, step = found.absolute.log10_low, found.absolute.log10_step
    assert found.absolute.counts[math.floor((math.log10(0.001) + 1e-9 - low) / step)] == 2
    assert found.absolute.counts[-1] == 1


def test_differences_from_zero_have_no_relative_error() -> None:
    found = error_counts(_values(np.array([0.0, 0.0, 2.0]), np.array([0.0, 1.0, 3.0])))
    assert found.without_relative == 1
    assert sum(found.relative.counts) + found.relative.zeros == 1


def test_the_smallest_errors_are_not_taken_for_agreement() -> None:
    found = error_counts(_values(np.array([0.0, 0.0]), np.array([0.0, 1e-300])))
    assert (found.absolute.zeros, sum(found.absolute.counts)) == (1, 1)


@pytest.mark.parametrize("is_difference", [False, True])
def test_a_density_holds_every_element_once(is_difference: bool) -> None:
    values = _noisy((3, 200_000))
    x, y = plane_of(facts_of(values), is_difference=is_difference)
    found = density(values, (40, 30), x, y, is_difference=is_difference)
    assert found.counts.shape == (30, 40)
    assert found.inside == int(found.counts.sum()) == values.size
    height = values.actual.astype(float) - (values.expected if is_difference else 0)
    brute, _, _ = np.histogram2d(height.ravel(), values.expected.ravel(), (30, 40), [found.y, found.x])
    assert np.abs(brute - found.counts).sum() <= 4  # on the very edge of a spot


def test_a_part_of_a_density_leaves_the_rest_out_and_nan_apart() -> None:
    values = _values(np.array([0.0, 1.0, 2.0, np.nan]), np.array([0.0, 1.0, 2.0, 1.0]))
    found = density(values, (10, 10), (0.5, 3.0), (0.5, 3.0), is_difference=False)
    assert (found.inside, found.left_out) == (2, 1)


@pytest.mark.parametrize("tile", [(1, 1), (1, 7), (6, 1), (7, 9), (500, 500)])
def test_every_tile_keeps_its_worst_element(tile: tuple[int, int]) -> None:
    values = _noisy((101, 87), np.float64)
    window = Window(0, 0, 101, 87, *tile)
    found = pool(values, SliceChoice((0, 0), 0, 1), window, DIFFERENCE)
    difference = values.actual - values.expected
    for row in range(found.shade.shape[0]):
        for column in range(found.shade.shape[1]):
            part = difference[row * tile[0] : (row + 1) * tile[0], column * tile[1] : (column + 1) * tile[1]]
            assert abs(found.shade[row, column]) == np.abs(part).max()
            assert found.shade[row, column] == difference[found.rows[row, column], found.columns[row, column]]


def test_a_single_wrong_element_of_a_million_is_in_the_picture() -> None:
    expected = np.zeros((1000, 1000), np.float32)
    actual = expected.copy()
    actual[617, 333] = -3.0
    choice = SliceChoice((0, 0), 0, 1)
    window = Window.fitting((1000, 1000), (0, 0, 1000, 1000), (90, 120))
    found = pool(_values(expected, actual), choice, window, DIFFERENCE)
    assert found.shade.shape[0] <= 90
    assert found.shade.min() == -3.0
    place = np.argwhere(found.shade == -3.0)[0]
    assert (found.rows[tuple(place)], found.columns[tuple(place)]) == (617, 333)


def test_nan_on_one_side_wins_a_tile_and_nan_on_both_loses_it() -> None:
    expected = np.array([[np.nan, 1.0], [1.0, np.nan]])
    actual = np.array([[np.nan, 2.0], [1.0, 1.0]])
    found = pool(_values(expected, actual), SliceChoice((0, 0), 0, 1), Window(0, 0, 2, 2, 1, 2), DIFFERENCE)
    assert found.shade.tolist() == [[1.0], [math.inf]]
    alone = pool(_values(expected, actual), SliceChoice((0, 0), 0, 1), Window(0, 0, 2, 2), DIFFERENCE)
    assert np.isnan(alone.shade[0, 0])


def test_a_slice_goes_through_any_two_axes_in_any_order() -> None:
    values = _noisy((2, 3, 4, 5), np.float64)
    choice = SliceChoice((1, 0, 2, 0), row_axis=3, column_axis=1)
    shape = choice.shape_in(values.shape)
    found = pool(values, choice, Window(0, 0, *shape), DIFFERENCE)
    assert np.array_equal(found.expected, values.expected[1, :, 2, :].T)
    assert choice.at(4, 2) == (1, 2, 2, 4)
    assert choice.place_of((1, 2, 2, 4)) == (4, 2)


@pytest.mark.parametrize(("shape", "choice"), [((), SliceChoice()), ((7,), SliceChoice((0,), None, 0))])
def test_scalars_and_rows_are_slices(shape: tuple[int, ...], choice: SliceChoice) -> None:
    values = _values(np.full(shape, 1.0), np.full(shape, 1.5))
    rows, columns = choice.shape_in(shape)
    found = pool(values, choice, Window(0, 0, rows, columns), DIFFERENCE)
    assert found.shade.tolist() == [[0.5] * (shape[0] if shape else 1)]
    assert levels(values, choice, found).shade_high == 0.5


def test_tiles_keep_their_grid_while_the_view_moves() -> None:
    one = Window.fitting((1000, 1000), (10.0, 13.0, 510.0, 513.0), (50, 50))
    other = Window.fitting((1000, 1000), (14.0, 17.5, 514.0, 517.5), (50, 50))
    assert (one.tall, one.wide) == (other.tall, other.wide) == (10, 10)
    assert (one.top % 10, one.left % 10, other.top % 10, other.left % 10) == (0, 0, 0, 0)


def test_levels_are_of_all_finite_elements() -> None:
    values = _values(np.array([[0.0, 2.0], [np.nan, -np.inf]]), np.array([[0.0, 2.5], [np.nan, 7.0]]))
    choice = SliceChoice((0, 0), 0, 1)
    found = levels(values, choice, pool(values, choice, Window(0, 0, 2, 2), DIFFERENCE))
    assert (found.low, found.high, found.shade_low, found.shade_high) == (0.0, 7.0, 0.5, 0.5)
    assert (found.nans, found.infs) == (2, 1)


def test_budget_and_noise_are_measured_by_their_own_units() -> None:
    values = _values(np.array([[1.0, 2.0]]), np.array([[1.5, 2.0]]), np.array([[1.25, 2.0]]))
    choice, window = SliceChoice((0, 0), 0, 1), Window(0, 0, 1, 2)
    assert pool(values, choice, window, Shading(Shade.BUDGET, 0.1, 0.15)).shade.tolist() == [[2.0, 0.0]]
    assert pool(values, choice, window, Shading(Shade.NOISE, floor=0.125)).shade.tolist() == [[2.0, 0.0]]


def test_work_that_is_not_wanted_any_more_ends_between_two_blocks() -> None:
    class Enough(Exception):
        pass

    seen: list[int] = []

    def check() -> None:
        if len(seen) == 3:
            raise Enough

    with pytest.raises(Enough):
        blocks.map_blocks(10 * blocks.BLOCK, lambda start, _: seen.append(start), check)
    assert len(seen) < 10


# Files


@pytest.fixture
def files(tmp_path: Path) -> ValueFiles:
    np.save(tmp_path / "e.npy", np.arange(6.0).reshape(2, 3))
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3) + 0.5)
    return ValueFiles(str(tmp_path / "e.npy"), str(tmp_path / "a.npy"))


def test_files_are_mapped_and_not_read(files: ValueFiles) -> None:
    values = open_values(files, "float64", nan_equal=True)
    assert isinstance(values.expected.base, np.memmap)
    assert values.shape == (2, 3)


def test_a_missing_file_is_explained(files: ValueFiles, tmp_path: Path) -> None:
    (tmp_path / "a.npy").unlink()
    with pytest.raises(UserError) as caught:
        open_values(files, "float64", nan_equal=True)
    assert caught.value.info.code == "values-missing"


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_array_is_explained(files: ValueFiles, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(UserError) as caught:
        open_values(files, "float64", nan_equal=True)
    assert caught.value.info.code == "values-unreadable"


def test_other_shapes_are_told_and_not_broadcast(files: ValueFiles, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    assert "(2, 3) was expected and (3,) came" in open_values(files, "float64", nan_equal=True).mismatch


@pytest.mark.parametrize("array", [np.zeros((0, 4)), np.array(3.0), np.array(["a", "b"]), np.array([True])])
def test_empty_scalar_text_and_boolean_files_open(tmp_path: Path, array: Array) -> None:
    np.save(tmp_path / "x.npy", array)
    files = ValueFiles(str(tmp_path / "x.npy"), str(tmp_path / "x.npy"))
    values = open_values(files, str(array.dtype), nan_equal=True)
    assert not values.mismatch
    assert _count(values, 0.0, 0.0) == 0
    assert facts_of(values).size == array.size


def test_arrays_are_saved_for_numpy(files: ValueFiles, tmp_path: Path) -> None:
    save_npz(open_values(files, "float64", nan_equal=True), tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as found:
        assert sorted(found) == ["actual", "expected"]
        assert found["actual"][1, 2] == 5.5
    assert not list(tmp_path.glob(".*"))


def test_a_slice_is_saved_with_the_index_of_each_element(files: ValueFiles, tmp_path: Path) -> None:
    values = open_values(files, "float64", nan_equal=True)
    save_slice(values, SliceChoice((0, 0), 1, 0), tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[:3] == ["axis_0,axis_1,expected,actual,difference", "0,0,0.0,0.5,0.5", "1,0,3.0,3.5,0.5"]
    assert len(lines) == 7


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        save_rows([[1, 2]], tmp_path / "missing" / "out.csv")
    assert caught.value.info.code == "values-not-written"
