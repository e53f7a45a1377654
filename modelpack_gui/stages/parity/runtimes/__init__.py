"""What runs an artifact for parity: ONNX Runtime or onnx.reference for ONNX files, torch itself for the others."""

from modelpack_gui.stages.parity.runtimes.base import Output, Runtime, first_line, gist, match_inputs
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import OnnxRuntime, open_session
from modelpack_gui.stages.parity.runtimes.program_runtime import ProgramRuntime
from modelpack_gui.stages.parity.runtimes.registry import find_runtime, open_runtime
from modelpack_gui.stages.parity.runtimes.torchscript_runtime import TorchScriptRuntime

__all__ = [
    "OnnxRuntime",
    "Output",
    "ProgramRuntime",
    "Runtime",
    "TorchScriptRuntime",
    "find_runtime",
    "first_line",
    "gist",
    "match_inputs",
    "open_runtime",
    "open_session",
]
