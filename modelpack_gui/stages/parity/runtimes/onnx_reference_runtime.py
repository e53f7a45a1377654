"""An ONNX file in `onnx.reference`, the standard's own evaluator. No torch is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSpec, tensor_inputs
from modelpack_gui.stages.inspection.onnx_types import dtype_name
from modelpack_gui.stages.parity.runtimes.base import Output, match_inputs
from modelpack_gui.stages.parity.runtimes.leaves import leaves
from modelpack_gui.stages.source.inputs import to_numpy
from modelpack_gui.stages.source.usercode import pip_command


class OnnxReferenceRuntime:
    """An ONNX file run operator by operator in numpy, without optimisations; slow. See `base.Runtime`.

    Raises:
        UserError: `import-missing`, `reference-unsupported-op`, `reference-failed`, `inputs-do-not-match`.
    """

    title = "onnx.reference"

    def __init__(self, path: str | Path, inputs: Sequence[InputSpec]) -> None:
        try:
            import onnx
            from onnx.reference import ReferenceEvaluator
        except ImportError as error:
            raise UserError(
                "import-missing",
                "Running an ONNX file by onnx.reference needs the package onnx, which this interpreter lacks.",
                f"Install it: {pip_command('onnx')}",
            ) from error
        self._path = Path(path)
        try:
            model = onnx.load(str(path))
            self._evaluator = ReferenceEvaluator(model)
        except Exception as error:  # of its many operators each may refuse in its own way
            raise _refused(self._path, error) from error
        self.description = f"onnx.reference, onnx {onnx.__version__}, CPU"
        stored = {tensor.name for tensor in model.graph.initializer}
        given = [value for value in model.graph.input if value.name not in stored]
        self._names = [value.name for value in given]
        names = [spec.name for spec in tensor_inputs(inputs)]
        self._sources = match_inputs(self._names, names)
        self._shape_of = {
            names[source]: value.type.tensor_type.shape.dim
            for source, value in zip(self._sources, given, strict=True)
        }
        self._dtypes = {value.name: dtype_name(value.type.tensor_type.elem_type) for value in model.graph.output}

    def fixed_size(self, input_name: str, axis: int) -> int | None:
        """See Runtime."""
        shape = self._shape_of.get(input_name, ())
        if not 0 <= axis < len(shape) or not shape[axis].HasField("dim_value"):
            return None
        return int(shape[axis].dim_value)

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """See Runtime.

        Raises:
            UserError: `reference-unsupported-op`, `reference-failed`, `output-not-tensor`.
        """
        feeds = {name: to_numpy(tensors[source]) for name, source in zip(self._names, self._sources, strict=True)}
        try:
            values = self._evaluator.run(None, feeds)
        except Exception as error:  # as above
            raise _refused(self._path, error) from error
        found: list[Output] = []
        try:
            for name, value in zip(self._evaluator.output_names, values, strict=True):
                found += leaves(name, value, self._dtypes.get(name) or "")
        except TypeError as error:
            raise UserError(
                "output-not-tensor",
                f"The outputs of {self._path.name} cannot be compared: {error}.",
                "Outputs that are tensors, or sequences or maps of tensors, can be compared.",
            ) from error
        return tuple(found)


def _refused(path: Path, error: Exception) -> UserError:
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if isinstance(error, NotImplementedError) or type(error).__name__ in ("RuntimeImplementationError", "KeyError"):
        return UserError(
            "reference-unsupported-op",
            f"onnx.reference cannot run {path.name}: {text}",
            "It knows the operators of the standard only. Check and benchmark work without it; for parity choose the"
            " Python file of the model as the source.",
            str(error),
        )
    return UserError(
        "reference-failed",
        f"onnx.reference failed on {path.name}: {type(error).__name__}: {text}",
        "Compare the example inputs with what the graph takes; the Check page says what is wrong with the file.",
        str(error),
    )
