"""What the layers that an input first reaches want of it: seen by hooks during a forward pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.records import InputSpec, tensor_inputs

if TYPE_CHECKING:
    import torch


class Wanted(Exception):  # noqa: N818 (stops the pass to say something; nothing has gone wrong)
    """A layer wants another shape or dtype of an input than it was given."""

    def __init__(self, spec: InputSpec, reason: str) -> None:
        super().__init__(reason)
        self.spec = spec
        self.reason = reason


@contextmanager
def watched(module: torch.nn.Module, inputs: Sequence[InputSpec], tensors: Sequence[torch.Tensor]) -> Iterator[None]:
    """Within it, a forward pass on these tensors ends with Wanted at the first layer that cannot take one of them.

    An input is known again by its memory, so that views of it count; what was computed from it does not.
    """
    specs = {_memory(tensor): spec for spec, tensor in zip(tensor_inputs(inputs), tensors, strict=True)}
    names = {id(child): name for name, child in module.named_modules()}

    def look(layer: torch.nn.Module, arguments: tuple[Any, ...]) -> None:
        import torch

        given = arguments[0] if arguments else None
        if not isinstance(given, torch.Tensor):
            return
        spec = specs.get(_memory(given))
        if spec is None:
            return
        kind = type(layer).__name__
        label = f"{names.get(id(layer)) or 'the model'} ({kind})"
        found = _wanted(layer, given, spec)
        if found is not None and found[0] != spec:
            raise Wanted(found[0], f"{spec.name}: the layer {label} {found[1]}.")

    handles = [child.register_forward_pre_hook(look) for child in module.modules() if _is_known(child)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _memory(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _is_known(layer: torch.nn.Module) -> bool:
    return _rule(layer) is not None


def _rule(layer: torch.nn.Module) -> Callable[[Any, torch.Tensor, InputSpec], tuple[InputSpec, str] | None] | None:
    from torch import nn

    if isinstance(layer, nn.modules.conv._ConvNd):
        return _conv
    if isinstance(layer, (nn.Embedding, nn.EmbeddingBag)):
        return _embedding
    if isinstance(layer, nn.Linear):
        return _linear
    if isinstance(layer, nn.RNNBase):
        return _recurrent
    if isinstance(layer, nn.LayerNorm):
        return _layer_norm
    if isinstance(layer, nn.modules.batchnorm._BatchNorm):
        return _batch_norm
    return None


def _wanted(layer: Any, given: torch.Tensor, spec: InputSpec) -> tuple[InputSpec, str] | None:
    rule = _rule(layer)
    if rule is None:
        return None
    found = rule(layer, given, spec)
    if found is not None and not spec.file:
        return found
    return None


def _float_dtype(layer: Any, spec: InputSpec) -> InputSpec:
    weight = next(iter(layer.parameters()), None)
    if weight is None or not weight.is_floating_point():
        return spec
    dtype = str(weight.dtype).removeprefix("torch.")
    if dtype == spec.dtype:
        return spec
    return dataclasses.replace(spec, dtype=dtype, low=None, high=None)


def _conv(layer: Any, given: torch.Tensor, spec: InputSpec) -> tuple[InputSpec, str] | None:
    axes = len(layer.kernel_size)
    usual = {1: (1000,), 2: (224, 224), 3: (16, 64, 64)}[axes]
    shape = spec.shape
    is_wrong = given.dim() > axes and given.shape[-axes - 1] != layer.in_channels
    if given.dim() not in (axes + 1, axes + 2) or (is_wrong and given.dim() == axes + 1):
        shape = (1, layer.in_channels, *usual)
    elif is_wrong:
        if tuple(given.shape) != spec.shape:
            return None
        place = len(shape) - axes - 1
        shape = (*shape[:place], layer.in_channels, *shape[place + 1 :])
    new = dataclasses.replace(_float_dtype(layer, spec), shape=shape)
    dtype = f" in {new.dtype}" if new.dtype != spec.dtype else ""
    return new, f"takes {layer.in_channels} channel{'s' if layer.in_channels > 1 else ''}, {axes}d{dtype}"


def _embedding(
    layer: Any,
    given: torch.Tensor,  # noqa: ARG001 (one signature for all rules)
    spec: InputSpec,
) -> tuple[InputSpec, str] | None:
    last = float(layer.num_embeddings - 1)
    dtype = spec.dtype if spec.dtype in ("int32", "int64") else "int64"
    low = max(0.0, spec.low or 0.0)
    fits = (9.0 if spec.high is None else spec.high) <= last and low <= last and dtype == spec.dtype
    shape = spec.shape if len(spec.shape) <= 2 else (1, 16)
    if fits and shape == spec.shape and (spec.low or 0.0) >= 0:
        return None
    new = dataclasses.replace(spec, dtype=dtype, low=0.0, high=last, shape=shape)
    return new, f"looks up {layer.num_embeddings} entries, so that it takes whole numbers 0..{last:.0f}"


def _linear(layer: Any, given: torch.Tensor, spec: InputSpec) -> tuple[InputSpec, str] | None:
    typed = _float_dtype(layer, spec)
    dtype = f", in {typed.dtype}" if typed.dtype != spec.dtype else ""
    size = layer.in_features
    if given.dim() and given.shape[-1] == size:
        return typed, f"takes {size} features{dtype}"
    if given.dim() and given.shape[-1] == (spec.shape or (0,))[-1]:
        shape = (*spec.shape[:-1], size) if len(spec.shape) <= 3 else (1, size)
        return dataclasses.replace(typed, shape=shape), f"takes {size} features{dtype}"
    for channels in (1, 3):  # a picture that is flattened first
        side = round((size / channels) ** 0.5)
        if len(spec.shape) == 4 and channels * side * side == size:
            new = dataclasses.replace(typed, shape=(spec.shape[0], channels, side, side))
            return new, f"takes {size} features, which are {channels} x {side} x {side}{dtype}"
    return dataclasses.replace(typed, shape=(1, size)), f"takes {size} features{dtype}"


def _recurrent(layer: Any, given: torch.Tensor, spec: InputSpec) -> tuple[InputSpec, str] | None:
    shape = spec.shape
    if given.dim() not in (2, 3):
        shape = (1, 16, layer.input_size) if layer.batch_first else (16, 1, layer.input_size)
    elif given.shape[-1] != layer.input_size:
        shape = (*shape[:-1], layer.input_size)
    return dataclasses.replace(_float_dtype(layer, spec), shape=shape), f"takes {layer.input_size} features a step"


def _layer_norm(layer: Any, given: torch.Tensor, spec: InputSpec) -> tuple[InputSpec, str] | None:
    wanted = tuple(layer.normalized_shape)
    if tuple(given.shape[-len(wanted) :]) == wanted:
        return None
    lead = spec.shape[: len(spec.shape) - len(wanted)] if 2 <= len(spec.shape) <= 3 else (1, 16)
    new = dataclasses.replace(_float_dtype(layer, spec), shape=(*lead, *wanted))
    return new, f"normalises over {' x '.join(map(str, wanted))}"


def _batch_norm(layer: Any, given: torch.Tensor, spec: InputSpec) -> tuple[InputSpec, str] | None:
    ranks = {"BatchNorm1d": (2, 3), "BatchNorm2d": (4,), "BatchNorm3d": (5,)}.get(type(layer).__name__, ())
    size = layer.num_features
    if given.dim() in ranks and given.shape[1] == size:
        return None
    tail = {4: (224, 224), 5: (16, 64, 64)}.get(ranks[0], ()) if ranks else ()
    shape = (*spec.shape[:1], size, *spec.shape[2:]) if given.dim() in ranks else (2, size, *tail)
    return dataclasses.replace(_float_dtype(layer, spec), shape=shape), f"normalises {size} channels"
