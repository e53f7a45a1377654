"""Saved models as a source: what each file is, what it says of itself, and loading it without running more."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.proposals import with_saved_model
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    BenchTurnRequest,
    CheckpointSpec,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    ParityRequest,
    ParitySpec,
    RunnerSpec,
    SavedModel,
    ScanRequest,
    TensorInfo,
    Verdict,
)
from modelpack_gui.core.saved_models import SavedKind, kind_of_file
from modelpack_gui.stages.bench import prepare, turn
from modelpack_gui.stages.export import stage as export
from modelpack_gui.stages.parity import stage as parity
from modelpack_gui.stages.source import exported_program, scan
from modelpack_gui.stages.source.build import TRAINING_GRAPH, BuiltModel, build_model
from modelpack_gui.stages.source.exported_program import is_formula
from modelpack_gui.stages.source.forward import run_forward
from tests.places import ROOT

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layer = nn.Linear(3, width)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(self.layer(x))
"""
X = torch.arange(6.0).reshape(2, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model saved in every way, beside its Python file."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "net.py").write_text(NET)
    context = PlainContext(folder)
    model = build_model(ModelSource("net.py", name="Net"), context).module
    torch.save(model, folder / "whole.pt")
    torch.save(model.state_dict(), folder / "weights.pt")
    torch.save(model, folder / "old.pt", _use_new_zipfile_serialization=False)
    torch.save(model.state_dict(), folder / "old-weights.pt", _use_new_zipfile_serialization=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(model, (X,)).save(str(folder / "traced.bin"))  # type: ignore[no-untyped-call]
        torch.jit.script(model).save(str(folder / "scripted.pt"))  # type: ignore[no-untyped-call]
        batch = torch.export.Dim("batch", min=1, max=64)
        torch.export.save(torch.export.export(model, (X,), dynamic_shapes=({0: batch},)), folder / "program.pt2")
        torch.export.save(torch.export.export(model.train(), (X,)), folder / "training.pt2")
    return folder


def build(folder: Path, file: str, **options: Any) -> BuiltModel:
    return build_model(ModelSource(file, **options), PlainContext(folder))


def error_of(folder: Path, file: str, **options: Any) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        build(folder, file, **options)
    return caught.value.info


def described(folder: Path, file: str) -> SavedModel:
    saved = scan.run(ScanRequest(file), PlainContext(folder)).saved
    assert saved is not None
    return saved


def outputs(built: BuiltModel) -> torch.Tensor:
    return run_forward(built.module, [X])[0][1]


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


# A whole pickled module

ALLOWED = ("net.Net", "torch.nn.modules.linear.Linear", "torch.nn.modules.dropout.Dropout")


def test_without_consent_a_pickled_module_lists_all_that_it_would_run(folder: Path) -> None:
    info = error_of(folder, "whole.pt")
    assert info.code == "saved-model-unsafe-global"
    assert sorted(info.details.splitlines()) == sorted(ALLOWED)
    assert sorted(described(folder, "whole.pt").globals) == sorted(ALLOWED)


def test_consent_to_some_globals_still_refuses_the_others(folder: Path) -> None:
    assert error_of(folder, "whole.pt", allowed_globals=ALLOWED[:2]).details == ALLOWED[2]


def test_with_consent_a_pickled_module_is_loaded_with_the_classes_beside_it(folder: Path) -> None:
    built = build(folder, "whole.pt", allowed_globals=ALLOWED)
    assert built.class_name == "Net"
    assert torch.equal(outputs(built), outputs(build(folder, "net.py", name="Net")))
    assert [Path(item.path).name for item in built.files] == ["whole.pt", "net.py"]


def test_a_module_pickled_by_a_script_takes_its_class_from_the_one_file_that_has_it(tmp_path: Path) -> None:
    text = NET + "\n\nif __name__ == '__main__':\n    torch.save(Net(), 'whole.pt')\n"
    (tmp_path / "train.py").write_text(text)
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True)
    wanted = described(tmp_path, "whole.pt").globals
    assert wanted[0] == "__main__.Net"
    assert build(tmp_path, "whole.pt", allowed_globals=wanted).class_name == "Net"
    (tmp_path / "copy.py").write_text(text)
    info = error_of(tmp_path, "whole.pt", allowed_globals=wanted)
    assert info.code == "saved-model-class-missing"
    assert "copy.py and train.py" in info.message


def test_a_pickled_module_whose_class_is_gone_names_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "whole.pt").write_bytes((folder / "whole.pt").read_bytes())
    info = error_of(tmp_path, "whole.pt", allowed_globals=ALLOWED)
    assert info.code == "saved-model-class-missing"
    assert "net.Net" in info.message


