"""What the third pane of a heat map can show, the colours it takes, and what the colours beside the scale mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.widgets.values.colors import NAN_COLOR, Scale, infinity_color

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pooling import Levels, Shading

LOG, LINEAR, ABSOLUTE, RELATIVE, BUDGET, NOISE = "difference", "linear", "absolute", "relative", "budget", "noise"
TITLES = {
    LOG: ("Difference, log", "actual − expected, log colours"),
    LINEAR: ("Difference, linear", "actual − expected"),
    ABSOLUTE: ("|Difference|", "|actual − expected|"),
    RELATIVE: ("Relative difference", "|actual − expected| / |expected|"),
    BUDGET: ("Budget used", "budget used (1 is the limit)"),
    NOISE: ("Noise ratio", "|actual − exact| in noise floors"),
}
"""By choice: in the list, and above the pane."""

_DECADES = 6.0


def shading_of(choice: str, rtol: float, atol: float, floor: float) -> Shading:
    """How a choice is computed."""
    from modelpack_gui.ui.arrays.pooling import Shade, Shading

    return Shading(Shade.DIFFERENCE if choice == LINEAR else Shade(choice), rtol, atol, floor)


def scales_of(choice: str, levels: Levels) -> tuple[Scale, Scale, Scale]:
    """Of the three panes; both sides have the same one."""
    both = Scale(levels.low or 0.0, levels.high or 0.0)
    high, low = levels.shade_high or 0.0, levels.shade_low or 0.0
    if choice in (LOG, LINEAR):
        decades = min(_DECADES, math.log10(high / low) + 0.5) if high and choice == LOG else 0.0
        third = Scale(-high, high, is_diverging=True, decades=decades)
    elif choice in (BUDGET, NOISE):
        reach = 10.0 ** min(4.0, max(1.0, math.ceil(abs(math.log10(high))) if high else 1.0))
        third = Scale(1 / reach, reach, is_log=True, is_diverging=True)
    elif high and low < high:
        third = Scale(max(low, high * 10.0**-_DECADES), high, is_log=True)
    else:
        third = Scale(low, high)
    return both, both, third


def legend_of(levels: Levels) -> str:
    """What the colours of NaN and infinities are, as rich text; empty where there are none."""
    marks = []
    if levels.nans:
        marks.append(f"<span style='color:{NAN_COLOR}'>■</span> NaN ({levels.nans:,})")
    if levels.infs or levels.nans:
        color = infinity_color(is_dark=theme().colors.is_dark)
        marks.append(f"<span style='color:{color}'>■</span> Inf ({levels.infs:,}), or on one side only")
    return "&nbsp; ".join(marks)
