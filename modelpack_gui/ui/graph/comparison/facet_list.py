"""A narrow list of ways to choose among the rows beside it, each with how many rows it lets through."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.ui.graph.comparison.facets import Facet
from modelpack_gui.ui.graph.comparison.rows import state_icon
from modelpack_gui.ui.look.theme import SPACING, heading_font, theme
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.widgets.data_table import ROW_HEIGHT, CellDelegate

_ROLE = Qt.ItemDataRole.UserRole


class FacetList(QTreeWidget):
    """One is chosen; the choice is kept when other rows have one of the same key."""

    chosen = Signal(object)  # Facet

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare-facets")
        self.setAccessibleName("Which nodes to list")
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setItemDelegate(CellDelegate(self))
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._facets: dict[str, Facet] = {}
        self.currentItemChanged.connect(self._on_current)

    @property
    def current(self) -> Facet | None:
        """What is chosen."""
        item = self.currentItem()
        return self._facets.get(str(item.data(0, _ROLE))) if item is not None else None

    def set_facets(self, facets: Sequence[Facet]) -> None:
        """Offer others."""
        kept = self.current.key if self.current is not None else ""
        self._facets = {facet.key: facet for facet in facets}
        self.blockSignals(True)
        self.clear()
        section = ""
        for facet in facets:
            if facet.section != section:
                section = facet.section
                self._add_heading(section)
            self._add(facet)
        self.blockSignals(False)
        first = next((facet.key for facet in facets if facet.count), "")
        self.choose(kept if kept in self._facets and self._facets[kept].count else first)

    def choose(self, key: str) -> None:
        """Choose by key; one that is not there chooses nothing."""
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            if item is not None and item.data(0, _ROLE) == key:
                self.setCurrentItem(item)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Return to what is around it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _add_heading(self, text: str) -> None:
        item = QTreeWidgetItem([text, ""])
        item.setSizeHint(0, QSize(0, ROW_HEIGHT + SPACING))
        item.setTextAlignment(0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setFont(0, heading_font())
        self.addTopLevelItem(item)
        self.setFirstColumnSpanned(self.topLevelItemCount() - 1, self.rootIndex(), True)

    def _add(self, facet: Facet) -> None:
        item = QTreeWidgetItem([facet.title, fmt.count(facet.count)])
        item.setData(0, _ROLE, facet.key)
        item.setSizeHint(0, QSize(0, ROW_HEIGHT))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(1, QColor(theme().colors.muted))
        item.setToolTip(0, plain_tooltip(f"{facet.title}\n{facet.tooltip}".strip()))
        if facet.state is not None:
            item.setIcon(0, state_icon(facet.state))
        self.addTopLevelItem(item)

    def _on_current(self) -> None:
        facet = self.current
        if facet is not None:
            self.chosen.emit(facet)
