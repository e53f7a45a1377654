"""What runs an artifact for parity: ONNX Runtime for ONNX files, torch itself for the others."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import Artifact, InputSpec, TensorInfo, tensor_inputs
from modelpack_gui.stages.inspection.torchscript_file import load_torchscript
from modelpack_gui.stages.source.call import CallPlan
from modelpack_gui.stages.source.forward import name_outputs
from modelpack_gui.stages.source.inputs import tensor_info, to_numpy
from modelpack_gui.stages.source.script_call import plan_script_call
from modelpack_gui.stages.source.usercode import pip_command

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

_ORT_DTYPES = {"float": "float32", "double": "float64"}
_ORT_PREFIX = re.compile(
    r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:Load model from .* failed: ?)?(?:/onnxruntime_src\S+ )?"
)
_BFLOAT16 = 16  # onnx.TensorProto.BFLOAT16


class Output(NamedTuple):
    """One output of a run: its description and its values."""

    info: TensorInfo
    values: npt.NDArray[Any]


class Runtime(Protocol):
    """Something that runs one artifact.

    Attributes:
        title: Short name, such as `ONNX Runtime`.
        description: With version and provider.
    """

    title: str
    description: str

    def fixed_size(self, input_name: str, axis: int) -> int | None:
        """The size that the artifact demands of an axis of an input; None if it takes any, or does not say."""

    def run(self, tensors: Sequence[torch.Tensor]) -> tuple[Output, ...]:
        """Run once on the example inputs, in their order.

        Raises:
            UserError: `artifact-run-failed`, `inputs-do-not-match`.
        """


def open_runtime(artifact: Artifact, inputs: Sequence[InputSpec]) -> Runtime:
    """Load an artifact into the runtime for its format.

    Raises:
        UserError: `import-missing`, `artifact-not-loadable`, `torchscript-not-loadable`, `inputs-do-not-match`.
    """
    if artifact.format == "onnx":
        return OnnxRuntime(open_session(artifact.path), [item.name for item in tensor_inputs(inputs)])
    if artifact.format == "pt2":
        return ProgramRuntime(artifact, inputs)
    return TorchScriptRuntime(artifact.path, inputs)


class OnnxRuntime:
    """An ONNX file in ONNX Runtime, on the CPU, with its default graph optimisations."""

    def __init__(self, session: Any, input_names: Sequence[str]) -> None:
        import onnxruntime

        self._session = session
        self._ort = onnxruntime
        self.title = "ONNX Runtime"
        self.description = f"ONNX Runtime {onnxruntime.__version__}, {session.get_providers()[0]}"
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

    def run(self, tensors: Sequence[torch.Tensor]) -> tuple[Output, ...]:
        """See Runtime."""
        chosen = [tensors[source] for source in self._sources]
        try:
            values = self._run_values(chosen) if self._has_bfloat16 else self._run_arrays(chosen)
        except Exception as error:  # its exceptions have no common base
            raise _run_failed(f"{self.title} {self._ort.__version__}", error) from error
        return tuple(values)

    def _run_arrays(self, tensors: Sequence[torch.Tensor]) -> list[Output]:
        feeds = {argument.name: to_numpy(tensor) for argument, tensor in zip(self._arguments, tensors, strict=True)}
        arrays = self._session.run(None, feeds)
        outputs = []
        for output, array in zip(self._outputs, arrays, strict=True):
            dtype = output.type.removeprefix("tensor(").removesuffix(")")
            if not hasattr(array, "shape"):
                raise TypeError(f"the output {output.name!r} is a {output.type}, not a tensor")
            outputs.append(Output(TensorInfo(output.name, _ORT_DTYPES.get(dtype, dtype), array.shape), array))
        return outputs

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
                feeds[argument.name] = make.ortvalue_from_numpy_with_onnx_type(bits, _BFLOAT16)
            else:
                feeds[argument.name] = make.ortvalue_from_numpy(to_numpy(tensor))
        outputs = []
        for output, value in zip(self._outputs, self._session.run_with_ort_values(None, feeds), strict=True):
            result = torch.utils.dlpack.from_dlpack(value).clone()
            outputs.append(Output(tensor_info(output.name, result), to_numpy(result)))
        return outputs


class TorchScriptRuntime:
    """A TorchScript archive in torch, on the CPU."""

    def __init__(self, path: str, inputs: Sequence[InputSpec]) -> None:
        import torch

        self._module = load_torchscript(path)
        self._inputs = inputs
        self._plan: CallPlan | None = None
        self.title = "TorchScript"
        self.description = f"TorchScript, torch {torch.__version__}, CPU"

    def fixed_size(self, input_name: str, axis: int) -> int | None:  # noqa: ARG002 (the archive does not say)
        """See Runtime."""
        return None

    def run(self, tensors: Sequence[torch.Tensor]) -> tuple[Output, ...]:
        """See Runtime."""
        import torch

        if self._plan is None:
            self._plan = plan_script_call(self._module, self._inputs)
        arguments, named = self._plan.bind([tensor.clone() for tensor in tensors])
        try:
            with torch.inference_mode():
                result = self._module(*arguments, **named)
        except Exception as error:  # TorchScript passes on whatever the model raises
            raise _run_failed(f"TorchScript in torch {torch.__version__}", error) from error
        return tuple(Output(tensor_info(name, item), to_numpy(item)) for name, item in name_outputs(result))


class ProgramRuntime:
    """An ExportedProgram in torch, on the CPU.

    Attributes:
        ranges: Smallest and largest size by name of the dynamic dimension; None where there is no largest.
    """

    def __init__(self, artifact: Artifact, inputs: Sequence[InputSpec]) -> None:
        import torch

        from modelpack_gui.stages.inspection.pt2_program import Symbols, load_program

        program, metadata = load_program(artifact.path)
        self.ranges = Symbols(program, metadata).ranges
        self._module = program.module()
        # It is given its inputs by position; forward names them, not the recipe.
        names = [item.name for item in tensor_inputs(inputs)]
        fits = len(names) == len(artifact.inputs)
        shapes = [item.shape or () for item in artifact.inputs]
        self._shape_of = dict(zip(names, shapes, strict=True)) if fits else {}
        self.title = "ExportedProgram"
        self.description = f"ExportedProgram, torch {torch.__version__}, CPU"

    def fixed_size(self, input_name: str, axis: int) -> int | None:
        """See Runtime."""
        shape = self._shape_of.get(input_name, ())
        size = shape[axis] if 0 <= axis < len(shape) else None
        return size if isinstance(size, int) else None

    def run(self, tensors: Sequence[torch.Tensor]) -> tuple[Output, ...]:
        """See Runtime."""
        import torch

        arguments = [tensor.clone() for tensor in tensors]
        try:
            with torch.inference_mode():
                result = self._module(*arguments)
        except Exception as error:  # a guard on sizes, or whatever the operators raise
            raise _run_failed(f"The ExportedProgram in torch {torch.__version__}", error) from error
        return tuple(Output(tensor_info(name, item), to_numpy(item)) for name, item in name_outputs(result))


def open_session(path: str | Path) -> Any:
    """An onnxruntime.InferenceSession on the CPU, with its default optimisations.

    Raises:
        UserError: `import-missing`, `artifact-not-loadable`.
    """
    ort = _import_onnxruntime()
    options = ort.SessionOptions()
    options.log_severity_level = 3  # what goes wrong comes as an exception
    # Its threads would spin on while torch takes its turn in this process, and slow it down several times.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    torch = sys.modules.get("torch")
    if torch is not None:  # as many as torch was given: cells of a matrix share the cores
        options.intra_op_num_threads = torch.get_num_threads()
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base
        raise UserError(
            "artifact-not-loadable",
            f"ONNX Runtime {ort.__version__} cannot load {path}: {first_line(error)}",
            "The check stage says what is wrong with the file and how to mend it.",
            str(error),
        ) from error


def first_line(error: BaseException) -> str:
    """The line of an exception that says most; its type if it says nothing."""
    return gist(str(error)) or type(error).__name__


def gist(text: str) -> str:
    """The line of a message that says most: the last one of TorchScript's, the first of others.

    What ONNX Runtime puts before its reason (codes, the path, its own source file) is left out.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    if lines[0].startswith("The following operation failed in the TorchScript interpreter"):
        return lines[-1]
    return _ORT_PREFIX.sub("", lines[0]) or lines[0]


def _import_onnxruntime() -> Any:
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


def match_inputs(artifact_names: Sequence[str], input_names: Sequence[str]) -> list[int]:
    """For each input of the artifact the position of the example input that feeds it: by name, else by position.

    An exporter drops inputs that the model does not use: those left are fed by name.

    Raises:
        UserError: `inputs-do-not-match`.
    """
    if set(artifact_names) <= set(input_names):
        return [list(input_names).index(name) for name in artifact_names]
    if len(artifact_names) == len(input_names):
        return list(range(len(input_names)))
    raise UserError(
        "inputs-do-not-match",
        f"The artifact takes {len(artifact_names)} inputs ({', '.join(artifact_names) or 'none'}), and there are "
        f"{len(input_names)} example inputs ({', '.join(input_names) or 'none'}); they match neither by name nor "
        "by number.",
        "Give the example inputs the names that the artifact's inputs have.",
    )


def _run_failed(runtime: str, error: Exception) -> UserError:
    return UserError(
        "artifact-run-failed",
        f"{runtime} failed: {first_line(error)}",
        "The details hold all that it said.",
        str(error),
    )
