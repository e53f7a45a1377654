"""What the runtimes of this interpreter can run on. They are asked apart, for importing them here costs memory."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.common.apart import Apart
from modelpack_gui.stages.hello import installed_version

_ASK = "modelpack_gui.stages.bench.libraries:look_for_devices"
_LIMIT_S = 30.0
_CPU = "CPUExecutionProvider"
_REMOTE = frozenset({"AzureExecutionProvider"})
"""They run no graph on this machine."""

_BUILT_FOR_CUDA = re.compile(r"^cuda\b[^=\n]*=\s*['\"]\d", re.MULTILINE)


@dataclass(frozen=True)
class Devices:
    """What there is beside the CPU.

    Attributes:
        providers: Of ONNX Runtime, as it names them, the CPU's included.
        has_cuda: Whether the driver of CUDA sees a device.
        problem: Why ONNX Runtime cannot be used; empty if it can.
    """

    providers: tuple[str, ...] = (_CPU,)
    has_cuda: bool = False
    problem: str = ""


def begin() -> None:
    """Start to ask, so that the answer is there when it is wanted."""
    if installed_version("onnxruntime"):
        _asked()


@functools.cache
def devices() -> Devices:
    """What there is, asked once in a process; some 0.3 s."""
    try:
        found = _asked().result(_LIMIT_S)
    except UserError as error:
        return Devices(problem=error.info.message)
    providers = tuple(name for name in found["providers"] if name not in _REMOTE)
    return Devices(providers or (_CPU,), found["has_cuda"], found["problem"])


def has_cuda() -> bool:
    """Whether torch is built for CUDA and finds a device."""
    return _torch_is_built_for_cuda() and devices().has_cuda


@functools.cache
def _asked() -> Apart:
    return Apart(_ASK, {"onnxruntime": bool(installed_version("onnxruntime"))})


def look_for_devices(argument: Any) -> dict[str, Any]:
    """In a process apart: import ONNX Runtime and ask CUDA's driver."""
    found: dict[str, Any] = {"providers": [], "has_cuda": _cuda_devices() > 0, "problem": ""}
    if argument["onnxruntime"]:
        try:
            import onnxruntime

            found["providers"] = onnxruntime.get_available_providers()
        except (
            ImportError,
            OSError,
            AttributeError,
            RuntimeError,
            ValueError,
        ) as error:  # it is damaged, or its numpy
            found["problem"] = f"onnxruntime cannot be imported: {type(error).__name__}: {error}"
    return found


def _torch_is_built_for_cuda() -> bool:
    """By torch's own version.py, which torch need not be imported for."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.origin:
        return False
    try:
        text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return _BUILT_FOR_CUDA.search(text) is not None


def _cuda_devices() -> int:
    """How many devices CUDA's driver has; 0 where there is no driver."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
