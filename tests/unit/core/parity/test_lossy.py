"""The judgement on outputs that differ on purpose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from modelpack_gui.core.parity.lossy import LossyOutput, error_share, judge_outputs, looks_like_scores, lossy_output
from modelpack_gui.core.records import TensorInfo, Verdict
from modelpack_gui.stages.parity.metrics import compare
from modelpack_gui.stages.parity.totals import Tolerance

GOOD = LossyOutput("logits", max_abs_diff=0.1, rmse=0.03, spread=9.0, sqnr_db=35.0, top1_agreement=1.0, rows=100)


def measured(expected: np.ndarray, actual: np.ndarray, name: str = "logits") -> LossyOutput:
    sides = [(TensorInfo(name, str(side.dtype), side.shape), side) for side in (expected, actual)]
    return lossy_output(compare(name, sides[0], sides[1], Tolerance(1e-3, 1e-5)))


def test_a_small_error_and_the_same_classes_pass() -> None:
    verdict, note = judge_outputs([GOOD])
    assert verdict is Verdict.PASSED
    assert note == "logits: the error is 1.8 % of the signal (35.0 dB); the top class is always the same."


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"sqnr_db": 5.9}, Verdict.FAILED, "tells something else"),
        ({"sqnr_db": 12.0}, Verdict.WARNING, "25 % of the signal"),
        ({"top1_agreement": 0.97}, Verdict.WARNING, "differs in 3.0 % of the rows"),
        ({"top1_agreement": 0.4}, Verdict.FAILED, "differs in 60 % of the rows"),
        ({"top1_agreement": 0.0, "rows": 1}, Verdict.WARNING, "differs in 100 % of the rows"),
        ({"top1_agreement": 0.995}, Verdict.PASSED, "0.50 %"),
        ({"rmse": 2.5, "sqnr_db": 30.0}, Verdict.FAILED, "no better than a constant"),
        ({"variation": 0.05}, Verdict.WARNING, "more than half of what other inputs change"),
        ({"variation": 3.0}, Verdict.PASSED, "always the same"),
        ({"misplaced": 2}, Verdict.FAILED, "NaN or infinite"),
        ({"max_abs_diff": None, "sqnr_db": None}, Verdict.WARNING, "nothing was compared"),
        ({"max_abs_diff": 0.0, "sqnr_db": None}, Verdict.PASSED, "exactly the same"),
        ({"sqnr_db": None}, Verdict.WARNING, "should be zero"),
        ({"problem": "The shape is 3 instead of 4."}, Verdict.FAILED, "logits: The shape is 3"),
        ({"unequal_share": 0.0}, Verdict.PASSED, "exactly the same"),
        ({"unequal_share": 0.05}, Verdict.WARNING, "5.0 % of the whole numbers"),
        ({"unequal_share": 0.2}, Verdict.FAILED, "20 % of the whole numbers"),
    ],
)
def test_each_kind_of_price_has_its_verdict(changes: dict[str, object], verdict: Verdict, words: str) -> None:
    found, note = judge_outputs([dataclasses.replace(GOOD, **changes)])  # type: ignore[arg-type]
    assert found is verdict
    assert words in note


def test_the_gravest_output_decides_and_is_the_one_spoken_of() -> None:
    verdict, note = judge_outputs([GOOD, dataclasses.replace(GOOD, name="boxes", sqnr_db=3.0, top1_agreement=None)])
    assert verdict is Verdict.FAILED
    assert note.startswith("boxes ")


def test_an_output_that_is_but_a_number_is_called_one() -> None:
    assert judge_outputs([dataclasses.replace(GOOD, name="173")])[1].startswith("output 173: the error is")


def test_nothing_to_compare_proves_nothing() -> None:
    assert judge_outputs([])[0] is Verdict.SKIPPED


def test_the_figures_come_from_what_parity_measures() -> None:
    expected = np.array([[1.0, 2.0, 5.0], [4.0, 1.0, 0.0]], np.float32)
    found = measured(expected, expected + np.float32(0.1))
    assert found.rows == 2
    assert found.top1_agreement == 1
    assert found.spread == 5
    assert found.rmse == pytest.approx(0.1)
    assert found.sqnr_db == pytest.approx(10 * np.log10((expected**2).sum() / 0.06), abs=0.01)


def test_equal_outputs_are_equal() -> None:
    expected = np.ones((2, 3), np.float32)
    assert judge_outputs([measured(expected, expected)]) == (Verdict.PASSED, "logits is exactly the same.")


def test_a_nearly_flat_softmax_that_lost_its_meaning_fails_though_its_sqnr_is_high() -> None:
    random = np.random.default_rng(0)
    expected = np.float32(0.1) + random.uniform(-0.005, 0.005, (50, 10)).astype(np.float32)
    actual = np.float32(0.1) + random.uniform(-0.005, 0.005, (50, 10)).astype(np.float32)
    found = measured(expected, actual, "probabilities")
    assert found.sqnr_db is not None
    assert found.sqnr_db > 20
    assert judge_outputs([found])[0] is Verdict.FAILED


def test_another_shape_and_a_nan_fail() -> None:
    expected = np.ones((2, 3), np.float32)
    assert judge_outputs([measured(expected, expected[:1])])[0] is Verdict.FAILED
    actual = expected.copy()
    actual[0, 0] = np.nan
    assert judge_outputs([measured(expected, actual)])[0] is Verdict.FAILED


@pytest.mark.parametrize(
    ("name", "dtype", "shape", "is_scores"),
    [
        ("output", "float32", (4, 10), True),
        ("output", "float32", (10,), True),
        ("output", "float32", (4, 1), False),
        ("image_embeddings", "float32", (4, 128), False),
        ("last_hidden_state", "float32", (2, 16, 768), False),
        ("lm_logits", "float32", (2, 16, 768), True),
        ("logits", "float32", (2, 10, 32, 32), False),
        ("labels", "int64", (4, 10), False),
        ("output", "float32", (), False),
    ],
)
def test_class_scores_are_told_by_shape_and_name(
    name: str, dtype: str, shape: tuple[int, ...], is_scores: bool
) -> None:
    assert looks_like_scores(name, dtype, shape) is is_scores


def test_the_error_is_said_as_a_share_of_the_signal() -> None:
    assert error_share(20.0) == "10 %"
    assert error_share(46.0) == "0.50 %"
