"""Facts about the installed torch, read from its files: `hello` has no time to import it."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import importlib.util
import re
from pathlib import Path

from modelpack_gui.core.locations import is_file
from modelpack_gui.stages.common.paths import version_of
from modelpack_gui.stages.export.base import OpsetRange

_EXPORTER_CONSTANTS = "onnx/_internal/exporter/_constants.py"


def torch_version() -> tuple[int, int] | None:
    """Major and minor version of the installed torch; None if it is missing."""
    try:
        found = re.match(r"(\d+)\.(\d+)", version_of("torch"))
    except importlib.metadata.PackageNotFoundError:
        return None
    return (int(found[1]), int(found[2])) if found else None


def is_installed(package: str) -> bool:
    """Whether a top-level package could be imported."""
    return importlib.util.find_spec(package) is not None


def legacy_opsets() -> OpsetRange:
    """Opsets of the TorchScript-based exporter. Above its highest it warns and writes a file with unfit operators."""
    constants = _constants("torch", "onnx/_constants.py")
    highest = constants.get("ONNX_TORCHSCRIPT_EXPORTER_MAX_OPSET", constants.get("ONNX_MAX_OPSET", 17))
    return OpsetRange(constants.get("ONNX_MIN_OPSET", 7), highest, constants.get("ONNX_DEFAULT_OPSET", 17))


def dynamo_opsets() -> OpsetRange:
    """Opsets of the torch.export-based exporter.

    Its operators are written for the lowest one. Asked for less it silently gives that; newer ones are made by the
    version converter of onnxscript.
    """
    lowest = _constants("torch", _EXPORTER_CONSTANTS).get("TORCHLIB_OPSET", 18)
    of_torch = _constants("torch", "onnx/_constants.py")
    converter = _constants("onnxscript", "version_converter/_version_converter.py")
    highest = converter.get("SUPPORTED_MAX_ONNX_OPSET", of_torch.get("ONNX_MAX_OPSET", lowest))
    return OpsetRange(lowest, max(highest, lowest), max(of_torch.get("ONNX_DEFAULT_OPSET", lowest), lowest))


@functools.cache
def _constants(package: str, file: str) -> dict[str, int]:
    """Whole numbers assigned at the top level of a package's file; empty if there is no such file."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / file
        if not is_file(path):
            continue
        return {
            target.id: node.value.value
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, int)
        }
    return {}
