"""Each way to quantise gives a file that runs, is smaller, and is judged; what cannot be done is told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.parity.lossy import KnownPrice
from modelpack_gui.core.quantize.presets import usual_specs
from modelpack_gui.core.quantize.text import error_text
from modelpack_gui.core.records import (
    CalibrationSpec,
    InputSpec,
    QuantizeAdvice,
    QuantizedVariant,
    QuantizeReport,
    QuantizeSpec,
    Verdict,
)
from modelpack_gui.stages.common.price import price_in
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.quantize import stage
from modelpack_gui.stages.quantize import variant as variant_module
from modelpack_gui.stages.quantize.loading import loading_fault
from tests.unit.stages.quantize.models import FEW, IMAGE, Watching, attention_net, conv_net, request_for

STATIC = QuantizeSpec(calibration=FEW)


@pytest.fixture
def context(tmp_path: Path) -> Watching:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Watching(tmp_path, scratch)


def quantized(context: Watching, *specs: QuantizeSpec, path: Path | None = None) -> QuantizeReport:
    return stage.run(request_for(path or conv_net(context.base), *specs), context)


def only(report: QuantizeReport) -> QuantizedVariant:
    (variant,) = report.variants
    assert variant.error is None, variant.error
    return variant


def outputs(path: str | Path, values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: values})[0])


def test_the_usual_ways_all_come_about_and_each_is_told_when_it_is_ready(context: Watching) -> None:
    report = quantized(context, *usual_specs(STATIC))
    assert [part.label for part in context.parts] == [one.label for one in report.variants]
    assert context.parts == list(report.variants)
    for variant in report.variants:
        assert variant.error is None
        assert Path(variant.path).is_file()
        assert variant.sha256
        assert variant.on_held_out is not None
        assert variant.on_held_out.samples == 6
        assert variant.on_held_out.worst_sqnr_db is not None
        assert variant.on_held_out.worst_sqnr_db > (10 if "entropy" in variant.label else 20)  # it cuts ranges
        assert variant.verdict in (Verdict.PASSED, Verdict.WARNING)
    assert len({one.path for one in report.variants}) == 6
    assert not list(context.scratch.iterdir())
    known = [fraction for fraction in context.fractions if fraction is not None]
    assert len(known) == len(context.fractions)
    assert known == sorted(known)
    assert known[-1] <= 1


def test_the_errors_are_those_that_numpy_finds(context: Watching, tmp_path: Path) -> None:
    values = np.random.default_rng(3).uniform(-1, 1, (10, 3, 8, 8)).astype(np.float32)
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "all.npy", values)
    spec = dataclasses.replace(STATIC, calibration=CalibrationSpec("folder", "data", held_out=0.0))
    variant = only(quantized(context, spec))
    assert variant.on_held_out is None
    assert variant.on_calibration is not None
    expected, actual = outputs(tmp_path / "net.onnx", values), outputs(variant.path, values)
    difference = actual.astype(np.float64) - expected
    (found,) = variant.on_calibration.outputs
    assert found.max_abs_diff == pytest.approx(np.abs(difference).max(), rel=1e-4)
    assert found.mean_abs_diff == pytest.approx(np.abs(difference).mean(), rel=1e-4)
    sqnr = 10 * np.log10((expected.astype(np.float64) ** 2).sum() / (difference**2).sum())
    assert found.sqnr_db == pytest.approx(sqnr, abs=0.01)
    cosine = (expected * actual).sum() / np.linalg.norm(expected) / np.linalg.norm(actual)
    assert found.cosine == pytest.approx(cosine, abs=1e-5)
    agreement = (expected.argmax(1) == actual.argmax(1)).mean()
    assert variant.on_calibration.top1_agreement == pytest.approx(agreement)
    assert variant.on_calibration.top5_agreement is None
    assert variant.on_calibration.rows == 10


def test_operators_that_run_in_integers_are_counted(context: Watching) -> None:
    static = only(quantized(context, STATIC))
    assert static.quantized_ops["Conv"] == 2
    assert static.quantized_ops["Gemm"] == 1
    assert "Conv" not in static.float_ops


def test_excluded_nodes_stay_in_float(context: Watching) -> None:
    variant = only(quantized(context, dataclasses.replace(STATIC, exclude_nodes=("depthwise",))))
    assert variant.quantized_ops["Conv"] == 1
    assert variant.float_ops["Conv"] == 1
    assert variant.label == "INT8 static, 1 node in float32"


@pytest.mark.parametrize("has_data", [False, True])
def test_the_runtime_does_not_quantize_after_all_what_was_excluded(context: Watching, has_data: bool) -> None:
    path = conv_net(context.base, width=64, has_data=has_data)
    spec = dataclasses.replace(STATIC, exclude_nodes=("first",), op_types=("Conv", "Gemm"))
    made = Path(only(quantized(context, spec, path=path)).path)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(context.scratch / "optimized.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(made), options, providers=["CPUExecutionProvider"])
    names = {node.name for node in onnx.load(options.optimized_model_filepath).graph.node if node.op_type == "Conv"}
    assert len(names) == 1


def test_only_the_named_op_types_are_quantized(context: Watching) -> None:
    variant = only(quantized(context, dataclasses.replace(STATIC, op_types=("Gemm",))))
    assert set(variant.quantized_ops) == {"Gemm"}
    assert variant.float_ops["Conv"] == 2


def test_a_gemm_left_out_of_dynamic_quantizing_stays_though_the_tool_renames_it(context: Watching) -> None:
    spec = dataclasses.replace(STATIC, method="dynamic", exclude_nodes=("head",))
    variant = only(quantized(context, spec))
    assert set(variant.quantized_ops) == {"Conv"}


def test_a_scale_per_channel_saves_a_depthwise_net_that_one_scale_spoils(context: Watching) -> None:
    path = conv_net(context.base, spread=10.0)
    report = quantized(context, STATIC, dataclasses.replace(STATIC, per_channel=False), path=path)
    sqnrs = [one.on_held_out.worst_sqnr_db or 0.0 for one in report.variants if one.on_held_out is not None]
    assert sqnrs[0] > sqnrs[1] + 3
    assert "per_tensor_depthwise" in [one.kind for one in report.variants[1].advice]


def test_float16_is_half_as_large_and_nearly_exact(context: Watching) -> None:
    variant = only(quantized(context, dataclasses.replace(STATIC, method="float16")))
    assert variant.on_held_out is not None
    assert (variant.on_held_out.worst_sqnr_db or 0) > 50
    inputs = onnx.load(variant.path).graph.input
    assert inputs[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_a_file_that_onnxruntime_cannot_load_by_default_is_told(
    context: Watching, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def crashes(path: Path, context: Context) -> QuantizeAdvice | None:
        return loading_fault(path, context, "tests.unit.stages.quantize.models:end_at_once")

    monkeypatch.setattr(variant_module, "loading_fault", crashes)
    variant = only(quantized(context, dataclasses.replace(STATIC, method="float16")))
    assert variant.verdict is Verdict.WARNING
    assert variant.advice[0].kind == "not_loadable_by_default"
    assert "it crashes" in variant.summary
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    refused = loading_fault(broken, context)
    assert refused is not None
    assert "refuses it (" in refused.text


def test_float16_inputs_and_outputs_can_be_float16_too(context: Watching) -> None:
    variant = only(quantized(context, dataclasses.replace(STATIC, method="float16", keep_io_types=False)))
    assert onnx.load(variant.path).graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT16
    assert variant.on_held_out is not None
    assert variant.on_held_out.is_finite


def test_a_file_says_of_itself_what_it_costs(context: Watching) -> None:
    variant = only(quantized(context, STATIC))
    found = price_in(read_artifact(variant.path).metadata)
    assert found == KnownPrice(variant.verdict, error_text(variant.on_held_out), 6)
    assert price_in({}) is None
    assert price_in({"modelpack.price": '{"verdict": "great"}'}) is None


def test_two_inputs_are_calibrated_together(context: Watching) -> None:
    path = attention_net(context.base)
    inputs = [InputSpec(name, (2, 5, 16), low=-1.0, high=1.0) for name in ("x", "y")]
    report = stage.run(request_for(path, STATIC, inputs=inputs), context)
    variant = only(report)
    assert variant.quantized_ops["MatMul"] == 5
    assert variant.on_held_out is not None
    assert variant.on_held_out.top1_agreement is None


def test_an_old_opset_is_raised_for_a_scale_per_channel(context: Watching) -> None:
    variant = only(quantized(context, STATIC, path=conv_net(context.base, opset=11)))
    opsets = {item.domain: item.version for item in onnx.load(variant.path).opset_import}
    assert opsets[""] >= 13
    assert "opset_raised" in [one.kind for one in variant.advice]


def test_weights_in_a_data_file_stay_in_one(context: Watching) -> None:
    variant = only(quantized(context, STATIC, path=conv_net(context.base, width=256, has_data=True)))
    data = Path(f"{variant.path}.data")
    assert data.is_file()
    assert variant.size_bytes == Path(variant.path).stat().st_size + data.stat().st_size


def test_a_static_batch_is_filled(context: Watching, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(7):
        np.save(tmp_path / "data" / f"{number}.npy", np.full((3, 8, 8), number / 7, np.float32))
    spec = dataclasses.replace(STATIC, calibration=CalibrationSpec("folder", "data", held_out=0.5))
    variant = only(quantized(context, spec, path=conv_net(context.base, batch=2)))
    assert variant.on_calibration is not None
    assert variant.on_calibration.samples + (variant.on_held_out.samples if variant.on_held_out else 0) == 3
    assert variant.on_calibration.rows == 2 * variant.on_calibration.samples


def test_one_way_that_fails_leaves_the_others_whole(context: Watching) -> None:
    bad = dataclasses.replace(STATIC, op_types=("LSTM",))
    report = quantized(context, bad, STATIC)
    assert report.variants[0].error is not None
    assert report.variants[0].error.code == "nothing-to-quantize"
    assert report.variants[0].error.hint
    assert report.variants[1].error is None
    assert report.verdict is Verdict.WARNING
    assert "1 of 2 could be made" in report.summary


def test_if_none_could_be_made_the_job_fails_and_says_why(context: Watching) -> None:
    missing = dataclasses.replace(STATIC, calibration=CalibrationSpec("folder", "nowhere"))
    with pytest.raises(UserError, match="no folder") as caught:
        quantized(context, missing, dataclasses.replace(missing, method="dynamic"))
    assert caught.value.info.code == "calibration-folder-missing"
    assert sorted(path.name for path in context.base.iterdir()) == ["net.onnx", "scratch"]


def test_the_float32_artifact_is_never_written_over(context: Watching) -> None:
    with pytest.raises(UserError, match="not written over"):
        quantized(context, dataclasses.replace(STATIC, output_path="net.onnx"))


def test_two_ways_do_not_write_one_file(context: Watching) -> None:
    one = dataclasses.replace(STATIC, output_path="out/q.onnx")
    report = quantized(context, one, dataclasses.replace(one, per_channel=False))
    assert report.variants[0].error is None
    assert report.variants[1].error is not None
    assert report.variants[1].error.code == "output-taken"


def test_what_is_quantized_is_not_quantized_again(context: Watching) -> None:
    made = Path(only(quantized(context, STATIC)).path)
    with pytest.raises(UserError, match="quantised already"):
        quantized(context, STATIC, path=made)


@pytest.mark.parametrize("at", ["Calibrating, sample 3", "Comparing", "INT8 dynamic"])
def test_a_cancelled_job_leaves_no_half_written_file(tmp_path: Path, at: str) -> None:
    (tmp_path / "scratch").mkdir()
    context = Watching(tmp_path, tmp_path / "scratch", stop_at=at)
    dynamic = dataclasses.replace(STATIC, method="dynamic")
    with pytest.raises(JobCancelled):
        quantized(context, STATIC, dynamic)
    ready = {Path(part.path).name for part in context.parts}
    assert {path.name for path in tmp_path.iterdir()} == {"net.onnx", "scratch", *ready}
    assert not list(context.scratch.iterdir())


def test_nothing_is_printed_and_no_log_handler_is_left(context: Watching, capfd: pytest.CaptureFixture[str]) -> None:
    import logging

    before = list(logging.getLogger().handlers)
    quantized(context, dataclasses.replace(STATIC, calibration_method="entropy", preprocess=False))
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger().handlers == before


def test_one_class_for_all_inputs_proves_little_and_is_said(context: Watching, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "same.npy", np.tile(np.ones((1, 3, 8, 8), np.float32), (8, 1, 1, 1)))
    spec = dataclasses.replace(STATIC, calibration=CalibrationSpec("folder", "data"))
    assert "proves little" in only(quantized(context, spec)).summary


def test_an_input_the_artifact_has_no_use_for_is_not_fed(context: Watching) -> None:
    report = stage.run(
        request_for(conv_net(context.base), STATIC, inputs=[InputSpec("unused", (2, 2)), IMAGE]), context
    )
    assert only(report).verdict is Verdict.PASSED
