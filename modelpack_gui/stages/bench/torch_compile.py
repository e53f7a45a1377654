"""PyTorch compiled as it runs: `torch.compile` with Inductor."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.compiler import compiler_problem, fresh_inductor
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.torch_options import (
    CHANNELS_LAST,
    FREEZING,
    PRECISION_OR_AUTOCAST,
    device_option,
    mode_of,
)
from modelpack_gui.stages.common.warnings import capture

MODE = OptionInfo(
    "mode",
    "Mode",
    "choice",
    "default",
    ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"),
    note="reduce-overhead records CUDA graphs and is as default on the CPU; max-autotune tries kernels, for minutes.",
)
FULL_GRAPH = OptionInfo(
    "fullgraph",
    "One graph only",
    "bool",
    default=False,
    note="Refuse a model that cannot be compiled as one graph, rather than run the parts between in Python.",
)

_HINT = "Leave this runner out, or choose an interpreter whose torch can compile; the details hold what it said."


class CompileRunner:
    """Compiles the module at its first run. The time for that is told apart from the first run itself."""

    id = "torch_compile"
    title = "torch.compile"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "Compiles the model for this machine when it first runs, which may take a minute; the source is needed."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (MODE, FREEZING, FULL_GRAPH, CHANNELS_LAST, PRECISION_OR_AUTOCAST, THREADS, *device_option())

    def problem(self) -> str:
        """See Runner."""
        return compiler_problem()

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Build the model, compile it and run it.

        Raises:
            UserError: `compile-failed`; `forward-failed`, which is also what the compiler says while it runs; the
                source is at fault.
        """
        import torch

        model, draw = torch_model.load(request, options, context)
        context.progress("Compiling")
        mode = options.choice(MODE.name)
        with capture(), fresh_inductor(context).patch(freezing=options.flag(FREEZING.name)):
            try:
                compiled = torch.compile(
                    model,
                    mode=None if mode == "default" else mode,
                    fullgraph=options.flag(FULL_GRAPH.name),
                )
            except (RuntimeError, ValueError) as error:  # a Python that is too new for it, for one
                raise torch_model.runner_error("compile-failed", "torch.compile", error, _HINT) from error
            facts = {"compiler": f"Inductor, mode {mode}", "graph": _graph(options)}
            return torch_model.ready(
                compiled, draw, options, facts, "Compiling", mode=mode_of(options), compiles=True
            )


def _graph(options: Options) -> str:
    parts = ["torch.compile"]
    if options.flag(FREEZING.name):
        parts.append("frozen weights")
    if options.flag(FULL_GRAPH.name):
        parts.append("one graph")
    return ", ".join(parts)
