"""The modules of a loaded model as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import ModuleInfo
from modelpack_gui.ui.models.record_table import COPY_ROLE
from modelpack_gui.ui.plain_text import plain_tooltip

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
_TITLES = ("Module", "Class", "Parameters", "Own", "Size")
_TIPS = (
    "Name in its parent",
    "Class of the module",
    "Elements of the parameters in it and below",
    "Elements of its own parameters",
    "Parameters and buffers in it and below",
)
_NUMBERS = (2, 3, 4)
_ROW_SIZE = QSize(0, 24)  # as the rows of tables


@dataclass
class _Node:
    info: ModuleInfo
    parent: _Node | None
    row: int
    children: list[_Node] = field(default_factory=list)


class ModuleTreeModel(QAbstractItemModel):
    """Built from modules in depth-first order; the root module is the one top row."""

    def __init__(self, mono_font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mono_font = mono_font
        self._roots: list[_Node] = []
        self._nodes: list[_Node] = []  # keeps every internal pointer alive

    def set_modules(self, modules: Sequence[ModuleInfo]) -> None:
        """Show other modules."""
        self.beginResetModel()
        self._roots, self._nodes = [], []
        by_path: dict[str, _Node] = {}
        for info in modules:
            parent = _nearest(info.path, by_path)
            siblings = self._roots if parent is None else parent.children
            node = _Node(info, parent, len(siblings))
            siblings.append(node)
            self._nodes.append(node)
            by_path[info.path] = node
        self.endResetModel()

    def module(self, index: Index) -> ModuleInfo:
        """The module of a row."""
        return self._node(index).info

    def index_of(self, path: str) -> QModelIndex:
        """Where a module is; not valid if it is not there."""
        node = next((node for node in self._nodes if node.info.path == path), None)
        return QModelIndex() if node is None else self.createIndex(node.row, 0, node)

    # Qt's side

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 (Qt's)
        """Place of a cell."""
        nodes = self._node(parent).children if parent.isValid() else self._roots
        if not (0 <= row < len(nodes) and 0 <= column < len(_TITLES)) or (parent.isValid() and parent.column() != 0):
            return QModelIndex()
        return self.createIndex(row, column, nodes[row])

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 (two overloads in Qt)
        """Place of the parent."""
        node = self._node(index).parent if index.isValid() else None
        return QModelIndex() if node is None else self.createIndex(node.row, 0, node)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Children."""
        if not parent.isValid():
            return len(self._roots)
        return len(self._node(parent).children) if parent.column() == 0 else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: ARG002, B008 (Qt's own signature)
        """Columns."""
        return len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        """Titles."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(_TITLES):
            return None
        if role == _ROLE.DisplayRole:
            return _TITLES[section]
        if role == _ROLE.ToolTipRole:
            return _TIPS[section]
        return _alignment(section) if role == _ROLE.TextAlignmentRole else None

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """A cell."""
        if not index.isValid():
            return None
        info, column = self._node(index).info, index.column()
        if role == _ROLE.DisplayRole:
            name = info.path.rpartition(".")[2] or info.class_name
            own = fmt.count(info.own_parameters) if info.own_parameters else ""
            return (name, info.class_name, fmt.count(info.parameters), own, fmt.size(info.size_bytes))[column]
        if role == _ROLE.TextAlignmentRole:
            return _alignment(column)
        if role == _ROLE.FontRole:
            return self._mono_font if column < 2 else None
        if role in (_ROLE.ToolTipRole, COPY_ROLE):
            whole = (
                info.path or "(the model)", info.class_name, str(info.parameters), str(info.own_parameters),
                f"{info.size_bytes} B",
            )[column]  # fmt: skip
            return plain_tooltip(whole) if role == _ROLE.ToolTipRole else whole
        return _ROW_SIZE if role == _ROLE.SizeHintRole else None

    @staticmethod
    def _node(index: Index) -> _Node:
        node = index.internalPointer()
        assert isinstance(node, _Node)
        return node


def _nearest(path: str, by_path: dict[str, _Node]) -> _Node | None:
    """The closest ancestor that is there: a container may have been left out."""
    while path:
        path = path.rpartition(".")[0]
        if path in by_path:
            return by_path[path]
    return None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
