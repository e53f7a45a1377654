"""Reads the tiles of a slice: all of it, and the part in view at a finer resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.ui.background import Check
from modelpack_gui.ui.state.values_source import ValuesSource

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Values
    from modelpack_gui.ui.arrays.pooling import Levels, Pooled, Shading, SliceChoice, Window


class SliceReader(QObject):
    """Asks for one of each at a time.

    Attributes:
        levels: What the colours of the slice span; None until `base` was read.
        base: All of the slice.
        detail: The part in view, where its tiles are smaller; None where they are not.
    """

    base_read = Signal()
    detail_changed = Signal()

    def __init__(self, source: ValuesSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self.levels: Levels | None = None
        self.base: Pooled | None = None
        self.detail: Pooled | None = None

    def forget(self) -> None:
        """Another slice: what was read is not of it."""
        self.levels = self.base = self.detail = None

    def ask_base(self, choice: SliceChoice, window: Window, shading: Shading) -> None:
        """Read all of a slice; what was read before stays until it is there."""

        def work(values: Values, check: Check) -> tuple[Levels, Pooled]:
            from modelpack_gui.ui.arrays.pooling import levels, pool

            pooled = pool(values, choice, window, shading, check)
            return levels(values, choice, pooled, check), pooled

        def answered(result: tuple[Levels, Pooled]) -> None:
            self.levels, self.base = result
            self.detail = None  # in other units, maybe
            self.base_read.emit()

        self._source.ask("heat-base", work, answered)

    def ask_detail(self, choice: SliceChoice, window: Window, shading: Shading) -> None:
        """Read a part, unless it is there, or the whole shows as much."""
        base = self.base
        if base is None or (self.detail is not None and self.detail.window == window):
            return
        if (window.tall, window.wide) == (base.window.tall, base.window.wide):
            if self.detail is not None:
                self.detail = None
                self.detail_changed.emit()
            return

        def work(values: Values, check: Check) -> Pooled:
            from modelpack_gui.ui.arrays.pooling import pool

            return pool(values, choice, window, shading, check)

        def answered(result: Pooled) -> None:
            self.detail = result
            self.detail_changed.emit()

        self._source.ask("heat-detail", work, answered)

    def worst_place(self) -> tuple[int, int] | None:
        """Row and column of the worst element of the slice; None where nothing differs."""
        pooled = self.base
        if pooled is None or not pooled.shade.size:
            return None
        import numpy as np

        score = np.nan_to_num(np.abs(pooled.shade), nan=0.0, posinf=np.inf)
        place = int(score.argmax())
        if not score.flat[place]:
            return None
        return int(pooled.rows.flat[place]), int(pooled.columns.flat[place])

    def worst_near(self, place: tuple[int, int]) -> tuple[tuple[int, int], str]:
        """The element that stands for a place on the screen, and of how many it is the worst."""
        pooled = self.detail or self.base
        if pooled is None:
            return place, ""
        window = pooled.window
        row, column = (place[0] - window.top) // window.tall, (place[1] - window.left) // window.wide
        is_inside = 0 <= row < pooled.rows.shape[0] and 0 <= column < pooled.rows.shape[1]
        if window.tall * window.wide == 1 or not is_inside:
            return place, ""
        found = int(pooled.rows[row, column]), int(pooled.columns[row, column])
        return found, f"   (worst of {window.tall} × {window.wide})"
