"""Models that answer differently each time: recognised, and the artifact measured by their own spread."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import TensorProto, helper

from modelpack_gui.core.records import (
    ParitySpec,
    Verdict,
)
from modelpack_gui.stages.parity.reference import RANDOM_MODEL
from tests.unit.stages.parity.models import MODELS, affine, run_parity


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    return tmp_path


def test_a_random_model_is_doubtful_and_measured_by_its_own_spread(folder: Path) -> None:
    report = run_parity(folder, "Random", affine(folder / "m.onnx"))
    assert (report.verdict, report.is_random) == (Verdict.WARNING, True)
    assert "the model gives different answers to the same input: up to " in report.summary
    assert [item.category for item in report.warnings] == [RANDOM_MODEL]
    outputs = [output for case in report.cases for output in case.outputs]
    assert all((output.max_abs_diff or 0.0) <= 4 * (output.own_spread or 0.0) for output in outputs)
    assert any("the model itself differs by up to " in output.reason for output in outputs)


def test_an_artifact_far_beyond_the_spread_of_a_random_model_fails(folder: Path) -> None:
    report = run_parity(folder, "Random", affine(folder / "m.onnx", scale=400.0))
    assert report.verdict is Verdict.FAILED
    assert report.summary.endswith("; the model is random.")


def test_what_a_random_model_gives_the_same_each_time_must_agree(folder: Path) -> None:
    rank = (
        helper.make_node("Mul", ["x", "scale"], ["sure"]),
        helper.make_tensor_value_info("sure", TensorProto.FLOAT, ["n", 4]),
    )
    artifact = affine(folder / "m.onnx", extra=[rank])
    assert run_parity(folder, "HalfRandom", artifact).verdict is Verdict.WARNING
    report = run_parity(folder, "HalfRandom", affine(folder / "m.onnx", extra=[rank], scale=2.1))
    assert [output.verdict for output in report.cases[0].outputs] == [Verdict.WARNING, Verdict.FAILED]


def test_a_model_that_is_random_within_the_tolerance_is_doubtful(folder: Path) -> None:
    report = run_parity(
        folder, "Random", affine(folder / "m.onnx"), spec=ParitySpec(rtol=10.0, atol=10.0, seeds=(0,))
    )
    assert report.verdict is Verdict.WARNING
    assert report.summary.startswith("Doubtful: ")
    assert "different answers to the same input" in report.summary
