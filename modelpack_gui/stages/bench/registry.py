"""All runners, in the order they are offered. A new one is a module and a line here."""

from __future__ import annotations

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import RunnerInfo
from modelpack_gui.stages.bench.aot_inductor import AotInductorRunner
from modelpack_gui.stages.bench.base import Runner
from modelpack_gui.stages.bench.eager import EagerRunner
from modelpack_gui.stages.bench.exported_program import ProgramRunner
from modelpack_gui.stages.bench.onnx_runtime import OnnxRuntimeRunner
from modelpack_gui.stages.bench.open_vino import OpenVinoRunner
from modelpack_gui.stages.bench.torch_compile import CompileRunner
from modelpack_gui.stages.bench.torchscript_archive import TorchScriptFileRunner
from modelpack_gui.stages.bench.torchscript_script import ScriptRunner
from modelpack_gui.stages.bench.torchscript_trace import TraceRunner
from modelpack_gui.stages.hello import missing_of

RUNNERS: tuple[Runner, ...] = (
    EagerRunner(),
    CompileRunner(),
    TraceRunner(),
    ScriptRunner(),
    OnnxRuntimeRunner(),
    OpenVinoRunner(),
    AotInductorRunner(),
    TorchScriptFileRunner(),
    ProgramRunner(),
)


def runner_infos() -> tuple[RunnerInfo, ...]:
    """What each runner is and what it lacks here."""
    return tuple(map(_info, RUNNERS))


def _info(runner: Runner) -> RunnerInfo:
    missing = missing_of(runner.packages)
    return RunnerInfo(
        id=runner.id,
        title=runner.title,
        needs_artifact=runner.needs_artifact,
        missing=missing,
        note=runner.note,
        options=runner.options(),
        problem="" if missing else runner.problem(),
    )


def find_runner(name: str) -> Runner:
    """The runner of an identifier.

    Raises:
        UserError: `runner-unknown`.
    """
    for runner in RUNNERS:
        if runner.id == name:
            return runner
    known = ", ".join(runner.id for runner in RUNNERS)
    raise UserError("runner-unknown", f"There is no runner {name!r}.", f"Known runners: {known}.")
