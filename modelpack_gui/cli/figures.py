"""Numbers as the command line shows them."""

from __future__ import annotations

import math

from modelpack_gui.core.records import Estimate


def figure(value: float | None, digits: int = 3) -> str:
    """Three significant digits, such as `0.0123`, `1.23e-07`, `12,300`; `–` for None."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -4 <= magnitude < 7:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, digits - 1 - magnitude)}f}"


def interval(estimate: Estimate | None) -> str:
    """A value with its 95 % interval: `2.41 [2.38, 2.44]`."""
    if estimate is None:
        return "–"
    return f"{figure(estimate.value)} [{figure(estimate.low)}, {figure(estimate.high)}]"


def size(value: int) -> str:
    """Bytes in decimal units: `312 kB`."""
    if value < 1000:
        return f"{value} B"
    amount = float(value)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000.0
        if amount < 999.5:
            return f"{figure(amount)} {unit}"
    return f"{figure(amount / 1000.0)} TB"


def duration(seconds: float) -> str:
    """`340 ms`, `2.4 s`, `3 min 05 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def plural(number: int, noun: str, many: str = "") -> str:
    """`1 node`, `12 nodes`."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def listed(items: tuple[str, ...], limit: int = 5) -> str:
    """The first few, and how many more there are."""
    more = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {more} more" if more > 0 else "")
