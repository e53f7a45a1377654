"""What cannot be exported is refused with a code, and nothing is left behind."""

from __future__ import annotations

import errno
import inspect
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from torch.fx.experimental.symbolic_shapes import ConstraintViolationError

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, JobCancelled, UserError
from modelpack_gui.core.records import DynamicDim, ExportRequest, ExportSpec, InputSpec, ModelSource
from modelpack_gui.stages.common.paths import looks_full
from modelpack_gui.stages.export import registry, stage
from modelpack_gui.stages.export.failures import explain
from tests.places import MODELS

X = InputSpec("x", (2, 4))


def request(target: Path, name: str = "Tiny", inputs: tuple[InputSpec, ...] = (X,), **options: Any) -> ExportRequest:
    spec = ExportSpec(**{"exporter": "trace", "output_path": str(target), **options})
    return ExportRequest(ModelSource(file="tiny.py", name=name), inputs, spec)


def error_of(folder: Path, name: str = "Tiny", inputs: tuple[InputSpec, ...] = (X,), **options: Any) -> ErrorInfo:
    target = folder / "out" / "model.onnx"
    with pytest.raises(UserError) as caught:
        stage.run(request(target, name, inputs, **options), PlainContext(MODELS))
    if target.parent.exists():
        assert list(target.parent.iterdir()) == []
    assert caught.value.info.hint
    return caught.value.info


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"exporter": "dynamo", "opset_version": 17}, "opset-out-of-range"),
        ({"exporter": "dynamo", "opset_version": 99}, "opset-out-of-range"),
        ({"exporter": "trace", "opset_version": 6}, "opset-out-of-range"),
        ({"exporter": "script", "opset_version": 21}, "opset-out-of-range"),
        ({"exporter": "tracing"}, "exporter-unknown"),
        ({"format": "torchscript", "exporter": "dynamo"}, "exporter-unknown"),
        ({"output_path": ""}, "output-path-missing"),
        ({"output_path": "model.pt"}, "output-suffix"),
        ({"format": "torchscript"}, "output-suffix"),
        ({"input_names": ("a", "b")}, "input-names"),
        ({"inputs": (X, X)}, "input-names"),
        ({"inputs": ()}, "inputs-missing"),
        ({"output_names": ("y", "y")}, "output-names"),
        ({"output_names": ("x",)}, "output-names"),
        ({"dynamic": (DynamicDim("y", 0, "batch"),)}, "dynamic-input-unknown"),
        ({"dynamic": (DynamicDim("x", 2, "batch"),)}, "dynamic-axis"),
        ({"dynamic": (DynamicDim("x", -1, "batch"),)}, "dynamic-axis"),
        ({"dynamic": (DynamicDim("x", 0, "my batch"),)}, "dynamic-name"),
        ({"dynamic": (DynamicDim("x", 0, "a"), DynamicDim("x", 0, "b"))}, "dynamic-twice"),
        ({"dynamic": (DynamicDim("x", 0, "n"), DynamicDim("x", 1, "n"))}, "export-dynamic-shape"),
        ({"dynamic": (DynamicDim("x", 0, "n", 4, 8),)}, "export-dynamic-shape"),
        ({"dynamic": (DynamicDim("x", 0, "n", 3, 1),)}, "export-dynamic-shape"),
    ],
)
def test_bad_options_are_refused_before_the_model_is_imported(
    tmp_path: Path, options: dict[str, Any], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the model was built")

    monkeypatch.setattr("modelpack_gui.stages.source.build.build_model", never)
    assert error_of(tmp_path, **options).code == code


def test_opset_error_names_the_range_and_the_default(tmp_path: Path) -> None:
    info = error_of(tmp_path, exporter="dynamo", opset_version=17)
    dynamo = registry.find("onnx", "dynamo").opsets()
    assert dynamo is not None
    assert f"{dynamo.min} to {dynamo.max}" in info.message
    assert str(dynamo.default) in info.hint


def test_unknown_input_of_a_dynamic_axis_suggests_the_close_one(tmp_path: Path) -> None:
    inputs = (InputSpec("image", (2, 4)),)
    info = error_of(tmp_path, inputs=inputs, dynamic=(DynamicDim("imgae", 0, "batch"),))
    assert "image" in info.hint


@pytest.mark.parametrize("exporter", ["dynamo", "trace", "script"])
def test_unsupported_operator_is_named(tmp_path: Path, exporter: str) -> None:
    info = error_of(tmp_path, "UnsupportedOp", exporter=exporter)
    assert info.code == "export-unsupported-op"
    assert "bessel_j0" in info.message
    assert info.details


def test_operator_of_a_later_opset_says_which(tmp_path: Path) -> None:
    inputs = (InputSpec("x", (1, 1, 4, 4)), InputSpec("grid", (1, 3, 3, 2)))
    info = error_of(tmp_path, "NeedsOpset16", inputs, opset_version=11)
    assert info.code == "export-unsupported-op"
    assert "opset 16" in info.hint


def test_branch_on_values_is_refused_by_dynamo_at_its_line(tmp_path: Path) -> None:
    info = error_of(tmp_path, "ValueBranch", exporter="dynamo")
    assert info.code == "export-data-dependent"
    line = next(
        index for index, text in enumerate((MODELS / "tiny.py").read_text().splitlines(), 1) if "x.sum() > 0" in text
    )
    assert f"tiny.py:{line}" in info.message
    assert "\x1b" not in info.details


def test_fixes_that_torch_suggests_for_dynamic_axes_become_the_hint() -> None:
    cause = ConstraintViolationError(
        "Constraints violated (batch)! For more information, run with TORCH_LOGS.\n"
        "  - Not all values of batch = L['x'].size()[0] satisfy the generated guard.\n"
        "Suggested fixes:\n  batch = 2*_batch\n  width = 4\n\nThe error above occurred when calling torch.export."
    )
    error = RuntimeError("\x1b[96mFailed to export\x1b[0m")
    error.__cause__ = cause
    spec = ExportSpec(dynamic=(DynamicDim("x", 0, "batch"), DynamicDim("x", 1, "width")))
    info = explain(error, registry.find("onnx", "dynamo"), spec).info
    assert info.code == "export-dynamic-shape"
    assert "width at 4" in info.message
    assert info.hint.startswith("Make width static.")
    assert "\x1b" not in info.details


def test_what_torchscript_cannot_compile_is_named_at_its_line(tmp_path: Path) -> None:
    info = error_of(tmp_path, "NotScriptable", exporter="script")
    assert info.code == "export-failed"
    assert re.search(r"tiny\.py:\d+", info.message)
    assert "variable number of arguments" in info.message


@pytest.mark.parametrize("exporter", ["dynamo", "trace", "script"])
@pytest.mark.parametrize("x", [InputSpec("x", (2, 5)), InputSpec("x", (2, 4), "int64")], ids=["shape", "dtype"])
def test_example_input_that_the_model_refuses_is_blamed_on_the_input(
    tmp_path: Path, exporter: str, x: InputSpec
) -> None:
    info = error_of(tmp_path, "Tiny", (x,), exporter=exporter)
    assert info.code == "forward-failed"
    assert "example inputs" in info.hint


def test_wrong_number_of_inputs_is_refused(tmp_path: Path) -> None:
    assert error_of(tmp_path, "TwoInputs").code == "inputs-do-not-fit"


@pytest.mark.parametrize("exporter", ["dynamo", "trace"])
def test_model_that_exits_during_the_export_is_an_error(tmp_path: Path, exporter: str) -> None:
    assert error_of(tmp_path, "Exits", exporter=exporter).code == "model-exits"


def test_too_many_output_names_fail_with_the_exporters_words(tmp_path: Path) -> None:
    info = error_of(tmp_path, output_names=("y", "z"))
    assert info.code == "export-failed"
    assert "number of output names" in info.message


def test_missing_package_gives_the_pip_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelpack_gui.stages.export.torch_facts.is_installed", lambda name: name != "onnx")
    info = error_of(tmp_path)
    assert info.code == "import-missing"
    assert "-m pip install onnx" in info.hint


def run_error(target: Path, **options: Any) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        stage.run(request(target, **options), PlainContext(MODELS))
    return caught.value.info


def test_output_path_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    assert run_error(tmp_path).code == "output-is-folder"


def test_output_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert run_error(tmp_path / "file" / "model.onnx").code == "output-not-writable"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_output_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert run_error(tmp_path / "model.onnx").code == "output-not-writable"


def test_output_folder_that_the_system_refuses_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    monkeypatch.setattr("modelpack_gui.stages.common.paths.tempfile.mkdtemp", refuse)
    assert run_error(tmp_path / "model.onnx").code == "output-not-writable"


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("No space left on device")]
)
@pytest.mark.parametrize("exporter", ["dynamo", "trace"])
def test_full_disk_leaves_the_old_artifact_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, exporter: str
) -> None:
    def fill(model: object, args: object, path: str, **_: object) -> None:
        Path(path).write_bytes(b"half")
        raise error

    fill.__signature__ = inspect.signature(lambda model, args, f: None)  # type: ignore[attr-defined]
    monkeypatch.setattr("torch.onnx.export", fill)
    (tmp_path / "model.onnx").write_bytes(b"old")
    info = run_error(tmp_path / "model.onnx", exporter=exporter)
    assert info.code == "disk-full"
    assert (tmp_path / "model.onnx").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("exporter", ["trace", "script"])
