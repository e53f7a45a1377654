"""Run the model and note what goes through each of its modules."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from modelpack_gui.stages.lint.base import Passage, Run
from modelpack_gui.stages.source.call import CallPlan
from modelpack_gui.stages.source.usercode import guarded

if TYPE_CHECKING:
    import torch

_HINT = "Load the model on the Source page first: it shows what is wrong with the example inputs."


def run(module: torch.nn.Module, tensors: Sequence[torch.Tensor], plan: CallPlan) -> Run:
    """One forward pass on copies of `tensors`.

    Raises:
        UserError: `forward-failed`, `model-exits`, `import-missing`.
    """
    import torch

    passages: list[Passage] = []
    copies = [tensor.clone() for tensor in tensors]
    arguments, named = plan.bind(copies)
    with ExitStack() as hooks:
        for path, child in module.named_modules():
            if not isinstance(child, torch.jit.ScriptModule):
                _watch(path, child, passages, hooks)
        with guarded("forward-failed", f"running {type(module).__name__}.forward", _HINT), torch.no_grad():
            result = module(*arguments, **named)
    written = tuple(
        place
        for place, (copy, tensor) in enumerate(zip(copies, tensors, strict=True))
        if digest(copy) != digest(tensor)
    )
    in_training = tuple(path or type(module).__name__ for path, child in module.named_modules() if child.training)
    return Run(result, tuple(map(digest, leaves(result))), tuple(passages), written, in_training)


def digest(tensor: torch.Tensor) -> object:
    """Something that is equal for equal tensors and, almost surely, for no others; cheap to keep."""
    import torch

    values = tensor.detach()
    if values.is_complex():
        values = torch.view_as_real(values.resolve_conj())
    flat = values.reshape(-1).to(torch.float64)
    weights = torch.linspace(0.5, 1.5, flat.numel(), dtype=torch.float64)
    return tuple(tensor.shape), str(tensor.dtype), str(float(flat.sum())), str(float((flat * weights).sum()))


def leaves(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in what a module takes or gives."""
    import torch

    if isinstance(value, torch.Tensor):
        if not value.is_quantized and not value.is_sparse:
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from leaves(getattr(value, name))


def _watch(path: str, module: torch.nn.Module, passages: list[Passage], hooks: ExitStack) -> None:
    given: list[tuple[tuple[object, ...], dict[str, tuple[int, ...]]]] = []

    def before(child: Any, arguments: Any, named: Any) -> None:
        given.append((tuple(map(digest, leaves((arguments, named)))), _shapes(child, arguments, named)))

    def after(_child: Any, _arguments: Any, _named: Any, result: Any) -> None:
        digests, shapes = given.pop()
        passages.append(Passage(path, digests, tuple(map(digest, leaves(result))), shapes))

    for handle in (
        module.register_forward_pre_hook(before, with_kwargs=True),
        module.register_forward_hook(after, with_kwargs=True),
    ):
        hooks.callback(handle.remove)


def _shapes(module: Any, arguments: Any, named: Any) -> dict[str, tuple[int, ...]]:
    import torch

    try:
        bound = inspect.signature(module.forward).bind(*arguments, **named).arguments
    except (TypeError, ValueError):  # a built-in forward has no signature
        return {}
    return {name: tuple(value.shape) for name, value in bound.items() if isinstance(value, torch.Tensor)}
