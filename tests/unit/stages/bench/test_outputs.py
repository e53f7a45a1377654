from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.lossy import KnownPrice
from modelpack_gui.core.records import InputSpec, OutputsCheck, OutputsRequest, TensorInfo, Verdict
from modelpack_gui.stages.bench import outputs
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.prepare import prepared_of, session_key
from modelpack_gui.stages.parity.runtimes.base import Output
from modelpack_gui.stages.parity.totals import Tolerance
from tests.unit.stages.bench.nets import context_of, prepared, request_of


@pytest.fixture(autouse=True)
def _torch_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def made(values: npt.ArrayLike, dtype: str = "float32", name: str = "scores") -> Output:
    array = np.asarray(values, dtype)
    return Output(TensorInfo(name, dtype, array.shape), array)


def check(expected: Output, found: Output, *, is_lossy: bool = False) -> OutputsCheck:
    return outputs.check_outputs([expected], [found], "eager", Tolerance(1e-3, 1e-5), is_lossy=is_lossy)


RNG = np.random.default_rng(3)
SCORES = RNG.normal(size=(32, 10))
NOISY = SCORES + 0.02 * RNG.normal(size=SCORES.shape)


def test_equal_outputs_pass_without_a_difference() -> None:
    result = check(made(SCORES), made(SCORES))
    assert result.verdict is Verdict.PASSED
    assert result.is_valid
    assert (result.max_abs_diff, result.sqnr_db, result.top1_agreement) == (0.0, None, 1.0)


def test_a_fast_wrong_answer_is_invalid_and_says_how_wrong() -> None:
    result = check(made(SCORES), made(NOISY))
    assert result.verdict is Verdict.FAILED
    assert not result.is_valid
    assert result.worst_ratio is not None
    assert result.worst_ratio > 1
    assert "beyond the tolerance" in result.note


def test_a_lossy_runner_with_the_same_error_is_a_warning_with_its_price() -> None:
    result = check(made(SCORES), made(NOISY), is_lossy=True)
    assert result.verdict is Verdict.WARNING
    assert result.is_valid
    assert result.sqnr_db == pytest.approx(34.0, abs=1.0)
    assert result.top1_agreement is not None
    assert 0.9 < result.top1_agreement <= 1.0


def test_a_lossy_runner_that_tells_something_else_is_invalid() -> None:
    result = check(made(SCORES), made(RNG.normal(size=SCORES.shape)), is_lossy=True)
    assert result.verdict is Verdict.FAILED


def test_a_file_that_is_right_on_what_it_was_made_for_is_a_warning_on_random_inputs() -> None:
    wrong = made(RNG.normal(size=SCORES.shape))
    good, bad = (
        KnownPrice(verdict, "error 2.0 % of the signal (34.0 dB)", 16) for verdict in (Verdict.PASSED, Verdict.FAILED)
    )
    result = priced(wrong, good)
    assert result.verdict is Verdict.WARNING
    assert result.note.endswith(
        "But on the 16 samples that it was judged by when it was quantised: error 2.0 % of the signal (34.0 dB). The "
        "example inputs are not like those."
    )
    assert priced(wrong, bad).verdict is Verdict.FAILED
    assert priced(made(np.full(SCORES.shape, np.nan)), good).verdict is Verdict.FAILED
    assert priced(made(SCORES[:4]), good).verdict is Verdict.FAILED


def priced(found: Output, price: KnownPrice) -> OutputsCheck:
    return outputs.check_outputs([made(SCORES)], [found], "eager", Tolerance(1e-3, 1e-5), is_lossy=True, price=price)


def test_a_lossy_runner_may_answer_in_its_own_dtype_and_another_one_may_not() -> None:
    low = made(SCORES, "float16")
    assert check(made(SCORES), low, is_lossy=True).is_valid
    assert check(made(SCORES), low).verdict is Verdict.FAILED


def test_another_number_of_outputs_is_a_failure() -> None:
    result = outputs.check_outputs([made(SCORES)], [], "eager", Tolerance(1e-3, 1e-5), is_lossy=True)
    assert result.verdict is Verdict.FAILED
    assert "0 outputs" in result.note


def test_outputs_are_paired_by_name() -> None:
    one, two = made([1.0, 2.0], name="a"), made([5.0, 6.0], name="b")
    result = outputs.check_outputs([one, two], [two, one], "eager", Tolerance(0.0, 0.0), is_lossy=False)
    assert result.verdict is Verdict.PASSED


def asked(runner: str, folder: Path, *, is_reference: bool = False) -> OutputsRequest:
    return OutputsRequest(runner, str(folder), is_reference, "eager", rtol=1e-3, atol=1e-5)


def test_a_runner_is_compared_with_what_the_reference_has_left(tmp_path: Path) -> None:
    context = context_of(tmp_path)
    for runner in ("eager", "torchscript_trace"):
        prepared(request_of(runner), context)
    low = request_of("eager", {"precision": "bfloat16"})
    prepared(low, context)
    folder = tmp_path / "outputs"
    assert outputs.run(asked("eager", folder, is_reference=True), context).check is None
    traced = outputs.run(asked("torchscript_trace", folder), context).check
    assert traced is not None
    assert traced.verdict is Verdict.PASSED
    in_bfloat16 = outputs.run(asked(low.runner.key, folder), context).check
    assert in_bfloat16 is not None
    assert in_bfloat16.verdict is Verdict.WARNING
    assert in_bfloat16.sqnr_db is not None


def test_a_bfloat16_reference_is_kept_exactly(tmp_path: Path) -> None:
    context = context_of(tmp_path)
    low = request_of("eager", {"precision": "bfloat16"})
    prepared(low, context)
    outputs.run(asked(low.runner.key, tmp_path / "outputs", is_reference=True), context)
    result = outputs.run(asked(low.runner.key, tmp_path / "outputs"), context).check
    assert result is not None
    assert (result.verdict, result.max_abs_diff) == (Verdict.PASSED, 0.0)


def test_a_model_that_writes_into_its_inputs_is_compared_on_the_example_inputs(tmp_path: Path) -> None:
    context = context_of(tmp_path)
    request = request_of("eager", name="Writes", inputs=(InputSpec("x", (2,)),))
    prepared(request, context)
    runner = prepared_of("eager", context)
    for _ in range(3):
        runner.call()
    outputs.run(asked("eager", tmp_path / "outputs", is_reference=True), context)
    kept = np.load(tmp_path / "outputs" / "outputs_0.npy")
    assert (kept < 2.0).all()
    assert (kept >= 1.0).all()


def test_without_a_reference_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    context = PlainContext(tmp_path, tmp_path)
    context.session[session_key("fast")] = Prepared(lambda: None, "CPU", read=lambda result: (made([1.0]),))
    with pytest.raises(UserError) as caught:
        outputs.run(asked("fast", tmp_path / "nothing"), context)
    assert caught.value.info.code == "reference-missing"
