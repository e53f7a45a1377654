"""What a TorchScript archive says of itself: its code is Python to the parser, and its pickles are only looked at."""

from __future__ import annotations

import ast
import io
import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.records import InputSpec, ParameterInfo, SavedModel, TensorInfo
from modelpack_gui.core.saved_models import SavedKind, inner_name
from modelpack_gui.stages.source.pickle_globals import globals_of
from modelpack_gui.stages.source.syntax import parameters_of

_DTYPES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}  # fmt: skip


def describe_script(path: Path) -> SavedModel:
    """The class, the signature of `forward`, and for a traced model the shapes that it was traced with."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        root = next(iter(globals_of(archive.read(inner_name(names, "data.pkl")))), "")
        module, _, class_name = root.rpartition(".")
        code = inner_name(names, f"code/{module.replace('.', '/')}.py")
        forward = _forward_of(archive.read(code).decode("utf-8", "replace"), class_name) if code else None
        traced = inner_name(names, "traced_inputs.pkl")
        examples = _traced_inputs(archive.read(traced)) if traced else ()
    if forward is None:
        return SavedModel(SavedKind.TORCHSCRIPT.value, class_name, producer="torch.jit")
    parameters = parameters_of(forward.args)[1:]
    proposed = tuple(
        InputSpec(parameter.name, shape, dtype)
        for parameter, (shape, dtype) in zip(parameters, examples, strict=False)
    )
    is_whole = len(proposed) == len(parameters) and len(examples) == len(parameters)
    return SavedModel(
        kind=SavedKind.TORCHSCRIPT.value,
        class_name=class_name,
        inputs=tuple(_input(parameter, proposed) for parameter in parameters),
        outputs=_outputs(forward.returns),
        forward=parameters,
        producer="torch.jit.trace" if traced else "torch.jit",
        proposed=proposed if is_whole else (),
    )


def _forward_of(code: str, class_name: str) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # not all of TorchScript is Python
        return None
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == "forward":
                    return item
    return None


def _input(parameter: ParameterInfo, proposed: Sequence[InputSpec]) -> TensorInfo:
    example = next((item for item in proposed if item.name == parameter.name), None)
    if example is not None:
        return TensorInfo(parameter.name, example.dtype, example.shape)
    return TensorInfo(parameter.name, "" if parameter.annotation == "Tensor" else parameter.annotation, None)


def _outputs(returns: ast.expr | None) -> tuple[TensorInfo, ...]:
    text = ast.unparse(returns) if returns is not None else ""
    if text == "Tensor" or not text:
        return (TensorInfo("output", "", None),)
    if isinstance(returns, ast.Subscript) and text.startswith("Tuple[") and isinstance(returns.slice, ast.Tuple):
        kinds = [ast.unparse(item) for item in returns.slice.elts]
        return tuple(
            TensorInfo(f"output_{index}", "" if kind == "Tensor" else kind, None) for index, kind in enumerate(kinds)
        )
    return (TensorInfo("output", text, None),)


class _Storage:
    def __init__(self, kind: str) -> None:
        self.kind = kind


class _Shapes(pickle.Unpickler):
    """Reads shapes and dtypes; every global stands for a function or class of ours, so that nothing is run."""

    def find_class(self, module: str, name: str) -> Any:
        """One of a handful of stand-ins.

        Raises:
            UnpicklingError: For any other.
        """
        if module == "torch._utils" and name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, *rest: (tuple(size), _DTYPES.get(storage.kind, ""))  # noqa: ARG005
        if module == "torch.jit._pickle" and name == "restore_type_tag":
            return lambda value, kind: value  # noqa: ARG005
        if module == "collections" and name == "OrderedDict":
            return dict
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a traced input")

    def persistent_load(self, pid: Any) -> _Storage:
        """The storage of a tensor, of which only the dtype matters."""
        return _Storage(pid[1])


def _traced_inputs(data: bytes) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Shape and dtype of each input that `forward` was traced with; empty if they are not all tensors."""
    try:
        content = _Shapes(io.BytesIO(data)).load()
        found = tuple(content["forward"])
    except Exception:  # noqa: BLE001 (a damaged pickle raises anything; the shapes are a convenience)
        return ()
    is_plain = all(isinstance(item, tuple) and len(item) == 2 and item[1] for item in found)
    return found if is_plain else ()
