from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from modelpack_gui.core.parity.rounding import half_spacing
from modelpack_gui.core.records import ParitySpec, TensorInfo
from modelpack_gui.stages.layers.matching import match_in_order
from modelpack_gui.stages.layers.measure import CHUNK, measure
from modelpack_gui.stages.parity.metrics import compare
from modelpack_gui.stages.parity.totals import Tolerance

TOLERANCE = (1e-3, 1e-5)


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [("float32", 1.0), ("float32", 1e-30), ("float32", 1e30), ("float16", 1.0), ("float64", 1.0), ("float64", 1e30)],
)
def test_the_figures_are_those_of_parity(dtype: str, scale: float) -> None:
    random = np.random.default_rng(3)
    one = (scale * random.standard_normal(CHUNK + 1000)).astype(dtype)
    other = (one * (1 + 1e-2 * random.standard_normal(one.size))).astype(dtype)
    one[:3] = other[:3] = 0
    ours = measure(torch.from_numpy(one), torch.from_numpy(other), None, TOLERANCE)
    info = TensorInfo("x", dtype, one.shape)
    theirs = compare("x", (info, one), (info, other), Tolerance(*TOLERANCE))
    assert ours.misplaced == theirs.misplaced
    assert ours.max_ulp == theirs.max_ulp
    assert ours.max_abs == pytest.approx(theirs.max_abs_diff, rel=1e-6)
    assert ours.max_rel == pytest.approx(theirs.max_rel_diff, rel=1e-5)
    assert ours.rmse == pytest.approx(theirs.rmse, rel=1e-4)
    assert ours.max_budget == pytest.approx(theirs.max_budget, rel=1e-5)
    assert ours.max_expected == pytest.approx(theirs.max_expected)


def test_nan_and_inf_count_where_they_are_misplaced_and_nowhere_else() -> None:
    expected = torch.tensor([1.0, math.nan, math.inf, -math.inf, 2.0, 3.0])
    actual = torch.tensor([1.0, math.nan, math.inf, math.inf, math.nan, 3.5])
    errors = measure(expected, actual, expected.double(), TOLERANCE)
    assert (errors.misplaced, errors.compared) == (2, 2)
    assert errors.max_abs == 0.5
    assert errors.wide == 0.5
    assert measure(expected, actual, None, TOLERANCE, nan_equal=False).misplaced == 3


def test_a_difference_that_overflows_float32_is_finite() -> None:
    errors = measure(torch.tensor([3e38]), torch.tensor([-3e38]), None, TOLERANCE)
    assert errors.max_abs == pytest.approx(6e38)
    assert errors.misplaced == 0


def test_the_noise_floor_is_eagers_own_error_and_at_least_half_a_spacing() -> None:
    exact = torch.tensor([1.0 + 2.0**-30, 8.0], dtype=torch.float64)
    eager = exact.float()
    errors = measure(eager, eager + torch.tensor([0.0, 2.0**-20]), exact, TOLERANCE)
    assert errors.noise == 2.0**-30
    assert errors.floor == half_spacing("float32", 8.0) == 2.0**-21
    assert errors.ratio == 2.0
    assert ParitySpec().tolerance_of("float32") == TOLERANCE


def test_integers_are_counted_and_not_measured_by_a_tolerance() -> None:
    errors = measure(torch.tensor([1, 2, 3]), torch.tensor([1, 5, 4]), None, TOLERANCE)
    assert (errors.unequal, errors.max_abs, errors.max_budget) == (2, 3.0, 0.0)


@pytest.mark.parametrize(
    ("one", "other", "pairs"),
    [
        ("aab", "ab", [(1, 0), (2, 1)]),  # an operation ends in the last of its nodes
        ("abc", "cab", [(0, 1), (1, 2)]),
        ("abc", "xyz", []),
    ],
)
def test_sequences_are_matched_in_order(one: str, other: str, pairs: list[tuple[int, int]]) -> None:
    left, right = list(enumerate(one)), list(enumerate(other))
    found = match_in_order(left, right, lambda a, b: int(a[1] == b[1]))
    assert [(a[0], b[0]) for a, b in found] == pairs


def test_long_sequences_are_matched_piece_by_piece() -> None:
    items = list(range(3000))
    found = match_in_order(items, items, lambda a, b: int(a == b))
    assert found == [(item, item) for item in items]
