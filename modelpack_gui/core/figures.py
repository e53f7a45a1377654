"""Numbers as they are shown: three significant digits, units outside, the full value for tooltips and copies."""

from __future__ import annotations

import math
from collections.abc import Sequence

from modelpack_gui.core.records import Estimate


def significant(value: float | None, digits: int = 3) -> str:
    """A number with some significant digits, such as `0.0123`, `1.23e-07`, `12,300`; `–` for None."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    magnitude = int(f"{value:.{digits - 1}e}".partition("e")[2])  # after rounding: 9.996 is 10.0, not 10.00
    if magnitude < -4 or magnitude >= 7:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, digits - 1 - magnitude)}f}"


def signed(value: float, digits: int = 3) -> str:
    """A change with its sign, such as `+1.20`, `−239,000`; `0` for none."""
    text = significant(abs(value), digits)
    return text if value == 0.0 else f"{'+' if value > 0.0 else '−'}{text}"


def rounded(value: float, digits: int = 2) -> str:
    """A number in a sentence, where more digits than these say nothing: `780,000`, `120`, `0.94`."""
    short = float(f"{value:.{digits - 1}e}")
    return f"{short:.{digits}g}" if abs(short) < 10.0**digits else significant(short, digits)


def full(value: float | None) -> str:
    """All digits of a number."""
    return "" if value is None else repr(value)


def count(value: int) -> str:
    """A whole number with thousands separated."""
    return f"{value:,}"


def size(value: int) -> str:
    """Bytes in decimal units: `312 kB`, `97.8 MB`."""
    if value < 1000:
        return f"{value} B"
    amount = float(value)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000.0
        if amount < 999.5 or unit == "TB":
            return f"{significant(amount)} {unit}"
    raise AssertionError  # the loop always returns


def amount(value: float) -> str:
    """A large number by its decimal unit: `312`, `25.6 k`, `4.09 G`."""
    if value < 1000:
        return f"{value:g}" if value == int(value) else significant(value)
    for unit in ("k", "M", "G", "T", "P"):
        value /= 1000.0
        if value < 999.5:
            return f"{significant(value)} {unit}"
    return f"{value:.2e} P"


def duration(seconds: float) -> str:
    """Seconds as a person would say them: `340 ms`, `2.4 s`, `3 min 05 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def milliseconds(ms: float) -> str:
    """A latency, always in the same unit, so that two of them compare: `2.41 ms`, `1,230 ms`."""
    return f"{significant(ms)} ms"


def microseconds(us: float) -> str:
    """A short time: `26.4 µs`, `2.41 ms`, `1.20 s`."""
    for unit, size in (("µs", 1.0), ("ms", 1e3)):
        if abs(us) < 999.5 * size:
            return f"{significant(us / size)} {unit}"
    return f"{significant(us / 1e6)} s"


def percent(share: float) -> str:
    """A share as it is told: `5 %`, `0.12 %`, `390 %`, `<0.001 %`."""
    if 0.0 < share < 1e-5:
        return "<0.001 %"
    return f"{rounded(100.0 * share)} %"


def agreement(share: float | None) -> str:
    """A share that agrees, 0..1, never rounded up to all of it: `100 %`, `99.9 %`; `–` for None."""
    if share is None:
        return "–"
    return "100 %" if share >= 1.0 else f"{min(99.9, 100.0 * share):.1f} %"


def plural(number: int, noun: str, many: str = "") -> str:
    """`1 node`, `12 nodes`."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def interval(estimate: Estimate | None) -> str:
    """A value with its 95 % interval: `2.41 [2.38, 2.44]`."""
    if estimate is None:
        return "–"
    return f"{significant(estimate.value)} [{significant(estimate.low)}, {significant(estimate.high)}]"


def full_interval(estimate: Estimate | None) -> str:
    """All digits of a value and its bounds; empty for None."""
    return "" if estimate is None else f"{estimate.value!r} [{estimate.low!r}, {estimate.high!r}]"


def listed(items: Sequence[str], limit: int = 5) -> str:
    """The first few, and how many more there are."""
    more = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {more} more" if more > 0 else "")
