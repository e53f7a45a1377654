"""Indices that differ: whether that is a choice between equal scores, or a fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from modelpack_gui.core.parity.judgement import rejudge_case
from modelpack_gui.core.parity.plan import plan
from modelpack_gui.core.records import InputSpec, OutputParity, ParityCase, ParitySpec, TensorInfo, Verdict
from modelpack_gui.stages.parity.judge import judge
from modelpack_gui.stages.parity.runtimes import Output

EXAMPLE = plan((InputSpec("x", (2, 4)),), (), ParitySpec())[1][0]


def _outputs(**values: Any) -> tuple[Output, ...]:
    arrays = {name: np.asarray(value) for name, value in values.items()}
    return tuple(Output(TensorInfo(name, array.dtype.name, array.shape), array) for name, array in arrays.items())


def _case(expected: dict[str, Any], actual: dict[str, Any], spec: ParitySpec | None = None) -> ParityCase:
    noise = (None,) * len(expected)
    return judge(EXAMPLE, _outputs(**expected), _outputs(**actual), spec or ParitySpec(), noise)


def _judged(expected: dict[str, Any], actual: dict[str, Any], name: str = "indices") -> OutputParity:
    return next(output for output in _case(expected, actual).outputs if output.name == name)


def test_topk_may_give_tied_values_in_either_order() -> None:
    values = np.array([[9.0, 5.0, 5.0, 1.0]], np.float32)
    expected = {"values": values, "indices": np.array([[3, 0, 7, 2]])}
    found = _judged(expected, {**expected, "indices": np.array([[3, 7, 0, 2]])})
    assert found.verdict is Verdict.WARNING
    assert found.reason.startswith("2 of 4 indices differ, only where either choice is right.")
    assert found.ties == "Where they differ, the scores in values tie: they are at most 0 apart."


def test_topk_in_another_order_of_values_that_do_not_tie_fails() -> None:
    expected = {"values": np.array([[9.0, 5.0, 4.0]]), "indices": np.array([[3, 0, 7]])}
    found = _judged(expected, {**expected, "indices": np.array([[3, 7, 0]])})
    assert found.verdict is Verdict.FAILED
    assert found.reason.endswith("the scores in values do not tie: they are up to 1 apart.")


@pytest.mark.parametrize("wrong", [[[3, 0, 8]], [[2, 0, 7]], [[3, 3, 7]], [[3, 0, -1]]])
def test_an_index_that_no_tie_gives_fails_although_the_values_agree(wrong: Any) -> None:
    expected = {"values": np.array([[9.0, 5.0, 4.0]]), "indices": np.array([[3, 0, 7]])}
    assert _judged(expected, {**expected, "indices": np.array(wrong)}).verdict is Verdict.FAILED


def test_the_last_of_topk_may_be_another_element_if_the_values_tie_at_the_end() -> None:
    expected = {"values": np.array([[9.0, 5.0, 5.0]]), "indices": np.array([[3, 0, 7]])}
    assert _judged(expected, {**expected, "indices": np.array([[3, 0, 8]])}).verdict is Verdict.WARNING


@pytest.mark.parametrize(("gap", "verdict"), [(1e-7, Verdict.WARNING), (0.5, Verdict.FAILED)])
@pytest.mark.parametrize("keepdims", [True, False])
def test_argmax_is_judged_by_the_scores_it_chooses_between(gap: float, verdict: Verdict, *, keepdims: bool) -> None:
    scores = np.array([[0.1, 2.0 - gap, 2.0], [7.0, 1.0, 0.0]])
    expected = {"scores": scores, "indices": scores.argmax(axis=1, keepdims=keepdims)}
    actual = expected["indices"].copy()
    actual[0] = 1
    assert _judged(expected, {"scores": scores, "indices": actual}).verdict is verdict


def test_an_argmax_along_another_axis_is_found() -> None:
    scores = np.array([[3.0, 1.0], [3.0, 9.0], [0.0, 2.0]])
    expected = {"scores": scores, "indices": np.array([0, 1])}
    assert _judged(expected, {**expected, "indices": np.array([1, 1])}).verdict is Verdict.WARNING


def test_topk_of_scores_that_are_an_output_too_is_judged_by_them() -> None:
    scores = np.array([[0.0, 4.0, 4.0, 4.0, 2.0]])
    expected = {"scores": scores, "indices": np.array([[1, 2]])}
    assert _judged(expected, {**expected, "indices": np.array([[3, 1]])}).verdict is Verdict.WARNING
    assert _judged(expected, {**expected, "indices": np.array([[3, 4]])}).verdict is Verdict.FAILED
    assert _judged(expected, {**expected, "indices": np.array([[3, 3]])}).verdict is Verdict.FAILED
    assert _judged(expected, {**expected, "indices": np.array([[3, 5]])}).verdict is Verdict.FAILED


def test_integers_that_are_no_indices_into_any_output_fail_without_a_word_of_ties() -> None:
    expected = {"scores": np.array([[0.0, 4.0, 2.0]]), "indices": np.array([[2, 0]])}
    found = _judged(expected, {**expected, "indices": np.array([[2, 1]])})
    assert (found.verdict, found.ties, found.tie) == (Verdict.FAILED, "", None)
    alone = _judged({"indices": np.array([1, 2])}, {"indices": np.array([1, 3])})
    assert (alone.verdict, alone.ties) == (Verdict.FAILED, "")


def test_whether_scores_tie_is_judged_anew_with_other_tolerances() -> None:
    expected = {"values": np.array([[9.0, 5.0, 4.99]]), "indices": np.array([[3, 0, 7]])}
    case = _case(expected, {**expected, "indices": np.array([[3, 7, 0]])})
    assert case.verdict is Verdict.FAILED
    wide = rejudge_case(case, ParitySpec(rtol=0.01))
    assert wide.outputs[1].verdict is Verdict.WARNING
    assert rejudge_case(wide, ParitySpec()) == case


def test_equal_indices_have_no_ties() -> None:
    expected = {"values": np.array([[5.0, 5.0]]), "indices": np.array([[1, 0]])}
    found = _judged(expected, expected)
    assert (found.verdict, found.tie) == (Verdict.PASSED, None)
