"""What can be wrong with a file that is opened as an artifact."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.source.usercode import pip_command

EXPORT_HINT = "Export it again, or choose another file."


def corrupt(path: Path, details: str) -> UserError:
    """It is of the right kind, and damaged."""
    return UserError("artifact-corrupt", f"{path} is cut short or damaged.", EXPORT_HINT, details)


def not_onnx(path: Path, details: str) -> UserError:
    """It is something else than ONNX."""
    return UserError("artifact-not-onnx", f"{path} is not an ONNX model.", EXPORT_HINT, details)


def not_torchscript(path: Path, reason: str) -> UserError:
    """It is something else than TorchScript."""
    return UserError("artifact-not-torchscript", f"{path} is not a TorchScript file: {reason}.", EXPORT_HINT)


def not_pt2(path: Path, reason: str) -> UserError:
    """It is something else than an ExportedProgram."""
    return UserError("artifact-not-pt2", f"{path} is not an ExportedProgram: {reason}.", EXPORT_HINT)


def lacking(package: str, files: str) -> UserError:
    """The package that reads such files is not installed."""
    return UserError(
        "import-missing",
        f"Reading {files} needs {package}, which this interpreter lacks.",
        f"Install it: {pip_command(package.removeprefix('the package '))}",
    )
