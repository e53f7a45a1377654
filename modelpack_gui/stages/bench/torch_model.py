"""What the runners on PyTorch share: the model in eval mode, its inputs, its threads, and a first run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest
from modelpack_gui.stages.bench.base import Prepared

if TYPE_CHECKING:
    import torch


def load(request: BenchPrepareRequest, context: Context) -> tuple[torch.nn.Module, tuple[torch.Tensor, ...]]:
    """The model in eval mode, called on tensors by position, and those tensors; the number of threads is set.

    Raises:
        UserError: The source, checkpoint or inputs are at fault.
    """
    import torch

    from modelpack_gui.stages.source.build import build_model
    from modelpack_gui.stages.source.call import plan_call
    from modelpack_gui.stages.source.flat import flat_module
    from modelpack_gui.stages.source.forward import set_eval
    from modelpack_gui.stages.source.inputs import make_inputs

    torch.set_num_threads(request.threads)
    model = build_model(request.source, context).module
    set_eval(model)
    if torch.get_num_threads() != request.threads:  # the model's own file has set another number
        torch.set_num_threads(request.threads)
    return flat_module(model, plan_call(model, request.inputs)), make_inputs(request.inputs, context)


def ready(
    module: Callable[..., object], inputs: tuple[torch.Tensor, ...], facts: Mapping[str, str], what: str
) -> Prepared:
    """Run once, so that what cannot run is known before the clock starts, and give the call.

    Raises:
        UserError: `forward-failed`.
    """
    import torch

    def call() -> object:
        return module(*inputs)

    try:
        with torch.inference_mode():
            call()
    except Exception as error:
        raise runner_error("forward-failed", what, error) from error
    threads = str(torch.get_num_threads())
    known = {"torch": torch.__version__, "intra-op threads": threads, **facts}
    return Prepared(call, "CPU", known, torch.inference_mode)


def runner_error(
    code: str,
    what: str,
    error: Exception,
    hint: str = "The model must run on its example inputs: see the Source page. The traceback is in the details.",
) -> UserError:
    """The error for a runner that could not be made or run."""
    from modelpack_gui.stages.source.usercode import trimmed_traceback

    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return UserError(
        code,
        f"{what} failed: {type(error).__name__}: {' '.join(lines[:3])}",
        hint,
        f"{error}\n\n{trimmed_traceback(error)}",
    )


def frozen(scripted: Any) -> Any:
    """A scripted or traced module with its weights as constants and the fusions for inference."""
    import torch

    return torch.jit.optimize_for_inference(torch.jit.freeze(scripted))