def test_torchscript_on_a_full_disk_does_not_abort_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exporter: str
) -> None:
    def fill(self: Path, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", fill)
    assert run_error(tmp_path / "model.pt", format="torchscript", exporter=exporter).code == "disk-full"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("raised", ["open('absent.txt')", "raise RuntimeError('no table') from OSError()"])
def test_file_that_forward_cannot_read_is_put_down_to_the_model(tmp_path: Path, raised: str) -> None:
    (tmp_path / "net.py").write_text(
        f"import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        {raised}\n        return x\n"
    )
    source = ModelSource(file="net.py", name="Net")
    spec = ExportSpec(exporter="trace", output_path="model.onnx")
    with pytest.raises(UserError) as caught:
        stage.run(ExportRequest(source, (X,), spec), PlainContext(tmp_path))
    assert caught.value.info.code == "forward-failed"
    assert "net.py:4" in caught.value.info.message


def test_writers_that_give_no_errno_are_judged_by_the_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (OSError("36864 requested and 27728 written"), RuntimeError("unexpected pos 157760 vs 157656")):
        assert not looks_full(error, tmp_path)
    free = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr("modelpack_gui.stages.common.paths.shutil.disk_usage", lambda _: free)
    for error in (OSError("36864 requested and 27728 written"), RuntimeError("unexpected pos 157760 vs 157656")):
        assert looks_full(error, tmp_path)
    assert not looks_full(RuntimeError("shapes differ"), tmp_path)
    assert not looks_full(OSError(errno.EACCES, "Permission denied"), tmp_path)


def test_cancel_during_the_export_leaves_nothing(tmp_path: Path) -> None:
    class CancelledAtExport(PlainContext):
        exporting = False

        def progress(self, message: str, fraction: float | None = None) -> None:
            self.exporting = self.exporting or message.startswith("Exporting")

        def check_cancelled(self) -> None:
            if self.exporting:
                raise JobCancelled

    with pytest.raises(JobCancelled):
        stage.run(request(tmp_path / "model.onnx"), CancelledAtExport(MODELS))
    assert list(tmp_path.iterdir()) == []
