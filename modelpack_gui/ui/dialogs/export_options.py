"""The options of an export, with the Python that does the same beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    ArtifactFormat,
    Capabilities,
    ExportSpec,
    KeyReport,
    LintFinding,
    LintReport,
    ParameterInfo,
    tensor_inputs,
)
from modelpack_gui.ui.dialogs.export_sections.artifact import ArtifactSection
from modelpack_gui.ui.dialogs.export_sections.base import ExportSection
from modelpack_gui.ui.dialogs.export_sections.dimensions import DimensionsSection
from modelpack_gui.ui.dialogs.export_sections.exporter import ExporterSection
from modelpack_gui.ui.dialogs.export_sections.names import NamesSection
from modelpack_gui.ui.dialogs.export_sections.post_steps import PostStepsSection
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models import exporter_choices as choices
from modelpack_gui.ui.models.lint_items import concerning
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton, heading
from modelpack_gui.ui.widgets.export.lint_notes import LintNotes
from modelpack_gui.ui.widgets.export.probe_row import Answered, Cancel
from modelpack_gui.ui.widgets.export.script_view import ScriptView
from modelpack_gui.ui.widgets.form_parts import NoteLabel, chain_after

LINT_MS = 700  # after the last change: typing a name shall not ask for each letter


class Advice(Protocol):
    """What looks ahead of an export."""

    def lint(self, spec: ExportSpec, answered: Callable[[LintReport], None]) -> None:
        """Look at options; `answered` gets the findings, unless the model is not loaded."""

    def probe(self, answered: Answered, progressed: Callable[[str], None]) -> Cancel:
        """Find which sizes the model takes; gives what cancels it."""


class ExportOptionsDialog(QDialog):
    """Edits a recipe's ExportSpec. Accepted means the options shall be kept; `wants_export` that it shall run, too.

    It knows no controller: give it a recipe, take `recipe()` when it was accepted.
    """

    def __init__(
        self,
        recipe: Recipe,
        capabilities: Capabilities | None,
        base: Path,
        parent: QWidget | None = None,
        *,
        settings: Settings | None = None,
        forward: Sequence[ParameterInfo] = (),
        keys: KeyReport | None = None,
        advice: Advice | None = None,
    ) -> None:
        """Ask for the options of an export.

        Args:
            base: Folder that relative paths start from.
            settings: Remembers the dialog's size and split.
            forward, keys: What is known of the model and its checkpoint, for the equivalent Python.
            advice: Looks ahead of the export with the options as they are set here; None leaves that out.
        """
        super().__init__(parent)
        self.setObjectName("export-options")
        self.setWindowTitle("Export options")
        self.setSizeGripEnabled(True)
        self.wants_export = False
        self._recipe, self._settings = recipe, settings
        self._exporters = choices.exporters(capabilities)
        self._spec = recipe.export
        self.artifact = ArtifactSection(base, settings)
        self.artifact.format_chosen.connect(self._on_format)
        executable = capabilities.executable if capabilities is not None else ""
        self.exporter = ExporterSection(self._exporters, executable)
        self.exporter.exporter_chosen.connect(self._on_exporter)
        probe = advice.probe if advice is not None else None
        self.dimensions = DimensionsSection(tensor_inputs(recipe.inputs), self._spec.dynamic, probe)
        self.names = NamesSection(tensor_inputs(recipe.inputs))
        self.post_steps = PostStepsSection(choices.post_steps(capabilities), executable)
        self._sections: tuple[ExportSection, ...] = (
            self.artifact,
            self.exporter,
            self.dimensions,
            self.names,
            self.post_steps,
        )
        for section in self._sections:
            section.edited.connect(self._put)
            section.notes.fix_wanted.connect(self._on_fix)
        self.model_notes = LintNotes()
        self.model_notes.fix_wanted.connect(self._on_fix)
        self._advice = advice
        self._looked_at: ExportSpec | None = None
        self._lint_timer = QTimer(self, singleShot=True, interval=LINT_MS)
        self._lint_timer.timeout.connect(self._look_ahead)
        self._forward, self._keys = forward, keys
        self.script = ScriptView(lambda: base)
        self.preview = self.script.code
        self.preview.editor.setObjectName("export-preview")
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.addWidget(self._make_form())
        self._split.addWidget(self._make_preview())
        self._split.setChildrenCollapsible(False)
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 2)
        self._split.setSizes([620, 440])
        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, 12)
        column.setSpacing(12)
        column.addWidget(self._split, 1)
        column.addLayout(self._make_footer())
        self.resize(1080, 680)
        self._restore()
        self._show_spec()

    def recipe(self) -> Recipe:
        """The recipe with the options as they are set now, without those that the exporter has no use for."""
        info = choices.chosen(self._exporters, self._spec)
        return dataclasses.replace(self._recipe, export=choices.heeded(self._spec, info))

    @property
    def problem(self) -> str:
        """Why the options cannot be used, in one sentence; empty if they can."""
        spec = self._spec
        info = choices.chosen(self._exporters, spec)
        if info is None:
            return f"The exporter {spec.exporter} does not make {FORMAT_TITLES[spec.format]}; choose another."
        if info.missing:
            return f"{info.title} needs {', '.join(info.missing)}; install it or choose another exporter."
        return next((section.problem for section in self._sections if section.problem), "")

    def done(self, result: int) -> None:
        """Also remember the size, and stop what is under way."""
        self._remember()
        self._lint_timer.stop()
        if self.dimensions.probe is not None:
            self.dimensions.probe.stop()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Also remember the size."""
        self._remember()
        super().closeEvent(event)

    # Widgets

    def _make_form(self) -> QWidget:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, SPACING, 0)
        column.setSpacing(GROUP_SPACING)
        column.addWidget(self.model_notes)
        for section in self._sections:
            column.addWidget(section)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("export-form")
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the fields in it take the focus and scroll it
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # As needed, it could come and go for ever: with it, notes take more lines, and without it, they fit.
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        scroll.setMinimumWidth(500)
        scroll.setWidget(inner)
        return scroll

    def _make_preview(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(SPACING, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(heading("Equivalent Python"))
        column.addWidget(self.script, 1)
        box.setMinimumWidth(260)
        return box

    def _make_footer(self) -> QHBoxLayout:
        self._problem = NoteLabel()
        self._problem.setObjectName("options-problem")
        self._export = IconButton("Export now", "run", "primary")
        self._export.setObjectName("options-export")
        self._export.setDefault(True)
        self._export.clicked.connect(self._on_export)
        self._save = IconButton("Save options")
        self._save.setObjectName("options-save")
        self._save.setAutoDefault(False)
        self._save.clicked.connect(self.accept)
        cancel = IconButton("Cancel")
        cancel.setObjectName("options-cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(self._problem, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(0)
        row.addWidget(cancel)
        row.addWidget(self._save)
        row.addWidget(self._export)
        return row

    # Following the options

    def _show_spec(self) -> None:
        info = choices.chosen(self._exporters, self._spec)
        for section in self._sections:
            section.show_spec(self._spec, info)
        problem = self.problem
        self._problem.set_text(problem)
        self._export.setEnabled(not problem)
        self._save.setEnabled(not problem)
        self.script.show_recipe(self.recipe(), self._forward, self._keys)
        if self._advice is not None and self.recipe().export != self._looked_at:
            self._lint_timer.start()

    # Looking ahead

    def _look_ahead(self) -> None:
        if self._advice is None or self.problem:
            return
        spec = self._looked_at = self.recipe().export

        def answered(report: LintReport) -> None:
            if spec == self._looked_at:
                self._show_findings(report.findings)

        self._advice.lint(spec, answered)

    def _show_findings(self, findings: Sequence[LintFinding]) -> None:
        self.model_notes.show_findings(concerning(findings, "source", "checkpoint"))
        for section in self._sections:
            section.show_findings(findings)

    def _on_fix(self, fix: Fix) -> None:
        """One that changes options of the export alone; the others are for the page."""
        spec = apply_fix(self.recipe(), fix).export
        self.dimensions.model.set_dims(tensor_inputs(self._recipe.inputs), spec.dynamic)
        self._take(spec)

    # Edits

    def _put(self, spec: ExportSpec) -> None:
        self._spec = spec
        self._show_spec()

    def _on_format(self, format_: ArtifactFormat) -> None:
        self._take(choices.with_format(self._spec, format_, self._exporters))

    def _on_exporter(self, exporter: str) -> None:
        self._take(dataclasses.replace(self._spec, exporter=exporter))

    def _take(self, spec: ExportSpec) -> None:
        """Another exporter: the opset follows its range, and Tab goes through what it makes visible."""
        info = choices.chosen(self._exporters, spec)
        asked, opset = self._spec.opset_version, choices.clamped_opset(spec.opset_version, info)
        remark = ""
        if asked is not None and opset != asked and info is not None:
            remark = f"{asked} became {opset}: this exporter does {info.opset_min} to {info.opset_max}."
        self.exporter.remark_on_opset(remark)
        self._put(dataclasses.replace(spec, opset_version=opset))
        chain_after(self.artifact.path.browse, [self.exporter.choice])

    def _on_export(self) -> None:
        self.wants_export = True
        self.accept()

    # Remembered

    def _restore(self) -> None:
        if self._settings is not None:
            geometry = self._settings.state("export-options/geometry")
            split = self._settings.state("export-options/split")
            if not geometry.isEmpty():
                self.restoreGeometry(geometry)
            if not split.isEmpty():
                self._split.restoreState(split)

    def _remember(self) -> None:
        if self._settings is not None:
            self._settings.set_state("export-options/geometry", self.saveGeometry())
            self._settings.set_state("export-options/split", self._split.saveState())
