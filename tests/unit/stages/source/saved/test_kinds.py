"""Saved models as a source: what each file is, what it says of itself, and that it computes the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from modelpack_gui.core.records import DynamicDim, InputSpec, TensorInfo
from modelpack_gui.core.saved_models import SavedKind, kind_of_file
from modelpack_gui.stages.source.build import TRAINING_GRAPH
from tests.places import ROOT
from tests.unit.stages.source.saved.files import build, described, error_of, outputs


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("whole.pt", SavedKind.PICKLED_MODULE),
        ("old.pt", SavedKind.PICKLED_MODULE),
        ("weights.pt", SavedKind.CHECKPOINT),
        ("old-weights.pt", SavedKind.CHECKPOINT),
        ("traced.bin", SavedKind.TORCHSCRIPT),
        ("scripted.pt", SavedKind.TORCHSCRIPT),
        ("program.pt2", SavedKind.EXPORTED_PROGRAM),
        ("net.py", SavedKind.UNKNOWN),
        ("nowhere.pt", SavedKind.UNKNOWN),
    ],
)
def test_the_content_of_a_file_and_not_its_suffix_says_what_it_is(folder: Path, file: str, kind: SavedKind) -> None:
    assert kind_of_file(folder / file) is kind


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04 nothing", b"\x80\x02", b"\x80\x02}q\x00(X", b"text"])
def test_damaged_and_foreign_files_are_of_no_model_kind(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.pt").write_bytes(data)
    assert not kind_of_file(tmp_path / "file.pt").is_model


@pytest.mark.parametrize("file", ["scripted.pt", "traced.bin", "program.pt2"])
def test_torchscript_and_exported_programs_compute_what_their_class_computed(folder: Path, file: str) -> None:
    built = build(folder, file)
    expected = outputs(build(folder, "net.py", name="Net"))
    assert torch.equal(outputs(built), expected)
    assert built.class_name == "Net"
    assert built.source_path == str(folder / file)
    assert not built.module.training
    assert built.warnings == ()


def test_a_traced_archive_proposes_the_inputs_it_was_traced_with(folder: Path) -> None:
    saved = described(folder, "traced.bin")
    assert saved.kind == SavedKind.TORCHSCRIPT
    assert saved.inputs == (TensorInfo("x", "float32", (2, 3)),)
    assert saved.proposed == (InputSpec("x", (2, 3)),)


def test_a_scripted_archive_tells_the_parameters_of_forward(folder: Path) -> None:
    saved = described(folder, "scripted.pt")
    assert saved.class_name == "Net"
    assert [(item.name, item.annotation) for item in saved.forward] == [("x", "Tensor")]
    assert saved.outputs == (TensorInfo("output", "", None),)


def test_an_exported_program_tells_its_shapes_and_dynamic_axes(folder: Path) -> None:
    saved = described(folder, "program.pt2")
    assert saved.class_name == "Net"
    assert saved.inputs == (TensorInfo("x", "float32", ("batch", 3)),)
    assert [item.shape for item in saved.outputs] == [("batch", 4)]
    assert saved.proposed == (InputSpec("x", (2, 3)),)
    assert saved.dynamic == (DynamicDim("x", 0, "batch", 1, 64),)
    assert saved.globals == ()


def test_an_exported_program_captured_in_training_mode_is_warned_of(folder: Path) -> None:
    warnings_ = build(folder, "training.pt2").warnings
    assert [item.category for item in warnings_] == [TRAINING_GRAPH]
    assert "dropout" in warnings_[0].message


def test_scanning_saved_models_needs_no_torch(folder: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from modelpack_gui.core.context import PlainContext\n"
        "from modelpack_gui.core.records import ScanRequest\n"
        "from modelpack_gui.stages.source import scan\n"
        "for file in ('whole.pt', 'traced.bin', 'scripted.pt', 'program.pt2'):\n"
        "    print(scan.run(ScanRequest(file), PlainContext(Path.cwd())).saved.kind)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.stdout.split() == ["pickled-module", "torchscript", "torchscript", "exported-program"], run.stderr


def test_a_checkpoint_as_the_source_offers_to_be_the_checkpoint(folder: Path) -> None:
    info = error_of(folder, "weights.pt")
    assert info.code == "source-is-checkpoint"
    assert info.explanation is not None
    edits = {edit.path: edit.value for edit in info.explanation.fixes[0].edits}
    assert edits["source.checkpoint"]["path"] == "weights.pt"


def test_missing_cut_and_foreign_files_are_told_apart(folder: Path, tmp_path: Path) -> None:
    assert error_of(tmp_path, "nowhere.pt").code == "source-missing"
    assert error_of(tmp_path.parent, tmp_path.name).code == "source-is-folder"
    (tmp_path / "notes.txt").write_text("no model")
    assert error_of(tmp_path, "notes.txt").code == "source-not-python"
    whole = (folder / "program.pt2").read_bytes()
    (tmp_path / "cut.pt2").write_bytes(whole[: len(whole) // 2])
    assert error_of(tmp_path, "cut.pt2").code in ("source-not-python", "saved-model-damaged")
