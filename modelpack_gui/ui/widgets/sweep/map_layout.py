"""Where the panels and cells of a batch-thread map go."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QFontMetrics

from modelpack_gui.core.records import SweepCell
from modelpack_gui.core.sweep import batch_text

_GAP = 20.0
_MARGIN = 6.0
_WIDEST, _NARROWEST = 92.0, 40.0
_HIGHEST = 52.0


@dataclass(frozen=True)
class Panel:
    """One runner: its title, heads of columns (threads) and rows (batch sizes), and its cells."""

    title: str
    head: QRectF
    columns: tuple[tuple[QRectF, str], ...]
    rows: tuple[tuple[QRectF, str], ...]
    cells: tuple[tuple[QRectF, SweepCell], ...]


@dataclass(frozen=True)
class MapLayout:
    """All panels.

    Attributes:
        scale: Where the colour scale is.
        left_out: Panels for which there is no room.
    """

    panels: tuple[Panel, ...]
    scale: QRectF
    left_out: int = 0

    def cell_at(self, x: float, y: float) -> SweepCell | None:
        """The cell at a place; None between them."""
        return next((cell for panel in self.panels for rect, cell in panel.cells if rect.contains(x, y)), None)

    def neighbour(self, cell: SweepCell | None, right: int, down: int) -> SweepCell:
        """The nearest cell in a direction, the cell itself if there is none; the first without a cell."""
        places = [(rect.center(), one) for panel in self.panels for rect, one in panel.cells]
        here = next((place for place, one in places if one is cell), None)
        if here is None:
            return places[0][1]
        found = []
        for place, one in places:
            ahead = (place.x() - here.x()) * right + (place.y() - here.y()) * down
            aside = abs((place.x() - here.x()) * down) + abs((place.y() - here.y()) * right)
            if ahead > 1.0:
                found.append((ahead + 4.0 * aside, one))
        return min(found, key=lambda item: item[0])[1] if found else cell or places[0][1]


def laid_out(cells: Sequence[SweepCell], size: QSizeF, metrics: QFontMetrics) -> MapLayout:
    """Panels in rows, cells as large as there is room for."""
    groups: dict[str, list[SweepCell]] = {}
    for cell in cells:
        groups.setdefault(cell.choice.runner.key, []).append(cell)
    if not groups or size.isEmpty():
        return MapLayout((), QRectF())
    line = metrics.height() + 4.0
    threads = sorted({cell.choice.threads for cell in cells})
    batches = sorted({cell.choice.batch_size or 0 for cell in cells})
    side = max(metrics.horizontalAdvance(f"batch {batch_text(batch or None)}") for batch in batches) + 8.0
    room = size.height() - line - _MARGIN
    across, wide = _across(len(groups), len(threads), side, size.width() - 2 * _MARGIN)
    down = math.ceil(len(groups) / across)
    heads = 2 * line
    least = heads + len(batches) * (metrics.height() + 2.0)
    fitting = min(down, max(1, int((room + _GAP) // (least + _GAP))))
    high = (room - (fitting - 1) * _GAP - fitting * heads) / (fitting * len(batches))
    high = min(_HIGHEST, max(high, metrics.height() + 2.0))
    panel_width, panel_height = side + len(threads) * wide, heads + len(batches) * high
    panels = []
    for place, group in enumerate(list(groups.values())[: fitting * across]):
        left = _MARGIN + (place % across) * (panel_width + _GAP)
        top = _MARGIN / 2 + (place // across) * (panel_height + _GAP)
        panels.append(_panel(group, threads, batches, QRectF(left, top, side, line), wide, high))
    bottom = size.height() - line
    return MapLayout(
        tuple(panels),
        QRectF(_MARGIN, bottom, size.width() - 2 * _MARGIN, line),
        len(groups) - len(panels),
    )


def _across(panels: int, columns: int, side: float, room: float) -> tuple[int, float]:
    """How many panels go side by side, and how wide a cell is then."""
    for across in range(panels, 0, -1):
        wide = ((room - (across - 1) * _GAP) / across - side) / columns
        if wide >= _NARROWEST or across == 1:
            return across, min(_WIDEST, max(wide, 8.0))
    raise AssertionError  # the loop ends with one panel


def _panel(
    group: Sequence[SweepCell],
    threads: Sequence[int],
    batches: Sequence[int],
    corner: QRectF,
    wide: float,
    high: float,
) -> Panel:
    """`corner` is where the title begins, as wide as the heads of rows and as high as a line."""
    left, top = corner.right(), corner.bottom() + corner.height()
    columns = tuple(
        (QRectF(left + i * wide, corner.bottom(), wide, corner.height()), f"{n} thr" if i == 0 else str(n))
        for i, n in enumerate(threads)
    )
    rows = tuple(
        (QRectF(corner.left(), top + i * high, corner.width() - 6.0, high), f"batch {batch_text(batch or None)}")
        for i, batch in enumerate(batches)
    )
    cells = tuple(
        (
            QRectF(
                left + threads.index(cell.choice.threads) * wide,
                top + batches.index(cell.choice.batch_size or 0) * high,
                wide,
                high,
            ),
            cell,
        )
        for cell in group
    )
    head = QRectF(corner.left(), corner.top(), corner.width() + len(threads) * wide, corner.height())
    return Panel(group[0].title, head, columns, rows, cells)
