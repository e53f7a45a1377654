"""Values and elements as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelpack_gui.core.figures import significant

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.worst import Element


def value_text(value: Any, digits: int = 7) -> str:
    """A value with enough digits to tell two of them apart at a glance."""
    return significant(value, digits) if isinstance(value, float) else f"{value}"


def index_text(index: tuple[int, ...]) -> str:
    """Where an element is: `[2, 4]`."""
    return f"[{', '.join(str(place) for place in index)}]"


def element_text(one: Element) -> str:
    """Everything about one element in a line."""
    parts = [
        index_text(one.index),
        f"expected {value_text(one.expected)}",
        f"actual {value_text(one.actual)}",
    ]
    if one.difference is not None:
        parts += [f"difference {significant(one.difference)}", f"budget used {significant(one.budget)}"]
    if one.ulp is not None:
        parts.append(f"{one.ulp:,} ULP")
    return "   ".join(parts)
