"""What can be done with a box or an edge: the context menu of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.core.graph.box_text import last_part, shortened
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.query import quoted
from modelpack_gui.ui.graph.canvas.picking import scopes_in
from modelpack_gui.ui.graph.canvas.tips import group_name
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick
from modelpack_gui.ui.graph.tensors.stored_values import is_stored
from modelpack_gui.ui.look.theme import icon

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane

_MOST = 12


def context_menu(pane: CanvasPane, pick: Pick | None) -> QMenu:
    """The menu for what is under the pointer, or for the graph as a whole."""
    menu = QMenu(pane)
    graph = pane.state.graph
    if graph is not None and pick is not None:
        if isinstance(pick, NodePick):
            _of_node(pane, menu, graph, pick.node)
        elif isinstance(pick, GroupPick):
            _of_group(pane, menu, graph, pick.group)
        else:
            _of_value(pane, menu, graph, pick.value)
        menu.addSeparator()
        menu.addAction(pane.commands.fit_selection)
        menu.addAction(pane.commands.trace)
        menu.addAction(pane.commands.around)
        menu.addSeparator()
    menu.addAction(pane.commands.fit)
    menu.addAction(pane.commands.actual)
    if pane.scenes.can_leave:
        menu.addAction(pane.commands.leave)
    pictures = pane.commands.picture_menu(menu)
    pictures.setTitle("Picture")
    menu.addMenu(pictures)
    return menu


def _add(menu: QMenu, title: str, icon_name: str, run: object) -> None:
    action = menu.addAction(icon(icon_name), title.replace("&", "&&")) if icon_name else menu.addAction(title)
    action.triggered.connect(run)


def _of_node(pane: CanvasPane, menu: QMenu, graph: Graph, node: int) -> None:
    for title, scope in scopes_in(graph, node):
        _add(menu, f"Enter {title}", "open", lambda _checked=False, scope=scope: pane.inside.enter(scope, node))
    group = graph.ints("node_group")[node]
    if group in pane.scenes.view.opened:
        title = f"Close {shortened(graph.text('group_title', group))}"
        _add(menu, title, "collapse", lambda: pane.scenes.close_group(group))
    op_type = graph.text("node_op_type", node)
    _add(
        menu,
        f"List all {op_type} nodes",
        "filter",
        lambda: pane.state.filter_wanted.emit(quoted("op", op_type)),
    )
    weights = [value for value in dict.fromkeys(graph.inputs(node)) if value in graph.initializer_of]
    given = [value for value in graph.outputs(node) if value >= 0 and is_stored(graph, value)]
    for value in (*given, *weights)[:_MOST]:
        title = f"Show the values of {shortened(last_part(graph.value_name(value)))}"
        _add(menu, title, "matrix", lambda _checked=False, value=value: pane.state.show_tensor(value))
    place = place_of(graph.text("node_source_location", node))
    if place is not None:
        _add(menu, "Go to source", "source", lambda: pane.controller.show_place(place))
    name = graph.text("node_name", node)
    if name:
        _add(menu, "Copy the name", "copy", lambda: QGuiApplication.clipboard().setText(name))


def _of_group(pane: CanvasPane, menu: QMenu, graph: Graph, group: int) -> None:
    if group in pane.scenes.view.opened:
        _add(menu, "Close", "collapse", lambda: pane.scenes.close_group(group))
    else:
        _add(menu, "Open", "expand", lambda: pane.scenes.open_groups(group))
    if graph.group_children[group]:
        _add(menu, "Open all in it", "expand", lambda: pane.scenes.open_inside(group))
    path = graph.text("group_path", group)
    if path:
        under = quoted("under", path)
        _add(menu, "List its nodes", "filter", lambda: pane.state.filter_wanted.emit(under))
        _add(menu, "Copy its path", "copy", lambda: QGuiApplication.clipboard().setText(path))


def _of_value(pane: CanvasPane, menu: QMenu, graph: Graph, value: int) -> None:
    maker = graph.producers[value]
    if maker >= 0:
        title = f"Go to where it is made: {graph.text('node_op_type', maker)}"
        _add(menu, title, "chevron-up", lambda: pane.go_to(NodePick(maker)))
    readers = list(dict.fromkeys(graph.consumers(value)))
    for reader in readers[:_MOST]:
        title = shortened(f"{graph.text('node_op_type', reader)} {graph.text('node_name', reader)}".rstrip())
        run = lambda _checked=False, reader=reader: pane.go_to(NodePick(reader))  # noqa: E731
        _add(menu, f"Go to where it is read: {title}", "chevron-down", run)
    if len(readers) > _MOST:
        menu.addAction(f"{len(readers) - _MOST:,} more read it").setEnabled(False)
    if is_stored(graph, value):
        _add(menu, "Show its values", "matrix", lambda: pane.state.show_tensor(value))
    name = graph.value_name(value)
    _add(menu, "Copy the name", "copy", lambda: QGuiApplication.clipboard().setText(name))


def description(graph: Graph, pick: Pick) -> str:
    """What is selected, in a few words."""
    if isinstance(pick, NodePick):
        name = graph.text("node_name", pick.node)
        return f"{graph.text('node_op_type', pick.node)} {shortened(name)}".rstrip()
    if isinstance(pick, GroupPick):
        return group_name(graph, pick.group)
    assert isinstance(pick, ValuePick)
    return shortened(graph.value_name(pick.value))
