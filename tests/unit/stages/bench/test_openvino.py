from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSpec, OptionValue
from modelpack_gui.stages.bench.prepare import prepared_of
from modelpack_gui.stages.bench.registry import runner_infos
from tests.unit.stages.bench.nets import context_of, prepared, request_of, save_linear

ROW = InputSpec("x", (2, 8))

# Looked for, not imported: it would report that over the network.
with_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino is an extra")


def outputs_of(runner: str, options: dict[str, OptionValue], folder: Path) -> np.ndarray:
    context = context_of(folder)
    request = request_of(runner, options, artifact="net.onnx", inputs=(ROW,))
    prepared(request, context)
    result = prepared_of(request.runner.key, context)
    assert result.read is not None
    (output,) = result.read(result.call())
    assert output.info.name == "z"
    return output.values


def test_without_the_package_the_runner_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def lacks(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name == "openvino")

    monkeypatch.setattr("modelpack_gui.stages.bench.registry.missing_of", lacks)
    monkeypatch.setattr("modelpack_gui.stages.bench.prepare.missing_of", lacks)
    assert {info.id: info.missing for info in runner_infos()}["openvino"] == ("openvino",)
    with pytest.raises(UserError) as caught:
        prepared(request_of("openvino"), context_of(tmp_path))
    assert caught.value.info.code == "package-missing"
    assert "-m pip install openvino" in caught.value.info.hint


@with_openvino
@pytest.mark.parametrize("is_bound", [False, True])
def test_it_answers_as_onnx_runtime_does(is_bound: bool, tmp_path: Path) -> None:
    save_linear(tmp_path / "net.onnx", batch="batch")
    found = outputs_of("openvino", {"io_binding": is_bound}, tmp_path)
    np.testing.assert_allclose(found, outputs_of("onnxruntime", {}, tmp_path), rtol=1e-5)


@with_openvino
def test_nothing_is_reported_to_its_makers(tmp_path: Path) -> None:
    save_linear(tmp_path / "net.onnx")
    prepared(request_of("openvino", artifact="net.onnx", inputs=(ROW,)), context_of(tmp_path))
    assert [name for name in sys.modules if name.startswith("openvino_telemetry.")] == []


@with_openvino
def test_it_says_what_it_runs_on_with_how_many_threads_and_in_what_precision(tmp_path: Path) -> None:
    save_linear(tmp_path / "net.onnx")
    report = prepared(request_of("openvino", artifact="net.onnx", inputs=(ROW,)), context_of(tmp_path))
    assert report.provider == "OpenVINO CPU"
    assert report.facts["intra-op threads"] == "1"
    assert report.facts["computes in"] == "float32"
    assert not report.is_lossy
    low = request_of("openvino", {"precision": "bfloat16"}, artifact="net.onnx", inputs=(ROW,))
    assert prepared(low, context_of(tmp_path)).is_lossy


@with_openvino
def test_a_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\x08\x07damaged")
    with pytest.raises(UserError) as caught:
        prepared(request_of("openvino", artifact="net.onnx", inputs=(ROW,)), context_of(tmp_path))
    assert caught.value.info.code == "artifact-not-loadable"
