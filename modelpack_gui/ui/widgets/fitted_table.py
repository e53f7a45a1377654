"""A data table as high as its rows, for pages that scroll as a whole."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.widgets.data_table import DataTable


class FittedTable(DataTable):
    """As high as its rows up to `limit`, and as the scroll bar where the columns are too wide."""

    def __init__(
        self,
        model: RecordTableModel[Any],
        name: str,
        accessible_name: str,
        limit: int = 8,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(model, name, accessible_name, parent)
        self._limit = limit
        model.modelReset.connect(self._fit_height)
        self.horizontalScrollBar().rangeChanged.connect(self._fit_height)
        self._fit_height()

    def _fit_height(self) -> None:
        rows = max(1, min(self.model().rowCount(), self._limit))
        height = self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize()
        bar = self.horizontalScrollBar()
        if bar.maximum() > bar.minimum():
            height += bar.sizeHint().height()
        self.setFixedHeight(height + 2 * self.frameWidth() + 4)
