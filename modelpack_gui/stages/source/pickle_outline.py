"""What a pickle of torch.save holds, found without running anything in it, without torch and without its tensors.

Every global that the pickle names is replaced by a stand-in that takes whatever it is given and does nothing, so that
a file which wants to run a command can be looked at like any other. Tensors become `OutlineTensor`.
"""

from __future__ import annotations

import _compat_pickle
import io
import pickle
import re
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from modelpack_gui.core.saved_models import ZIP_DAMAGE

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
"""First pickle of a file in the format before torch 1.6."""

_STORAGE_DTYPES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "QInt8Storage": "qint8", "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32", "UntypedStorage": "uint8",
}  # fmt: skip


class OutlineError(ValueError):
    """The file is not a pickle of torch.save, or a damaged one."""


@dataclass(frozen=True)
class OutlineTensor:
    """A tensor of which only this is known."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size_bytes(self) -> int:
        """Of its elements."""
        number = 1
        for size in self.shape:
            number *= size
        return number * item_bytes(self.dtype)


class OutlineObject:
    """An instance of some class, which is not looked up: `global_name` says which it would be."""

    global_name = ""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> OutlineObject:
        """Whatever its class wants to be given."""
        return super().__new__(cls)

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        """Taken and dropped, as is all that a pickle puts into its objects."""

    def _take(self, *_items: Any) -> None: ...

    append = extend = add = update = _take


class _Dict(OrderedDict[Any, Any]):
    """Stands for an OrderedDict; what torch hangs on it (`_metadata`) is dropped."""

    def __setstate__(self, state: Any) -> None: ...


@dataclass(frozen=True)
class Outline:
    """What a file holds.

    Attributes:
        content: Plain values, dicts, lists, OutlineTensor and OutlineObject.
        globals: Full names of all that it asks the unpickler for, each once.
    """

    content: Any
    globals: tuple[str, ...]


def item_bytes(dtype: str) -> int:
    """Bytes of one element: `float32` has 4, `complex64` 8, `bool` 1."""
    bits = re.search(r"\d+", dtype)
    return max(1, int(bits[0]) // 8) if bits else 1


def outline_archive(path: Path) -> Outline:
    """Look into an archive of torch.save.

    Raises:
        OutlineError: It is none, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            name = next((name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"), None)
            if name is None:
                raise OutlineError("it has no data.pkl")
            stream = io.BytesIO(archive.read(name))
    except ZIP_DAMAGE as error:
        raise OutlineError(str(error)) from error
    reader = _Reader(stream)
    return Outline(reader.read(), tuple(reader.names))


def outline_old(path: Path) -> Outline:
    """Look into a file in the format before torch 1.6, of which only the pickles at the start are read.

    Raises:
        OutlineError: It is none, or is damaged.
    """
    with path.open("rb") as stream:
        magic = _Reader(stream).read()
        if magic != MAGIC_NUMBER:
            raise OutlineError("it does not start as torch.save does")
        for _ in ("protocol version", "facts about the machine"):
            _Reader(stream).read()
        reader = _Reader(stream)
        return Outline(reader.read(), tuple(reader.names))


class _Maker:
    """Stands for a function. Its slots are all that a pickle could change of it, and it changes none."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *args: Any, **_kwargs: Any) -> Any:
        return self._make(*args)

    def __setstate__(self, state: Any) -> None: ...


class _Reader(pickle.Unpickler):
    """An unpickler that looks nothing up: no name of the file leads to anything but a stand-in."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, encoding="utf-8", errors="replace")
        self.names: dict[str, Any] = {}

    def read(self) -> Any:
        try:
            return self.load()
        except Exception as error:  # a damaged pickle raises anything; nothing but stand-ins was called
            raise OutlineError(f"{type(error).__name__}: {error}") from error

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in, one for each name."""
        if (module, name) in _compat_pickle.NAME_MAPPING:  # protocol 2 spells names as Python 2 did
            module, name = _compat_pickle.NAME_MAPPING[module, name]
        else:
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        full = f"{module}.{name}"
        if full not in self.names:
            self.names[full] = _stand_in(full)
        return self.names[full]

    def persistent_load(self, pid: Any) -> Any:
        """The dtype that a storage has by its type."""
        if isinstance(pid, tuple) and len(pid) > 1 and pid[0] == "module":  # old files: a class with its source
            return pid[1]
        if not (isinstance(pid, tuple) and len(pid) > 1 and pid[0] == "storage"):
            raise OutlineError("a storage is named in an unknown way")
        name = str(getattr(pid[1], "global_name", "")).rpartition(".")[2]
        return _STORAGE_DTYPES.get(name, name.removesuffix("Storage").lower())


def _stand_in(full: str) -> Any:
    if full == "collections.OrderedDict":
        return _Dict
    if full == "torch.Size":
        return _Maker(lambda sizes=(): tuple(sizes))
    make = _REBUILDERS.get(full)
    if make is not None:
        return _Maker(make)
    return type(full.rpartition(".")[2], (OutlineObject,), {"global_name": full})


def _shape(sizes: Any) -> tuple[int, ...]:
    shape = tuple(sizes)
    if not all(type(size) is int and size >= 0 for size in shape):
        raise OutlineError("a tensor has no sizes")
    return shape


def _dtype(given: Any) -> str:
    return str(getattr(given, "global_name", given)).rpartition(".")[2]


def _rebuild_tensor(storage: Any, _offset: Any, size: Any, *_rest: Any) -> OutlineTensor:
    return OutlineTensor(_dtype(storage), _shape(size))


def _rebuild_tensor_v3(_storage: Any, _offset: Any, size: Any, *rest: Any) -> OutlineTensor:
    return OutlineTensor(_dtype(rest[3]), _shape(size))  # after stride, requires_grad, hooks


def _rebuild_sparse(_layout: Any, data: Any) -> OutlineTensor:
    _, values, size, *_ = data
    return OutlineTensor(values.dtype, _shape(size))


def _rebuild_from_type(function: Any, _type: Any, args: Any, _state: Any) -> Any:
    return function(*args)


def _first(data: Any, *_rest: Any) -> Any:
    return data


_REBUILDERS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": _rebuild_tensor_v3,
    "torch._utils._rebuild_qtensor": _rebuild_tensor,
    "torch._utils._rebuild_sparse_tensor": _rebuild_sparse,
    "torch._utils._rebuild_meta_tensor_no_storage": lambda dtype, size, *_: OutlineTensor(
        _dtype(dtype), _shape(size)
    ),
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._tensor._rebuild_from_type_v2": _rebuild_from_type,
}
