"""The tabs of the benchmark page."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QTabWidget, QWidget

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.late_views import LateViews

LATENCY, LOAD, SWEEP, PROFILE, RUNS = "latency", "load", "sweep", "profile", "runs"
_WIDGETS = "modelpack_gui.ui.widgets"
_VIEWS: dict[str, tuple[str, str, str]] = {
    LOAD: ("Under load", "Several callers at once, or calls at a fixed rate", f"{_WIDGETS}.bench.load_view:LoadView"),
    SWEEP: ("Sweep", "Many configurations as one job", f"{_WIDGETS}.sweep.view:SweepView"),
    PROFILE: (
        "Where the time goes",
        "Node by node, and why one runner takes longer than another",
        f"{_WIDGETS}.profile.view:ProfileView",
    ),
    RUNS: ("Runs", "Earlier runs, kept with the project", f"{_WIDGETS}.bench.runs_view:RunsView"),
}
"""Title, tooltip and class of each further view, in order."""


class BenchTabs(QTabWidget):
    """The latencies first; each other view is imported and made when its tab is first shown.

    Attributes:
        views: Those that were made, by the names of their tabs.
    """

    def __init__(
        self, controller: Controller, settings: Settings, latency: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("bench-tabs")
        self.setDocumentMode(True)
        places = {name: place for name, (_, _, place) in _VIEWS.items()}
        self._late = LateViews(controller, settings, {LATENCY: "", **places})  # that one is there already
        self._late.put(LATENCY, latency)
        self.views = self._late.views
        self.addTab(self._late.rooms[LATENCY], "Latency")
        for name, (title, tip, _) in _VIEWS.items():
            self.setTabToolTip(self.addTab(self._late.rooms[name], title), tip)
        self.currentChanged.connect(self._on_current_changed)

    @property
    def current(self) -> str:
        """Name of the tab in view."""
        return (LATENCY, *_VIEWS)[self.currentIndex()]

    def show_tab(self, name: str) -> QWidget:
        """Bring a tab into view, and give what is in it."""
        self.setCurrentIndex((LATENCY, *_VIEWS).index(name))
        return self.view(name)

    def view(self, name: str) -> QWidget:
        """What is in a tab; it is made if it was not yet."""
        return self._late.view(name)

    def heightForWidth(self, width: int) -> int:
        """The least that the tab in view needs at a width: with what it would like, the page would always scroll."""
        layout = self.currentWidget().layout()
        is_wrapped = layout is not None and layout.hasHeightForWidth()
        least = layout.totalMinimumHeightForWidth(width) if layout and is_wrapped else self.minimumSizeHint().height()
        return least + (self.tabBar().sizeHint().height() if is_wrapped else 0)

    def minimumSizeHint(self) -> QSize:
        """What the tab in view needs: with what the largest of all does, the page would always scroll."""
        view, bar = self.currentWidget().minimumSizeHint(), self.tabBar()
        return QSize(max(view.width(), bar.minimumSizeHint().width()), view.height() + bar.sizeHint().height())

    def _on_current_changed(self) -> None:
        self.view(self.current)
        self.updateGeometry()
