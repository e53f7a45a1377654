"""An ONNX file in ONNX Runtime, on the CPU."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.inspection.onnx_types import BFLOAT16
from modelpack_gui.stages.parity.runtimes.base import Output, first_line, match_inputs, run_failed
from modelpack_gui.stages.parity.runtimes.leaves import leaves
from modelpack_gui.stages.source.inputs import tensor_info, to_numpy
from modelpack_gui.stages.source.usercode import pip_command

if TYPE_CHECKING:
    import torch

_DTYPES = {"float": "float32", "double": "float64"}
_LEVELS = {
    "off": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}


class OnnxRuntime:
    """A session of ONNX Runtime. See `base.Runtime`."""

    def __init__(self, session: Any, input_names: Sequence[str], level: str = "all") -> None:
        import onnxruntime

        self._session = session
        self._ort = onnxruntime
        self.title = "ONNX Runtime"
        at = "" if level == "all" else f", optimisation {level}"
        self.description = f"ONNX Runtime {onnxruntime.__version__}, {session.get_providers()[0]}{at}"
        self._arguments = self._session.get_inputs()
        self._outputs = self._session.get_outputs()
        self._sources = match_inputs([argument.name for argument in self._arguments], input_names)
        self._argument_of = {
            input_names[source]: argument for source, argument in zip(self._sources, self._arguments, strict=True)
        }
        types = [item.type for item in (*self._arguments, *self._outputs)]
        self._has_bfloat16 = any("bfloat16" in kind for kind in types)

    def fixed_size(self, input_name: str, axis: int) -> int | None:
        """See Runtime."""
        argument = self._argument_of.get(input_name)
        if argument is None or not 0 <= axis < len(argument.shape):
            return None
        size = argument.shape[axis]
        return size if isinstance(size, int) else None

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """See Runtime."""
        chosen = [tensors[source] for source in self._sources]
        try:
            values = self._run_values(chosen) if self._has_bfloat16 else self._run_arrays(chosen)
        except Exception as error:  # its exceptions have no common base
            raise run_failed(f"{self.title} {self._ort.__version__}", error) from error
        return tuple(values)

    def _run_arrays(self, tensors: Sequence[torch.Tensor]) -> list[Output]:
        feeds = {argument.name: to_numpy(tensor) for argument, tensor in zip(self._arguments, tensors, strict=True)}
        found: list[Output] = []
        for output, value in zip(self._outputs, self._session.run(None, feeds), strict=True):
            is_tensor = output.type.startswith("tensor(")
            dtype = output.type.removeprefix("tensor(").removesuffix(")") if is_tensor else ""
            found += leaves(output.name, value, _DTYPES.get(dtype, dtype))
        return found

    def _run_values(self, tensors: Sequence[torch.Tensor]) -> list[Output]:
        """Like _run_arrays, by way of OrtValues, which also hold bfloat16."""
        import torch

        make = self._ort.OrtValue
        feeds = {}
        for argument, tensor in zip(self._arguments, tensors, strict=True):
            if "bfloat16" in str(tensor.dtype):
                is_tensor = isinstance(tensor, torch.Tensor)
                values: Any = tensor.contiguous().view(torch.int16).numpy() if is_tensor else tensor
                bits = values.view("uint16")
                feeds[argument.name] = make.ortvalue_from_numpy_with_onnx_type(bits, BFLOAT16)
            else:
                feeds[argument.name] = make.ortvalue_from_numpy(to_numpy(tensor))
        outputs = []
        for output, value in zip(self._outputs, self._session.run_with_ort_values(None, feeds), strict=True):
            result = torch.utils.dlpack.from_dlpack(value).clone()
            outputs.append(Output(tensor_info(output.name, result), to_numpy(result)))
        return outputs


def open_session(path: str | Path, level: str = "all", without: Sequence[str] = ()) -> Any:
    """An onnxruntime.InferenceSession on the CPU.

    Args:
        level: Of graph optimisation, one of `core.parity.runtimes.LEVELS`.
        without: Optimisers to leave out, by the names that ONNX Runtime gives them.

    Raises:
        UserError: `import-missing`, `artifact-not-loadable`.
    """
    ort = import_onnxruntime()
    options = session_options(ort, level)
    more = {"disabled_optimizers": list(without)} if without else {}
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"], **more)
    except Exception as error:  # its exceptions have no common base
        raise UserError(
            "artifact-not-loadable",
            f"ONNX Runtime {ort.__version__} cannot load {path}: {first_line(error)}",
            "The check stage says what is wrong with the file and how to mend it.",
            str(error),
        ) from error


def session_options(ort: Any, level: str) -> Any:
    """onnxruntime.SessionOptions for a session that takes turns with torch in one process.

    Args:
        level: As for open_session.
    """
    options = ort.SessionOptions()
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, _LEVELS[level])
    options.log_severity_level = 3  # what goes wrong comes as an exception
    # Its threads would spin on while torch takes its turn in this process, and slow it down several times.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    torch = sys.modules.get("torch")
    if torch is not None:  # as many as torch was given: cells of a matrix share the cores
        options.intra_op_num_threads = torch.get_num_threads()
    return options


def import_onnxruntime() -> Any:
    """onnxruntime.

    Raises:
        UserError: `import-missing`.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(
            "import-missing",
            "onnxruntime, which runs the ONNX file, is not installed in this interpreter.",
            f"Install it: {pip_command('onnxruntime')}",
            str(error),
        ) from error
    return onnxruntime
