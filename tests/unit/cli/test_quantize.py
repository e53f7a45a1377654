"""`modelpack quantize`: its options, the jobs that follow it, what it prints and its exit status."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modelpack_gui.cli import commands, main
from modelpack_gui.client.quantize_store import (
    KeptQuantizing,
    KeptVariant,
    digest_of,
    read_kept,
    read_sensitivity,
    write_kept,
)
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Outcome
from modelpack_gui.core.quantize.presets import usual_specs
from modelpack_gui.core.quantize.speed import UNLOADABLE, bench_spec
from modelpack_gui.core.records import (
    BenchReport,
    BenchRequest,
    BenchSpec,
    CalibrationSpec,
    Estimate,
    OutputError,
    QuantizeAdvice,
    QuantizedVariant,
    QuantizeError,
    QuantizeReport,
    QuantizeRequest,
    QuantizeSpec,
    Result,
    RunnerResult,
    SensitivityReport,
    SensitivityRequest,
    SensitivityRow,
    Verdict,
)
from modelpack_gui.core.stats.latencies import summarise
from tests.ui import made_reports
from tests.unit.cli.recipes import recipe_text
from tests.unit.client.ending_client import ClosingClient

Run = Callable[..., tuple[int, ClosingClient]]
ERROR = QuantizeError(16, (OutputError("logits", 0.1, 0.01, 34.0, 0.999),), 0.996, 1.0, rows=16, top_classes=5)
ADVICE = QuantizeAdvice("random_data", "warning", "The ranges would come from random numbers.", "Give real inputs.")
MADE = QuantizedVariant(
    QuantizeSpec(),
    "INT8 static",
    "/net.int8-static.onnx",
    1_000_000,
    quantized_ops={"Conv": 9},
    float_ops={"Softmax": 2},
    on_held_out=ERROR,
    advice=(ADVICE,),
    summary="logits: fine.",
)
REPORT = QuantizeReport(
    "/net.onnx", 3_800_000, (MADE,), "64 samples.", "INT8 static is smaller.", Verdict.PASSED, {}, 2.0
)
SENSITIVITY = SensitivityReport(
    (SensitivityRow("head", "Gemm", "net.head", 31.5, 44.0), SensitivityRow("pool", "Pool", "", None, None, False)),
    30.0,
    "head (Gemm) costs most.",
    False,
    1.0,
)


def bench() -> BenchReport:
    spec = bench_spec((MADE,), BenchSpec())
    speeds = (None, Estimate(1.9, 1.8, 2.0))
    results = tuple(
        RunnerResult(one.key, one.label, None, (), (1.0,), summarise([1.0] * 3), speed, spec=one)
        for one, speed in zip(spec.runners, speeds, strict=True)
    )
    return BenchReport(spec, "net.onnx", spec.baseline, "INT8 is faster.", results, 1, {}, True, 5.0)


@pytest.fixture
def modelpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("recipe.toml").write_text(recipe_text(), encoding="utf-8")
    Path("net.onnx").write_bytes(b"")

    def run(*words: str, **endings: Result | Outcome) -> tuple[int, ClosingClient]:
        given: Mapping[str, Result | Outcome] = {
            "hello": made_reports.capabilities(),
            "quantize": REPORT,
            "bench": bench(),
            "quantize.sensitivity": SENSITIVITY,
            **endings,
        }
        client = ClosingClient(given)
        monkeypatch.setattr(commands, "make_client", lambda: client)
        return main(["quantize", "recipe.toml", *words]), client

    return run


def asked(client: ClosingClient) -> QuantizeRequest:
    request = client.requests["quantize"]
    assert isinstance(request, QuantizeRequest)
    return request


def test_without_options_it_is_static_and_its_speed_is_set_against_float32(
    modelpack: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    status, client = modelpack()
    assert status == 0
    assert asked(client).specs == (QuantizeSpec(),)
    request = client.requests["bench"]
    assert isinstance(request, BenchRequest)
    assert [one.label for one in request.bench.runners] == ["float32", "INT8 static"]
    assert request.artifact_path == str(Path("net.onnx").absolute())
    out = capsys.readouterr().out
    assert out.count("SQNR dB") == 1
    assert "1.90 [1.80, 2.00]" in out
    assert "INT8 static is 1.9x faster, 3.8x smaller, and changes the top class of 0.40 % of held-out" in out
    assert "stays in float32: 2 Softmax" in out
    assert "▲ The ranges would come from random numbers. Give real inputs." in out


def test_every_option_reaches_the_settings(modelpack: Run) -> None:
    words = (
        "--method static --format qoperator --per-tensor --calibration percentile --percentile 99.9 --weights uint8"
        " --activations uint8 --asymmetric-weights --symmetric-activations --reduce-range --op-types Conv,Gemm"
        " --exclude head --no-preprocess --data photos --samples 9 --held-out 0.5 --data-seed 3 --output q.onnx"
        " --no-bench"
    )
    _, client = modelpack(*words.split())
    assert asked(client).specs == (
        QuantizeSpec(
            format="qoperator",
            per_channel=False,
            calibration_method="percentile",
            percentile=99.9,
            weight_type="uint8",
            symmetric_weights=False,
            symmetric_activations=True,
            reduce_range=True,
            op_types=("Conv", "Gemm"),
            exclude_nodes=("head",),
            preprocess=False,
            calibration=CalibrationSpec("folder", str(Path("photos").absolute()), "", 9, 0.5, 3),
            output_path=str(Path("q.onnx").absolute()),
        ),
    )
    assert "bench" not in client.requests


def test_the_recipe_says_how_and_options_override_it(modelpack: Run) -> None:
    text = recipe_text() + '\n[quantize]\nmethod = "dynamic"\nper_channel = false\ncalibration = { samples = 12 }\n'
    Path("recipe.toml").write_text(text, encoding="utf-8")
    _, client = modelpack("--no-bench", "--per-channel")
    assert asked(client).specs == (QuantizeSpec(method="dynamic", calibration=CalibrationSpec(samples=12)),)


def test_the_usual_ways_are_tried_in_one_job(modelpack: Run) -> None:
    _, client = modelpack("--usual", "--no-bench", "--data", "samples.py:batches")
    data = CalibrationSpec("python", str(Path("samples.py").absolute()), "batches")
    assert asked(client).specs == usual_specs(QuantizeSpec(calibration=data))


def test_sensitivity_lists_the_dearest_nodes_and_how_to_leave_them_out(
    modelpack: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    _, client = modelpack("--sensitivity", "--budget", "7", "--no-bench")
    request = client.requests["quantize.sensitivity"]
    assert isinstance(request, SensitivityRequest)
    assert request.budget_s == 7
    out = capsys.readouterr().out
    assert "head (Gemm) costs most." in out
    assert "not measured" in out
    assert "--exclude head" in out


def test_the_json_holds_the_report_with_speeds_the_benchmark_and_the_sensitivity(modelpack: Run) -> None:
    modelpack("--sensitivity", "--json", "out.json")
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert data["quantize"]["result"]["variants"][0]["speedup"]["value"] == 1.9
    assert {"bench", "quantize.sensitivity"} <= set(data)
    assert data["stages"][0]["stage"] == "quantize"


def test_a_useless_result_is_not_timed_and_the_status_says_so(modelpack: Run) -> None:
    useless = dataclasses.replace(MADE, verdict=Verdict.FAILED)
    status, client = modelpack(quantize=dataclasses.replace(REPORT, variants=(useless,), verdict=Verdict.FAILED))
    assert status == 1
    assert "bench" not in client.requests


def test_a_file_that_a_benchmark_cannot_load_is_not_timed(modelpack: Run) -> None:
    crashing = dataclasses.replace(MADE, advice=(QuantizeAdvice(UNLOADABLE, "warning", "onnxruntime crashes."),))
    _, client = modelpack(quantize=dataclasses.replace(REPORT, variants=(crashing,)))
    assert "bench" not in client.requests


def test_one_that_could_not_be_made_is_told_with_what_to_do(
    modelpack: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = QuantizedVariant(
        QuantizeSpec(),
        "bad",
        "",
        0,
        verdict=Verdict.FAILED,
        error=ErrorInfo("x", "No such operator.", "Leave it out."),
    )
    report = dataclasses.replace(REPORT, variants=(MADE, failed), verdict=Verdict.WARNING)
    status, _ = modelpack("--usual", "--no-bench", quantize=report)
    assert status == 0
    out = capsys.readouterr().out
    assert "bad could not be made: No such operator." in out
    assert "Leave it out." in out


def test_a_benchmark_that_fails_leaves_the_table_without_speeds(
    modelpack: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = modelpack(bench=Outcome.FAILED)
    assert status == 2
    out = capsys.readouterr().out
    assert "SQNR dB" in out
    assert "speed-up" not in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--usual", "--output", "q.onnx"), "one output path"),
        (("--artifact", "gone.onnx"), "There is no artifact"),
        (("--samples", "0"), "quantize.calibration.samples"),
    ],
)
def test_options_that_cannot_be_are_refused(
    modelpack: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    status, client = modelpack(*words)
    assert status == 2
    assert message in capsys.readouterr().err
    assert not client.requests


def test_a_python_file_without_a_name_is_refused(modelpack: Run, capsys: pytest.CaptureFixture[str]) -> None:
    status, client = modelpack("--data", "samples.py")
    assert status == 2
    assert not client.requests
    assert "samples.py:name" in capsys.readouterr().err


def test_the_window_finds_what_was_made_and_what_nodes_cost(
    modelpack: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.int8-static.onnx"
    file.write_bytes(b"q")
    made = dataclasses.replace(MADE, path=str(file))
    monkeypatch.setattr(sys.modules[__name__], "MADE", made)  # also what the benchmark is about
    other = tmp_path / "net.float16.onnx"
    other.write_bytes(b"f")
    artifact = tmp_path / "net.onnx"
    before = dataclasses.replace(MADE, path=str(other), label="float16")
    write_kept(artifact, KeptQuantizing((KeptVariant(before, "old"),)))
    modelpack("--sensitivity", quantize=dataclasses.replace(REPORT, variants=(made,)), bench=bench())
    kept = read_kept(artifact)
    assert [one.variant.label for one in kept.variants] == ["float16", "INT8 static"]
    assert kept.variants[1].variant.speedup == Estimate(1.9, 1.8, 2.0)
    assert kept.variants[1].made_from == digest_of(artifact)
    assert kept.float_size_bytes == REPORT.float_size_bytes
    assert kept.float_p50_ms is not None
    sensitivity = read_sensitivity(artifact)
    assert sensitivity is not None
    assert sensitivity.report == SENSITIVITY
    assert sensitivity.made_from == digest_of(artifact)


def test_what_cannot_be_kept_is_told_and_the_figures_are_printed(
    modelpack: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.quantized.json").mkdir()  # nothing can be written there
    status, _ = modelpack("--no-bench")
    told = capsys.readouterr()
    assert status == 2
    assert "net.quantized.json" in told.err
    assert "INT8 static" in told.out


def test_a_run_of_all_stages_keeps_its_variants_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recipe.toml").write_text(recipe_text() + '\n[quantize]\nmethod = "static"\n', encoding="utf-8")
    artifact, file = tmp_path / "net.onnx", tmp_path / "q.onnx"
    for path in (artifact, file):
        path.write_bytes(b"x")
    made = dataclasses.replace(MADE, path=str(file))
    report = dataclasses.replace(REPORT, artifact_path=str(artifact), variants=(made,))
    client = ClosingClient({"hello": made_reports.capabilities(), "quantize": report})
    monkeypatch.setattr(commands, "make_client", lambda: client)
    assert main(["run", "recipe.toml", "--stages", "quantize"]) == 0
    assert read_kept(artifact).variants == (KeptVariant(made, digest_of(artifact)),)
