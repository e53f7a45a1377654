"""The steps there are. One line for each."""

from __future__ import annotations

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ExportSpec, PostStepInfo
from modelpack_gui.stages.export.post.base import PostStep
from modelpack_gui.stages.export.post.float16_step import Float16Step
from modelpack_gui.stages.export.post.onnxruntime_offline import OnnxruntimeOfflineStep
from modelpack_gui.stages.export.post.onnxscript_optimizer import OnnxscriptOptimizerStep
from modelpack_gui.stages.export.post.onnxslim_step import OnnxslimStep
from modelpack_gui.stages.hello import missing_of
from modelpack_gui.stages.source.usercode import pip_command

STEPS: tuple[PostStep, ...] = (
    OnnxscriptOptimizerStep(),
    OnnxslimStep(),
    OnnxruntimeOfflineStep(),
    Float16Step(),
)


def post_step_infos() -> tuple[PostStepInfo, ...]:
    """What each step is and what it lacks here. Imports nothing outside the standard library."""
    return tuple(
        PostStepInfo(step.id, step.format, step.title, missing_of(step.packages), step.note) for step in STEPS
    )


def steps_of(spec: ExportSpec) -> tuple[PostStep, ...]:
    """The steps that the options name, in their order.

    Raises:
        UserError: `post-step-unknown`, `post-step-unfit`, `import-missing`.
    """
    return tuple(_step(name, spec) for name in spec.post_steps)


def _step(name: str, spec: ExportSpec) -> PostStep:
    step = next((step for step in STEPS if step.id == name), None)
    if step is None:
        known = ", ".join(step.id for step in STEPS)
        raise UserError("post-step-unknown", f"There is no post-step {name!r}.", f"There are {known}.")
    if step.format != spec.format:
        raise UserError(
            "post-step-unfit",
            f"The post-step {step.title} works on ONNX files, and the export makes {spec.format}.",
            "Take it out, or export to ONNX.",
        )
    missing = missing_of(step.packages)
    if missing:
        raise UserError(
            "import-missing",
            f"The post-step {step.title} needs {', '.join(missing)}, which this interpreter lacks.",
            f"Install: {pip_command(*missing)}",
        )
    return step
