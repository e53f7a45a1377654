"""One forward pass in eager mode, with its outputs flattened and named."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.source.call import CallPlan, plan_positional
from modelpack_gui.stages.source.inputs import dtype_name
from modelpack_gui.stages.source.usercode import guarded

if TYPE_CHECKING:
    import torch


def run_forward(
    module: torch.nn.Module,
    tensors: Sequence[torch.Tensor],
    plan: CallPlan | None = None,
    *,
    inference_mode: bool = True,
) -> tuple[tuple[str, torch.Tensor], ...]:
    """Run `forward` in eval and inference mode on copies of `tensors`.

    Args:
        plan: Where the tensors go in the call; None passes them by position.
        inference_mode: False only forbids gradients, for a module that is exported afterwards: what a model caches
            in inference mode cannot be captured by an exporter.

    Returns:
        The outputs in order, nested ones flattened, None left out. A lone tensor is called `output`; items of a
        mapping or dataclass take its keys; others are `output_0`, `output_1` and so on.

    Raises:
        UserError: `inputs-do-not-fit`, `forward-failed`, `model-exits`, `not-in-eval`, `output-not-tensor`.
    """
    import torch

    if plan is None:
        plan = plan_positional(module, len(tensors))
    set_eval(module)
    # A model may write into its inputs; the caller's tensors must stay what the artifact will be given.
    arguments, named = plan.bind([tensor.clone() for tensor in tensors])
    shown = ", ".join(f"{dtype_name(tensor.dtype)} {list(tensor.shape)}" for tensor in tensors) or "nothing"
    hint = (
        "Compare the number, order, shapes and dtypes of the example inputs with what forward expects;"
        " the traceback shows the operation that refused them."
    )
    with (
        guarded("forward-failed", f"running {type(module).__name__}.forward on the example inputs ({shown})", hint),
        torch.inference_mode() if inference_mode else torch.no_grad(),
    ):
        result = module(*arguments, **named)
    return name_outputs(result)


def set_eval(module: torch.nn.Module) -> None:
    """Put a module and everything in it into eval mode, and make sure that it took.

    Raises:
        UserError: `not-in-eval` if a module overrides `train` and stays in training mode.
    """
    module.eval()
    for name, child in module.named_modules():
        if child.training:
            where = f"its module {name!r} ({type(child).__name__})" if name else "it"
            raise UserError(
                "not-in-eval",
                f"{type(module).__name__}.eval() was called, and {where} is still in training mode.",
                "Let its train() method pass the mode on to super().train(mode).",
            )


def name_outputs(result: Any) -> tuple[tuple[str, torch.Tensor], ...]:
    """Flatten what `forward` gave and name each tensor; see `run_forward`.

    Raises:
        UserError: `output-not-tensor`.
    """
    leaves = list(_flatten(result, ""))
    if not leaves:
        raise UserError(
            "output-not-tensor",
            f"forward gave no tensor but {_shown(result)}.",
            "Let forward return a tensor, or a tuple, list or dict of tensors.",
        )
    if len(leaves) == 1 and not leaves[0][0]:
        return (("output", leaves[0][1]),)
    numbered = [(name or f"output_{index}", tensor) for index, (name, tensor) in enumerate(leaves)]
    if len({name for name, _ in numbered}) < len(numbered):
        return tuple((f"output_{index}", tensor) for index, (_, tensor) in enumerate(numbered))
    return tuple(numbered)


def _flatten(value: Any, name: str) -> Iterator[tuple[str, torch.Tensor]]:
    import torch

    if value is None:
        return
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flatten(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from _flatten(item, f"{name}.{index}" if name else "")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _flatten(getattr(value, field.name), f"{name}.{field.name}" if name else field.name)
    else:
        raise UserError(
            "output-not-tensor",
            f"Among what forward gave{f' ({name})' if name else ''} is {_shown(value)}, which is not a tensor.",
            "Let forward return tensors only, nested in tuples, lists or dicts if need be.",
        )


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
