"""The globals that pickles ask for, read off their opcodes: nothing is unpickled, and torch is not needed."""

from __future__ import annotations

import io
import pickletools
import zipfile

# What torch's own pickles of tensors are made of; its restricted unpickler allows these to everybody.
_PLAIN = frozenset(
    {"collections.OrderedDict", "collections.Counter", "builtins.set", "builtins.bytearray", "builtins.complex",
     "torch.Size", "torch.device", "torch.Tensor", "torch.nn.parameter.Parameter", "torch.serialization._get_layout",
     "torch.storage.UntypedStorage", "torch.storage.TypedStorage",
     "_codecs.encode"}
)  # fmt: skip
_DTYPES = frozenset(
    {"float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
     "uint64", "bool", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2", "qint8", "quint8", "qint32"}
)  # fmt: skip
_PLAIN_PREFIXES = ("torch._utils._rebuild_", "torch._tensor._rebuild_")
_TEXTS = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}
)  # fmt: skip

COMPUTED = "(a name that is not spelled out)"
"""Stands for a global whose name cannot be read off the pickle."""


def globals_of(data: bytes) -> tuple[str, ...]:
    """Full names of the globals in a pickle, in order, each once; of a damaged one those before the damage.

    A name that the pickle puts together in a way that cannot be followed is COMPUTED, which nobody may allow.
    """
    found: dict[str, None] = {}
    memo: dict[int, str | None] = {}
    below: str | None = None  # the two topmost values, where they are texts that were pushed just now
    top: str | None = None
    try:
        for opcode, argument, _ in pickletools.genops(io.BytesIO(data)):
            name = opcode.name
            if name in ("BINPUT", "LONG_BINPUT", "PUT"):
                memo[int(str(argument))] = top
            elif name == "MEMOIZE":
                memo[len(memo)] = top
            elif name in ("BINGET", "LONG_BINGET", "GET"):
                below, top = top, memo.get(int(str(argument)))
            elif name in ("GLOBAL", "INST"):
                found[_dotted(*str(argument).split(" ", 1))] = None
                below = top = None
            elif name == "STACK_GLOBAL":
                is_known = below is not None and top is not None
                found[_dotted(str(below), str(top)) if is_known else COMPUTED] = None
                below = top = None
            elif name.startswith("EXT"):  # a number that another library has registered for a class
                found[COMPUTED] = None
            elif name in _TEXTS:
                below, top = top, str(argument)
            elif name not in ("PROTO", "FRAME"):
                below = top = None
    except (ValueError, UnicodeDecodeError):
        pass  # what reads it says that it is damaged
    return tuple(found)


def asked_globals(data: bytes) -> tuple[str, ...]:
    """The globals in a pickle other than those that tensors themselves are made of."""
    return tuple(name for name in globals_of(data) if not is_plain(name))


def is_plain(name: str) -> bool:
    """Whether tensors themselves are made of it."""
    module, _, leaf = name.rpartition(".")
    is_value = module == "torch" and (leaf.endswith("Storage") or leaf in _DTYPES)
    return is_value or name in _PLAIN or name.startswith(_PLAIN_PREFIXES)


def member_globals(names: list[str], archive: zipfile.ZipFile) -> tuple[str, ...]:
    """The globals that some members of an archive ask for: bare pickles, and archives of torch.save in it."""
    found: dict[str, None] = {}
    for name in names:
        data = archive.read(name)
        if data[:2] == b"PK":
            found.update(dict.fromkeys(_nested_globals(data)))
        else:
            found.update(dict.fromkeys(asked_globals(data)))
    return tuple(found)


def _nested_globals(data: bytes) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            pickles = [name for name in inner.namelist() if name.endswith(".pkl")]
            return tuple(name for pickled in pickles for name in asked_globals(inner.read(pickled)))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return ()


def _dotted(module: str, name: str) -> str:
    return f"{'builtins' if module == '__builtin__' else module}.{name}"
