"""The menu bar: every command of the window, with its shortcut and icon."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.stage_icons import ICONS
from modelpack_gui.ui.look.theme import icon, theme
from modelpack_gui.ui.project.spec_edits import edit_parity
from modelpack_gui.ui.settings import RECENT_LIMIT, Settings
from modelpack_gui.ui.state.parity_left import cases_left

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.commands import GraphCommands

Shortcut = QKeySequence.StandardKey | str | None
_RECENT_WITH_KEYS = 9


class Commands(Protocol):
    """What the menus call of the window."""

    def new_project(self) -> None:
        """Begin with an empty recipe."""

    def choose_file(self) -> None:
        """Ask for a file and open it."""

    def open_path(self, path: Path) -> None:
        """Open a file."""

    def open_demo(self, name: str = "demo") -> None:
        """Open a demo recipe."""

    def forget_recent(self) -> None:
        """Empty the list of recent files."""

    def save(self) -> bool:
        """Write the recipe."""

    def save_as(self) -> bool:
        """Ask where and write the recipe."""

    def close_project(self) -> None:
        """Back to the start page."""

    def close(self) -> bool:
        """Close the window."""

    def run_current(self) -> None:
        """Run the stage that is shown."""

    def try_all(self) -> None:
        """Ask which exporters to try, and try them."""

    def try_quantizing(self) -> None:
        """Quantise in the usual ways, to compare them."""

    def go_on(self) -> None:
        """Run what a run of parity left out."""

    def show_stage(self, stage: Stage) -> None:
        """Show the page of a stage."""

    def show_palette(self) -> None:
        """All commands, by typing."""

    def open_in_editor(self) -> None:
        """Open the source in the user's own editor."""

    def choose_editor(self) -> None:
        """Ask which editor that is."""

    def show_about(self) -> None:
        """Version and licence."""


