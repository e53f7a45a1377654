"""Read the facts of an exported or opened file: names, shapes, opset, size. Weights are not loaded for ONNX."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_device, is_file, is_folder
from modelpack_gui.core.records import Artifact, ArtifactFormat
from modelpack_gui.core.saved_models import SavedKind, kind_of_file
from modelpack_gui.stages.export import artifact_errors as wrong
from modelpack_gui.stages.export.artifact_torch import read_pt2, read_torchscript
from modelpack_gui.stages.export.onnx_header import WireError, without_weights
from modelpack_gui.stages.inspection.onnx_types import external_entries, main_float_dtype, tensor_info
from modelpack_gui.stages.inspection.onnx_walk import is_quantized, tensors_of

_FORMATS: dict[SavedKind, ArtifactFormat] = {
    SavedKind.TORCHSCRIPT: "torchscript",
    SavedKind.EXPORTED_PROGRAM: "pt2",
}
_OPSETS = 3  # the first ir_version whose files name the sets of operators that they use
CUT_ABOVE_BYTES = 64 << 20
"""Larger files are parsed without their weights; a smaller one is parsed sooner than its weights are found."""


def read_artifact(path: Path | str, *, hashed_bytes: int | None = None) -> Artifact:
    """Describe an ONNX, TorchScript or pt2 file.

    Args:
        hashed_bytes: Files up to this size are hashed; None hashes all.

    Raises:
        UserError: `artifact-missing`, `artifact-is-folder`, `artifact-empty`, `artifact-unreadable`,
            `artifact-not-onnx`, `artifact-corrupt`, `artifact-data-missing`, `artifact-not-torchscript`,
            `artifact-not-pt2`, `import-missing` when onnx or torch is not installed.
    """
    path = Path(path).absolute()
    with opened(path) as data:
        format_ = format_of(path, data[:2])
        if format_ == "onnx":
            found = _read_onnx(path, data)
        else:
            found = read_pt2(path, data) if format_ == "pt2" else read_torchscript(path, data)
        if hashed_bytes is not None and len(data) > hashed_bytes:
            return found
        return dataclasses.replace(found, sha256=hashlib.sha256(data).hexdigest())


@contextlib.contextmanager
def opened(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, as a map of it.

    Raises:
        UserError: `artifact-missing`, `artifact-is-folder`, `artifact-empty`, `artifact-unreadable`.
    """
    if is_folder(path):
        raise UserError("artifact-is-folder", f"{path} is a folder.", "Choose a file in it.")
    if is_device(path):
        raise UserError("artifact-unreadable", f"{path} is a pipe or a device, not a file.", "Choose a file.")
    try:
        with path.open("rb") as stream:
            if not os.fstat(stream.fileno()).st_size:
                raise UserError("artifact-empty", f"{path} is empty (0 bytes).", wrong.EXPORT_HINT)
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data
    except FileNotFoundError as error:
        raise UserError("artifact-missing", f"There is no file {path}.", "Export first, or choose a file.") from error
    except OSError as error:
        raise UserError(
            "artifact-unreadable", f"{path} cannot be read: {error.strerror or error}.", "Check its permissions."
        ) from error


def format_of(path: Path, head: bytes) -> ArtifactFormat:
    """The format of a file: of archives by what is in them, of others by the suffix."""
    if path.suffix == ".onnx":
        return "onnx"
    kind = kind_of_file(path) if head == b"PK" else SavedKind.UNKNOWN
    if kind in _FORMATS:
        return _FORMATS[kind]
    by_suffix = next((format_ for format_, suffixes in SUFFIXES.items() if path.suffix in suffixes), None)
    return by_suffix or ("torchscript" if head == b"PK" else "onnx")


def parse_onnx(path: Path, data: bytes | mmap.mmap, above_bytes: int | None = 0) -> Any:
    """The ModelProto of a file.

    Args:
        above_bytes: Initializers of the main graph that take more lose their elements; None keeps all.

    Raises:
        UserError: `artifact-not-onnx`, `artifact-corrupt`, `import-missing`.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    except ImportError as error:
        raise wrong.lacking("the package onnx", "ONNX files") from error
    try:
        model = onnx.load_model_from_string(data[:] if above_bytes is None else without_weights(data, above_bytes))
    except (WireError, DecodeError) as error:
        # An ONNX file starts with its ir_version, field 1 of the message: anything else was never one.
        if data[0] == 0x08:
            raise wrong.corrupt(path, str(error)) from error
        raise wrong.not_onnx(path, str(error)) from error
    if not model.ir_version or not model.HasField("graph") or not (model.opset_import or model.ir_version < _OPSETS):
        raise wrong.not_onnx(path, "")
    return model


def read_header(path: Path) -> tuple[Artifact, Any]:
    """What an ONNX file says of itself, without a look at its nodes; it is not hashed. And its ModelProto, of which
    large initializers may lack their elements.

    Raises:
        UserError: Those of `read_artifact`, but for a data file that is missing.
    """
    with opened(path) as data:
        size_bytes = len(data)
        model = parse_onnx(path, data, 0 if size_bytes > CUT_ABOVE_BYTES else None)
    stored = (tensor for tensor in model.graph.initializer if tensor.data_location)
    names = {external_entries(tensor).get("location", "") for tensor in stored}
    files = [path.parent / name for name in sorted(filter(None, names)) if "\0" not in name]
    found = [file for file in files if is_file(file)]
    size_bytes += sum(file.stat().st_size for file in found)
    artifact = onnx_facts(path, size_bytes, model)
    return dataclasses.replace(artifact, external_files=tuple(map(str, found))), model


def onnx_facts(path: Path, size_bytes: int, model: Any) -> Artifact:
    """What the ModelProto of a file says of itself, without what takes a look at all of its nodes and tensors."""
    opsets = {entry.domain or "ai.onnx": int(entry.version) for entry in model.opset_import}
    stored = {tensor.name for tensor in model.graph.initializer}
    return Artifact(
        path=str(path),
        format="onnx",
        size_bytes=size_bytes,
        sha256="",
        inputs=tuple(tensor_info(value) for value in model.graph.input if value.name not in stored),
        outputs=tuple(tensor_info(value) for value in model.graph.output),
        opset_version=opsets.get("ai.onnx"),
        ir_version=int(model.ir_version),
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        opset_imports=opsets,
        metadata={entry.key: entry.value for entry in model.metadata_props},
        node_count=len(model.graph.node),
    )


def _read_onnx(path: Path, data: mmap.mmap) -> Artifact:
    model = parse_onnx(path, data)
    places = (external_entries(tensor).get("location", "") for tensor in tensors_of(model.graph))
    external_paths = [path.parent / name for name in sorted({name for name in places if name})]
    for data_path in external_paths:
        if not is_file(data_path):
            raise UserError(
                "artifact-data-missing",
                f"{path} keeps weights in {data_path.name}, and there is no {data_path}.",
                "Put the data file beside the .onnx file; the two belong together.",
            )
    return dataclasses.replace(
        onnx_facts(path, len(data) + sum(data_path.stat().st_size for data_path in external_paths), model),
        external_files=tuple(map(str, external_paths)),
        weights_dtype=main_float_dtype(model.graph.initializer),
        is_quantized=is_quantized(model),
    )
