"""What is said before anything is quantised, and that following it takes it away."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.core.cpu_flags import lacks_vnni
from modelpack_gui.core.quantize.advice import advise, changed_spec
from modelpack_gui.core.quantize.facts import QuantizeFacts
from modelpack_gui.core.records import (
    CalibrationSpec,
    InputSpec,
    QuantizeAdviceReport,
    QuantizeAdviceRequest,
    QuantizeSpec,
)
from modelpack_gui.stages.quantize import advise as job
from tests.unit.stages.quantize.models import IMAGE, Watching, attention_net, conv_net

VNNI = ("sse4_1", "avx2", "avx512_vnni")
OLD = ("sse4_1", "avx", "avx2")
ARM = ("asimd", "asimddp")
QDQ = frozenset({"Conv", "Gemm", "MatMul", "LayerNormalization"})
CONV = QuantizeFacts(
    {"Conv": 4, "Relu": 4, "Gemm": 1},
    ("first", "second"),
    QDQ,
    QDQ,
    frozenset({"Conv", "MatMul", "LSTM"}),
    cpu_flags=VNNI,
    opset_version=17,
)
STATIC = QuantizeSpec()


def kinds(spec: QuantizeSpec = STATIC, facts: QuantizeFacts = CONV, **changes: Any) -> list[str]:
    return [one.kind for one in advise(spec, dataclasses.replace(facts, **changes))]


def test_a_usual_net_on_a_usual_machine_needs_no_advice() -> None:
    assert kinds() == []


@pytest.mark.parametrize(
    ("spec", "changes", "kind"),
    [
        (QuantizeSpec(method="dynamic"), {}, "dynamic_on_conv"),
        (STATIC, {"is_quantized": True}, "already_quantized"),
        (STATIC, {"weights_dtype": "float16"}, "not_float32"),
        (STATIC, {"op_counts": {"Relu": 1}}, "nothing_to_quantize"),
        (QuantizeSpec(op_types=("LSTM",)), {"quantizable": frozenset()}, "nothing_to_quantize"),
        (QuantizeSpec(method="float16"), {"weights_dtype": ""}, "nothing_to_quantize"),
        (QuantizeSpec(activation_type="int8", weight_type="uint8"), {}, "types_not_supported"),
        (STATIC, {"cpu_flags": OLD}, "no_vnni"),
        (QuantizeSpec(reduce_range=False), {"cpu_flags": OLD}, "no_vnni"),
        (QuantizeSpec(reduce_range=True), {}, "reduced_for_nothing"),
        (QuantizeSpec(per_channel=False), {"depthwise": 3}, "per_tensor_depthwise"),
        (QuantizeSpec(activation_type="int8", format="qoperator"), {}, "int8_activations"),
        (QuantizeSpec(symmetric_weights=False), {}, "asymmetric_weights"),
        (QuantizeSpec(format="qoperator"), {}, "prefer_qdq"),
        (STATIC, {"op_counts": {"MatMul": 1, "LayerNormalization": 2}}, "rounded_in_float"),
        (STATIC, {"op_counts": {"Conv": 1, "LSTM": 1}}, "left_in_float"),
        (STATIC, {"op_counts": {"MatMul": 8, "Softmax": 2}}, "static_on_transformer"),
        (QuantizeSpec(method="float16"), {}, "float16_on_cpu"),
        (STATIC, {"opset_version": 12}, "opset_raised"),
        (STATIC, {"calibration_samples": 4}, "few_samples"),
        (STATIC, {"is_random": True}, "random_data"),
        (QuantizeSpec(exclude_nodes=("first", "gone")), {}, "unknown_nodes"),
        (QuantizeSpec(calibration_method="entropy"), {}, "entropy_cuts"),
    ],
)
def test_each_known_trouble_is_told_and_its_change_ends_it(
    spec: QuantizeSpec, changes: dict[str, object], kind: str
) -> None:
    facts = dataclasses.replace(CONV, **changes)  # type: ignore[arg-type]
    (found,) = [one for one in advise(spec, facts) if one.kind == kind]
    assert found.text.endswith(".")
    if found.changes:
        better = changed_spec(spec, found)
        assert better != spec
        assert kind not in [one.kind for one in advise(better, facts) if one.text == found.text]


def test_the_gravest_advice_comes_first() -> None:
    found = advise(QuantizeSpec(method="dynamic"), dataclasses.replace(CONV, is_quantized=True, is_random=True))
    severities = [one.severity for one in found]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)


def test_settings_that_a_method_does_not_look_at_are_not_spoken_of() -> None:
    spec = QuantizeSpec(method="float16", per_channel=False, symmetric_weights=False, reduce_range=False)
    assert kinds(spec, depthwise=3, cpu_flags=OLD, calibration_samples=1) == ["float16_on_cpu"]


def test_vnni_is_missed_on_x86_only_and_only_where_the_flags_are_known() -> None:
    assert lacks_vnni(OLD)
    assert not lacks_vnni(VNNI)
    assert not lacks_vnni(ARM)
    assert not lacks_vnni(())


def report(folder: Path, path: Path, spec: QuantizeSpec, *inputs: InputSpec) -> QuantizeAdviceReport:
    return job.run(QuantizeAdviceRequest(path.name, spec, inputs), Watching(folder, folder))


def test_the_job_reads_what_the_advice_needs_from_the_artifact(tmp_path: Path) -> None:
    spec = QuantizeSpec(per_channel=False, calibration=CalibrationSpec(samples=8))
    found = report(tmp_path, conv_net(tmp_path, opset=11), spec, IMAGE)
    assert {"per_tensor_depthwise", "few_samples", "random_data"} <= {one.kind for one in found.advice}
    assert found.op_counts == {"Conv": 2, "Relu": 1, "GlobalAveragePool": 1, "Flatten": 1, "Gemm": 1}
    assert set(found.quantizable) == {"Conv", "Relu", "GlobalAveragePool", "Flatten", "Gemm"}
    assert set(found.node_names) == {"first", "relu", "depthwise", "pool", "flatten", "head"}


def test_the_job_names_what_the_method_can_quantize(tmp_path: Path) -> None:
    found = report(tmp_path, attention_net(tmp_path), QuantizeSpec(method="dynamic"))
    assert set(found.quantizable) == {"MatMul", "Transpose"}
    assert "softmax" not in found.node_names