class Menus:
    """Fills the menu bar and switches its commands on and off.

    The commands of the graph page come with that page, and are there while it is shown.
    """

    def __init__(
        self,
        window: QMainWindow,
        commands: Commands,
        controller: Controller,
        settings: Settings,
        docks: Sequence[tuple[QDockWidget, str, str]],
    ) -> None:
        """`docks` come with the name of their icon and their shortcut."""
        self._window = window
        self._commands = commands
        self._controller = controller
        self._settings = settings
        self._actions: list[QAction] = []
        self._graph_commands: GraphCommands | None = None
        self._recent_shown: str | None = None
        self._make_file_menu()
        self._make_edit_menu()
        self._make_run_menu()
        self._graph = window.menuBar().addMenu("&Graph")
        self._make_view_menu(docks)
        help_menu = window.menuBar().addMenu("&Help")
        self._add(help_menu, "&About modelpack-gui", commands.show_about, "info")

    @property
    def actions(self) -> list[QAction]:
        """Every command that there is now, for the palette."""
        if self._graph_commands is None or not self._graph.menuAction().isEnabled():
            return list(self._actions)
        return [*self._actions, *self._graph_commands.actions]

    def show_graph_commands(self, commands: GraphCommands) -> None:
        """Fill the graph page's menu: the page was made."""
        self._graph_commands = commands
        commands.changed.connect(self._fill_graph)
        self._fill_graph()

    def update(self, shown: Stage, *, is_project_open: bool) -> None:
        """Switch commands on that make sense now, and the others off."""
        controller = self._controller
        self._graph.menuAction().setEnabled(is_project_open and shown is Stage.GRAPH)
        self._fill_recent()
        for action in (self._save, self._save_as, self._close, self._try_all, self._open_source, *self._stages):
            action.setEnabled(is_project_open)
        can_run = not controller.problem(shown) and not controller.state(shown).is_under_way
        self._run.setEnabled(is_project_open and can_run)
        self._run_all.setEnabled(is_project_open and not controller.is_busy)
        self._quantize.setEnabled(
            is_project_open
            and not controller.problem(Stage.QUANTIZE)
            and not controller.state(Stage.QUANTIZE).is_under_way
        )
        self._sweep.setEnabled(is_project_open)
        self._sweep.setChecked(controller.recipe.parity.sweep)
        self._go_on.setEnabled(is_project_open and cases_left(controller) > 0)
        self._cancel.setEnabled(controller.is_busy)

    def _make_file_menu(self) -> None:
        keys, commands = QKeySequence.StandardKey, self._commands
        menu = self._window.menuBar().addMenu("&File")
        self._add(menu, "&New project", commands.new_project, "new", keys.New)
        self._add(menu, "&Open…", commands.choose_file, "open", keys.Open)
        self._recent = menu.addMenu("Open &recent")
        self._recent_files = [
            self._add(
                self._recent,
                "",
                functools.partial(self._open_recent, place),
                shortcut=f"Ctrl+{place + 1}" if place < _RECENT_WITH_KEYS else None,
            )
            for place in range(RECENT_LIMIT)
        ]
        self._recent_line = self._recent.addSeparator()
        self._recent.addAction("Clear").triggered.connect(commands.forget_recent)
        self._recent.aboutToShow.connect(self._fill_recent)
        self._add(menu, "Open the &demo", functools.partial(commands.open_demo, "demo"), "demo")
        self._add(menu, "Open the &faulty demo", functools.partial(commands.open_demo, "batch_branch"), "demo")
        menu.addSeparator()
        self._save = self._add(menu, "&Save", commands.save, "save", keys.Save)
        self._save_as = self._add(menu, "Save &as…", commands.save_as, "save-as", "Ctrl+Shift+S")
        menu.addSeparator()
        self._close = self._add(menu, "&Close project", commands.close_project, "close", "Ctrl+W")
        self._add(menu, "&Quit", commands.close, "", "Ctrl+Q")

    def _make_edit_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Edit")
        stack, keys = self._controller.undo_stack, QKeySequence.StandardKey
        for action, name, key in (
            (stack.createUndoAction(self._window, "Undo"), "undo", keys.Undo),
            (stack.createRedoAction(self._window, "Redo"), "redo", keys.Redo),
        ):
            self._keep(menu, action, name, key)
        menu.addSeparator()
        open_source = "Open the source in my &editor"
        self._open_source = self._add(menu, open_source, self._commands.open_in_editor, "edit", "Ctrl+E")
        self._add(menu, "&Choose my editor…", self._commands.choose_editor, "settings")

    def _make_run_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Run")
        self._run = self._add(menu, "&Run this stage", self._commands.run_current, "run", "F5")
        self._run_all = self._add(menu, "Run &all stages", self._controller.run_all, "run-all", "Shift+F5")
        self._try_all = self._add(menu, "&Try all exporters…", self._commands.try_all, "matrix", "Ctrl+F5")
        quantize = "Try the &usual six ways to quantise"
        self._quantize = self._add(menu, quantize, self._commands.try_quantizing, "quantize")
        menu.addSeparator()
        self._sweep = self._add(menu, "&Sweep: more sizes and values", self._toggle_sweep, "parity")
        self._sweep.setCheckable(True)
        self._go_on = self._add(menu, "&Go on with the cases left", self._commands.go_on, "run")
        menu.addSeparator()
        self._cancel = self._add(menu, "&Cancel", self._controller.cancel, "cancel", "Esc")

    def _make_view_menu(self, docks: Sequence[tuple[QDockWidget, str, str]]) -> None:
        menu = self._window.menuBar().addMenu("&View")
        show = self._commands.show_stage
        self._stages = [
            self._add(menu, stage.label, functools.partial(show, stage), ICONS[stage], f"Alt+{number}")
            for number, stage in enumerate(ORDER, start=1)
        ]
        menu.addSeparator()
        for dock, name, shortcut in docks:
            self._keep(menu, dock.toggleViewAction(), name, shortcut)
        menu.addSeparator()
        self._make_theme_menu(menu)
        menu.addSeparator()
        self._add(menu, "Command &palette…", self._commands.show_palette, "search", "Ctrl+K")

    def _make_theme_menu(self, view: QMenu) -> None:
        menu = view.addMenu("&Theme")
        group = QActionGroup(self._window)
        for choice, text in (("system", "Like the system"), ("light", "Light"), ("dark", "Dark")):
            action = self._add(menu, text, functools.partial(self._choose_theme, choice))
            action.setCheckable(True)
            action.setChecked(theme().choice == choice)
            group.addAction(action)

    def _add(
        self, menu: QMenu, text: str, run: Callable[[], object], icon_name: str = "", shortcut: Shortcut = None
    ) -> QAction:
        action = QAction(text, self._window)
        action.triggered.connect(lambda _checked=False: run())
        return self._keep(menu, action, icon_name, shortcut)

    def _keep(self, menu: QMenu, action: QAction, icon_name: str, shortcut: Shortcut) -> QAction:
        if shortcut is not None:
            action.setShortcut(QKeySequence(shortcut))
        if icon_name:
            action.setIcon(icon(icon_name))
        menu.addAction(action)
        self._actions.append(action)
        return action

    def _fill_recent(self) -> None:
        stored = self._settings.text("recent")
        if stored == self._recent_shown:
            return
        self._recent_shown = stored
        paths = self._settings.recent()
        for place, action in enumerate(self._recent_files):
            is_there = place < len(paths)
            action.setText(f"Open {paths[place]}".replace("&", "&&") if is_there else "")
            action.setVisible(is_there)
        self._recent_line.setVisible(bool(paths))

    def _open_recent(self, place: int) -> None:
        paths = self._settings.recent()
        if place < len(paths):
            self._commands.open_path(paths[place])

    def _fill_graph(self) -> None:
        if self._graph_commands is not None:
            self._graph_commands.fill(self._graph)

    def _toggle_sweep(self) -> None:
        self._commands.show_stage(Stage.PARITY)
        edit_parity(self._controller, "change the sweep", sweep=not self._controller.recipe.parity.sweep)

    def _choose_theme(self, choice: str) -> None:
        theme().choose(choice)
        self._settings.set_text("theme", choice)
