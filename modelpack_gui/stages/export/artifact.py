"""Read the facts of an exported or opened file: names, shapes, opset, size. Weights are not loaded for ONNX."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import Artifact, ArtifactFormat, TensorInfo
from modelpack_gui.stages.export.onnx_header import WireError, without_weights
from modelpack_gui.stages.inspection.onnx_types import external_entries, tensor_info
from modelpack_gui.stages.inspection.onnx_walk import tensors_of
from modelpack_gui.stages.source.usercode import pip_command

TORCHSCRIPT_SUFFIXES = (".pt", ".pth", ".ts", ".torchscript", ".ptl")
_EXPORT_HINT = "Export it again, or choose another file."


def read_artifact(path: Path | str) -> Artifact:
    """Describe an ONNX or TorchScript file.

    Raises:
        UserError: `artifact-missing`, `artifact-is-folder`, `artifact-empty`, `artifact-unreadable`,
            `artifact-not-onnx`, `artifact-corrupt`, `artifact-data-missing`, `artifact-not-torchscript`,
            `import-missing` when onnx or torch is not installed.
    """
    path = Path(path).absolute()
    if path.is_dir():
        raise UserError("artifact-is-folder", f"{path} is a folder.", "Choose a file in it.")
    try:
        with path.open("rb") as stream:
            size_bytes = os.fstat(stream.fileno()).st_size
            if not size_bytes:
                raise UserError("artifact-empty", f"{path} is empty (0 bytes).", _EXPORT_HINT)
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                if format_of(path, data[:2]) == "torchscript":
                    return _read_torchscript(path, data)
                return _read_onnx(path, data)
    except FileNotFoundError as error:
        raise UserError("artifact-missing", f"There is no file {path}.", "Export first, or choose a file.") from error
    except OSError as error:
        raise UserError(
            "artifact-unreadable", f"{path} cannot be read: {error.strerror or error}.", "Check its permissions."
        ) from error


def format_of(path: Path, head: bytes) -> ArtifactFormat:
    """The format of a file by its suffix, else by its first bytes: TorchScript files are zip archives."""
    if path.suffix in TORCHSCRIPT_SUFFIXES or (path.suffix != ".onnx" and head == b"PK"):
        return "torchscript"
    return "onnx"


def _read_onnx(path: Path, data: mmap.mmap) -> Artifact:
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    except ImportError as error:
        raise UserError(
            "import-missing",
            "Reading ONNX files needs the package onnx, which this interpreter lacks.",
            f"Install it: {pip_command('onnx')}",
        ) from error
    try:
        model = onnx.load_model_from_string(without_weights(data))
    except (WireError, DecodeError) as error:
        # An ONNX file starts with its ir_version, field 1 of the message: anything else was never one.
        if data[0] == 0x08:
            raise _corrupt(path, str(error)) from error
        raise _not_onnx(path, str(error)) from error
    opsets = {entry.domain or "ai.onnx": int(entry.version) for entry in model.opset_import}
    if not model.ir_version or not opsets or not model.HasField("graph"):
        raise _not_onnx(path, "")
    places = (external_entries(tensor).get("location", "") for tensor in tensors_of(model.graph))
    external = sorted({name for name in places if name})
    external_paths = [path.parent / name for name in external]
    for data_path in external_paths:
        if not data_path.is_file():
            raise UserError(
                "artifact-data-missing",
                f"{path} keeps weights in {data_path.name}, and there is no {data_path}.",
                "Put the data file beside the .onnx file; the two belong together.",
            )
    stored = {tensor.name for tensor in model.graph.initializer}
    return Artifact(
        path=str(path),
        format="onnx",
        size_bytes=len(data) + sum(data_path.stat().st_size for data_path in external_paths),
        sha256=hashlib.sha256(data).hexdigest(),
        inputs=tuple(tensor_info(value) for value in model.graph.input if value.name not in stored),
        outputs=tuple(tensor_info(value) for value in model.graph.output),
        external_files=tuple(map(str, external_paths)),
        opset_version=opsets.get("ai.onnx"),
        ir_version=int(model.ir_version),
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        opset_imports=opsets,
    )


def _read_torchscript(path: Path, data: mmap.mmap) -> Artifact:
    try:
        import torch
    except ImportError as error:
        raise UserError(
            "import-missing",
            "Reading TorchScript files needs torch, which this interpreter lacks.",
            f"Install it: {pip_command('torch')}",
        ) from error
    from modelpack_gui.stages.common.warnings import capture

    if data[:2] != b"PK":
        raise _not_torchscript(path, "it is not a zip archive")
    try:
        with capture():  # torch.jit.load says that it is deprecated
            module = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        text = str(error)
        if "constants.pkl" in text or "file not found" in text:
            raise _not_torchscript(path, "it is an archive of something else, such as a checkpoint") from error
        raise _corrupt(path, text) from error
    graph = module.graph
    return Artifact(
        path=str(path),
        format="torchscript",
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        inputs=tuple(_graph_values(list(graph.inputs())[1:])),  # the first one is `self`
        outputs=tuple(_graph_outputs(graph)),
        producer=f"TorchScript, read by torch {torch.__version__}",
    )


def _graph_values(values: Iterable[Any]) -> Iterator[TensorInfo]:
    for value in values:
        yield _typed(value.debugName().rpartition(".")[0] or value.debugName(), value.type())


def _graph_outputs(graph: Any) -> Iterator[TensorInfo]:
    """Outputs by type, as names of values mean nothing there; a tuple gives one each."""
    types = []
    for value in graph.outputs():
        types += list(value.type().elements()) if value.type().kind() == "TupleType" else [value.type()]
    for index, item in enumerate(types):
        yield _typed("output" if len(types) == 1 else f"output_{index}", item)


def _typed(name: str, kind: Any) -> TensorInfo:
    if kind.kind() != "TensorType":
        return TensorInfo(name, str(kind), None)
    dtype, sizes = kind.dtype(), kind.sizes()
    return TensorInfo(name, str(dtype).removeprefix("torch.") if dtype else "", tuple(sizes) if sizes else None)


def _corrupt(path: Path, details: str) -> UserError:
    return UserError("artifact-corrupt", f"{path} is cut short or damaged.", _EXPORT_HINT, details)


def _not_onnx(path: Path, details: str) -> UserError:
    return UserError("artifact-not-onnx", f"{path} is not an ONNX model.", _EXPORT_HINT, details)


def _not_torchscript(path: Path, reason: str) -> UserError:
    return UserError("artifact-not-torchscript", f"{path} is not a TorchScript file: {reason}.", _EXPORT_HINT)
