"""Columns of the table of nodes for what can be drawn on them."""

from __future__ import annotations

import functools
from array import array
from typing import TYPE_CHECKING

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.overlay import UNKNOWN
from modelpack_gui.ui.graph.overlays.sources import OF_THE_GRAPH
from modelpack_gui.ui.graph.tables.row_table import RowColumn, row_column

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.overlays.state import GraphOverlays, OverlayOffer

_HAS_COLUMN = frozenset({"op-type", "domain", "dtype"})
"""Overlays that say what a column of every graph says."""


def overlay_columns(overlays: GraphOverlays) -> tuple[RowColumn, ...]:
    """One for each overlay that there is something to show of; hidden at first, its values made when it is shown."""
    offers = [offer for offer in overlays.all if not offer.problem and offer.key not in _HAS_COLUMN]
    return tuple(_column(overlays, offer) for offer in offers)


def _column(overlays: GraphOverlays, offer: OverlayOffer) -> RowColumn:
    facts = _Facts(overlays, offer.key)
    return row_column(
        offer.title,
        facts.text,
        facts.keys,
        full=facts.full,
        share=facts.share,
        is_number=offer.section != OF_THE_GRAPH,
        is_hidden=True,
        width=104,
        section=offer.section,
        tooltip=f"{offer.title}: as it is drawn on the canvas",
    )


class _Facts:
    """What an overlay says of the nodes. It is asked for again when there are other values of it."""

    def __init__(self, overlays: GraphOverlays, key: str) -> None:
        self._overlays = overlays
        self._key = key

    def keys(self) -> array[float]:
        """What the column is sorted by."""
        overlay = self._overlays.overlay(self._key)
        return overlay.values if overlay is not None else floats([UNKNOWN]) * self._overlays.node_count

    def text(self, node: int) -> str:
        """As the legend spells it."""
        overlay = self._overlays.overlay(self._key)
        return overlay.text(overlay.values[node]) if overlay is not None else ""

    def full(self, node: int) -> str:
        """With all digits."""
        overlay = self._overlays.overlay(self._key)
        return overlay.full(overlay.values[node]) if overlay is not None else ""

    def share(self, node: int) -> float | None:
        """Of the largest value; None where values are no amounts."""
        overlay = self._overlays.overlay(self._key)
        if overlay is None or overlay.kind != "sequential":
            return None
        value = overlay.values[node]
        return value / self._largest if value > 0.0 and self._largest else None

    @functools.cached_property
    def _largest(self) -> float:
        overlay = self._overlays.overlay(self._key)
        return max((value for value in overlay.values if value == value), default=0.0) if overlay is not None else 0.0
