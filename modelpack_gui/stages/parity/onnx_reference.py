"""The reference for a bare ONNX file: `onnx.reference`, the standard's own evaluator. No torch is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSpec, TensorInfo, tensor_inputs
from modelpack_gui.stages.inspection.onnx_types import dtype_name
from modelpack_gui.stages.parity.runtimes import Output, match_inputs
from modelpack_gui.stages.source.arrays import make_arrays
from modelpack_gui.stages.source.usercode import pip_command

if TYPE_CHECKING:
    import numpy.typing as npt


class OnnxReference:
    """An ONNX file run operator by operator in numpy, without optimisations; slow. See `reference.Reference`.

    Raises:
        UserError: `import-missing`, `reference-unsupported-op`, `reference-failed`, `inputs-do-not-match`.
    """

    title = "onnx.reference"

    def __init__(self, path: Path, inputs: Sequence[InputSpec], context: Context) -> None:
        try:
            import onnx
            from onnx.reference import ReferenceEvaluator
        except ImportError as error:
            raise UserError(
                "import-missing",
                "Running an ONNX file by onnx.reference needs the package onnx, which this interpreter lacks.",
                f"Install it: {pip_command('onnx')}",
            ) from error
        try:
            model = onnx.load(str(path))
            self._evaluator = ReferenceEvaluator(model)
        except Exception as error:  # of its many operators each may refuse in its own way
            raise _refused(path, error) from error
        self._path = path
        self._context = context
        stored = {tensor.name for tensor in model.graph.initializer}
        self._names = [value.name for value in model.graph.input if value.name not in stored]
        self._sources = match_inputs(self._names, [spec.name for spec in tensor_inputs(inputs)])
        self._dtypes = {value.name: dtype_name(value.type.tensor_type.elem_type) for value in model.graph.output}

    def make_inputs(
        self, inputs: Sequence[InputSpec], seed_offset: int = 0, shapes: Mapping[str, tuple[int, ...]] | None = None
    ) -> tuple[npt.NDArray[Any], ...]:
        """See Reference."""
        return make_arrays(inputs, self._context, seed_offset=seed_offset, shapes=shapes)

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """See Reference.

        Raises:
            UserError: `reference-unsupported-op`, `reference-failed`, `output-not-tensor`.
        """
        import numpy as np

        feeds = {name: tensors[source] for name, source in zip(self._names, self._sources, strict=True)}
        try:
            values = self._evaluator.run(None, feeds)
        except Exception as error:  # as above
            raise _refused(self._path, error) from error
        found = []
        for name, value in zip(self._evaluator.output_names, values, strict=True):
            array = np.asarray(value)
            if array.dtype == object or isinstance(value, (list, dict)):
                raise UserError(
                    "output-not-tensor",
                    f"The output {name!r} of {self._path.name} is no tensor but a {type(value).__name__}.",
                    "Only outputs that are tensors can be compared.",
                )
            dtype = self._dtypes.get(name) or str(array.dtype)
            found.append(Output(TensorInfo(name, dtype, array.shape), array))
        return tuple(found)

    def noise_floor(self, tensors: Sequence[Any], outputs: Sequence[Output]) -> tuple[float | None, ...]:  # noqa: ARG002
        """See Reference: it is not known, for the graph cannot be run in another precision."""
        return (None,) * len(outputs)


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
