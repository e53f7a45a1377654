"""Explanations of a stage that gave a result, as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.cli.console import explanation_lines, mark, wrapped
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records import Verdict


def explanations_text(explanations: Sequence[Explanation]) -> list[str]:
    """Each with its title, its cause, the lines it concerns, and what to set or do."""
    lines = []
    for item in explanations:
        sign = mark(Verdict.WARNING) if item.is_doubt else "•"
        lines += [f"{sign} {item.title}", wrapped(item.cause), *explanation_lines(item)]
    return lines
