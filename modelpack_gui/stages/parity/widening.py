"""Run a model in float64 throughout, also where its code asks for float32: the truth that others are measured by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_WIDE = {
    torch.float32: torch.float64,
    torch.float16: torch.float64,
    torch.bfloat16: torch.float64,
    torch.complex64: torch.complex128,
}
_IS_WIDE = frozenset(_WIDE.values())


class Widening(TorchDispatchMode):  # type: ignore[no-untyped-call]  # untyped in torch, as is its __init__
    """Lets every operator compute in float64: dtypes that are asked for become float64, and so do its operands.

    A model may cast (`x.float()` before a softmax), or hold constants that are no buffers; without this, half of a
    "float64" run would be float32, and the noise floor measured by it a false one.

    Attributes:
        narrowed: Operators that put float64 values into a tensor of lower precision nevertheless, as writing into a
            tensor that was there before does; and those that bring in numbers from outside torch.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.narrowed: list[str] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """What torch asks: else it imports its compiler for a second or two, to keep it away from the next method."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operator in float64."""
        is_written_into = func._schema.is_mutable  # then the operand itself is what counts, and not a wide copy
        seen: list[torch.dtype] = []

        def widened(item: Any) -> Any:
            if isinstance(item, torch.dtype):
                return _WIDE.get(item, item)
            if not isinstance(item, torch.Tensor):
                return item
            seen.append(item.dtype)
            return item.to(_WIDE[item.dtype]) if item.dtype in _WIDE and not is_written_into else item

        result = func(*_each(widened, args), **_each(widened, kwargs or {}))
        if func is torch.ops.aten.lift_fresh.default and _WIDE.keys() & set(seen):
            self.narrowed.append("numpy")
        elif _IS_WIDE.intersection(seen):
            self._note(func, result)
        return result

    def _note(self, func: Any, result: Any) -> None:
        for item in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(item, torch.Tensor) and item.dtype in _WIDE:
                self.narrowed.append(str(func))


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    """What is passed to an operator, with each item changed. torch's own tree_map takes as long as a small one."""
    if isinstance(value, (tuple, list)):
        return [_each(change, item) for item in value]
    if isinstance(value, dict):
        return {key: _each(change, item) for key, item in value.items()}
    return change(value)


def widened(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of numbers with a fraction in float64 or complex128; any other as it is."""
    return tensor.to(_WIDE.get(tensor.dtype, tensor.dtype))


@contextmanager
def float64_by_default() -> Iterator[None]:
    """What is made without a dtype, as by torch.zeros, is float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
