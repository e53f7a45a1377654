"""An open project: the stages at the left, the page of the chosen one beside them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import PAGE_MARGIN, SPACING
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.pages.factory import make_page
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.page_scroll import PageScroll
from modelpack_gui.ui.widgets.window.changed_bar import ChangedBar
from modelpack_gui.ui.widgets.window.stage_list import StageList

SIDEBAR_WIDTH = 184


class ProjectView(QWidget):
    """Shows one page at a time; each is made when it is first shown."""

    stage_shown = Signal(object)  # Stage
    page_made = Signal(object)  # StagePage
    review_wanted = Signal()

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self._pages: dict[Stage, StagePage] = {}
        self._scrolls: dict[Stage, PageScroll] = {}
        self.stage_list = StageList(controller)
        self.stage_list.setFixedWidth(SIDEBAR_WIDTH)
        self.stage_list.stage_chosen.connect(self.show_stage)
        self._run_all = IconButton("Run all stages", "run-all")
        self._run_all.setObjectName("run-all")
        self._run_all.setToolTip("Shift+F5")
        self._run_all.clicked.connect(controller.run_all)
        self._trust_bar = self._make_trust_bar()
        self._stack = QStackedWidget()

        below = QHBoxLayout()
        below.setContentsMargins(SPACING, 0, SPACING, 0)
        below.addWidget(self._run_all)
        side = QVBoxLayout()
        side.setContentsMargins(0, 12, 0, SPACING)
        side.addWidget(self.stage_list, 1)
        side.addLayout(below)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self._trust_bar)
        column.addWidget(ChangedBar(controller))
        column.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(side)
        row.addLayout(column, 1)
        controller.project_changed.connect(self._refresh)
        controller.stage_changed.connect(self._refresh)
        self._refresh()

    def show_stage(self, stage: Stage) -> None:
        """Show the page of a stage."""
        self.page(stage)
        self._stack.setCurrentWidget(self._scrolls[stage])
        self.stage_list.choose(stage)
        self.stage_shown.emit(stage)

    def page(self, stage: Stage) -> StagePage:
        """The page of a stage."""
        page = self._pages.get(stage)
        if page is None:
            page = self._pages[stage] = make_page(stage, self._controller, self._settings)
            page.refresh()
            self._scrolls[stage] = PageScroll(page)
            self._stack.addWidget(self._scrolls[stage])
            self.page_made.emit(page)
        return page

    def _make_trust_bar(self) -> QWidget:
        bar = QWidget()
        bar.setObjectName("trust-bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(PAGE_MARGIN, SPACING, PAGE_MARGIN, 0)
        row.addWidget(QLabel("▲ This recipe was not made on this machine. None of its code has been run."))
        review = IconButton("Review and trust…", "warning")
        review.clicked.connect(self.review_wanted)
        row.addStretch(1)
        row.addWidget(review)
        return bar

    def _refresh(self) -> None:
        self._trust_bar.setVisible(not self._controller.is_trusted)
        self._run_all.setEnabled(not self._controller.is_busy)
