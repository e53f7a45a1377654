"""Capture a model with torch.export, and draft what would stand in the way."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.dynamic import dynamic_shapes

if TYPE_CHECKING:
    import torch

_DECORATION = re.compile(r"\x1b\[[0-9;]*m|^#+\n", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n\s*\n(\s*\n)+")
_FINDING = re.compile(r"^\d+\. (.+?)\.?$", re.MULTILINE)
_TRACE_FOLDER = "TORCH_DTRACE"  # the environment variable where torch takes it from
_NOTHING = "Congratulations"


def capture_program(call: ExportCall) -> torch.export.ExportedProgram:
    """The model as torch.export sees it, with the dynamic axes asked for.

    Raises:
        Exception: Whatever torch.export raises.
    """
    import torch

    forget_captures()
    return torch.export.export(
        call.module, call.tensors, dynamic_shapes=dynamic_shapes(call), strict=call.spec.strict
    )


def forget_captures() -> None:
    """Make the next capture that of a fresh interpreter.

    torch keeps for each operator which of its decompositions an earlier capture came to, and a later one takes that:
    of the same model with a GRU the first export has any number of steps, and the second those of the example.
    """
    import torch

    for name in torch.ops.aten:
        packet = getattr(torch.ops.aten, name)
        for overload in packet.overloads():
            cache = getattr(getattr(packet, overload), "_dispatch_cache", None)
            if cache is not None:  # it is private to torch: where there is none, nothing is kept
                cache.clear()


def draft_report(call: ExportCall, context: Context) -> str:
    """What torch.export's draft finds: it goes on behind what stands in its way, so that all of it is listed.

    Never raises for what the model does: that the draft fails as well is part of what there is to say.
    """
    import torch

    draft: Any = getattr(torch.export, "draft_export", None)
    if draft is None:
        return f"torch {torch.__version__} has no draft export; 2.6 and newer do."
    context.progress("Drafting what stands in the way of torch.export")
    with _quiet_draft():
        try:
            shapes = dynamic_shapes(call)
            text = str(draft(call.module, call.tensors, dynamic_shapes=shapes, strict=call.spec.strict)._report)
        except Exception as error:  # noqa: BLE001 (it becomes the report)
            return f"The draft itself failed: {type(error).__name__}: {error}"
    if _NOTHING in text:
        return "Nothing stands in the way of torch.export."
    return _BLANK_LINES.sub("\n\n", _DECORATION.sub("", text)).strip()


def with_draft(error: UserError, report: str) -> UserError:
    """The error of an export with what the draft found: how much in the hint, all of it in the details."""
    info: ErrorInfo = error.info
    found = _FINDING.findall(report)
    kinds = ", ".join(dict.fromkeys(name.lower() for name in found))
    what = f"The draft report lists all that stands in the way: {len(found)} ({kinds})." if found else report
    return UserError(
        info.code,
        info.message,
        f"{info.hint} {what.splitlines()[0]}".strip(),
        f"Draft report of torch.export\n\n{report}\n\n{info.details}".rstrip(),
        info.explanation,
    )


@contextlib.contextmanager
def _quiet_draft() -> Iterator[None]:
    """Let the draft leave nothing behind: it repeats its report as warnings, and keeps a trace of itself in a file.

    The file goes into a folder of ours, and is closed by the garbage collector, as torch does not close it.
    """
    logger = logging.getLogger("torch.export._draft_export")
    before, trace = logger.level, os.environ.get(_TRACE_FOLDER)
    with tempfile.TemporaryDirectory(prefix="modelpack-draft-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        logger.setLevel(logging.CRITICAL)
        os.environ[_TRACE_FOLDER] = folder
        try:
            yield
        finally:
            gc.collect()
            logger.setLevel(before)
            if trace is None:
                del os.environ[_TRACE_FOLDER]
            else:
                os.environ[_TRACE_FOLDER] = trace
