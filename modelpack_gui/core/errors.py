"""Failures a user can meet: a stable code, what was wrong and where, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorInfo:
    """A failure as a plain record, fit to cross the process boundary.

    Attributes:
        code: Stable identifier in kebab-case, such as `checkpoint-truncated`.
        message: What was wrong, and where, in one or two sentences.
        hint: What to do next; empty if there is nothing to advise.
        details: Traceback or output of the tool that failed, for the folded part of a page.
    """

    code: str
    message: str
    hint: str = ""
    details: str = ""


class UserError(Exception):
    """A failure that is the input's or the machine's, not a fault of the app.

    Raised anywhere; every boundary (worker, command line, window) shows `info` and never a bare traceback.
    """

    def __init__(self, code: str, message: str, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.info = ErrorInfo(code, message, hint, details)

    def __reduce__(self) -> tuple[type[UserError], tuple[str, str, str, str]]:
        return type(self), (self.info.code, self.info.message, self.info.hint, self.info.details)


class JobCancelled(Exception):  # noqa: N818 (not an error: what the user asked for)
    """Raised by `Context.check_cancelled` inside a stage after the user asked to stop."""
