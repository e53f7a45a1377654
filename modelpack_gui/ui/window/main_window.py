"""The main window: one project, its stages at the left, the chosen page, the inspector and the job docks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui import __version__
from modelpack_gui.client import recovery
from modelpack_gui.client.recovery import Recovered
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import duration
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.job_center import JobCenter, JobView
from modelpack_gui.ui.look.theme import app_icon
from modelpack_gui.ui.pages.start import StartPage
from modelpack_gui.ui.project.autosave import Autosave
from modelpack_gui.ui.project.files import ProjectFiles
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state import parity_left
from modelpack_gui.ui.widgets.window.message_bar import MessageBar
from modelpack_gui.ui.window.docks import Docks
from modelpack_gui.ui.window.menus import Menus

if TYPE_CHECKING:
    from modelpack_gui.ui.pages.base import StagePage
    from modelpack_gui.ui.project.view import ProjectView


_TITLE_BAR = 40  # pixels, as high as any system draws it: how high is not known before the window is shown


class MainWindow(QMainWindow):
    """Puts the parts together and owns the commands. It keeps no state of the project: that is the controller's."""

    def __init__(self, controller: Controller, jobs: JobCenter, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.controller = controller
        self._jobs = jobs
        self._settings = settings
        self._is_project_open = False
        self._files = ProjectFiles(controller, settings, self)
        self._project_view: ProjectView | None = None
        self._current = Stage.SOURCE

        self._make_centre()
        self.docks = Docks(self, controller, jobs, settings, self.page)
        self.menus = Menus(self, self, controller, settings, self.docks.with_shortcuts())
        self._make_status_bar()
        controller.project_changed.connect(self._on_project_changed)
        controller.recipe_changed.connect(self._on_project_changed)
        controller.capabilities_changed.connect(self._on_capabilities_changed)
        controller.message_raised.connect(self.message_bar.show_error)
        controller.page_wanted.connect(self.show_stage)
        controller.per_node_wanted.connect(lambda stage: self.page(stage).show_per_node())
        controller.node_wanted.connect(lambda index: self.page(Stage.GRAPH).reveal(index))
        controller.trust_wanted.connect(self.ask_trust)
        controller.stage_changed.connect(lambda _stage: self._update_commands())
        self._autosave = Autosave(controller, self)
        self._restore()
        self._on_project_changed()

    # What a user can do

    def new_project(self) -> None:
        """Begin with an empty recipe."""
        if self._may_leave():
            self.controller.new_project()
            self._open_project(Stage.SOURCE)

    def choose_file(self) -> None:
        """Ask for a file and open it."""
        path = self._files.ask_path()
        if path is not None:
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Open a recipe, a model file, an artifact, or use a checkpoint; a failure shows above the page."""
        self.message_bar.hide()
        try:
            stage = self._files.open(path, is_project_open=self._is_project_open)
        except UserError as error:
            self.message_bar.show_error(error.info)
            return
        if stage is not None:
            self._open_project(stage)
            self.ask_trust()

    def open_demo(self, name: str = "demo") -> None:
        """Open the user's copy of a demo recipe."""
        from modelpack_gui.client import demo  # when it is needed: the window opens sooner

        try:
            path = demo.open_demo(name)
        except UserError as error:
            self.message_bar.show_error(error.info)
        else:
            self.open_path(path)

    def restore(self, recovered: Recovered) -> None:
        """Go on with what an earlier window lost."""
        self.controller.restore(recovered.recipe, recovered.path, is_trusted=recovered.is_trusted)
        recovery.discard(recovered)
        self._autosave.write_now()
        self._open_project(Stage.SOURCE)

    def forget_recent(self) -> None:
        """Empty the list of recent files, on the start page too."""
        self._settings.clear_recent()
        self.start_page.refresh()

    def make_ready(self) -> None:
        """Make the page of the graph while no file is open: the first one is then shown sooner."""
        if not self._is_project_open:
            self._view().page(Stage.GRAPH)

    def save(self) -> bool:
        """Write the recipe; ask where if it has no file. False if it was not written."""
        return self._saved(self._files.save)

    def save_as(self) -> bool:
        """Ask for a file and write the recipe there. False if it was not written."""
        return self._saved(self._files.save_as)

    def show_stage(self, stage: Stage) -> None:
        """Show the page of a stage, made on first use."""
        if not self._is_project_open:
            self._open_project(stage)
        else:
            self._view().show_stage(stage)

    @property
    def current_stage(self) -> Stage:
        """The stage whose page is shown."""
        return self._current

    def page(self, stage: Stage) -> StagePage:
        """The page of a stage, which is shown by this."""
        self.show_stage(stage)
        return self._view().page(stage)

    def ask_trust(self) -> None:
        """Show what the recipe would run, and let it if the user agrees."""
        controller = self.controller
        if controller.path is None or controller.is_trusted:
            return
        from modelpack_gui.client import trust
        from modelpack_gui.ui.dialogs.trust import TrustDialog  # as above

        rows = trust.what_runs(controller.recipe, controller.path)
        dialog = TrustDialog(controller.path.name, rows, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self._on_trusted)
        dialog.open()

    def show_palette(self) -> None:
        """All commands, by typing."""
        from modelpack_gui.ui.widgets.window.command_palette import CommandPalette  # as above

        CommandPalette(self.menus.actions, self).popup()

    def run_current(self) -> None:
        """Run the stage that is shown."""
        self.controller.run(self._current)

    def go_on(self) -> None:
        """Run what a run of parity left out."""
        self.show_stage(Stage.PARITY)
        parity_left.go_on(self.controller)

    def open_in_editor(self) -> None:
        """Open the line of the source view in the user's own editor."""
        self.docks.source.open_in_editor()

    def choose_editor(self) -> None:
        """Ask which editor that is."""
        self.docks.source.choose_editor()

    def try_all(self) -> None:
        """Ask which exporters to try, and try them."""
        from modelpack_gui.ui.pages.export import ExportPage  # as above

        page = self.page(Stage.EXPORT)
        assert isinstance(page, ExportPage)
        page.open_matrix()
        page.matrix.choose()

    def try_quantizing(self) -> None:
        """Quantise in the usual ways, to compare them."""
        from modelpack_gui.ui.pages.quantize import QuantizePage  # as above

        page = self.page(Stage.QUANTIZE)
        assert isinstance(page, QuantizePage)
        self.show_stage(Stage.QUANTIZE)
        page.try_button.click()

    def show_about(self) -> None:
        """Version and licence."""
        QMessageBox.about(
            self,
            "About modelpack-gui",
            f"<b>modelpack-gui {__version__}</b><br><br>From a PyTorch class and a checkpoint to an artifact that is "
            "proved right and measured fast.<br><br>Apache License 2.0",
        )

    def close_project(self) -> None:
        """Back to the start page."""
        if self._may_leave():
            self.controller.new_project()
            self._is_project_open = False
            self.start_page.refresh()
            self._on_project_changed()

    # Opening and saving

    def _saved(self, save: Callable[[], Path | None]) -> bool:
        try:
            path = save()
        except UserError as error:
            self.message_bar.show_error(error.info)
            return False
        if path is not None:
            self.statusBar().showMessage(f"Saved {path}", 4000)
        return path is not None

    def _may_leave(self) -> bool:
        """Ask about unsaved changes; True if the project may be closed."""
        try:
            return self._files.may_leave()
        except UserError as error:
            self.message_bar.show_error(error.info)
            return False

    def _open_project(self, stage: Stage) -> None:
        self._is_project_open = True
        self._view().show_stage(stage)  # before the view is in sight: the list of stages would choose the first
        self._on_project_changed()

    def _on_trusted(self) -> None:
        try:
            self.controller.trust_recipe()
        except UserError as error:
            self.message_bar.show_error(error.info)

    # Parts

    def _make_centre(self) -> None:
        self.start_page = StartPage(self._settings)
        self.start_page.demo_wanted.connect(self.open_demo)
        self.start_page.new_wanted.connect(self.new_project)
        self.start_page.open_wanted.connect(self.choose_file)
        self.start_page.path_wanted.connect(self.open_path)
        self.start_page.restore_wanted.connect(self.restore)
        self.message_bar = MessageBar(self.controller)
        self._views = QStackedWidget()
        self._views.addWidget(self.start_page)
        centre = QWidget()
        whole = QVBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.message_bar)
        whole.addWidget(self._views, 1)
        self.setCentralWidget(centre)

    def _view(self) -> ProjectView:
        """The project view, made and imported when a project is first opened: the window opens sooner."""
        if self._project_view is None:
            from modelpack_gui.ui.project.view import ProjectView

            self._project_view = ProjectView(self.controller, self._settings)
            self._project_view.stage_shown.connect(self._on_stage_shown)
            self._project_view.page_made.connect(self._on_page_made)
            self._project_view.review_wanted.connect(self.ask_trust)
            self._views.addWidget(self._project_view)
        return self._project_view

    def _make_status_bar(self) -> None:
        self.interpreter_label = QLabel()
        self.interpreter_label.setProperty("role", "muted")
        self._job_label = QLabel()
        self.statusBar().addWidget(self.interpreter_label, 1)
        self.statusBar().addPermanentWidget(self._job_label)
        self._jobs.job_changed.connect(self._on_job_changed)

    # Following the project

    def _on_project_changed(self) -> None:
        controller = self.controller
        self._views.setCurrentWidget(self._view() if self._is_project_open else self.start_page)
        self.docks.follow_project(is_open=self._is_project_open)
        name = "modelpack-gui"
        if self._is_project_open:
            opened = controller.path or (
                Path(controller.project.opened_artifact) if controller.project.opened_artifact else None
            )
            name = f"{opened.name if opened else 'New project'}[*] – modelpack-gui"
        self.setWindowTitle(name if "[*]" in name else name + "[*]")
        self.setWindowModified(self._is_project_open and controller.is_modified)
        self.setWindowFilePath(str(controller.path) if controller.path is not None else "")
        self._update_commands()

    def _update_commands(self) -> None:
        self.menus.update(self._current, is_project_open=self._is_project_open)

    def _on_stage_shown(self, stage: Stage) -> None:
        self._current = stage
        self.docks.show_page(stage)
        self._update_commands()

    def _on_page_made(self, page: StagePage) -> None:
        if page.stage is Stage.GRAPH:
            from modelpack_gui.ui.pages.graph import GraphPage  # as above

            assert isinstance(page, GraphPage)
            self.menus.show_graph_commands(page.commands)

    def _on_capabilities_changed(self) -> None:
        found = self.controller.capabilities
        if found is None:
            self.interpreter_label.setText("")
            return
        parts = [f"Python {found.python_version}"]
        parts += [
            f"{package} {found.version_of(package)}"
            for package in ("torch", "onnx", "onnxruntime")
            if found.version_of(package)
        ]
        self.interpreter_label.setText("  ·  ".join(parts))
        self.interpreter_label.setToolTip(found.executable)

    def _on_job_changed(self, view: JobView) -> None:
        running = [job for job in self._jobs.jobs.values() if job.ended_s is None]
        if running:
            self._job_label.setText(f"● {running[0].title}: {running[0].message}")
        else:
            self._job_label.setText(f"{view.title}: {view.status.value} in {duration(view.elapsed_s)}")
        self._update_commands()

    # Qt's side

    def focusNextPrevChild(self, is_next: bool) -> bool:
        """Tab passes over the tab bars that Qt keeps out of sight once docks no longer share a place."""
        has_moved = super().focusNextPrevChild(is_next)
        bar = self.focusWidget()
        if isinstance(bar, QTabBar) and not bar.count():
            return super().focusNextPrevChild(is_next)
        return has_moved

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files of ours are welcome anywhere."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, once the drag has ended (a question may come)."""
        event.acceptProposedAction()
        path = Path(event.mimeData().urls()[0].toLocalFile())
        QTimer.singleShot(0, lambda: self.open_path(path))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes, remember the geometry, end the workers."""
        if not self._may_leave():
            event.ignore()
            return
        self._settings.set_state("geometry", self.saveGeometry())
        if self._is_project_open:
            self.docks.remember()
        self._autosave.close()
        self.controller.close()
        event.accept()

    def _restore(self) -> None:
        geometry = self._settings.state("geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            room = self.screen().availableGeometry().height() - _TITLE_BAR
            self.resize(1280, max(600, min(800, room)))  # on a small screen too with the status bar in sight
        self.docks.restore()
