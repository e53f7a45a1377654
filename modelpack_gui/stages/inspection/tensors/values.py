"""Where the elements of a stored tensor lie; they are copied only where numpy could not read them in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TensorValues, TensorValuesRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.inspection.tensors.stored import CHUNK, StoredTensor, open_stored

if TYPE_CHECKING:
    import numpy.typing as npt

_LONGEST_TEXT = 256
"""Characters: numpy gives every string of an array the room of the longest."""
COPY_LIMIT_BYTES = 8_000_000_000


def run(request: TensorValuesRequest, context: Context) -> TensorValues:
    """Find the elements.

    Raises:
        UserError: `initializer-unknown`, `initializer-corrupt`, `tensor-too-big`, `tensor-not-copied`, or what
            reading the artifact raises.
    """
    tensor = open_stored(resolve(context, request.path), request.name)
    if tensor.storage and tensor.place is not None:
        return _found(tensor, tensor.place.file, tensor.place.offset, tensor.storage, is_copy=False)
    target = Path(request.folder) / "tensor.bin"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        storage = _copy(tensor, target, context)
    except OSError as error:
        raise UserError(
            "tensor-not-copied",
            f"The values of {tensor.name!r} could not be written to {target}: {error.strerror or error}.",
            "Make room on the disk, or set MODELPACK_DATA_DIR to a folder that can be written.",
        ) from error
    return _found(tensor, target, 0, storage, is_copy=True)


def _found(tensor: StoredTensor, file: Path, offset: int, storage: str, *, is_copy: bool) -> TensorValues:
    status = file.stat()
    return TensorValues(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        file=str(file),
        offset=offset,
        storage=storage,
        is_copy=is_copy,
        stamp_ns=status.st_mtime_ns,
        file_bytes=status.st_size,
    )


def _copy(tensor: StoredTensor, target: Path, context: Context) -> str:
    """Write the elements in a dtype of numpy's; gives that dtype."""
    import numpy as np

    storage: str | None = None
    done = 0
    with target.open("wb") as stream:
        for chunk in tensor.chunks():
            context.check_cancelled()
            if storage is None:
                dtype = _stored_dtype(tensor, chunk)
                storage = dtype.newbyteorder("<").str
                if dtype.itemsize * tensor.elements > COPY_LIMIT_BYTES:
                    raise UserError(
                        "tensor-too-big",
                        f"A readable copy of {tensor.name!r} would take {dtype.itemsize * tensor.elements:,} bytes.",
                        "Its statistics are in the inspector.",
                    )
            is_text = chunk.dtype.kind in "OSU"
            written = np.array([_text(item) for item in chunk], storage) if is_text else chunk.astype(storage)
            written.tofile(stream)
            done += chunk.size
            context.progress(f"Copying {tensor.name}", done / max(1, tensor.elements))
    return storage if storage is not None else "<f4"


def _stored_dtype(tensor: StoredTensor, chunk: npt.NDArray[Any]) -> Any:
    """The dtype of numpy that holds what a chunk of any dtype has: float32 for the narrow floats of ml_dtypes."""
    import numpy as np

    if chunk.dtype.kind in "OSU":
        texts = (_text(item) for piece in tensor.chunks(CHUNK) for item in piece)
        return np.dtype(f"<U{max(map(len, texts), default=1) or 1}")
    if chunk.dtype.isbuiltin == 1:
        return chunk.dtype
    return np.dtype(
        np.int8
        if "int" in tensor.dtype and "u" not in tensor.dtype
        else np.uint8
        if "int" in tensor.dtype
        else np.float32
    )


def _text(item: object) -> str:
    text = item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
    text = text.replace("\0", "\\0")  # numpy ends a string at its last NULs
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
