"""Keep what onnxruntime's quantising tools print out of the way, and in the log."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.stages.common.warnings import capture

_ERRORS_ONLY, _USUAL = 3, 2
"""Severities of onnxruntime's own logger, which does not tell the one it has."""

_NOISE = ("Please consider to run pre-processing", "Please consider pre-processing")
"""Given although pre-processing was left out on purpose."""


class _ToLog(logging.Handler):
    def __init__(self, context: Context) -> None:
        super().__init__(logging.WARNING)
        self._context = context
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().strip()
        if text and text not in self._said and not text.startswith(_NOISE):
            self._said.add(text)
            self._context.log("debug", f"onnxruntime: {text}")


@contextmanager
def quiet(context: Context) -> Iterator[None]:
    """What is logged and warned goes to the job's log, once each; what is printed goes nowhere.

    The tools log on the root logger, where a first message without a handler would install one that prints for ever.
    """
    import onnxruntime

    root: Any = logging.getLogger()
    handlers, root.handlers = list(root.handlers), [_ToLog(context)]
    onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
    try:
        with contextlib.redirect_stdout(io.StringIO()), capture():
            yield
    finally:
        root.handlers = handlers
        onnxruntime.set_default_logger_severity(_USUAL)
