"""PyTorch compiled ahead of time: `torch.export` and AOTInductor."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.compiler import compiler_problem, fresh_inductor
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.torch_options import CHANNELS_LAST, FREEZING, PRECISION, device_option
from modelpack_gui.stages.common.warnings import capture

AUTOTUNE = OptionInfo(
    "max_autotune",
    "Try kernels",
    "bool",
    default=False,
    note="Time several kernels for each large operator while compiling, which may take minutes.",
)


_EXPORT_HINT = "torch.export takes only a part of Python: see what it says of the model on the Export page, as pt2."
_COMPILE_HINT = "The details hold what the compiler said."


class AotInductorRunner:
    """Exports the module, compiles it to a library, and runs that without the model's code."""

    id = "aot_inductor"
    title = "AOTInductor"
    needs_artifact = ""
    packages = ("torch", "numpy")
    note = "What torch.compile makes, as a library made ahead of time; torch.export must take the model."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (AUTOTUNE, FREEZING, CHANNELS_LAST, PRECISION, THREADS, *device_option())

    def problem(self) -> str:
        """See Runner."""
        return compiler_problem()

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Build the model, export, compile and load it, and run it once.

        Raises:
            UserError: `torch-too-old`, `export-failed`, `compile-failed`, `forward-failed`; the source is at fault.
        """
        import torch

        fresh_inductor(context)
        _require_packaging()
        model, draw = torch_model.load(request, options, context)
        context.progress("Exporting")
        try:
            with capture(), torch.inference_mode(False), torch.no_grad():
                program = torch.export.export(model, draw(0))
        except Exception as error:  # torch.export passes on whatever the model raises
            raise torch_model.runner_error("export-failed", "torch.export", error, _EXPORT_HINT) from error
        context.check_cancelled()
        context.progress("Compiling")
        started_s = time.perf_counter()
        try:
            compiled = _compiled(program, options, context)
        except Exception as error:  # of its many parts each may refuse in its own way
            raise torch_model.runner_error("compile-failed", "Compiling", error, _COMPILE_HINT) from error
        compile_s = time.perf_counter() - started_s
        facts = {"compiler": "AOTInductor", "graph": "torch.export"}
        ready = torch_model.ready(compiled, draw, options, facts, "The compiled model")
        return dataclasses.replace(ready, compile_s=compile_s)


def _require_packaging() -> None:
    """See that torch can package what it compiles ahead of time.

    Raises:
        UserError: `torch-too-old`.
    """
    import torch
    import torch._inductor as inductor

    if not hasattr(inductor, "aoti_compile_and_package"):
        raise UserError(
            "torch-too-old",
            f"AOTInductor needs torch 2.6 or newer, and this is torch {torch.__version__}.",
            "Choose an interpreter with a newer torch, or leave this runner out.",
        )


def _compiled(program: Any, options: Options, context: Context) -> Any:
    """A library in the scratch folder, loaded."""
    import torch._inductor as inductor

    folder = Path(tempfile.mkdtemp(prefix="aot-", dir=context.scratch))
    settings = {"max_autotune": options.flag(AUTOTUNE.name), "freezing": options.flag(FREEZING.name)}
    with capture():
        path = inductor.aoti_compile_and_package(
            program, package_path=str(folder / "model.pt2"), inductor_configs=settings
        )
        return inductor.aoti_load_package(path)
