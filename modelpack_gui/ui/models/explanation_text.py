"""The words around an explanation: short places, what a fix would change, and all of it as plain text."""

from __future__ import annotations

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation, Fix, SourcePlace
from modelpack_gui.core.explain.text import edit_text


def short_place(place: SourcePlace) -> str:
    """`model.py:12`."""
    name = place.file.replace("\\", "/").rpartition("/")[2]
    return f"{name}:{place.line}" if place.line else name


def edits_text(fix: Fix) -> str:
    """What a fix changes in the recipe, one setting a line: `export.exporter = "script"`."""
    return "\n".join(edit_text(edit) for edit in fix.edits)


def explanation_text(explanation: Explanation) -> str:
    """All of it as plain text, for the clipboard."""
    lines = [f"{explanation.title} [{explanation.id}]", explanation.cause]
    for place in explanation.places:
        lines.append(f"at {place.file}:{place.line}{': ' + place.note if place.note else ''}")
    for fix in explanation.fixes:
        lines.append(f"Fix: {fix.text}")
        lines += [f"  {line}" for line in (*edits_text(fix).splitlines(), *fix.details.splitlines())]
    return "\n".join(line for line in lines if line)


def error_text(error: ErrorInfo) -> str:
    """A failure with everything that is known about it, for the clipboard."""
    explained = explanation_text(error.explanation) if error.explanation is not None else ""
    parts = (f"{error.message} [{error.code}]", explained, error.hint, error.details)
    return "\n\n".join(part for part in parts if part)
