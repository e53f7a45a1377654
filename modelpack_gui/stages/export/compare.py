"""What was asked for and not got, for the record of an export."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.asked import AskedRow, gravest_first
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records import Mismatch, Verdict


def mismatches(rows: Sequence[AskedRow]) -> tuple[Mismatch, ...]:
    """The rows that are not as asked, gravest first."""
    found = []
    for row in gravest_first(rows):
        if row.verdict is not Verdict.PASSED and row.explanation is not None:
            fix = row.explanation.fixes[0].text if row.explanation.fixes else ""
            found.append(Mismatch(row.aspect, row.asked, row.got, row.explanation.cause, f"{fix}." if fix else ""))
    return tuple(found)


def with_rows(known: Sequence[Explanation], rows: Sequence[AskedRow]) -> tuple[Explanation, ...]:
    """What the catalogue knows, and what the rows say of the kinds that it does not know; the gravest first."""
    ids = {item.id for item in known}
    failed: list[Explanation] = []
    others: list[Explanation] = []
    for row in gravest_first(rows):
        if row.verdict is Verdict.PASSED or row.explanation is None or row.explanation.id in ids:
            continue
        (failed if row.verdict is Verdict.FAILED else others).append(row.explanation)
    return (*failed, *known, *others)
