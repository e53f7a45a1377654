"""The exact result beside the run: each operation is done once more in float64, on the float64 results so far.

No second model and no second run is needed, so that weights are not doubled and every branch is the one that was
taken. Where an operation cannot be done in float64, or is random, its result as it is counts as exact from there on.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class Exact:
    """The float64 counterparts of the tensors that are alive."""

    def __init__(self) -> None:
        import torch

        self._torch = torch
        self._wide: dict[int, tuple[weakref.ref[torch.Tensor], torch.Tensor]] = {}
        floats = (torch.float16, torch.bfloat16, torch.float32)
        self._dtypes = {**dict.fromkeys(floats, torch.float64), torch.complex64: torch.complex128}

    def run(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of an operation in float64, before it is done as it is; None where it cannot be had."""
        if self._torch.Tag.nondeterministic_seeded in func.tags:
            return None
        writes = bool(func._schema.is_mutable)
        found: list[bool] = []
        wide_args = self._widened((args, kwargs), found, keep=writes)
        if not found:
            return None
        try:
            return func(*wide_args[0], **wide_args[1])
        except (RuntimeError, NotImplementedError, TypeError, ValueError):
            return None

    def keep(self, wide: Any, result: Any) -> None:
        """Pair the results of an operation in float64 with those that it gave."""
        if self._is_float(result):
            usable = self._torch.is_tensor(wide) and wide.shape == result.shape and wide.dtype not in self._dtypes
            if usable and (wide.is_floating_point() or wide.is_complex()):
                self._put(result, wide)
            else:
                self._put(result, result.to(self._dtypes.get(result.dtype, result.dtype), copy=True))
        elif isinstance(result, (tuple, list)):
            others = wide if isinstance(wide, (tuple, list)) and len(wide) == len(result) else [None] * len(result)
            for one, other in zip(result, others, strict=True):
                self.keep(other, one)

    def counterpart(self, tensor: torch.Tensor) -> torch.Tensor | None:
        """The exact value of a tensor; None of integers."""
        return self.of(tensor) if self._is_float(tensor) else None

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """The exact value of a tensor of floating-point or complex numbers."""
        found = self._wide.get(id(tensor))
        if found is not None and found[0]() is tensor:
            return found[1]
        return tensor.to(self._dtypes.get(tensor.dtype, tensor.dtype))

    def _is_float(self, value: Any) -> bool:
        return self._torch.is_tensor(value) and (value.is_floating_point() or value.is_complex())

    def _put(self, tensor: torch.Tensor, wide: torch.Tensor) -> None:
        key = id(tensor)

        def forget(weak: Any) -> None:
            found = self._wide.get(key)
            if found is not None and found[0] is weak:
                del self._wide[key]

        self._wide[key] = (weakref.ref(tensor, forget), wide)

    def _widened(self, value: Any, found: list[bool], *, keep: bool) -> Any:
        """Arguments with float64 tensors and dtypes; `found` gets an item if there was any tensor to widen."""
        if self._is_float(value):
            found.append(True)
            wide = self.of(value)
            if wide is value and keep:  # float64 itself: the operation must not write to it twice
                wide = value.clone()
            # Views share memory, and so must their counterparts. Weights are many, and not written to.
            if keep or not isinstance(value, self._torch.nn.Parameter):
                self._put(value, wide)
            return wide
        if isinstance(value, self._torch.dtype):
            return self._dtypes.get(value, value)
        if isinstance(value, (tuple, list)):
            return type(value)(self._widened(item, found, keep=keep) for item in value)
        if isinstance(value, dict):
            return {key: self._widened(item, found, keep=keep) for key, item in value.items()}
        if keep and self._torch.is_tensor(value):
            return value.clone()  # an integer is written to once, by the operation itself
        return value
