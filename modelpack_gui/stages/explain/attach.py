"""Explain the failures of every stage where they leave it, so that no stage needs to know of the catalogue."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.locations import located
from modelpack_gui.core.records import ExportSpec, ModelSource

StageFunction = Callable[[Any, Context], Any]


def explaining(stage: StageFunction) -> StageFunction:
    """A stage whose failures carry an explanation where they are of a known kind and have none of their own."""

    @functools.wraps(stage)
    def run(request: Any, context: Context) -> Any:
        try:
            return stage(request, context)
        except UserError as error:
            info = error.info
            own = info.explanation
            found = None if own is not None and own.places else explanation_of(error, request, context)
            if found is None or (own is not None and not found.places):
                raise
            if own is not None:  # the stage knows best why, and reading the source may find where
                found = dataclasses.replace(own, places=found.places)
            raise UserError(info.code, info.message, info.hint, info.details, found) from error.__cause__

    return run


def explanation_of(error: BaseException, request: Any, context: Context) -> Explanation | None:
    """What is known of a failure while a request was carried out; None if it is of no known kind."""
    # Only when something failed: the worker imports this module before it says hello.
    from modelpack_gui.stages.explain.base import Situation
    from modelpack_gui.stages.explain.raised import chain_of
    from modelpack_gui.stages.explain.registry import recognise

    source: ModelSource | None = getattr(request, "source", None)
    info = error.info if isinstance(error, UserError) else None
    cause = error.__cause__ if info else error
    situation = Situation(
        errors=chain_of(cause) if cause is not None else (),
        code=info.code if info else "",
        message=info.message if info else "",
        details=info.details if info else "",
        spec=getattr(request, "export", None) or _made_with(request, context),
        inputs=getattr(request, "inputs", ()),
        source=source,
        source_path=_source_path(source, context) if source is not None else "",
    )
    known = recognise(situation)
    return known[1] if known else None


def _made_with(request: Any, context: Context) -> ExportSpec | None:
    """The options that the artifact of a request says it was exported with; None if there is none, or it is mute."""
    from modelpack_gui.stages.export.artifact import read_artifact
    from modelpack_gui.stages.export.metadata import options_in

    path = getattr(request, "artifact_path", "")
    if not path:
        return None
    try:
        return options_in(read_artifact(located(context.base, path)).metadata)
    except UserError:  # what cannot be read says nothing
        return None


def _source_path(source: ModelSource, context: Context) -> str:
    """The Python file of a source; empty if it is not known without importing anything."""
    if source.file:
        return str(located(context.base, source.file).absolute())
    return getattr(sys.modules.get(source.module), "__file__", None) or ""
