"""Which runtime runs which artifact. A new one is a module, a line in `core.parity.runtimes` and a branch here."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.runtimes import LEVELS, RUNTIMES, RuntimeKind, runtimes_of
from modelpack_gui.core.records import Artifact, InputSpec, RuntimeChoice, tensor_inputs
from modelpack_gui.stages.parity.runtimes.base import Runtime
from modelpack_gui.stages.parity.runtimes.onnx_reference_runtime import OnnxReferenceRuntime
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import OnnxRuntime, open_session
from modelpack_gui.stages.parity.runtimes.program_runtime import ProgramRuntime
from modelpack_gui.stages.parity.runtimes.torchscript_runtime import TorchScriptRuntime


def open_runtime(
    artifact: Artifact, inputs: Sequence[InputSpec], choice: RuntimeChoice | None = None, without: Sequence[str] = ()
) -> Runtime:
    """Load an artifact into a runtime; into the usual one of its format if none is chosen.

    Args:
        without: Optimisers of ONNX Runtime to leave out; others have no such names.

    Raises:
        UserError: `runtime-unknown`, `runtime-does-not-fit`, `optimization-unknown`, `import-missing`,
            `artifact-not-loadable`, `torchscript-not-loadable`, `inputs-do-not-match`, and those of the runtimes.
    """
    choice = choice or RuntimeChoice()
    kind = find_runtime(artifact, choice)
    if kind.id == "onnxruntime":
        session = open_session(artifact.path, choice.optimization, without)
        return OnnxRuntime(session, [item.name for item in tensor_inputs(inputs)], choice.optimization)
    if kind.id == "onnx.reference":
        return OnnxReferenceRuntime(artifact.path, inputs)
    if kind.id == "pt2":
        return ProgramRuntime(artifact, inputs)
    return TorchScriptRuntime(artifact.path, inputs, choice.optimization)


def find_runtime(artifact: Artifact, choice: RuntimeChoice) -> RuntimeKind:
    """What would run an artifact.

    Raises:
        UserError: `runtime-unknown`, `runtime-does-not-fit`, `optimization-unknown`.
    """
    if choice.optimization not in LEVELS:
        raise UserError(
            "optimization-unknown",
            f"There is no level of optimisation {choice.optimization!r}.",
            f"Known levels: {', '.join(LEVELS)}.",
        )
    fitting = runtimes_of(artifact.format)
    if not choice.id:
        return fitting[0]
    found = next((kind for kind in RUNTIMES if kind.id == choice.id), None)
    if found is None:
        known = ", ".join(kind.id for kind in RUNTIMES)
        raise UserError("runtime-unknown", f"There is no runtime {choice.id!r}.", f"Known runtimes: {known}.")
    if found not in fitting:
        raise UserError(
            "runtime-does-not-fit",
            f"{found.title} runs {found.format} artifacts, and {artifact.path} is {artifact.format}.",
            f"Take {' or '.join(kind.id for kind in fitting)} for it, or leave the runtime empty.",
        )
    return found
