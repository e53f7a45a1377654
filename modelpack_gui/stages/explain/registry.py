"""The kinds of trouble there are, and the way from a situation to its explanation. One line for each family."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.stages.explain import (
    dimensions,
    environment,
    operators,
    outputs,
    runtime,
    scripting,
    silent,
    tracing,
    values,
)
from modelpack_gui.stages.explain.base import Entry, Situation

_LOGGER = logging.getLogger(__name__)

# The first that recognises a situation explains it: what is particular comes before what is general.
ENTRIES: tuple[Entry, ...] = (
    *environment.ENTRIES,
    *scripting.ENTRIES,
    *operators.ENTRIES,
    *dimensions.ENTRIES,
    *values.ENTRIES,
    *outputs.ENTRIES,
    *tracing.ENTRIES,
    *runtime.ENTRIES,
    *silent.ENTRIES,
)


def recognise(situation: Situation) -> tuple[Entry, Explanation] | None:
    """The kind of a situation, and its explanation; None if it is of no known kind."""
    for entry in ENTRIES:
        try:
            explanation = entry.explain(situation)
        except Exception:  # an entry that stumbles over odd words must not hide what it should explain
            _LOGGER.exception("The entry %s of the catalogue failed", entry.id)
            continue
        if explanation is not None:
            return entry, explanation
    return None


def explain_all(situations: Iterable[Situation]) -> tuple[Explanation, ...]:
    """The explanations of what is known among some situations, each once, the gravest first."""
    found: dict[tuple[object, ...], Explanation] = {}
    for situation in situations:
        known = recognise(situation)
        if known is not None:
            entry, explanation = known
            key = (entry.id, explanation.places[:1] or explanation.cause)
            found.setdefault(key, explanation)
    return tuple(sorted(found.values(), key=lambda explanation: -explanation.gravity))
