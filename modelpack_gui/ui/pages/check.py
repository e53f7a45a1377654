"""The artifact judged against the standard and against what was asked."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CheckReport, CheckRow, Result
from modelpack_gui.core.records.scan import GIANT_BYTES
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.check_text import gravest_first, report_text, row_inspection, sentence
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton
from modelpack_gui.ui.widgets.check_row import CheckRowWidget


class CheckPage(StagePage):
    """A row for each check, the gravest first. Up and Down go from row to row, Space unfolds the details."""

    stage = Stage.CHECK
    icon_name = "check"
    empty_text = (
        "Checks the exported file: the ONNX checker, shape inference, whether a runtime loads it, and whether the"
        " opset, the names and the dynamic dimensions are those that were asked for."
    )

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._settings = settings
        self._report: CheckReport | None = None
        self.rows: list[CheckRowWidget] = []
        self._path = ElidedLabel()
        self._path.setProperty("role", "muted")
        copy = IconButton("Copy all", "copy")
        copy.setObjectName("copy-checks")
        copy.clicked.connect(self.copy_all)
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(self._path, 1)
        line.addWidget(copy)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.content.setSpacing(SPACING)
        self.content.addLayout(line)
        self.content.addWidget(self._scroll, 1)
        controller.scan_changed.connect(self.refresh)
        self.refresh()

    def show_result(self, result: Result) -> None:
        """A row for each check of a CheckReport."""
        assert isinstance(result, CheckReport)
        self._report = result
        self._path.set_text(result.path)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, SPACING, 0)
        column.setSpacing(SPACING)
        self.rows = [CheckRowWidget(row) for row in gravest_first(result)]
        for widget in self.rows:
            widget.chosen.connect(self._on_chosen)
            widget.place_wanted.connect(self.controller.show_place)
            widget.fix_wanted.connect(lambda fix: self.controller.apply_fix(fix, self.stage))
            widget.step_wanted.connect(self._on_step_wanted)
            column.addWidget(widget)
        column.addStretch(1)
        self._scroll.setWidget(body)

    def reveal(self, subject: object) -> None:
        """Choose the row of an explanation."""
        for widget in self.rows:
            if widget.row.known == subject:
                widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Also whether fixes can be pressed."""
        super().refresh()
        is_under_way = self.controller.state(self.stage).is_under_way
        for widget in self.rows:
            if widget.known is not None:
                widget.known.set_fixes_enabled(is_enabled=not is_under_way)
        scan = self.controller.scan
        if self._drawn is None and not is_under_way and scan is not None and scan.saved is not None and scan.is_giant:
            is_heavy = scan.saved.size_bytes >= GIANT_BYTES
            size = fmt.size(scan.saved.size_bytes) if is_heavy else fmt.plural(scan.saved.nodes, "node")
            self.sentence.setText(f"Not checked by itself: a runtime would load {size} for it. Press Check artifact.")
            self.sentence.setVisible(True)

    def sentence_for(self, result: Result) -> str:
        """How many checks passed, and the gravest finding."""
        assert isinstance(result, CheckReport)
        return sentence(result)

    def copy_all(self) -> None:
        """Put the whole report on the clipboard."""
        if self._report is not None:
            QGuiApplication.clipboard().setText(report_text(self._report))

    def _on_chosen(self, row: CheckRow) -> None:
        assert self._report is not None
        for widget in self.rows:
            widget.set_chosen(is_chosen=widget.row is row)
            if widget.row is row:
                self._scroll.ensureWidgetVisible(widget, 0, SPACING)
        self.controller.inspect(row_inspection(row, self._report), self.stage)

    def _on_step_wanted(self, step: int) -> None:
        at = next(i for i, widget in enumerate(self.rows) if widget.hasFocus())
        to = min(max(at + step, 0), len(self.rows) - 1)
        self.rows[to].setFocus(Qt.FocusReason.OtherFocusReason)
