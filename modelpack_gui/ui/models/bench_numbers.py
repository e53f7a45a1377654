"""What is typed into the settings of a benchmark: processors, callers, rates."""

from __future__ import annotations

import math

_MOST_CPUS = 4096


def parse_cpus(text: str) -> tuple[int, ...]:
    """Logical processors, ranges allowed: `0-3, 6`; nothing means any.

    Raises:
        ValueError: They are not; the message is fit for the user.
    """
    found: list[int] = []
    for word in text.replace(",", " ").split():
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError("must be numbers of processors, such as 0-3, 6")
        low, high = int(first), int(last or first)
        if high < low or high >= _MOST_CPUS:
            raise ValueError(f"must be from 0 to {_MOST_CPUS - 1}, the smaller number of a range first")
        found.extend(range(low, high + 1))
    return tuple(dict.fromkeys(found))


def spell_cpus(cpus: tuple[int, ...]) -> str:
    """As they are typed, neighbours as a range."""
    parts: list[str] = []
    i = 0
    while i < len(cpus):
        j = i
        while j + 1 < len(cpus) and cpus[j + 1] == cpus[j] + 1:
            j += 1
        parts.append(str(cpus[i]) if i == j else f"{cpus[i]}-{cpus[j]}")
        i = j + 1
    return ", ".join(parts)


def parse_rates(text: str) -> tuple[float, ...]:
    """Calls a second, above zero; nothing is allowed.

    Raises:
        ValueError: They are not; the message is fit for the user.
    """
    try:
        values = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        raise ValueError("must be numbers of calls a second, such as 50, 100") from None
    if any(not math.isfinite(value) or value <= 0 for value in values):
        raise ValueError("must be above zero, and finite")
    return tuple(dict.fromkeys(values))


def spell_rates(rates: tuple[float, ...]) -> str:
    """As they are typed."""
    return ", ".join(f"{rate:g}" for rate in rates)
