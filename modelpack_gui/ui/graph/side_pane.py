"""The tabs beside the canvas: the graph as a tree, as tables, and what was found about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.ui.graph.selection import ValuePick
from modelpack_gui.ui.graph.tables.filter_line import FilterLine
from modelpack_gui.ui.graph.tables.nodes_view import NodesView
from modelpack_gui.ui.look.theme import GRID
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.filter_field import FilterField
from modelpack_gui.ui.widgets.late_views import LateViews

if TYPE_CHECKING:
    from modelpack_gui.ui.controller import Controller

MODULES, NODES, INITIALIZERS = "modules", "nodes", "initializers"
PORTS, OPERATORS, CHECKS = "ports", "operators", "checks"
_TAB_KEY = "graph/side-tab"
_PACKAGE = "modelpack_gui.ui.graph"


@dataclass(frozen=True)
class _Tab:
    name: str
    title: str
    short: str
    tooltip: str
    view: str  # module:class below the package; made as (controller, settings)
    medium: str = ""  # where there is more room than for the short title


_TABS = (
    _Tab(
        MODULES,
        "Modules",
        "Tree",
        "The graph as a tree, with what each part costs",
        "numbers.modules_view:ModulesView",
        "Modules",
    ),
    _Tab(NODES, "Nodes", "Nodes", "Every node of the graph", "tables.nodes_view:NodesView"),
    _Tab(
        INITIALIZERS,
        "Initializers",
        "Weights",
        "Tensors stored in the file",
        "tables.initializers_view:InitializersView",
    ),
    _Tab(
        PORTS,
        "Inputs and outputs",
        "I/O",
        "What the graph takes and gives, and what the file says of itself",
        "tables.ports_view:PortsView",
    ),
    _Tab(OPERATORS, "Operators", "Ops", "What the nodes of each op type cost", "tables.operators_view:OperatorsView"),
    _Tab(CHECKS, "Checks", "Checks", "What is wrong or could be better, and where", "checks_view:ChecksView"),
)


class SidePane(QWidget):
    """One view at a time; each is imported and made when its tab is first shown. Which one is shown is remembered.

    Attributes:
        views: Those that were made, by the names of their tabs.
        nodes: The table of nodes, which is always there.
    """

    node_activated = Signal(int)

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self._tabs = _TABS
        self._late = LateViews(controller, settings, {tab.name: f"{_PACKAGE}.{tab.view}" for tab in _TABS})
        self.views = self._late.views
        self.bar = _Bar()
        self.bar.setObjectName("graph-tabs")
        self.bar.setAccessibleName("What to list")
        for tab in self._tabs:
            self.bar.setTabToolTip(self.bar.addTab(tab.title), f"{tab.title}: {_lower(tab.tooltip)}")
        self._stack = QStackedWidget()
        for room in self._late.rooms.values():
            self._stack.addWidget(room)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.bar)
        column.addWidget(self._stack, 1)
        self.setMinimumWidth(240)
        nodes = self._late.view(NODES)
        assert isinstance(nodes, NodesView)
        self.nodes = nodes
        self.nodes.node_activated.connect(self.node_activated)
        self.nodes.initializer_wanted.connect(self._on_initializer_wanted)
        controller.graph.changed.connect(self._show_counts)
        controller.graph.checks.found.connect(self._show_counts)
        controller.graph.filter_wanted.connect(self._on_filter_wanted)
        self._show_counts()
        remembered = settings.text(_TAB_KEY, NODES)
        self.show_tab(remembered if remembered in self._late.rooms else NODES)
        self._on_current_changed(self.bar.currentIndex())
        self.bar.currentChanged.connect(self._on_current_changed)

    @property
    def current(self) -> str:
        """Name of the tab that is shown."""
        return self._tabs[self.bar.currentIndex()].name

    @property
    def titles(self) -> dict[str, str]:
        """Of the tabs, by their names."""
        return {tab.name: tab.title for tab in self._tabs}

    def show_tab(self, name: str) -> QWidget:
        """Show a tab, and give what is in it."""
        self.bar.setCurrentIndex([tab.name for tab in self._tabs].index(name))
        return self._late.view(name)

    def focus_filter(self) -> None:
        """Start typing a filter: of the table that is shown, or of the nodes."""
        view = self._late.view(self.current)
        found = getattr(view, "filter", None)
        if isinstance(found, FilterLine | FilterField):
            found.focus()
        else:
            self.show_tab(NODES)
            self.nodes.filter.focus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Longer or shorter titles."""
        super().resizeEvent(event)
        self._fit_titles()

    def _on_current_changed(self, place: int) -> None:
        self._late.view(self._tabs[place].name)
        self._stack.setCurrentIndex(place)
        self._settings.set_text(_TAB_KEY, self.current)

    def _on_initializer_wanted(self, value: int) -> None:
        self.show_tab(INITIALIZERS)
        self._controller.graph.selection.select(ValuePick(value))

    def _on_filter_wanted(self, query: str) -> None:
        self.show_tab(NODES)
        self.nodes.set_filter(query)

    def _show_counts(self) -> None:
        counts = self._counts()

        def titled(tab: _Tab, title: str) -> str:
            return f"{title}  {fmt.count(counts[tab.name])}" if tab.name in counts else title

        whole = [titled(tab, tab.title) for tab in _TABS]
        counted = [titled(tab, tab.medium or tab.short) for tab in _TABS]
        medium = [tab.medium or tab.short for tab in _TABS]
        self.bar.set_titles(whole, counted, medium, [tab.short for tab in _TABS])
        self._fit_titles()

    def _counts(self) -> dict[str, int]:
        index, checks = self._controller.graph.index, self._controller.graph.checks.report
        if index is None:
            return {}
        counts = {
            NODES: index.node_count,
            INITIALIZERS: index.initializer_count,
            PORTS: len(index.artifact.inputs) + len(index.artifact.outputs),
            OPERATORS: len(index.op_counts),
        }
        if checks is not None:
            counts[CHECKS] = sum(result.total for result in checks.results)
        return counts

    def _fit_titles(self) -> None:
        self.bar.fit(self.width())


class _Bar(QTabBar):
    """Takes the longest of its titles that there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self._choices: tuple[list[str], ...] = ()
        self._widths: list[int] = []
        self._taken = -1

    def set_titles(self, *choices: list[str]) -> None:
        """Titles of all tabs, the longest first."""
        self._choices = choices
        self._widths = []
        for titles in choices:
            self._take(titles)
            self._widths.append(sum(self.tabSizeHint(i).width() for i in range(self.count())))
        self._taken = len(choices) - 1

    def fit(self, width: int) -> None:
        """Take those that fit into a width, pixels."""
        place = next((i for i, needed in enumerate(self._widths) if needed <= width), len(self._widths) - 1)
        self.setUsesScrollButtons(bool(self._widths) and self._widths[place] > width)
        if place != self._taken:
            self._taken = place
            self._take(self._choices[place])

    def minimumSizeHint(self) -> QSize:
        """Room for a few: what does not fit is scrolled to, and never widens the pane."""
        return QSize(120, super().minimumSizeHint().height())

    def _take(self, titles: list[str]) -> None:
        for i, title in enumerate(titles):
            self.setTabText(i, title)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
