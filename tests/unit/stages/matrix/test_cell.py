from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core import matrix
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import (
    MatrixCell,
    MatrixCellRequest,
    MatrixChoice,
    MatrixLatencyRequest,
    Verdict,
)
from modelpack_gui.stages.matrix import cell, latency
from modelpack_gui.stages.source import build
from tests.places import DEMO


def request_of(recipe_name: str, choice: MatrixChoice, folder: Path) -> MatrixCellRequest:
    recipe = load_recipe(DEMO / f"{recipe_name}.toml")
    export = matrix.export_of(choice, recipe.export)
    export = dataclasses.replace(export, output_path=str(folder / export.output_path))
    return MatrixCellRequest(choice, recipe.source, recipe.inputs, export, recipe.parity)


def run(recipe_name: str, choice: MatrixChoice, folder: Path) -> MatrixCell:
    return cell.run(request_of(recipe_name, choice, folder), PlainContext(DEMO, folder))


def test_a_sound_cell_is_exported_checked_loaded_and_proved_at_every_size(tmp_path: Path) -> None:
    found = run("demo", MatrixChoice("onnx", "trace", 17), tmp_path)
    assert (found.outcome, found.check, found.loads) == ("exported", Verdict.PASSED, Verdict.PASSED)
    assert found.opset_got == 17
    assert Path(found.artifact_path) == tmp_path / "build" / "matrix" / "shapes-trace-17.onnx"
    assert found.size_bytes == Path(found.artifact_path).stat().st_size
    assert found.nodes
    assert found.parity is not None
    assert found.parity.cases == len(found.sizes) == 10
    assert {size.label for size in found.sizes} >= {"example", "batch = 3", "batch = 17"}
    assert matrix.is_usable(found)


def test_a_cell_that_is_silently_wrong_at_a_size_says_where_and_by_how_much(tmp_path: Path) -> None:
    found = run("batch_branch", MatrixChoice("onnx", "trace", 17), tmp_path)
    assert (found.outcome, found.check) == ("exported", Verdict.PASSED)
    failing = matrix.first_failing(found)
    assert failing is not None
    assert failing.label == "batch = 3"
    assert failing.max_abs_diff is not None
    assert failing.max_abs_diff > 0.01
    assert failing.reason
    assert not matrix.is_usable(found)


def test_an_export_that_is_refused_is_a_failed_cell_with_its_error(tmp_path: Path) -> None:
    found = run("demo", MatrixChoice("onnx", "trace", 99), tmp_path)
    assert found.outcome == "failed"
    assert found.error is not None
    assert found.error.code == "opset-out-of-range"
    assert not list(tmp_path.rglob("*.onnx"))


def test_a_cell_builds_its_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    real = build.build_model

    def counted(*arguments: object) -> object:
        built.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "build_model", counted)
    monkeypatch.setattr("modelpack_gui.stages.parity.opening.build_model", counted)
    found = run("demo", MatrixChoice("torchscript", "script"), tmp_path)
    assert found.outcome == "exported"
    assert len(built) == 1


def test_a_cancel_ends_the_cell(tmp_path: Path) -> None:
    class CancelledContext(PlainContext):
        def check_cancelled(self) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        cell.run(request_of("demo", MatrixChoice("onnx", "trace", 17), tmp_path), CancelledContext(DEMO, tmp_path))


def test_the_latency_of_an_artifact_has_an_interval_and_names_its_runtime(tmp_path: Path) -> None:
    found = run("demo", MatrixChoice("onnx", "trace", 17), tmp_path)
    inputs = load_recipe(DEMO / "demo.toml").inputs
    asked = MatrixLatencyRequest(found.artifact_path, inputs, runs=12)
    looked = latency.run(asked, PlainContext(DEMO, tmp_path))
    assert 0 < looked.p50_ms.low <= looked.p50_ms.value <= looked.p50_ms.high
    assert looked.runs == 12
    assert looked.runtime.startswith("ONNX Runtime")
    Path(found.artifact_path).unlink()
    with pytest.raises(UserError, match="no file"):
        latency.run(asked, PlainContext(DEMO, tmp_path))
