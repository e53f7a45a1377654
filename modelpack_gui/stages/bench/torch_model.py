"""What the runners on PyTorch share: the model in eval mode, its inputs, its threads, and a first run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import LOW_PRECISION, BenchPrepareRequest
from modelpack_gui.stages.bench import torch_options
from modelpack_gui.stages.bench.base import Call, Prepared, timed_first_run
from modelpack_gui.stages.bench.example import example_tensors
from modelpack_gui.stages.bench.options import Options

if TYPE_CHECKING:
    import torch

    from modelpack_gui.stages.parity.runtimes.base import Output

_QUANTIZED = re.compile(r"\bquantized::|\bquantized_decomposed\b")

Mode = Callable[[], AbstractContextManager[object]]

Draw = Callable[[int], tuple["torch.Tensor", ...]]
"""Gives the inputs, in the dtype and layout asked for, drawn with this added to their seeds."""


def load(request: BenchPrepareRequest, options: Options, context: Context) -> tuple[torch.nn.Module, Draw]:
    """The model in eval mode, called on tensors by position, and where those come from; the threads are set.

    Raises:
        UserError: The source, checkpoint or inputs are at fault.
    """
    from modelpack_gui.stages.source.build import build_model
    from modelpack_gui.stages.source.call import plan_call
    from modelpack_gui.stages.source.flat import flat_module
    from modelpack_gui.stages.source.forward import set_eval

    set_threads(options.threads(request.threads))
    model = build_model(request.source, context).module
    set_eval(model)
    set_threads(options.threads(request.threads))  # the model's own file may have set another number
    model = torch_options.prepared_module(model, options)
    return flat_module(model, plan_call(model, request.inputs)), drawing(request, options, context)


def drawing(request: BenchPrepareRequest, options: Options, context: Context) -> Draw:
    """Where the inputs come from."""

    def draw(seed_offset: int) -> tuple[torch.Tensor, ...]:
        tensors = example_tensors(request, context, seed_offset)
        return tuple(torch_options.prepared_input(tensor, options) for tensor in tensors)

    return draw


def set_threads(threads: int) -> None:
    """Set torch's intra-op threads, if there is another number of them; for this thread too, by asking."""
    import torch

    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def ready(
    module: Callable[..., object],
    draw: Draw,
    options: Options,
    facts: Mapping[str, str],
    what: str,
    *,
    mode: Mode | None = None,
    compiles: bool = False,
    precision: str = "",
) -> Prepared:
    """Run once, so that what cannot run is known before the clock starts, and give the call.

    Args:
        mode: Entered around the runs; inference mode, and autocast where that is asked for, if not given.
        compiles: Whether the very first run compiles: what it takes beyond the second one is the compiler's.
        precision: That a file computes in, if it is a low one.

    Raises:
        UserError: `forward-failed`.
    """
    import torch

    mode = _in_any_thread(mode or torch_options.mode_of(options), torch.get_num_threads())
    on_cuda = torch_options.device_of(options) == "cuda"

    def make_call(seed_offset: int) -> Call:
        return _cuda_call(module, draw(seed_offset)) if on_cuda else _call(module, draw(seed_offset))

    call = make_call(0)
    compile_s = None
    try:
        first_run_ms = timed_first_run(call, mode)
        if compiles:
            compiling_ms, first_run_ms = first_run_ms, timed_first_run(call, mode)
            compile_s = max(0.0, compiling_ms - first_run_ms) / 1e3
    except Exception as error:
        raise runner_error("forward-failed", what, error) from error
    known = {
        "torch": torch.__version__,
        "intra-op threads": str(torch.get_num_threads()),
        **torch_options.facts_of(options),
        **facts,
        **({"precision": precision} if precision else {}),
    }
    return Prepared(
        call,
        torch.cuda.get_device_name() if on_cuda else "CPU",
        known,
        mode,
        make_call,
        read_outputs,
        compile_s=compile_s,
        first_run_ms=first_run_ms,
        is_lossy=torch_options.is_lossy(options) or bool(precision),
        model=module,
    )


def _in_any_thread(mode: Mode, threads: int) -> Mode:
    """The same mode with the number of intra-op threads set for the thread that enters it.

    OpenMP keeps that number for each thread that asks for work, and torch 2.13 hands its own on to a new thread only
    when it first splits a loop by itself: a convolution in oneDNN would take all processors before that.
    """

    @contextmanager
    def entered() -> Iterator[None]:
        set_threads(threads)
        with mode():
            yield

    return entered


def _call(module: Callable[..., object], inputs: tuple[torch.Tensor, ...]) -> Call:
    def call() -> object:
        return module(*inputs)

    return call


def _cuda_call(module: Callable[..., object], inputs: tuple[torch.Tensor, ...]) -> Call:
    """A call that ends when the device has done its work: without that, only the launches would be timed."""
    import torch

    synchronize = torch.cuda.synchronize

    def call() -> object:
        result = module(*inputs)
        synchronize()
        return result

    return call


def low_precision(module: Any) -> str:
    """What a module from a file computes in, if that is less than float32: `int8`, `float16`, `bfloat16`; or empty.

    By its weights, and by the names of its operators, for those of a quantized model are packed.
    """
    graph = getattr(module, "inlined_graph", "") or getattr(module, "graph", "")
    # TorchScript spells lines of source too, from debug information that may be damaged.
    text = graph.str(False) if hasattr(graph, "str") else str(graph)
    if _QUANTIZED.search(text):
        return "int8"
    tensors = (*module.parameters(), *module.buffers())
    dtypes = Counter(str(tensor.dtype).removeprefix("torch.") for tensor in tensors if tensor.is_floating_point())
    most = dtypes.most_common(1)
    return most[0][0] if most and most[0][0] in LOW_PRECISION else ""


def read_outputs(result: Any) -> tuple[Output, ...]:
    """Named arrays of what a module gave.

    Raises:
        UserError: `output-not-tensor`.
    """
    from modelpack_gui.stages.parity.runtimes.base import Output
    from modelpack_gui.stages.source.forward import name_outputs
    from modelpack_gui.stages.source.inputs import tensor_info, to_numpy

    return tuple(Output(tensor_info(name, item), to_numpy(item)) for name, item in name_outputs(result))


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
