"""The groups of a graph as a tree, with what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.costs.node_costs import Costs
from modelpack_gui.core.graph.costs.rollup import last_nodes
from modelpack_gui.core.graph.costs.text import FIGURES, Figure, short_text, whole_text
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.models.record_table import COPY_ROLE
from modelpack_gui.ui.plain_text import plain_tooltip

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
SHARE_ROLE = _ROLE.UserRole + 11
"""Of the whole model, 0..1; None where there is no bar."""
NOTE_ROLE = _ROLE.UserRole + 12
"""The class of a module, beside its name."""
NAME, NODES, FIRST_FIGURE = 0, 1, 2
COLUMNS = ("Module", "Nodes", *(figure.title for figure in FIGURES))
_ROW_SIZE = QSize(0, 24)  # as the rows of tables
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_KINDS = {"root": "the whole graph", "prefix": "nodes of one name prefix", "stretch": "a stretch of the graph"}


def column_of(key: str) -> int:
    """The column of a figure, by its key."""
    return FIRST_FIGURE + [figure.key for figure in FIGURES].index(key)


class GroupTreeModel(QAbstractItemModel):
    """Rows are numbers of groups; the roots of subgraphs and functions stand below that of the main graph."""

    def __init__(self, mono_font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mono_font = mono_font
        self._graph: Graph | None = None
        self._costs: Costs | None = None
        # What is in each group as it is shown, sorted and filtered; -1 holds the roots. Made when a view asks.
        self._made: dict[int, list[int]] = {}
        self._rows = ints()  # by group, where its parent's are made
        self._kept: set[int] | None = None  # what the filter leaves; None for all
        self._lasts = ints()
        self._filter = ""
        self._haystacks: list[str] = []  # made when something is filtered for
        self._sort = (-1, Qt.SortOrder.AscendingOrder)

    def show_graph(self, graph: Graph | None, costs: Costs | None) -> bool:
        """Show another graph, or other numbers of it; whether the graph is another."""
        if graph is self._graph:
            if costs is not self._costs:
                self._costs = costs
                self.sort(*self._sort)  # which also has the views draw the numbers anew
            return False
        self.beginResetModel()
        self._graph, self._costs, self._haystacks = graph, costs, []
        self._rows = ints([-1]) * len(graph.groups) if graph is not None else ints()
        self._lasts = last_nodes(graph) if graph is not None else ints()
        self._look_for()
        self.endResetModel()
        return True

    def set_filter(self, text: str) -> None:
        """Show only groups with this in their path or class, and those around them; case is ignored."""
        if text.lower() != self._filter:
            self.beginResetModel()
            self._filter = text.lower()
            self._look_for()
            self.endResetModel()

    def group(self, index: Index) -> int:
        """The group of a row; -1 for none."""
        return int(index.internalId()) if index.isValid() else -1

    def index_of(self, group: int) -> QModelIndex:
        """Where a group is; not valid if it is not shown."""
        graph = self._graph
        if graph is None or not 0 <= group < len(self._rows) or (self._kept is not None and group not in self._kept):
            return QModelIndex()
        self._below(graph.ints("group_parent")[group])
        return self.createIndex(self._rows[group], 0, group)

    @property
    def shown(self) -> int:
        """How many groups are shown, in open and closed ones."""
        return len(self._rows) if self._kept is None else len(self._kept)

    def figure_at(self, column: int) -> str:
        """The key of the figure in a column from FIRST_FIGURE on."""
        return FIGURES[column - FIRST_FIGURE].key

    def dearest(self, figure: str) -> int:
        """The group of highest value among those that hold no other group; -1 if nothing is known."""
        graph, costs = self._graph, self._costs
        if graph is None or costs is None:
            return -1
        sums, scopes = costs.groups[figure].sums, graph.ints("group_scope")
        inner = set(graph.ints("group_parent"))
        leaves = (group for group in range(len(sums)) if group not in inner and scopes[group] == 0)
        best = max(leaves, key=sums.__getitem__, default=-1)
        return best if best >= 0 and sums[best] > 0 else -1

    # Qt's side

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 (Qt's)
        """Place of a cell."""
        rows = self._children(parent)
        if not (0 <= row < len(rows) and 0 <= column < len(COLUMNS)):
            return QModelIndex()
        return self.createIndex(row, column, rows[row])

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 (two overloads in Qt)
        """Place of the parent."""
        if not index.isValid() or self._graph is None:
            return QModelIndex()
        return self.index_of(self._graph.ints("group_parent")[self.group(index)])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Children that are shown."""
        return len(self._children(parent))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: ARG002, B008 (Qt's own signature)
        """Columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        """Titles."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == _ROLE.DisplayRole:
            return COLUMNS[section]
        if role == _ROLE.ToolTipRole:
            return FIGURES[section - FIRST_FIGURE].meaning if section >= FIRST_FIGURE else COLUMNS[section]
        if role == _ROLE.InitialSortOrderRole:  # of figures one looks for the largest
            return Qt.SortOrder.DescendingOrder if section else Qt.SortOrder.AscendingOrder
        return (_RIGHT if section else _LEFT) if role == _ROLE.TextAlignmentRole else None

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """A cell."""
        group, graph = self.group(index), self._graph
        if group < 0 or graph is None:
            return None
        column = index.column()
        if role == _ROLE.DisplayRole:
            return self._shown(group, column)
        if role == _ROLE.TextAlignmentRole:
            return _RIGHT if column else _LEFT
        if role == _ROLE.FontRole:
            return self._mono_font if column == NAME else None
        if role == SHARE_ROLE:
            return self._share(group, column)
        if role == NOTE_ROLE:
            return graph.text("group_class", group).rpartition(".")[2] if column == NAME else None
        if role == _ROLE.ToolTipRole:
            return plain_tooltip(self._whole(group, column))
        if role in (COPY_ROLE, _ROLE.AccessibleTextRole):
            return self._whole(group, column)
        return _ROW_SIZE if role == _ROLE.SizeHintRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the groups within each; a column below zero gives the order that they end in."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        self._sort = (column, order)
        self._made.clear()
        new = [self.index_of(self.group(index)).siblingAtColumn(index.column()) for index in old]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    # What is shown

    def _children(self, parent: Index) -> Sequence[int]:
        return () if parent.isValid() and parent.column() != 0 else self._below(self.group(parent))

    def _below(self, group: int) -> Sequence[int]:
        """What is shown in a group, or of the roots (-1)."""
        shown = self._made.get(group)
        if shown is not None or self._graph is None:
            return shown or ()
        graph, kept = self._graph, self._kept
        groups = (
            graph.group_children[group] if group >= 0 else sorted(map(graph.root_group, range(len(graph.scopes))))
        )
        shown = [one for one in groups if kept is None or one in kept]
        key = self._sort_key(graph) if group >= 0 else None
        if key is not None:
            shown.sort(key=key, reverse=self._sort[0] >= 0 and self._sort[1] == Qt.SortOrder.DescendingOrder)
        for row, one in enumerate(shown):
            self._rows[one] = row
        self._made[group] = shown
        return shown

    def _look_for(self) -> None:
        """Find what the filter leaves: groups with the text, and those around them."""
        self._made.clear()
        self._kept = None
        graph = self._graph
        if not self._filter or graph is None:
            return
        if not self._haystacks:
            paths, classes, texts = graph.ints("group_path"), graph.ints("group_class"), graph.texts
            self._haystacks = [
                f"{texts[path]}\n{texts[name]}".lower() for path, name in zip(paths, classes, strict=True)
            ]
        self._kept = kept = set()
        parents = graph.ints("group_parent")
        for group, text in enumerate(self._haystacks):
            if self._filter in text:
                above = group
                while above >= 0 and above not in kept:
                    kept.add(above)
                    above = parents[above]

    def _sort_key(self, graph: Graph) -> Any:
        column = self._sort[0]
        if column == NAME:
            return lambda group: graph.text("group_title", group).lower()
        if column == NODES and self._costs is not None:
            return self._costs.group_nodes.__getitem__
        if column >= FIRST_FIGURE and self._costs is not None:
            return self._costs.groups[FIGURES[column - FIRST_FIGURE].key].sums.__getitem__
        return self._lasts.__getitem__

    def _number(self, group: int, column: int) -> tuple[Figure, float, int] | None:
        if self._costs is None:
            return None
        figure = FIGURES[column - FIRST_FIGURE]
        found = self._costs.groups[figure.key]
        return figure, found.sums[group], found.unknown[group]

    def _shown(self, group: int, column: int) -> str:
        assert self._graph is not None
        if column == NAME:
            return self._graph.text("group_title", group) or "(the model)"
        if column == NODES:
            return fmt.count(self._costs.group_nodes[group]) if self._costs is not None else ""
        number = self._number(group, column)
        if number is None:
            return ""
        figure, value, unknown = number
        return short_text(value, unknown, is_bytes=figure.is_bytes) if value or unknown else "–"

    def _whole(self, group: int, column: int) -> str:
        graph = self._graph
        assert graph is not None
        if column == NAME:
            kind = _KINDS.get(graph.text("group_kind", group), graph.text("group_class", group))
            path = graph.text("group_path", group) or graph.text("group_title", group) or "(the model)"
            return f"{path}: {kind}" if kind else path
        if column == NODES:
            return fmt.plural(self._costs.group_nodes[group], "node") if self._costs is not None else ""
        number = self._number(group, column)
        if number is None:
            return ""
        share = self._share(group, column)
        text = whole_text(*number)
        return f"{text}; {fmt.percent(share)} of the whole" if share else text

    def _share(self, group: int, column: int) -> float | None:
        graph, costs = self._graph, self._costs
        if graph is None or column == NAME:
            return None
        root = graph.root_group(graph.ints("group_scope")[group])
        if costs is None:
            return None
        if column == NODES:
            counts = costs.group_nodes
            return counts[group] / counts[root] if counts[root] else None
        sums = costs.groups[FIGURES[column - FIRST_FIGURE].key].sums
        return sums[group] / sums[root] if sums[root] else None
