"""The options of an export on the command line, and an export as text."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from modelpack_gui.cli.parser import make_parser
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.report_export import export_lines, provenance_lines
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import (
    Artifact,
    ExportRecord,
    ExportSpec,
    ParityBrief,
    PostStepResult,
    TensorInfo,
    Verdict,
)

MODEL = ("export", "--file", "net.py", "--name", "Net")
RECIPE = """
schema_version = 1
[source]
file = "net.py"
name = "Net"
[export]
opset_version = 18
output_path = "build/net.onnx"
"""


def spec_of(*words: str) -> ExportSpec:
    recipe, _ = recipe_of(make_parser().parse_args(words))
    return recipe.export


def test_every_option_goes_to_its_field() -> None:
    spec = spec_of(
        *MODEL, "--strict", "--draft-report", "--no-constant-folding", "--external-data",
        "--input-names", "a,b", "--output-names", "c", "--post", "onnxslim,float16",
    )  # fmt: skip
    assert (spec.strict, spec.draft_report, spec.constant_folding, spec.external_data) == (True, True, False, True)
    assert (spec.input_names, spec.output_names, spec.post_steps) == (("a", "b"), ("c",), ("onnxslim", "float16"))
    spec = spec_of(*MODEL, "--format", "torchscript", "--freeze", "--optimize-for-inference", "--no-check-trace")
    assert (spec.freeze, spec.optimize_for_inference, spec.check_trace) == (True, True, False)


def test_options_that_are_not_given_leave_the_recipe_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(f'{RECIPE}strict = true\npost_steps = ["onnxslim"]\n', encoding="utf-8")
    spec = spec_of("export", str(path))
    assert (spec.strict, spec.post_steps, spec.constant_folding, spec.check_trace) == (
        True,
        ("onnxslim",),
        True,
        True,
    )


@pytest.mark.parametrize(
    ("format_", "exporter", "suffix"),
    [("onnx", "dynamo", ".onnx"), ("torchscript", "trace", ".pt"), ("pt2", "export", ".pt2")],
)
def test_a_format_takes_an_exporter_that_makes_it_and_its_suffix(
    tmp_path: Path, format_: str, exporter: str, suffix: str
) -> None:
    spec = spec_of(*MODEL, "--format", format_)
    assert (spec.exporter, spec.output_path) == (exporter, f"build/net{suffix}")
    path = tmp_path / "net.toml"
    path.write_text(RECIPE, encoding="utf-8")
    assert spec_of("export", str(path), "--format", format_).output_path == f"build/net{suffix}"


def test_an_output_that_is_given_is_taken_as_it_is(tmp_path: Path) -> None:
    spec = spec_of(*MODEL, "--format", "pt2", "--output", str(tmp_path / "a.onnx"))
    assert spec.output_path == str(tmp_path / "a.onnx")


def test_an_export_is_told_with_its_steps_its_notes_and_its_draft() -> None:
    artifact = Artifact("/a.onnx", "onnx", 10, "", (TensorInfo("x", "float32", (2,)),), (), opset_version=18)
    kept = PostStepResult("onnxslim", True, 2_000, 1_000, 9, 7, 0.1, ParityBrief(Verdict.PASSED, "", 0.0, 0.0, 5))
    left = PostStepResult(
        "float16", False, 1_000, None, 7, None, 0.1, None, ErrorInfo("c", "float16 was left out.", "So.")
    )
    record = ExportRecord(
        ExportSpec(), artifact, (), (), 2.0, 1.0, {}, post_steps=(kept, left), notes=("Weights went apart.",),
        draft_report="Nothing stands in the way.",
    )  # fmt: skip
    text = "\n".join(export_lines(record))
    assert "• Weights went apart." in text
    assert "onnxslim   kept      2.00 kB → 1.00 kB  9 → 7  passed" in text
    assert "float16    left out  1.00 kB → –        7 → –  –" in text
    assert "float16 was left out.\n  So." in text
    assert "Draft report of torch.export:\n  Nothing stands in the way." in text


def test_inspect_says_where_an_artifact_comes_from() -> None:
    artifact = Artifact("/a.onnx", "onnx", 10, "", (), ())
    assert provenance_lines(artifact) == []
    metadata = {
        "modelpack.version": "0.1",
        "modelpack.source": "net.py:Net",
        "modelpack.arguments": '{"width": 4}',
        "modelpack.checkpoint": "net.pt",
        "modelpack.checkpoint_sha256": "ab",
        "modelpack.exporter": "onnx by dynamo",
        "modelpack.options": '{"format": "onnx", "dynamic": [{"input": "x", "axis": 0, "name": "batch"}]}',
        "modelpack.versions": '{"torch": "2.13.0"}',
        "modelpack.inputs": "not JSON",
    }
    assert provenance_lines(dataclasses.replace(artifact, metadata=metadata)) == [
        "source net.py:Net",
        "arguments width 4",
        "checkpoint net.pt, SHA-256 ab",
        "exporter onnx by dynamo",
        "options x[0] = batch",
        "made with modelpack-gui 0.1, torch 2.13.0",
    ]
    assert provenance_lines(dataclasses.replace(artifact, metadata={"modelpack.options": "[1"})) == []
