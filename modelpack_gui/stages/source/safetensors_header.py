"""The header of a safetensors file: names, dtypes and shapes. Needs neither the library nor torch, and no tensor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.stages.source.pickle_outline import OutlineTensor

_LONGEST = 100_000_000  # as in the library
_LENGTH_BYTES = 8
_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "BOOL": "bool", "C64": "complex64",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16",
    "U8": "uint8", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip


def outline_safetensors(path: Path) -> dict[str, OutlineTensor]:
    """The tensors by name, in the order of the file.

    Raises:
        ValueError: It is not such a file, or ends too early (`incomplete`, as the library says it).
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(_LENGTH_BYTES)
        length = int.from_bytes(head, "little")
        if len(head) < _LENGTH_BYTES or length > size_bytes - _LENGTH_BYTES:
            raise ValueError("incomplete header")
        if length > _LONGEST:
            raise ValueError("the header is longer than the format allows")
        header: Any = serde.loads(stream.read(length))
    if not isinstance(header, dict):
        raise ValueError("the header is no table of tensors")
    header.pop("__metadata__", None)
    found = {}
    end = 0
    for name, entry in header.items():
        try:
            shape = tuple(int(size) for size in entry["shape"])
            found[name] = OutlineTensor(_DTYPES.get(entry["dtype"], str(entry["dtype"]).lower()), shape)
            end = max(end, int(entry["data_offsets"][1]))
        except (TypeError, KeyError, IndexError) as error:
            raise ValueError(f"the header has no dtype, shape and place for {name!r}") from error
    if size_bytes < _LENGTH_BYTES + length + end:
        raise ValueError("incomplete data")
    return found