class RunsCommand(torch.nn.Module):
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch ran-by-pickle",)


class Holder(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = RunsCommand()


def test_a_command_in_a_pickled_module_is_refused_with_any_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(Holder(), tmp_path / "evil.pt")
    wanted = described(tmp_path, "evil.pt")
    assert wanted.forbidden == (f"{os.system.__module__}.system",)
    info = error_of(tmp_path, "evil.pt", allowed_globals=wanted.globals)
    assert info.code == "saved-model-forbidden-global"
    assert not (tmp_path / "ran-by-pickle").exists()


def test_a_pickled_module_of_the_old_format_says_how_to_save_it_again(folder: Path) -> None:
    assert error_of(folder, "old.pt").code == "saved-model-old-format"


# A .pt2 archive is a bag of pickles, too


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def test_pickles_in_an_exported_program_run_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save((RunsCommand(),), tmp_path / "inputs.pt")
    evil = (tmp_path / "inputs.pt").read_bytes()
    path = tmp_path / "evil.pt2"
    rewritten(folder / "program.pt2", path, lambda name, data: evil if "sample_inputs" in name else data)
    info = error_of(tmp_path, "evil.pt2", allowed_globals=(f"{os.system.__module__}.system",))
    assert info.code == "saved-model-forbidden-global"
    assert not (tmp_path / "ran-by-pickle").exists()


def test_a_size_in_an_exported_program_that_is_code_is_refused(folder: Path, tmp_path: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return data
        text = data.decode()
        start = text.index("Symbol('")
        end = text.index('"', start)
        return (text[:start] + "__import__('os').getcwd()" + text[end:]).encode()

    rewritten(folder / "program.pt2", tmp_path / "evil.pt2", change)
    assert error_of(tmp_path, "evil.pt2").code == "saved-model-unsafe-expression"


def test_real_formulas_of_sizes_are_accepted(tmp_path: Path) -> None:
    class Pool(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([x, x[:, :, : x.shape[2] // 2]], 2)

    example = torch.rand(2, 3, 16)
    shapes = ({0: torch.export.Dim.AUTO, 2: torch.export.Dim.AUTO},)
    torch.export.save(torch.export.export(Pool(), (example,), dynamic_shapes=shapes), tmp_path / "pool.pt2")
    text = json.dumps(zipfile.ZipFile(tmp_path / "pool.pt2").read("pool/models/model.json").decode())
    assert "//" in text or "floor" in text.lower() or "Div" in text  # a formula, not a plain symbol
    assert run_forward(build(tmp_path, "pool.pt2").module, [example])[0][1].shape == (2, 3, 24)
    assert [dim.name for dim in described(tmp_path, "pool.pt2").dynamic] == ["batch", "x_2"]


# What is wrong with the file


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


def test_a_checkpoint_is_loaded_into_a_saved_model(folder: Path, tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.zeros(4, 3), "layer.bias": torch.ones(4)}, tmp_path / "ones.pt")
    for file in ("scripted.pt", "program.pt2"):
        built = build(folder, file, checkpoint=CheckpointSpec(str(tmp_path / "ones.pt")))
        assert built.keys is not None
        assert built.keys.matched == 2
        assert torch.equal(outputs(built), torch.ones(2, 4))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "eval('1')",
        "S('print')('x')",
        "Symbol('a').__class__",
        "(lambda: 1)()",
        "[x for x in s0]",
        "Integer('1+f(2)')",
        "s0 +",
    ],
)
def test_a_size_that_is_more_than_a_formula_is_told(text: str) -> None:
    assert not is_formula(text)
    assert is_formula("Add(Symbol('s53', positive=True, integer=True), FloorDiv(s1 - 2*s3, Integer(2)))")


# Onwards from a saved model


def exported(folder: Path, file: str, file_format: str, exporter: str, suffix: str) -> ExportRecord:
    dims = () if file_format == "torchscript" else (DynamicDim("x", 0, "batch", 1, 64),)
    spec = ExportSpec(format=file_format, exporter=exporter, output_path=f"out/net{suffix}", dynamic=dims)  # type: ignore[arg-type]
    return export.run(ExportRequest(ModelSource(file), (InputSpec("x", (2, 3)),), spec), PlainContext(folder))


@pytest.mark.parametrize(
    ("file", "file_format", "exporter", "suffix"),
    [
        ("scripted.pt", "onnx", "trace", ".onnx"),
        ("traced.bin", "onnx", "script", ".onnx"),
        ("scripted.pt", "torchscript", "script", ".pt"),
        ("program.pt2", "onnx", "dynamo", ".onnx"),
        ("program.pt2", "torchscript", "trace", ".pt"),
    ],
)
def test_saved_models_are_exported_and_agree_with_themselves(
    folder: Path, file: str, file_format: str, exporter: str, suffix: str
) -> None:
    record = exported(folder, file, file_format, exporter, suffix)
    request = ParityRequest(
        ModelSource(file), (InputSpec("x", (2, 3)),), record.artifact.path, record.asked.dynamic,
        ParitySpec(sizes=(1, 5)),
    )  # fmt: skip
    assert parity.run(request, PlainContext(folder)).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("file", "file_format", "exporter", "edits"),
    [
        ("scripted.pt", "onnx", "dynamo", {"export.exporter": "trace"}),
        (
            "scripted.pt",
            "pt2",
            "export",
            {"export.format": "onnx", "export.exporter": "trace", "export.output_path": "out/net.onnx"},
        ),
        ("program.pt2", "onnx", "trace", {"export.exporter": "dynamo"}),
        ("program.pt2", "onnx", "script", {"export.exporter": "dynamo"}),
        ("program.pt2", "torchscript", "script", {"export.exporter": "trace"}),
    ],
)
def test_an_exporter_that_cannot_take_the_source_offers_the_one_that_can(
    folder: Path, file: str, file_format: str, exporter: str, edits: dict[str, str]
) -> None:
    suffix = {"onnx": ".onnx", "pt2": ".pt2", "torchscript": ".pt"}[file_format]
    with pytest.raises(UserError) as caught:
        exported(folder, file, file_format, exporter, suffix)
    assert caught.value.info.code == "export-source-unfit"
    assert caught.value.info.explanation is not None
    assert {edit.path: edit.value for edit in caught.value.info.explanation.fixes[0].edits} == edits


@pytest.mark.parametrize("file", ["scripted.pt", "program.pt2"])
def test_saved_models_are_measured(folder: Path, file: str) -> None:
    context = PlainContext(folder)
    prepare.run(
        BenchPrepareRequest(RunnerSpec("eager"), ModelSource(file), (InputSpec("x", (2, 3)),), "", 1), context
    )
    assert len(turn.run(BenchTurnRequest("eager", 3), context).latencies_ms) == 3


def test_the_rest_of_a_recipe_follows_what_the_saved_model_takes(folder: Path) -> None:
    recipe = with_saved_model(Recipe(), described(folder, "program.pt2"))
    assert recipe.inputs == (InputSpec("x", (2, 3)),)
    assert recipe.export.dynamic == (DynamicDim("x", 0, "batch", 1, 64),)
    assert with_saved_model(Recipe(), described(folder, "scripted.pt")).export.exporter == "trace"
    chosen = dataclasses.replace(Recipe(), inputs=(InputSpec("x", (7, 3)),))
    assert with_saved_model(chosen, described(folder, "program.pt2")) == chosen


def test_a_weight_whose_bytes_look_like_a_pickle_is_no_reason_to_refuse_a_program(tmp_path: Path) -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    bits = int.from_bytes(b"\x80\x04\x93.", "little", signed=True)  # PROTO 4, STACK_GLOBAL, STOP
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[bits]], dtype=torch.int32).view(torch.float32))
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(module, (torch.ones(1, 1),)), path)

    exported_program.check_archive(path, ())


def test_a_pickle_of_the_oldest_protocol_in_a_program_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(torch.nn.Linear(1, 1), (torch.ones(1, 1),)), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("net/data/constants/custom_obj_0", b"cos\nsystem\n(S'true'\ntR.")

    with pytest.raises(UserError) as caught:
        exported_program.check_archive(path, ())

    assert caught.value.info.code == "saved-model-forbidden-global"
