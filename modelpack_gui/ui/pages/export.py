"""The export page: the options at a glance, then what came out; beside it the matrix of all exporters."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CapturedWarning, ExportRecord, Result, tensor_inputs
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.export_options import ExportOptionsDialog
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models.export_text import export_sentence, option_rows
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.advisor import Advisor
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import Foldable, IconButton, IconLabel, heading, wrapped_label
from modelpack_gui.ui.widgets.explanation import ExplanationList
from modelpack_gui.ui.widgets.export.lint_panel import LintPanel
from modelpack_gui.ui.widgets.export.matrix_view import MatrixView
from modelpack_gui.ui.widgets.export.results import ExportResults, FactGrid
from modelpack_gui.ui.widgets.export.script_view import ScriptView

_CODE_LINES = 40
EXPORT_TAB, MATRIX_TAB = range(2)


class ExportPage(StagePage):
    """Runs the export, opens its options, and shows asked against got."""

    stage = Stage.EXPORT
    icon_name = "export"
    always_content = True

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._settings = settings
        self.options_button = IconButton("Options…", "settings")
        self.options_button.setObjectName("export-options-button")
        self.options_button.clicked.connect(self.open_options)
        self.header.insertWidget(self.header.indexOf(self.cancel_button), self.options_button)
        self.try_button = IconButton("Try all…", "matrix")
        self.try_button.setObjectName("export-try-all")
        self.try_button.setToolTip("Run every exporter at several opsets, and say which one to use.")
        self.try_button.clicked.connect(self.open_matrix)
        self.header.insertWidget(self.header.indexOf(self.options_button), self.try_button)
        self.dialog: ExportOptionsDialog | None = None

        self._options = FactGrid()
        self._options.setObjectName("export-summary")
        self._hint = self._make_hint()
        self.explanations = ExplanationList("Known troubles of this export")
        self.explanations.setObjectName("export-explanations")
        self.explanations.place_wanted.connect(controller.show_place)
        self.explanations.fix_wanted.connect(lambda fix: controller.apply_fix(fix, self.stage))
        self.advisor = Advisor(controller, self)
        self.lint = LintPanel(self.advisor)
        self.lint.place_wanted.connect(controller.show_place)
        self.lint.fix_wanted.connect(controller.apply_fix)
        self.results = ExportResults(controller, settings)
        self.script = ScriptView(lambda: controller.base)
        self.code = self.script.code
        self._fold = Foldable("Equivalent Python", self.script)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, SPACING, SPACING, 0)
        column.setSpacing(GROUP_SPACING)
        self._options_box = QWidget()
        options = QVBoxLayout(self._options_box)
        options.setContentsMargins(0, 0, 0, 0)
        options.setSpacing(SPACING)
        options.addWidget(heading("Options"))
        options.addWidget(self._options)
        column.addWidget(self._hint)
        column.addWidget(self.lint)
        column.addWidget(self.explanations)
        column.addWidget(self.results)
        column.addWidget(self._options_box)
        column.addWidget(self._fold)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("export-scroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self.matrix = MatrixView(controller, settings)
        self.matrix.state.changed.connect(self._on_matrix_changed)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("export-tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(scroll, "Export")
        self.tabs.addTab(self.matrix, "Matrix")
        self.tabs.setTabToolTip(MATRIX_TAB, "All exporters side by side")
        self.tabs.currentChanged.connect(self.refresh)
        self.matrix.cell_taken.connect(lambda: self.tabs.setCurrentIndex(EXPORT_TAB))
        self.content.addWidget(self.tabs, 1)
        self._on_matrix_changed()
        controller.recipe_changed.connect(self._show_options)
        controller.scan_changed.connect(self._show_options)
        self._show_options()
        self.refresh()
        self._fold.set_open(is_open=controller.state(self.stage).result is None)  # there is room for it

    def open_matrix(self) -> None:
        """Show the matrix; where it has not run, also ask what to try."""
        self.tabs.setCurrentIndex(MATRIX_TAB)
        if not self.matrix.state.cells:
            self.matrix.choose()

    def refresh(self) -> None:
        """Also the hint of a first visit. What concerns the recipe's own export is hidden beside the matrix."""
        super().refresh()
        is_matrix = self.tabs.currentIndex() == MATRIX_TAB
        self.try_button.setVisible(not is_matrix)  # the matrix has its own
        if is_matrix:
            self.sentence.hide()
            self.error_panel.hide()
        state = self.controller.state(self.stage)
        has_result = state.result is not None
        if not has_result:
            self.explanations.show_explanations(())
        for troubles in (self.explanations, self.lint.findings):
            troubles.set_fixes_enabled(is_enabled=not state.is_under_way)
        problem = self.controller.problem(self.stage)
        self.results.setVisible(has_result)
        self._hint.setVisible(not has_result)
        is_onnx = self.controller.source.is_onnx  # there is nothing to choose either
        for widget in (self._options_box, self._fold, self.options_button):
            widget.setVisible(not is_onnx)
        self.try_button.setEnabled(not is_onnx)
        self._hint_text.setText(
            f"{problem} The other stages look at that file."
            if is_onnx
            else f"{problem} Fill it in on the Source page or in the options; then export."
            if problem
            else "Nothing is exported yet. Look through the options, then press Export. "
            "What comes out is compared with what was asked."
        )

    def show_result(self, result: Result) -> None:
        """Draw an export."""
        assert isinstance(result, ExportRecord)
        self.explanations.show_explanations(
            [(Status.WARNING if one.is_doubt else Status.REMARK, one) for one in result.explanations]
        )
        self.lint.fold.set_open(is_open=False)  # what came out says more by now
        ran_with = self.controller.state(self.stage).ran_with
        self.results.show_record(result, tensor_inputs(ran_with.inputs) if ran_with is not None else ())

    def reveal(self, subject: object) -> None:
        """Unfold an explanation, or select a warning."""
        if isinstance(subject, Explanation):
            self.lint.reveal(subject)
            self.explanations.reveal(subject)
        elif isinstance(subject, CapturedWarning):
            self.results.warnings.reveal(subject)

    def sentence_for(self, result: Result) -> str:
        """What was written, and whether it is as asked."""
        assert isinstance(result, ExportRecord)
        return export_sentence(result)

    def open_options(self) -> None:
        """Ask for the options; the page's own run button stays."""
        controller = self.controller
        dialog = ExportOptionsDialog(
            controller.recipe,
            controller.capabilities,
            controller.base,
            self,
            settings=self._settings,
            forward=controller.forward,
            keys=controller.states.keys,
            advice=self.advisor,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._on_accepted(dialog))
        dialog.finished.connect(self._on_finished)
        self.dialog = dialog
        dialog.open()

    def _on_accepted(self, dialog: ExportOptionsDialog) -> None:
        recipe = dataclasses.replace(self.controller.recipe, export=dialog.recipe().export)
        self.controller.edit(recipe, "change export options")
        if dialog.wants_export:
            self.controller.run(Stage.EXPORT)

    def _on_matrix_changed(self) -> None:
        count = len(self.matrix.state.cells)
        self.tabs.setTabText(MATRIX_TAB, f"Matrix ({count})" if count else "Matrix")

    def _on_finished(self) -> None:
        self.dialog = None

    def _show_options(self) -> None:
        recipe = self.controller.recipe
        self._options.show_rows(tuple((name, value, value) for name, value in option_rows(recipe)))
        self.script.show_recipe(recipe, self.controller.forward, self.controller.states.keys)
        self.code.fit_lines(_CODE_LINES)

    def _make_hint(self) -> QWidget:
        box = QWidget()
        box.setObjectName("export-hint")
        self._hint_text = wrapped_label("", is_muted=True)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GROUP_SPACING)
        row.addWidget(IconLabel(self.icon_name, 48, is_muted=True), alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._hint_text, 1)
        return box
