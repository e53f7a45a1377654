"""A chart of several things: a legend that hides them, a card with what is under the pointer, and its data as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QHideEvent, QPainter
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.background import Background
from modelpack_gui.ui.look.theme import icon
from modelpack_gui.ui.new_file import ask_where
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.table_csv import CSV_KINDS, write_rows
from modelpack_gui.ui.widgets.charts.chart import Chart
from modelpack_gui.ui.widgets.charts.legend import Legend, LegendItem
from modelpack_gui.ui.widgets.charts.readout import Readout, ReadoutCard

Rows = Iterable[Sequence[object]]


class DataChart(Chart):
    """Base of the charts that compare runners, variants, loads."""

    hidden_changed = Signal(object)  # frozenset of keys; by the user
    data_saved = Signal(object)  # Path

    def __init__(self, name: str, accessible_name: str, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(name, accessible_name, settings, parent)
        self.legend = Legend()
        self.legend.hide()
        self.legend.hidden_changed.connect(self._on_hidden)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(0, self.legend)
        self._card: ReadoutCard | None = None
        self._background: Background | None = None

    # For subclasses

    def data(self) -> tuple[Sequence[str], Rows]:
        """Titles and rows of what a file gets; the rows are made on another thread, of what never changes."""
        raise NotImplementedError

    def readout(self, x: float, y: float) -> Readout | None:  # noqa: ARG002 (a chart may have none)
        """What is at a place of the plane, for all that is shown."""
        return None

    # The legend

    @property
    def hidden(self) -> frozenset[str]:
        """Keys of what the user has hidden."""
        return self.legend.hidden

    def set_hidden(self, hidden: frozenset[str]) -> None:
        """Hide these and no others."""
        if hidden != self.legend.hidden:
            self.legend.set_hidden(hidden)
            self.redraw()

    def show_legend(self, items: Sequence[LegendItem]) -> None:
        """What the colours stand for."""
        self.legend.show_items(items)

    def _on_hidden(self, hidden: frozenset[str]) -> None:
        self.redraw()
        self.hidden_changed.emit(hidden)

    # Pictures and data

    def picture_size(self) -> QSize:
        """The legend is above the plot."""
        size = super().picture_size()
        return QSize(size.width(), size.height() + (self.legend.height() if self.legend.entries else 0))

    def render_picture(self, painter: QPainter) -> None:
        """The legend of what is shown, and the plot."""
        if self.legend.entries:
            self.legend.paint_all(painter)
            painter.translate(0, self.legend.height())
        super().render_picture(painter)

    def make_menu(self) -> QMenu:
        """The context menu."""
        menu = super().make_menu()
        save = menu.addAction(icon("table"), "Save data as CSV…")
        save.triggered.connect(self.ask_and_save_data)
        save.setEnabled(not self._empty)
        if self.legend.hidden & frozenset(self.legend.entries):
            menu.addAction("Show all").triggered.connect(self._show_all)
        return menu

    def ask_and_save_data(self) -> None:
        """Let the user say where."""
        path = ask_where(self, self._settings, "chart-data", "Save data", f"{self.objectName()}.csv", CSV_KINDS)
        if path is not None:
            self.save_data(path)

    def save_data(self, path: Path) -> None:
        """Write all of the data as CSV, off the GUI thread; `data_saved` or `picture_failed` tells the end."""
        titles, rows = self.data()

        def ended(_result: Any, error: ErrorInfo | None) -> None:
            if error is not None:
                self.picture_failed.emit(error)
            else:
                self.data_saved.emit(path)

        if self._background is None:
            self._background = Background(self)
        self._background.ask(f"save-{path}", lambda check: write_rows(path, titles, rows, check), ended)

    def _show_all(self) -> None:
        self.legend.set_hidden(self.legend.hidden - frozenset(self.legend.entries))
        self._on_hidden(self.legend.hidden)

    # The pointer

    def hover(self, x: float, y: float) -> None:
        """Show the card."""
        found = self.readout(x, y)
        if found is None:
            self.end_hover()
            return
        if self._card is None:
            self._card = ReadoutCard(self._canvas)
        box = self._canvas.getPlotItem().getViewBox()
        self._card.show_at(found, box.mapViewToScene(QPointF(x, y)).toPoint())  # the scene's units are pixels

    def end_hover(self) -> None:
        """Take the card away."""
        if self._card is not None:
            self._card.hide()

    # Qt's side

    def hideEvent(self, event: QHideEvent) -> None:
        """The card is the window's: it must not outlast what it is about."""
        super().hideEvent(event)
        self.end_hover()

    def _make_canvas(self, pg: Any) -> None:
        super()._make_canvas(pg)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(0, self.legend)
