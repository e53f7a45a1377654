"""The docks around the pages: inspector, jobs, log, source code and tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.tensors.dock import TensorDock
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.window.lazy_dock import LazyDock
from modelpack_gui.ui.window.source_dock import SourceDock

if TYPE_CHECKING:
    from modelpack_gui.ui.pages.base import StagePage
    from modelpack_gui.ui.widgets.window.inspector import InspectorPanel

_HIDDEN_BY_USER = "hidden-by-user"
_HIDDEN_WITHOUT_PROJECT = "hidden-without-project"
_STATE_VERSION = 1


class Docks:
    """Makes and places them, hidden at first. Their contents are imported when shown: the window opens sooner."""

    def __init__(
        self,
        window: QMainWindow,
        controller: Controller,
        jobs: JobCenter,
        settings: Settings,
        page: Callable[[Stage], StagePage],
    ) -> None:
        """`page` shows the page of a stage and gives it."""
        self._window = window
        self._controller = controller
        self._job_center = jobs
        self._settings = settings
        self._stage = Stage.SOURCE
        self._inspector_panel: InspectorPanel | None = None
        area = Qt.DockWidgetArea
        self.inspector = LazyDock("Inspector", "inspector-dock", self._make_inspector, window)
        window.addDockWidget(area.RightDockWidgetArea, self.inspector)
        self.jobs = LazyDock("Jobs", "jobs-dock", self._make_jobs_panel, window)
        self.log = LazyDock("Log", "log-dock", self._make_log_panel, window)
        window.addDockWidget(area.BottomDockWidgetArea, self.jobs)
        window.tabifyDockWidget(self.jobs, self.log)
        self.source = SourceDock(window, controller, settings, page)
        window.addDockWidget(area.BottomDockWidgetArea, self.source.dock)
        window.tabifyDockWidget(self.log, self.source.dock)
        self.tensor = TensorDock(window, controller, settings)
        window.addDockWidget(area.BottomDockWidgetArea, self.tensor.dock)
        window.tabifyDockWidget(self.source.dock, self.tensor.dock)
        for dock in (self.inspector, self.jobs, self.log, self.source.dock, self.tensor.dock):
            dock.hide()
        for dock in (self.jobs, self.log):  # behind another one in the same place it would not be seen
            dock.toggleViewAction().triggered.connect(lambda is_shown, dock=dock: dock.raise_() if is_shown else None)
        window.resizeDocks([self.inspector], [280], Qt.Orientation.Horizontal)
        window.resizeDocks([self.jobs], [180], Qt.Orientation.Vertical)

    def with_shortcuts(self) -> tuple[tuple[LazyDock, str, str], ...]:
        """Each dock with its icon and its shortcut."""
        return (
            (self.inspector, "inspector", "Ctrl+Shift+I"),
            (self.jobs, "jobs", "Ctrl+J"),
            (self.log, "log", "Ctrl+L"),
            (self.source.dock, "source", "Ctrl+Shift+U"),
            (self.tensor.dock, "matrix", "Ctrl+Shift+T"),
        )

    def follow_project(self, *, is_open: bool) -> None:
        """What shows something of a project comes and goes with it, unless the user has closed it."""
        self.inspector.setVisible(is_open and not self.inspector.property(_HIDDEN_BY_USER))
        for dock in (self.source.dock, self.tensor.dock):
            if not is_open and not dock.isHidden():
                dock.setProperty(_HIDDEN_WITHOUT_PROJECT, True)
                dock.hide()
            elif is_open and dock.property(_HIDDEN_WITHOUT_PROJECT):
                dock.setProperty(_HIDDEN_WITHOUT_PROJECT, False)
                dock.show()

    def show_page(self, stage: Stage) -> None:
        """The inspector shows what is selected on the page of a stage."""
        self._stage = stage
        if self._inspector_panel is not None:
            self._inspector_panel.show_page(stage)

    def remember(self) -> None:
        """Keep where they are for the next window."""
        self._settings.set_state("docks", self._window.saveState(_STATE_VERSION))

    def restore(self) -> None:
        """Put them where they were in the last window."""
        state = self._settings.state("docks")
        if not state.isEmpty():
            self._window.restoreState(state, _STATE_VERSION)
        self.inspector.setProperty(_HIDDEN_BY_USER, self.inspector.isHidden() and not state.isEmpty())
        self.inspector.toggleViewAction().triggered.connect(
            lambda checked: self.inspector.setProperty(_HIDDEN_BY_USER, not checked)
        )

    def _make_inspector(self) -> QWidget:
        from modelpack_gui.ui.widgets.window.inspector import InspectorPanel

        self._inspector_panel = InspectorPanel(self._controller, settings=self._settings)
        self._inspector_panel.show_page(self._stage)
        return self._inspector_panel

    def _make_jobs_panel(self) -> QWidget:
        from modelpack_gui.ui.widgets.window.jobs_panel import JobsPanel

        return JobsPanel(self._job_center, self._settings)

    def _make_log_panel(self) -> QWidget:
        from modelpack_gui.ui.widgets.window.log_panel import LogPanel

        return LogPanel(self._job_center)
