"""Ask the layers stage where it goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import LayerFault, LayersRequest, ReproRequest, Result
from modelpack_gui.stages.layers import stage as layers
from modelpack_gui.stages.source.build import BuiltModel


class _Unwatched:
    """The context of the job, without the parts: they are those of another stage."""

    def __init__(self, context: Context) -> None:
        self.base: Path = context.base
        self.scratch: Path = context.scratch
        self.session: dict[str, Any] = context.session
        self.progress = context.progress
        self.log = context.log
        self.check_cancelled = context.check_cancelled

    def partial(self, part: Result) -> None:
        """Keep it to itself."""


def find_fault(request: ReproRequest, built: BuiltModel, context: Context) -> LayerFault | None:
    """The first fault at the case; None if there is none, or the artifact cannot be looked into.

    Raises:
        JobCancelled: The user asked to stop.
    """
    asked = LayersRequest(
        source=request.source,
        inputs=request.inputs,
        artifact_path=request.artifact_path,
        dynamic=request.dynamic,
        parity=request.parity,
        input_sets=request.input_sets,
        case=request.case,
    )
    try:
        return layers.run(asked, _Unwatched(context), built).fault
    except UserError as error:  # an artifact that does not run at all has no layers, and can have a repro
        context.log("info", f"The fault was not looked for layer by layer: {error}")
        return None
