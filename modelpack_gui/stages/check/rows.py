"""Make the rows of a check report."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import CheckRow, Verdict

TITLES = {
    "file": "The file can be read",
    "external-data": "The data files are there",
    "onnx-checker": "The ONNX checker accepts it",
    "shape-inference": "Shape inference knows every output",
    "runtime-loads": "A runtime loads it",
    "runtime-runs": "It runs on the example inputs",
    "opset": "The opset is the one asked for",
    "input-names": "The inputs have the names asked for",
    "output-names": "The outputs have the names asked for",
    "dynamic-dims": "The dynamic dimensions are those asked for",
    "output-dims": "The outputs change with the inputs",
    "dynamic-ranges": "The dynamic dimensions take the sizes asked for",
    "unused-inputs": "Every input is used",
}


def passed(row_id: str, explanation: str, *, asked: str = "", got: str = "", details: str = "") -> CheckRow:
    """A check that passed."""
    return CheckRow(row_id, TITLES[row_id], Verdict.PASSED, explanation, "", asked, got, details)


def warning(
    row_id: str, explanation: str, fix: str, *, asked: str = "", got: str = "", details: str = ""
) -> CheckRow:
    """Something to know of, that may be meant."""
    return CheckRow(row_id, TITLES[row_id], Verdict.WARNING, explanation, fix, asked, got, details)


def failed(row_id: str, explanation: str, fix: str, *, asked: str = "", got: str = "", details: str = "") -> CheckRow:
    """A check that failed."""
    return CheckRow(row_id, TITLES[row_id], Verdict.FAILED, explanation, fix, asked, got, details)


def skipped(row_id: str, explanation: str, fix: str = "", details: str = "") -> CheckRow:
    """A check that could not be tried."""
    return CheckRow(row_id, TITLES[row_id], Verdict.SKIPPED, explanation, fix, details=details)


def from_error(row_id: str, error: ErrorInfo) -> CheckRow:
    """The row for a failure; a package that is missing is a check not tried."""
    if error.code == "import-missing":
        return skipped(row_id, f"Not tried: {error.message}", error.hint, error.details)
    return failed(row_id, error.message, error.hint, details=error.details)


def not_tried(row_ids: Sequence[str], reason: str) -> list[CheckRow]:
    """The rows of checks that an earlier failure makes impossible."""
    return [skipped(row_id, f"Not tried: {reason}") for row_id in row_ids]


def listed(names: Sequence[str]) -> str:
    """Names for an explanation."""
    return ", ".join(names) or "none"
