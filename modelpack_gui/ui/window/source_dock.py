"""The source view as a dock of the main window: results lead into it, its marks lead out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMainWindow, QWidget

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace, place_of
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick, Pick
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.window.lazy_dock import SizedDock

if TYPE_CHECKING:
    from modelpack_gui.ui.pages.base import StagePage
    from modelpack_gui.ui.widgets.code.source_view import SourceView

_FIRST_HEIGHT = 300  # pixels


class SourceDock(QObject):
    """Owns the dock.

    Attributes:
        dock: To be placed by the window.
    """

    def __init__(
        self, window: QMainWindow, controller: Controller, settings: Settings, page: Callable[[Stage], StagePage]
    ) -> None:
        """`page` shows the page of a stage and gives it."""
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._settings = settings
        self._page = page
        self.dock = SizedDock("Source code", "source-dock", self._make, window, settings, _FIRST_HEIGHT)
        self.dock.toggleViewAction().triggered.connect(self._on_toggled)
        controller.place_wanted.connect(self.show_place)
        controller.graph.selection.changed.connect(self._on_node_selected)

    @property
    def view(self) -> SourceView:
        """The content, made now if it has not been shown yet."""
        return cast("SourceView", self.dock.content())

    def show_place(self, place: SourcePlace) -> None:
        """Show a line of code, in front of the other docks; the focus goes there."""
        self._raise()
        self.view.show_place(place)

    def open_in_editor(self, place: SourcePlace | None = None) -> None:
        """Open a place in the user's own editor; None is the line of the caret."""
        from modelpack_gui.ui import editor_launcher  # when it is needed: the window opens sooner

        wanted = place or self.view.place
        if wanted is None:
            self._window.statusBar().showMessage("There is no source code to open.", 4000)
            return
        self._open(wanted, editor_launcher.chosen_command(self._settings))

    def choose_editor(self) -> None:
        """Ask which editor it shall be."""
        from modelpack_gui.ui import editor_launcher  # as above
        from modelpack_gui.ui.dialogs.choose_editor import ChooseEditorDialog

        chosen = self._settings.text(editor_launcher.COMMAND_KEY)
        dialog = ChooseEditorDialog(editor_launcher.editors_here(), chosen, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._settings.set_text(editor_launcher.COMMAND_KEY, dialog.command))
        dialog.trial_wanted.connect(self._try)
        dialog.open()

    def _make(self) -> QWidget:
        from modelpack_gui.ui.widgets.code.source_view import SourceView  # as above

        view = SourceView(self._controller)
        view.subject_wanted.connect(lambda stage, subject: self._page(stage).reveal(subject))
        view.editor_wanted.connect(self.open_in_editor)
        return view

    def _try(self, command: str) -> None:
        if self.view.place is not None:
            self._open(self.view.place, command)

    def _open(self, place: SourcePlace, command: str) -> None:
        from modelpack_gui.ui import editor_launcher  # as above

        try:
            editor_launcher.open_in_editor(command, place)
        except UserError as error:
            self._controller.message_raised.emit(error.info)
        else:
            program = command.split(" ", 1)[0] or "the desktop's editor"
            self._window.statusBar().showMessage(f"Opened {place.file}:{place.line} with {program}", 4000)

    def _on_node_selected(self, pick: Pick | None) -> None:
        """While the code is in view it follows the graph; the focus stays where it is."""
        graph = self._controller.graph.graph
        if not isinstance(pick, NodePick) or graph is None or not self.dock.isVisible():
            return
        place = place_of(graph.text("node_source_location", pick.node))
        if place is not None and not self.view.editor.hasFocus():
            self.view.show_place(place)

    def _on_toggled(self, is_shown: bool) -> None:
        if is_shown:
            self._raise()

    def _raise(self) -> None:
        self.dock.bring_up()
        self.view.setFocus()
