"""Say why an export failed, in the user's terms, from what the exporter raised."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.export.base import Exporter
from modelpack_gui.stages.source.usercode import missing_import, trimmed_traceback

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LEGACY_OP = re.compile(
    r"operator '?([\w:.]+)'? to ONNX opset version \d+ is not supported"
    r"(?:\. Support for this operator was added in version (\d+))?"
)
_UNSUPPORTED_OPS = (
    re.compile(r"No ONNX function found for <OpOverload\(op='([\w.:]+)'"),
    re.compile(r"Unknown builtin op: ([\w.:]+)"),
    re.compile(r"ONNX export of operator '?([\w:.]+)'?"),
    re.compile(r"ONNX export failed on an operator with unrecognized namespace ([\w:.]+)"),
    re.compile(r"Python builtin <built-in function (\w+)> is currently not supported"),
)
_DYNAMIC_MARKS = ("ConstraintViolationError", "Constraints violated", "Suggested fixes", "not in range [")
_DATA_DEPENDENT_MARKS = ("GuardOnDataDependentSymNode", "data-dependent", "Dynamic control flow is not supported")
_DETAILS_LIMIT = 20_000


def explain(error: Exception, exporter: Exporter) -> UserError:
    """The error to show for what an exporter raised. `details` keeps the traceback, the end of it if it is long."""
    chain = list(_chain(error))
    text = _ANSI.sub("", "\n".join(f"{type(item).__name__}: {item}" for item in chain))
    details = _ANSI.sub("", trimmed_traceback(error))[-_DETAILS_LIMIT:]
    for item in chain:
        if isinstance(item, ModuleNotFoundError):
            return missing_import(item, "exporting")
    return (
        _unsupported_op(text, exporter, details)
        or _dynamic_shape(text, details)
        or _data_dependent(text, exporter, details)
        or _other(chain, exporter, details)
    )


def _unsupported_op(text: str, exporter: Exporter, details: str) -> UserError | None:
    legacy = _LEGACY_OP.search(text)
    if legacy:
        operator, since = legacy[1], legacy[2]
        hint = f"Ask for opset {since} or newer: the operator came with it." if since else _other_exporter(exporter)
        return _op_error(operator, exporter, hint, details)
    for pattern in _UNSUPPORTED_OPS:
        found = pattern.search(text)
        if found:
            return _op_error(found[1], exporter, _other_exporter(exporter), details)
    return None


def _op_error(operator: str, exporter: Exporter, hint: str, details: str) -> UserError:
    message = f"The exporter {exporter.title} cannot export the operator {operator}"
    return UserError("export-unsupported-op", f"{message}{_place(details)}.", hint, details)


def _other_exporter(exporter: Exporter) -> str:
    others = {"dynamo": "trace", "trace": "dynamo", "script": "trace"}
    return (
        f"Try the exporter {others.get(exporter.id, 'trace')}, or write this part of the model with other operators."
    )


def _dynamic_shape(text: str, details: str) -> UserError | None:
    if not any(mark in text for mark in _DYNAMIC_MARKS):
        return None
    fixes = _suggested_fixes(text)
    problem = next((line.strip(" -") for line in text.splitlines() if _is_constraint(line)), "")
    message = "The model does not allow the dynamic axes that were asked for"
    hint = f"torch suggests: {'; '.join(fixes)}." if fixes else "Make the axis static, narrow its range, or"
    if not fixes:
        hint += " change the model so that it does not fix the size."
    return UserError("export-dynamic-shape", f"{message}{': ' + problem if problem else ''}.", hint, details)


def _is_constraint(line: str) -> bool:
    return line.lstrip().startswith("- ") or "not in range [" in line


def _suggested_fixes(text: str) -> list[str]:
    """The lines below torch's "Suggested fixes:", such as `batch = 2`."""
    _, mark, rest = text.partition("Suggested fixes:")
    fixes: list[str] = []
    for line in rest.splitlines()[1:] if mark else []:
        if not line.strip():
            break
        fixes.append(line.strip())
    return fixes


def _data_dependent(text: str, exporter: Exporter, details: str) -> UserError | None:
    if exporter.id != "dynamo" or not any(mark in text for mark in _DATA_DEPENDENT_MARKS):
        return None
    return UserError(
        "export-data-dependent",
        f"The model takes a path that depends on the values of a tensor{_place(details)}, and torch.export cannot"
        " follow both.",
        "Write it with torch.where or torch.cond, or use the exporter script, which keeps branches.",
        details,
    )


def _other(chain: list[BaseException], exporter: Exporter, details: str) -> UserError:
    root = chain[-1]
    text = _ANSI.sub("", str(root))
    line = next((line.strip() for line in text.splitlines() if line.strip()), "(no message)")
    return UserError(
        "export-failed",
        f"The exporter {exporter.title} failed{_place(details, text)}: {type(root).__name__}: {line}",
        "The traceback shows what it could not do; another exporter may be able to."
        if exporter.id != "script"
        else "TorchScript compiles a part of Python only: change what the traceback names, or use another exporter.",
        details,
    )


def _place(details: str, message: str = "") -> str:
    """` (at file.py:12)`: the user's line that a message or a traceback ends at.

    Messages of TorchScript name the innermost place first, tracebacks last.
    """
    places = _own_places(message)[:1] or _own_places(details)[-1:]
    return f" (at {places[0][0]}:{places[0][1]})" if places else ""


def _own_places(text: str) -> list[tuple[str, str]]:
    """Files and lines named in a text, without those of installed libraries."""
    places: list[tuple[str, str]] = re.findall(r'File "([^"<][^"]*)", line (\d+)', text)
    library = re.compile(r"(site|dist)-packages|[\\/]lib[\\/]python3")
    return [place for place in places if not library.search(place[0])]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and its causes, the first cause last."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__
