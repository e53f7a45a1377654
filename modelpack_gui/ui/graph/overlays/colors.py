"""The colours of an overlay: of every node and every group at once, as the canvas draws them.

The colour-blind can tell all of them apart: magnitudes are in viridis, signed ones in blue and red of unlike
lightness, categories in Paul Tol's light scheme (SRON technical note 3.2, 2021), made for cells with text on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay, Tone
from modelpack_gui.ui.graph.canvas.look import mixed
from modelpack_gui.ui.graph.overlays.groups import group_values
from modelpack_gui.ui.look.colors import Colors
from modelpack_gui.ui.widgets.values.colors import Scale, lookup, placed, stops

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Pixels = npt.NDArray[np.uint32]

PLAIN = 0
"""No colour: the box is drawn as if there were no overlay."""
DECADES = 4.0
"""Powers of ten that a logarithmic scale spans at most: what is below takes the first colour."""
_TOL_LIGHT = ("#77aadd", "#ee8866", "#44bb99", "#eedd88", "#ffaabb", "#bbcc33", "#99ddff", "#aaaa00")
_LIMIT_LIGHT = ("#a6cee3", "#c5dfec", "#e2eff5", "#f7f7f7", "#f4a582", "#d6604d", "#b2182b")
_LIMIT_DARK = ("#31557f", "#2a4566", "#26354a", "#23272e", "#8a3d35", "#d05a4c", "#ffb0a6")
"""About a limit: what is well below it is calm, what is above it stands out."""
_TINT = 0.5
_DARKER = 175  # per cent: on a dark canvas the same hues, with white text


@dataclass(frozen=True, eq=False)
class OverlayColors:
    """An overlay as it is drawn in one theme.

    Attributes:
        nodes, groups: 0xAARRGGBB for each; `PLAIN` for one without a colour.
        group_values: As `overlay_groups.group_values`.
        scale: Of the values; None of a categorical overlay.
        categories: The colour of each category, 0xAARRGGBB.
        unknown: The colour of what has no value.
    """

    nodes: Pixels
    groups: Pixels
    group_values: Floats
    scale: Scale | None
    categories: tuple[int, ...]
    unknown: int


def overlay_colors(graph: Graph, overlay: Overlay, colors: Colors) -> OverlayColors:
    """The colours of an overlay of a graph in a theme."""
    nodes, groups = np.frombuffer(overlay.values, np.float64), group_values(graph, overlay)
    unknown = QColor(colors.window).rgba()
    if overlay.kind == "categorical":
        palette = tuple(tone_color(tone, colors) for tone in overlay.tones) or category_colors(
            len(overlay.categories), colors
        )
        table = np.array([*palette, unknown], np.uint32)
        return OverlayColors(_picked(nodes, table), _picked(groups, table), groups, None, palette, unknown)
    parents = np.frombuffer(graph.ints("group_parent"), np.int32)
    # The sum of everything says nothing about its parts, and would push all of them to one end.
    told = np.concatenate([nodes, groups[parents >= 0] if overlay.combine == "sum" else groups])
    scale = scale_of(overlay, told)
    table = scale_colors(scale, colors, is_low_worst=overlay.is_low_worst)
    return OverlayColors(
        _placed(nodes, overlay, scale, table, unknown), _placed(groups, overlay, scale, table, unknown),
        groups, scale, (), unknown,
    )  # fmt: skip


def scale_of(overlay: Overlay, values: Floats) -> Scale:
    """From the least to the largest of some values; a diverging one reaches as far to both sides."""
    known = values[np.isfinite(values)]
    if overlay.kind == "diverging":
        if overlay.is_log:
            decades = np.abs(np.log10(known[known > 0.0]))
            reach = 10.0 ** min(DECADES - 1.0, max(1.0, math.ceil(float(decades.max())) if decades.size else 1.0))
            return Scale(1.0 / reach, reach, is_log=True, is_diverging=True)
        far = float(np.abs(known).max()) if known.size else 0.0
        return Scale(-far, far, is_diverging=True)
    if overlay.is_log:
        known = known[known > 0.0]
        high = float(known.max()) if known.size else 1.0
        low = float(known.min()) if known.size else 1.0
        return Scale(min(max(low, high * 10.0**-DECADES), high / 10.0), high, is_log=True)
    return Scale(float(known.min()), float(known.max())) if known.size else Scale(0.0, 0.0)


def scale_colors(scale: Scale, colors: Colors, *, is_low_worst: bool = False) -> Pixels:
    """The colours from low to high. What is worse is further from the colour of the canvas: darker on light."""
    if scale.is_diverging and scale.is_log:
        limit: Pixels = np.asarray(lookup(_LIMIT_DARK if colors.is_dark else _LIMIT_LIGHT), np.uint32)
        return limit
    table: Pixels = np.asarray(lookup(stops(scale, is_dark=colors.is_dark)), np.uint32)
    is_reversed = is_low_worst != (not scale.is_diverging and not colors.is_dark)
    return table[::-1] if is_reversed else table


def category_colors(count: int, colors: Colors) -> tuple[int, ...]:
    """0xAARRGGBB of some categories: the first have hues of their own, those after them share a grey."""
    named = [QColor(color) for color in _TOL_LIGHT]
    rest = QColor("#dddddd")
    if colors.is_dark:
        named, rest = [color.darker(_DARKER) for color in named], QColor("#555b64")
    return tuple((named[i] if i < len(named) else rest).rgba() for i in range(count))


def tone_color(tone: Tone, colors: Colors) -> int:
    """0xAARRGGBB of a box that says what a text in this colour does: paler, so that the text on it can be read."""
    return mixed(QColor(colors.base), QColor(getattr(colors, tone)), _TINT).rgba()


def own_colors() -> int:
    """How many categories have a colour of their own."""
    return len(_TOL_LIGHT)


def _picked(values: Floats, table: Pixels) -> Pixels:
    places = np.where(np.isnan(values), len(table) - 1, values).astype(np.intp)
    return table[places]


def _placed(values: Floats, overlay: Overlay, scale: Scale, table: Pixels, unknown: int) -> Pixels:
    at = np.nan_to_num(placed(values, scale), nan=0.0, posinf=1.0, neginf=0.0)
    steps = np.clip(at * (len(table) - 1) + 0.5, 0, len(table) - 1).astype(np.intp)
    found = table[steps]
    if overlay.is_log and overlay.kind == "sequential":
        found[values == 0.0] = PLAIN
    found[np.isnan(values)] = unknown
    return found
