"""Shape inference of an ONNX model, beside the reading of its graph.

Where the system can fork, it runs in a child of this process: at the same time as the walk through the nodes (onnx
holds the interpreter's lock meanwhile), it can be cancelled at any moment, and a file that makes it crash or never
end costs the shapes and not the graph.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
import time
import uuid
import warnings
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.stages.inspection.onnx_functions import calls_itself
from modelpack_gui.stages.inspection.onnx_types import elements_of, text_of

# Protobuf refuses messages of 2 GB; shape inference adds to the message, and serialises it twice in memory.
IN_MEMORY_BYTES = 1_500_000_000
SHAPE_ELEMENTS = 4096
"""Shape inference computes with the values of small tensors (the target of a Reshape); larger ones are no shapes."""

LONGEST_S = 300.0
_CANCEL_EVERY_S = 0.2
_CAN_FORK = sys.platform.startswith("linux")  # macOS has fork, and libraries that do not survive it

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


class ShapeInference:
    """Begins at once; `result` waits for it.

    Args:
        path: The file of the model.
        scratch: Folder for what the child writes.
        strict: Whether a node that contradicts the shapes is an error.
    """

    def __init__(self, model: Any, path: Path, scratch: Path, *, strict: bool = False) -> None:
        self._model, self._path, self._scratch, self._strict = model, path, scratch, strict
        self._written = scratch / f"shapes-{uuid.uuid4().hex[:12]}.onnx"
        self._refused = ""
        self._child = 0
        self._ended = -1
        if called := calls_itself(model):
            self._refused = f"The function {called} calls itself: there are no shapes to infer."
        elif _CAN_FORK:
            self._fork()

    def __enter__(self) -> ShapeInference:
        return self

    def __exit__(self, *error: object) -> None:
        """End the child if it still runs, and forget what it wrote."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            self._reap()
        self._written.unlink(missing_ok=True)

    def result(self, context: Context) -> tuple[Any, str]:
        """The model with inferred shapes; without, and what went wrong, if that failed. To be asked once.

        Raises:
            JobCancelled: The user asked to stop meanwhile.
        """
        if self._refused:
            return self._model, self._refused
        if not self._child:
            _lighten(self._model)
            return self._infer()
        import onnx

        started = time.monotonic()
        while not select.select([self._ended], [], [], _CANCEL_EVERY_S)[0]:
            context.check_cancelled()
            if time.monotonic() - started > LONGEST_S:
                return self._model, f"Shape inference took longer than {LONGEST_S / 60:.0f} minutes and was ended."
        code = self._reap()
        if code < 0:
            name = signal.Signals(-code).name
            return self._model, f"Shape inference crashed ({name}): onnx {onnx.__version__} does not stand this file."
        data = self._written.read_bytes()
        if code:
            return self._model, data.decode()
        return onnx.load_model_from_string(data), ""

    def _fork(self) -> None:
        self._ended, held = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of threads that the child lacks: it needs none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child = os.fork()
        if self._child:
            os.close(held)  # now the pipe ends when the child does
            return
        code = 2
        try:
            faulthandler.disable()
            code = self._work()
        finally:
            os._exit(code)

    def _work(self) -> int:
        """What the child does: write the model with its shapes (0), or why there are none (1)."""
        _lighten(self._model)
        inferred, error = self._infer()
        self._written.write_bytes(
            error.encode("utf-8", "backslashreplace") if error else inferred.SerializeToString()
        )
        return 1 if error else 0

    def _infer(self) -> tuple[Any, str]:
        size = self._model.ByteSize()
        return infer_shapes(self._model, self._path, self._scratch, strict=self._strict, size_bytes=size)

    def _reap(self) -> int:
        """Exit code of the child, or the negative number of the signal that ended it."""
        _, status = os.waitpid(self._child, 0)
        os.close(self._ended)
        self._child = 0
        return os.waitstatus_to_exitcode(status)


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
