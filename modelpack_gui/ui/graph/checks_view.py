"""What is wrong with the graph, as a list: each finding leads to its node, and says why it matters and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QSplitter,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.figures import count
from modelpack_gui.core.graph.checks_text import checks_sentence
from modelpack_gui.core.records import GraphCheckResult, GraphChecksReport, GraphFinding
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick, Pick, ValuePick
from modelpack_gui.ui.look.theme import GRID, SPACING, heading_font, icon, status_icon, theme
from modelpack_gui.ui.models.lint_items import STATUS_OF
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.data_table import ROW_HEIGHT
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.form_parts import CalmCombo, NoteLabel
from modelpack_gui.ui.widgets.page_scroll import PageScroll
from modelpack_gui.ui.widgets.progress_line import ProgressLine

_RESULT = Qt.ItemDataRole.UserRole
_FINDING = Qt.ItemDataRole.UserRole + 1
_OPEN_AT_FIRST = 12  # findings of a check that is shown open
_SPLIT_KEY = "graph/checks-split"


class ChecksView(QWidget):
    """Looks when it is first shown. Checks that found something come first, those that did not are folded.

    Args:
        settings: Where the heights of list and explanation are remembered.
    """

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("checks-view")
        self._controller = controller
        self._checks = controller.graph.checks
        self._shown: GraphChecksReport | None = None
        self._items: dict[int, QTreeWidgetItem] = {}  # the first finding about each node
        self._is_following = False  # the selection of another view
        self.sentence = NoteLabel(Status.PASSED)
        self.sentence.setObjectName("checks-sentence")
        self.provider = CalmCombo("Execution provider whose kernels are looked up")
        self.provider.setObjectName("checks-provider")
        self.provider.activated.connect(self._on_provider)
        self.provider.hide()  # until it is known which there are
        self.again = IconToolButton("Check again", "run")
        self.again.setObjectName("checks-run")
        self.again.clicked.connect(self._checks.run)
        self.cancel = IconToolButton("Cancel", "cancel")
        self.cancel.setObjectName("checks-cancel")
        self.cancel.clicked.connect(self._checks.job.cancel)
        self.progress = ProgressLine()
        self.error = ErrorPanel(controller)
        self.tree = QTreeWidget()
        self.tree.setObjectName("checks-tree")
        self.tree.setAccessibleName("Findings about the graph")
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._on_menu)
        self.tree.currentItemChanged.connect(self._on_current_changed)
        self.tree.itemClicked.connect(self._on_clicked)
        self.tree.itemActivated.connect(self._on_clicked)
        self.title = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.title.setFont(heading_font())
        self.what = wrapped_label("", is_selectable=True)
        self.why = wrapped_label("", is_selectable=True)
        self.fix = wrapped_label("", is_selectable=True)
        self.details = self._make_details()
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([380, 180])
        self.splitter.restoreState(settings.state(_SPLIT_KEY))
        self.splitter.splitterMoved.connect(lambda: settings.set_state(_SPLIT_KEY, self.splitter.saveState()))
        self._stack = QStackedWidget()
        self.start = IconButton("Check the graph", "run")
        self.start.setObjectName("checks-start")
        self.start.clicked.connect(self._checks.run)
        self._empty = EmptyState("check", "What is wrong with the graph, and where, once one is read.", self.start)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.splitter)
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addStretch(0)
        head.addWidget(self.sentence, 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.provider)
        head.addWidget(self.again)
        head.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(head)
        column.addWidget(self.progress)
        column.addWidget(self.error)
        column.addWidget(self._stack, 1)
        column.addStretch(0)  # takes the height while the list is hidden
        self._checks.changed.connect(self.refresh)
        controller.graph.changed.connect(self._on_graph_changed)
        controller.graph.selection.changed.connect(self._follow)
        theme().changed.connect(self._tint)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Whoever looks at it wants to know."""
        super().showEvent(event)
        self._checks.want()

    def refresh(self) -> None:
        """Bring everything in line with what is known."""
        job, report = self._checks.job, self._checks.report
        self.progress.show_progress(job.message if job.is_running else None, job.fraction)
        self.error.show_error(None if job.is_running else job.error)
        self.again.setEnabled(self._controller.graph.index is not None and not job.is_running)
        self.again.setVisible(not job.is_running)
        self.cancel.setVisible(job.is_running)
        self.start.setVisible(self.again.isEnabled())
        self._empty.set_problem("The checks were cancelled." if job.was_cancelled and not job.is_running else "")
        if report is not None:
            self.sentence.set_text(checks_sentence(report), _status_of_all(report))
        self.sentence.setVisible(report is not None)
        self._stack.setCurrentIndex(0 if report is None else 1)
        self._stack.setVisible(report is not None or not (job.is_running or job.error is not None))
        if report is not self._shown:
            self._shown = report
            self._show_providers()
            self._fill()

    def _on_graph_changed(self) -> None:
        self.refresh()
        if self.isVisible():
            self._checks.want()

    # The list

    def _fill(self) -> None:
        self._items.clear()
        self.tree.clear()
        self._show_details(None, None)
        if self._shown is None:
            return
        quiet: list[GraphCheckResult] = []
        for result in self._shown.results:
            if result.total:
                item = self._add(self.tree.invisibleRootItem(), result, None)
                for finding in result.findings:
                    self._add(item, result, finding)
                more = result.total - len(result.findings)
                if more:
                    rest = QTreeWidgetItem(item, [f"and {count(more)} more"])
                    rest.setFlags(Qt.ItemFlag.ItemIsEnabled)
                item.setExpanded(result.total <= _OPEN_AT_FIRST and result.severity != "info")
            elif result.problem:
                self._add(self.tree.invisibleRootItem(), result, None)
            else:
                quiet.append(result)
        if quiet:
            passed = QTreeWidgetItem(self.tree, [f"Nothing found  {len(quiet)}"])
            passed.setSizeHint(0, QSize(0, ROW_HEIGHT))
            passed.setIcon(0, status_icon(Status.PASSED))
            for result in quiet:
                self._add(passed, result, None)
        first = self.tree.topLevelItem(0)
        if first is not None:
            self.tree.setCurrentItem(first)
        self._follow(self._controller.graph.selection.current)

    def _add(
        self, parent: QTreeWidgetItem, result: GraphCheckResult, finding: GraphFinding | None
    ) -> QTreeWidgetItem:
        if finding is not None:
            text = finding.text
        else:
            text = f"{result.title}  {count(result.total)}" if result.total else result.title
        item = QTreeWidgetItem(parent, [text])
        item.setData(0, _RESULT, result)
        item.setData(0, _FINDING, finding)
        item.setToolTip(0, plain_tooltip(text))
        item.setSizeHint(0, QSize(0, ROW_HEIGHT))
        if finding is None:
            item.setIcon(0, status_icon(_status_of(result)))
        for node in finding.nodes if finding is not None else ():
            self._items.setdefault(node, item)
        return item

    def _follow(self, pick: Pick | None) -> None:
        """Another view selected a node: show what was found about it."""
        item = self._items.get(pick.node) if isinstance(pick, NodePick) else None
        _result, shown = _of(self.tree.currentItem())
        if item is None or (isinstance(pick, NodePick) and shown is not None and pick.node in shown.nodes):
            return
        self._is_following = True
        self.tree.setCurrentItem(item)
        self._is_following = False

    def _on_current_changed(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        """The keyboard selects in the graph as it goes; a click does so too, and shows it on the canvas."""
        result, finding = _of(item)
        self._show_details(result, finding)
        if self.tree.hasFocus() and not self._is_following:
            self._select(finding)

    def _on_clicked(self, item: QTreeWidgetItem) -> None:
        _result, finding = _of(item)
        self._select(finding)
        if finding is not None and finding.nodes:
            self._controller.graph.overlays.fit_wanted.emit(finding.nodes)

    def _select(self, finding: GraphFinding | None) -> None:
        if finding is None:
            return
        if finding.nodes:
            self._controller.graph.selection.select(NodePick(finding.nodes[0]))
        elif finding.values:
            self._controller.graph.selection.select(ValuePick(finding.values[0]))

    def _on_menu(self, place: QPoint) -> None:
        result, finding = _of(self.tree.itemAt(place))
        if result is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if finding is not None and finding.nodes:
            nodes = finding.nodes
            show = menu.addAction(icon("graph"), "Show on the canvas")
            show.triggered.connect(lambda: self._controller.graph.overlays.fit_wanted.emit(nodes))
        for title, text in (
            ("Copy this finding", finding.text if finding is not None else ""),
            ("Copy all of this check", _told(result)),
        ):
            if text:
                menu.addAction(icon("copy"), title).triggered.connect(_copying(text))
        menu.popup(self.tree.viewport().mapToGlobal(place))

    # The explanation

    def _make_details(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(SPACING, SPACING, SPACING, SPACING)
        column.setSpacing(GRID)
        column.addWidget(self.title)
        column.addWidget(self.what)
        for name, label in (("Why it matters", self.why), ("What to do", self.fix)):
            heading = wrapped_label(name, is_muted=True)
            column.addSpacing(GRID)
            column.addWidget(heading)
            column.addWidget(label)
        column.addStretch(1)
        scroll = PageScroll(box)
        scroll.setMinimumHeight(96)
        return scroll

    def _show_details(self, result: GraphCheckResult | None, finding: GraphFinding | None) -> None:
        self.details.setVisible(result is not None)
        if result is None:
            return
        self.title.set_text(result.title)
        self.what.setText(finding.text if finding is not None else result.problem)
        self.what.setVisible(bool(self.what.text()))
        self.why.setText(result.why)
        self.fix.setText(result.fix)

    # Providers

    def _show_providers(self) -> None:
        """Those that this ONNX Runtime has kernels of; hidden where there is no choice."""
        report = self._checks.report
        names = report.providers if report is not None else ()
        self.provider.clear()
        for name in names:
            self.provider.addItem(name.removesuffix("ExecutionProvider"), name)
        self.provider.setCurrentIndex(max(0, self.provider.findData(self._checks.provider)))
        self.provider.setToolTip("Operators are looked up in the kernels of this execution provider")
        self.provider.setVisible(len(names) > 1)

    def _on_provider(self) -> None:
        self._checks.set_provider(str(self.provider.currentData()))

    def _tint(self) -> None:
        self._shown = None
        self.refresh()


def _of(item: QTreeWidgetItem | None) -> tuple[GraphCheckResult | None, GraphFinding | None]:
    if item is None:
        return None, None
    result, finding = item.data(0, _RESULT), item.data(0, _FINDING)
    return (
        result if isinstance(result, GraphCheckResult) else None,
        finding if isinstance(finding, GraphFinding) else None,
    )


def _status_of(result: GraphCheckResult) -> Status:
    if result.problem:
        return Status.NOT_RUN
    return STATUS_OF[result.severity] if result.total else Status.PASSED


def _status_of_all(report: GraphChecksReport) -> Status:
    found = next((result for result in report.results if result.total), None)  # the gravest come first
    if found is not None:
        return STATUS_OF[found.severity]
    return Status.NOT_RUN if any(result.problem for result in report.results) else Status.PASSED


def _told(result: GraphCheckResult) -> str:
    return "\n".join((result.title, *(f"- {finding.text}" for finding in result.findings), result.why, result.fix))


def _copying(text: str) -> Callable[[], None]:
    return lambda: QGuiApplication.clipboard().setText(text)
