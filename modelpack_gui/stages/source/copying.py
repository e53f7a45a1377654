"""Copy a memory-mapped state dict into a model, with no more memory than the model itself takes.

What `load_state_dict` does by itself was weighed against this:

- Its plain copy maps every page of the file beside the model: at the end twice the checkpoint is resident.
- `assign=True` alone copies nothing, but leaves a model that is another one than a user gets: its parameters are
  new objects (weights that were shared no longer are, and lists that hold parameters keep the old ones), have the
  file's dtypes and its alignment, which shows in benchmarks, and crash the process when the file is written anew.

So `load_state_dict(assign=True)` decides what goes where, hooks and all, touching no data; then each tensor is
copied into the memory that the model already had, its own objects are put back, and the pages that were read are
given back.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context

if TYPE_CHECKING:
    import torch

_CHUNK_BYTES = 16 << 20
_MADV_DONTNEED = 4
_LARGE_BYTES = 100 << 20  # from here on it takes long enough to say how far it is


def load_copied(
    module: torch.nn.Module, state: OrderedDict[str, Any], files: Sequence[Path], context: Context
) -> tuple[list[str], list[str]]:
    """Load a state dict into a model; the missing and the unexpected keys, as `load_state_dict` gives them.

    Args:
        files: That tensors of the state are mapped from.
    """
    import torch

    own_loading = type(module).load_state_dict is not torch.nn.Module.load_state_dict
    if own_loading or any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        result = module.load_state_dict(state, strict=False)  # these know no `assign`
        return list(result.missing_keys), list(result.unexpected_keys)
    before = {slot.place: slot for slot in _slots(module)}
    result = module.load_state_dict(state, strict=False, assign=True)
    changed = [(before[slot.place], slot) for slot in _slots(module) if slot.place in before]
    _copy_back([(old, new) for old, new in changed if new.tensor is not old.tensor], files, context)
    return list(result.missing_keys), list(result.unexpected_keys)


def cast_floats(module: torch.nn.Module, dtype: torch.dtype) -> None:
    """Cast floating-point parameters and buffers; integers, bools and complex numbers stay.

    The tensors stay the same objects, so that shared ones stay shared.
    """
    for slot in _slots(module):
        if slot.tensor.is_floating_point():
            slot.tensor.data = slot.tensor.data.to(dtype)


@dataclass(frozen=True)
class _Slot:
    """A parameter or buffer where a module has it."""

    owner: torch.nn.Module
    name: str
    tensor: torch.Tensor

    @property
    def place(self) -> tuple[int, str]:
        return id(self.owner), self.name


def _slots(module: torch.nn.Module) -> Iterator[_Slot]:
    for owner in module.modules():
        for name, parameter in owner.named_parameters(recurse=False, remove_duplicate=False):
            yield _Slot(owner, name, parameter)
        for name, buffer in owner.named_buffers(recurse=False, remove_duplicate=False):
            yield _Slot(owner, name, buffer)


def _copy_back(changed: list[tuple[_Slot, _Slot]], files: Sequence[Path], context: Context) -> None:
    import torch

    total = sum(new.tensor.nbytes for _, new in changed)
    done = 0
    pages = _MappedPages(files)
    with torch.no_grad():
        for old, new in changed:
            context.check_cancelled()
            if old.tensor.shape != new.tensor.shape:  # a hook made it another one: it stays, in memory of its own
                new.tensor.data = new.tensor.data.clone()
                continue
            for target, source in _chunks(old.tensor, new.tensor):
                target.copy_(source)
                pages.release(source)
                context.check_cancelled()
            setattr(old.owner, old.name, old.tensor)
            done += new.tensor.nbytes
            if total >= _LARGE_BYTES:
                context.progress("Copying the weights", done / total)


def _chunks(target: torch.Tensor, source: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Both in pieces of the same elements, where they lie in a row."""
    import torch

    is_plain = all(item.layout is torch.strided and item.is_contiguous() for item in (target, source))
    if not is_plain or source.is_quantized or source.nbytes <= _CHUNK_BYTES:
        yield target, source
        return
    step = _CHUNK_BYTES // source.element_size()
    yield from zip(torch.split(target.view(-1), step), torch.split(source.view(-1), step), strict=True)


class _MappedPages:
    """Gives back the memory of pages of some files that are mapped; they would be read again if touched.

    Only Linux says what is mapped where, and only memory that is a mapping of these files may be given back: what
    was in any other would be lost. Elsewhere nothing is given back.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._ranges = _mapped_ranges({os.path.realpath(file) for file in files})
        self._madvise = ctypes.CDLL(None).madvise if self._ranges else None
        self._page = os.sysconf("SC_PAGE_SIZE") if self._ranges else 1

    def release(self, tensor: torch.Tensor) -> None:
        """Give back the whole pages that a tensor lies in, if it is mapped."""
        if self._madvise is None:
            return
        start, end = tensor.data_ptr(), tensor.data_ptr() + tensor.nbytes
        if any(low <= start and end <= high for low, high in self._ranges):
            start = -(-start // self._page) * self._page
            if end - start >= self._page:
                length = (end - start) // self._page * self._page
                self._madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _MADV_DONTNEED)


def _mapped_ranges(files: set[str]) -> list[tuple[int, int]]:
    if sys.platform != "linux":
        return []
    ranges = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        place, _, rest = line.partition(" ")
        fields = rest.split(maxsplit=4)  # permissions, offset, device, inode, path
        if len(fields) == 5 and fields[4] in files:
            low, _, high = place.partition("-")
            ranges.append((int(low, 16), int(high, 16)))
    return ranges
