"""Shape inference of an ONNX model, beside the reading of its graph.

Where the system can fork, it runs in a child of this process: at the same time as the walk through the nodes (onnx
holds the interpreter's lock meanwhile), it can be cancelled at any moment, and a file that makes it crash or never
end costs the shapes and not the graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Generic, TypeVar

from modelpack_gui.core.context import Context
from modelpack_gui.stages.common.forked import CAN_FORK, ChildError, ForkedCall
from modelpack_gui.stages.inspection.onnx_functions import calls_itself
from modelpack_gui.stages.inspection.onnx_types import elements_of, text_of
from modelpack_gui.stages.inspection.onnx_value_types import ValueTypes, value_types

T = TypeVar("T")

# Protobuf refuses messages of 2 GB; shape inference adds to the message, and serialises it twice in memory.
IN_MEMORY_BYTES = 1_500_000_000
SHAPE_ELEMENTS = 4096
"""Shape inference computes with the values of small tensors (the target of a Reshape); larger ones are no shapes."""

LONGEST_S = 300.0
_FOUND, _FAILED = b"+", b"-"

_VALUES_DO_NOT_MATTER = frozenset(
    {
        "Abs", "Add", "And", "AveragePool", "BatchNormalization", "Cast", "Ceil", "Clip", "Concat", "Constant",
        "Conv", "ConvTranspose", "Cos", "DequantizeLinear", "Div", "Dropout", "Einsum", "Elu", "Equal", "Erf",
        "Exp", "Flatten", "Floor", "Gather", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater",
        "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "LayerNormalization",
        "LeakyRelu", "Less", "Log", "LogSoftmax", "MatMul", "Max", "MaxPool", "Min", "Mish", "Mul", "Neg", "Not",
        "Or", "PRelu", "Pow", "QuantizeLinear", "RMSNormalization", "Reciprocal", "Relu", "Selu", "Sigmoid", "Sign",
        "Sin", "Softmax", "Softplus", "Sqrt", "Sub", "Sum", "Tanh", "Transpose", "Where",
    }
)  # fmt: skip
"""Operators whose output shapes follow from the shapes of their inputs alone. In a model of nothing else, what is
known of values need not be passed along, which takes a third of the time."""


class _Inference(Generic[T]):
    """Begins at once; `result` waits for it.

    Args:
        path: The file of the model.
        scratch: Folder for what the child writes.
        strict: Whether a node that contradicts the shapes is an error.
    """

    def __init__(self, model: Any, path: Path, scratch: Path, *, strict: bool = False) -> None:
        self._model, self._path, self._scratch, self._strict = model, path, scratch, strict
        self._refused = ""
        self._call: ForkedCall | None = None
        if called := calls_itself(model):
            self._refused = f"The function {called} calls itself: there are no shapes to infer."
        elif CAN_FORK:
            self._call = ForkedCall(self._work, scratch)

    def __enter__(self) -> _Inference[T]:
        return self

    def __exit__(self, *error: object) -> None:
        """End what still runs."""
        if self._call is not None:
            self._call.__exit__(*error)

    def result(self, context: Context) -> tuple[T, str]:
        """What was found; what the file itself tells, and what went wrong, if that failed. To be asked once.

        Raises:
            JobCancelled: The user asked to stop meanwhile.
        """
        if self._refused:
            return self._taken(self._model), self._refused
        if self._call is None:
            found, error = self._infer()
            return self._taken(found), error
        try:
            data = self._call.result(context.check_cancelled, LONGEST_S)
        except ChildError as error:
            return self._taken(self._model), f"Shape inference {error}."
        text = data[1:].decode("utf-8", "backslashreplace") if data[:1] == _FAILED else ""
        return (self._taken(self._model), text) if text else (self._unpacked(data[1:]), "")

    def _work(self) -> bytes:
        """What the child does."""
        found, error = self._infer()
        return _FAILED + error.encode("utf-8", "backslashreplace") if error else _FOUND + self._packed(found)

    def _infer(self) -> tuple[Any, str]:
        _lighten(self._model)
        size = self._model.ByteSize()
        return infer_shapes(self._model, self._path, self._scratch, strict=self._strict, size_bytes=size)

    def _taken(self, model: Any) -> T:
        """What is wanted of a model."""
        raise NotImplementedError

    def _packed(self, model: Any) -> bytes:
        """The same as bytes."""
        raise NotImplementedError

    def _unpacked(self, data: bytes) -> T:
        """The same of these bytes."""
        raise NotImplementedError


class ShapeInference(_Inference[Any]):
    """Gives the model with its shapes."""

    def _taken(self, model: Any) -> Any:
        return model

    def _packed(self, model: Any) -> bytes:
        return bytes(model.SerializeToString())

    def _unpacked(self, data: bytes) -> Any:
        import onnx

        return onnx.load_model_from_string(data)


class TypeInference(_Inference[ValueTypes]):
    """Gives the types of the values alone, which is less to hand over."""

    def _taken(self, model: Any) -> ValueTypes:
        return value_types(model)

    def _packed(self, model: Any) -> bytes:
        return value_types(model).to_json()

    def _unpacked(self, data: bytes) -> ValueTypes:
        return ValueTypes.from_json(data)


def infer_shapes(
    model: Any, path: Path, scratch: Path, *, strict: bool = False, size_bytes: int | None = None
) -> tuple[Any, str]:
    """The model with inferred shapes, or itself and what went wrong: a graph without shapes is still worth seeing.

    Args:
        path: The file of the model; a very large one is inferred from file to file.
        scratch: Folder for that.
        strict: Whether a contradiction between nodes and declared shapes is an error.
        size_bytes: Of the model; None takes the file's.
    """
    import onnx

    try:
        if (path.stat().st_size if size_bytes is None else size_bytes) <= IN_MEMORY_BYTES:
            with_values = strict or _do_values_matter(model)
            return onnx.shape_inference.infer_shapes(model, strict_mode=strict, data_prop=with_values), ""
        inferred_path = scratch / f"{path.stem}.inferred.onnx"
        onnx.shape_inference.infer_shapes_path(str(path), str(inferred_path), strict_mode=strict, data_prop=True)
        try:
            return onnx.load(inferred_path, load_external_data=False), ""
        finally:
            inferred_path.unlink()
    except Exception as error:  # noqa: BLE001 (C++ raises several types; the text is shown and the graph kept)
        return model, f"{type(error).__name__}: {error}"


def _do_values_matter(model: Any) -> bool:
    return len(model.functions) > 0 or not _VALUES_DO_NOT_MATTER.issuperset(
        text_of(node.op_type) for node in model.graph.node
    )


def _lighten(model: Any) -> None:
    """Drop what shape inference only copies: the metadata of nodes, most of a dynamo export, and large tensors."""
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for tensor in model.graph.initializer:
        if elements_of(tensor.dims) > SHAPE_ELEMENTS:
            for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
                tensor.ClearField(field)
