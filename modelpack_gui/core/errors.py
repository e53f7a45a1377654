"""Failures a user can meet: a stable code, what was wrong and where, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.explain.explanation import Explanation


@dataclass(frozen=True)
class ErrorInfo:
    """A failure as a plain record, fit to cross the process boundary.

    Attributes:
        code: Stable identifier in kebab-case, such as `checkpoint-truncated`.
        message: What was wrong, and where, in one or two sentences.
        hint: What to do next; empty if there is nothing to advise.
        details: Traceback or output of the tool that failed, for the folded part of a page.
        explanation: Cause, places and fixes, where the failure is of a known kind.
    """

    code: str
    message: str
    hint: str = ""
    details: str = ""
    explanation: Explanation | None = None


class UserError(Exception):
    """A failure that is the input's or the machine's, not a fault of the app.

    Raised anywhere; every boundary (worker, command line, window) shows `info` and never a bare traceback.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", details: str = "", explanation: Explanation | None = None
    ) -> None:
        super().__init__(message)
        self.info = ErrorInfo(code, message, hint, details, explanation)

    def __reduce__(self) -> tuple[type[UserError], tuple[str, str, str, str, Explanation | None]]:
        info = self.info
        return type(self), (info.code, info.message, info.hint, info.details, info.explanation)


class JobCancelled(Exception):  # noqa: N818 (not an error: what the user asked for)
    """Raised by `Context.check_cancelled` inside a stage after the user asked to stop."""
