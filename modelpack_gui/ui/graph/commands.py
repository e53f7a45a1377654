"""The commands of the graph page, for the menu bar and the palette."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import chain

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.ui.graph.graph_view import BOTH, CANVAS, TABLE, GraphView
from modelpack_gui.ui.graph.reload import GraphReload
from modelpack_gui.ui.graph.selection import GraphSelection
from modelpack_gui.ui.look.theme import icon

_MODES = {TABLE: "&Table alone", BOTH: "Table &and canvas", CANVAS: "Canvas al&one"}


class GraphCommands(QObject):
    """Belongs to the page: its shortcuts work while the page is shown, wherever the focus is."""

    changed = Signal()  # there are others

    def __init__(self, page: QWidget, view: GraphView, selection: GraphSelection, reload: GraphReload) -> None:
        super().__init__(page)
        self._page = page
        self._view = view
        find = self._made("&Find…", view.start_finding, "search", QKeySequence(QKeySequence.StandardKey.Find))
        self._back = self._made("Go &back", selection.back, "back", "Alt+Left")
        self._forward = self._made("Go for&ward", selection.forward, "forward", "Alt+Right")
        show = self._made("&Show what is selected on the canvas", view.show_on_canvas, "graph", "Ctrl+Shift+F")
        self._modes: dict[str, QAction] = {}
        group = QActionGroup(self)
        for mode, text in _MODES.items():
            self._modes[mode] = action = self._made(text, functools.partial(view.set_mode, mode))
            action.setCheckable(True)
            group.addAction(action)
        follow = self._made("&Read again when the file changes", lambda: None)
        follow.setCheckable(True)
        follow.setChecked(reload.is_on)
        follow.toggled.connect(reload.turn)
        lists = [
            self._made(title, functools.partial(self._list, name), "table")
            for name, title in view.side.titles.items()
        ]
        self._top: list[QAction | None] = [
            find, None, self._back, self._forward, show, None, *self._modes.values(), None, follow, None
        ]  # fmt: skip
        self._submenus: dict[str, list[QAction | None]] = {"&List": [*lists]}
        self._menus: dict[str, QMenu] = {}  # `clear` frees none, so each is made once
        selection.history_changed.connect(lambda: self._show_ways(selection))
        view.mode_changed.connect(self._show_mode)
        view.canvas_made.connect(self._add_canvas)
        self._show_ways(selection)
        self._show_mode(view.mode)

    @property
    def ways(self) -> tuple[QAction, QAction]:
        """Back and forward in what was selected."""
        return self._back, self._forward

    @property
    def actions(self) -> list[QAction]:
        """All of them, for the palette."""
        return [action for action in chain(self._top, *self._submenus.values()) if action is not None]

    def add_submenu(self, title: str, actions: Sequence[QAction | None]) -> None:
        """More commands, in a menu of their own; None is a line between them."""
        for action in actions:
            if action is not None:
                self._page.addAction(action)
        self._submenus[title] = list(actions)
        self.changed.emit()

    def add(self, text: str, run: Callable[[], object], icon_name: str = "") -> None:
        """One more command."""
        self._top.append(self._made(text, run, icon_name))
        self.changed.emit()

    def fill(self, menu: QMenu) -> None:
        """Put all into a menu, in the place of what was in it."""
        menu.clear()
        for action in self._top:
            _put(menu, action)
        menu.addSeparator()
        for title, actions in self._submenus.items():
            submenu = self._menus.get(title)
            if submenu is None:
                submenu = self._menus[title] = QMenu(title, menu)
                submenu.setToolTipsVisible(True)  # why a command is off
            submenu.clear()
            menu.addMenu(submenu)
            for action in actions:
                _put(submenu, action)

    def _made(
        self, text: str, run: Callable[[], object], icon_name: str = "", shortcut: QKeySequence | str | None = None
    ) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda _checked=False: run())
        if icon_name:
            action.setIcon(icon(icon_name))
        if shortcut is not None:
            action.setShortcut(QKeySequence(shortcut))
        self._page.addAction(action)
        return action

    def _list(self, name: str) -> None:
        self._view.show_tables().show_tab(name)

    def _show_ways(self, selection: GraphSelection) -> None:
        self._back.setEnabled(selection.can_go_back)
        self._forward.setEnabled(selection.can_go_forward)

    def _show_mode(self, mode: str) -> None:
        self._modes[mode].setChecked(True)

    def _add_canvas(self) -> None:
        if self._view.canvas is not None:
            self.add_submenu("&Canvas", self._view.canvas.menu_actions)


def _put(menu: QMenu, action: QAction | None) -> None:
    if action is None:
        menu.addSeparator()
    else:
        menu.addAction(action)
