"""What points to a line, as a menu: each entry leads to where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.core.records import NodeInfo
from modelpack_gui.ui.look.theme import icon, status_icon
from modelpack_gui.ui.models.source_marks import LineMarks, Mark
from modelpack_gui.ui.models.source_marks_text import kinds_text, mark_text, nodes_text
from modelpack_gui.ui.plain_text import plain_tooltip

_NODES_SHOWN = 10


def marks_menu(
    found: LineMarks,
    follow: Callable[[Mark], None],
    show_nodes: Callable[[Sequence[NodeInfo]], None],
    parent: QWidget,
) -> QMenu:
    """The menu; it deletes itself when it is closed."""
    menu = QMenu(parent)
    menu.setObjectName("marks-menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for mark in found.marks:
        picture = icon("stale", "muted") if mark.is_stale else status_icon(mark.status)
        action = menu.addAction(picture, _literal(mark_text(mark)))
        action.setToolTip(plain_tooltip(mark.text))
        action.triggered.connect(lambda _checked=False, mark=mark: follow(mark))
    if found.marks and found.nodes:
        menu.addSeparator()
    if len(found.nodes) > 1:
        text = f"Show the {nodes_text(found.nodes)} in the graph: {kinds_text(found.nodes)}"
        menu.addAction(icon("filter"), _literal(text)).triggered.connect(lambda: show_nodes(found.nodes))
    for node in found.nodes[:_NODES_SHOWN]:
        text = f"{node.index}  {node.op_type}  {node.module_path or node.name}"
        action = menu.addAction(icon("graph"), _literal(text))
        action.triggered.connect(lambda _checked=False, node=node: show_nodes((node,)))
    return menu


def _literal(text: str) -> str:
    return text.replace("&", "&&")
