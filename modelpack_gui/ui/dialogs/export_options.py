"""The options of an export, with the Python that does the same beside them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QRadioButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.figures import plural
from modelpack_gui.core.preview import export_code
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import Capabilities, ExporterInfo, ExportSpec
from modelpack_gui.ui.models import exporter_choices as choices
from modelpack_gui.ui.models.dimension_table import DYNAMIC, INPUT, NAME, DimensionTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import GRID, GROUP_SPACING, SPACING, mono_font
from modelpack_gui.ui.widgets.basics import IconButton, heading, wrapped_label
from modelpack_gui.ui.widgets.code_view import CodeView
from modelpack_gui.ui.widgets.data_table import CellDelegate
from modelpack_gui.ui.widgets.exporter_choice import ExporterChoice
from modelpack_gui.ui.widgets.form_parts import TICK_HEIGHT, FormSection, NoteLabel, chain_after
from modelpack_gui.ui.widgets.inputs_table import FittingTable
from modelpack_gui.ui.widgets.marked_line import MarkedLine
from modelpack_gui.ui.widgets.number_fields import SpinField
from modelpack_gui.ui.widgets.path_field import PathField

_FILTERS = {
    "onnx": "ONNX (*.onnx)",
    "torchscript": "TorchScript (*.pt *.pth *.ts *.torchscript)",
}


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
    ) -> None:
        """`base` is the folder that relative paths start from; `settings` remembers the dialog's size and split."""
        super().__init__(parent)
        self.setObjectName("export-options")
        self.setWindowTitle("Export options")
        self.setSizeGripEnabled(True)
        self.wants_export = False
        self._recipe, self._base, self._settings = recipe, base, settings
        self._exporters = choices.exporters(capabilities)
        self._spec = recipe.export
        self._clamped = ""
        self._make_fields(capabilities.executable if capabilities is not None else "")
        self.preview = CodeView("Equivalent Python")
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
        self._dimensions.set_dims(recipe.inputs, self._spec.dynamic)
        self._show_spec()

    def recipe(self) -> Recipe:
        """The recipe with the options as they are set now."""
        return dataclasses.replace(self._recipe, export=self._spec)

    @property
    def problem(self) -> str:
        """Why the options cannot be used, in one sentence; empty if they can."""
        spec = self._spec
        info = choices.chosen(self._exporters, spec)
        if info is None:
            return f"The exporter {spec.exporter} does not make {choices.FORMAT_TITLES[spec.format]}; choose another."
        if info.missing:
            return f"{info.title} needs {', '.join(info.missing)}; install it or choose another exporter."
        checks = [
            choices.output_path_problem(spec.output_path, spec.format, self._base),
            *self._dimensions.problems[:1],
        ]
        if spec.format == "onnx":
            checks += [choices.names_problem(spec.input_names, "input"), self._input_count_problem()]
            checks += [choices.names_problem(spec.output_names, "output"), self._shared_name_problem()]
        return next(filter(None, checks), "")

    def done(self, result: int) -> None:
        """Also remember the size."""
        self._remember()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Also remember the size."""
        self._remember()
        super().closeEvent(event)

    # Widgets

    def _make_fields(self, executable: str) -> None:
        self._formats = QButtonGroup(self)
        for name, title in choices.FORMAT_TITLES.items():
            button = QRadioButton(title)
            button.setObjectName(f"format-{name}")
            button.setProperty("format", name)
            self._formats.addButton(button)
        self._formats.buttonClicked.connect(lambda button: self._on_format(button.property("format")))
        self._choice = ExporterChoice(executable)
        self._choice.exporter_chosen.connect(self._on_exporter)
        self._opset = SpinField("Opset version", 0, 1)
        self._opset.setObjectName("opset")
        self._opset.setFixedWidth(150)
        self._opset.valueChanged.connect(self._on_opset)
        self._opset_note = wrapped_label("", is_muted=True)
        self._folding = QCheckBox("&Fold constants")
        self._folding.setObjectName("constant-folding")
        self._folding.setToolTip("Compute at export what does not depend on the inputs")
        self._folding.clicked.connect(lambda on: self._put(dataclasses.replace(self._spec, constant_folding=on)))
        self._external = QCheckBox("Keep &weights in a file of their own")
        self._external.setObjectName("external-data")
        self._external.setToolTip("Needed above 2 GB; the .onnx file then has to be moved together with it")
        self._external.clicked.connect(lambda on: self._put(dataclasses.replace(self._spec, external_data=on)))
        self._input_names = MarkedLine("Input names")
        self._input_names.setObjectName("input-names")
        self._input_names.setFont(mono_font())
        self._input_names.textEdited.connect(
            lambda text: self._put(dataclasses.replace(self._spec, input_names=_split_names(text)))
        )
        self._output_names = MarkedLine("Output names")
        self._output_names.setObjectName("output-names")
        self._output_names.setFont(mono_font())
        self._output_names.setPlaceholderText("Left to the exporter; several with commas between")
        self._output_names.textEdited.connect(
            lambda text: self._put(dataclasses.replace(self._spec, output_names=_split_names(text)))
        )
        self._path = PathField(
            "Output path", "output", _FILTERS["onnx"], lambda: self._base, self._settings, is_output=True
        )
        self._path.path_edited.connect(lambda path: self._put(dataclasses.replace(self._spec, output_path=path)))
        self._dimensions = DimensionTableModel(mono_font(), self)
        self._dimensions.edited.connect(
            lambda: self._put(dataclasses.replace(self._spec, dynamic=self._dimensions.dims))
        )
        self._table = FittingTable()
        self._table.rows_shown = 8
        self._table.setObjectName("dimension-table")
        self._table.setAccessibleName("Axes of the inputs")
        self._table.setModel(self._dimensions)
        for column in (column for column in range(self._dimensions.columnCount()) if column != DYNAMIC):
            self._table.setItemDelegateForColumn(column, CellDelegate(self._table, frames_current=True))
        self._table.setTabKeyNavigation(False)
        self._table.setEditTriggers(
            self._table.EditTrigger.DoubleClicked
            | self._table.EditTrigger.EditKeyPressed
            | self._table.EditTrigger.AnyKeyPressed
            | self._table.EditTrigger.SelectedClicked
        )
        self._table.verticalHeader().setVisible(False)
        self._table.verticalHeader().setDefaultSectionSize(max(26, self._table.fontMetrics().height() + 8))
        header = self._table.horizontalHeader()
        header.setHighlightSections(False)
        for column in range(self._dimensions.columnCount()):
            stretches = column in (INPUT, NAME)
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.ResizeToContents
            )
        header.setMinimumSectionSize(48)
        self._caution = NoteLabel(Status.WARNING)

    def _make_form(self) -> QWidget:
        formats = QHBoxLayout()
        formats.setSpacing(GROUP_SPACING)
        for button in self._formats.buttons():
            formats.addWidget(button)
        formats.addStretch(1)
        opset = QHBoxLayout()
        opset.setSpacing(SPACING)
        opset.addWidget(self._opset)
        opset.addWidget(self._opset_note, 1)
        ticks = QVBoxLayout()
        ticks.setSpacing(GRID)
        ticks.addWidget(self._folding)
        ticks.addWidget(self._external)
        artifact = FormSection("Artifact")
        artifact.add_row("Format", formats, height=TICK_HEIGHT)
        artifact.add_row("Output &path", self._path, self._path.line)
        exporter = FormSection("Exporter")
        exporter.add_row("Exporter", self._choice, height=TICK_HEIGHT)
        exporter.add_row("&Opset version", opset, self._opset)
        exporter.add_row("Weights", ticks, height=TICK_HEIGHT)
        shapes = FormSection("Dynamic axes")
        shapes.add_wide(self._table)
        shapes.add_wide(self._caution)
        if not self._dimensions_possible():
            shapes.add_wide(wrapped_label("There are no example inputs with axes yet.", is_muted=True))
            self._table.hide()
        names = FormSection("Names")
        names.add_row("&Input names", self._input_names)
        names.add_row("Output &names", self._output_names)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, SPACING, 0)
        column.setSpacing(GROUP_SPACING)
        for section in (artifact, exporter, shapes, names):
            column.addWidget(section)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("export-form")
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the fields in it take the focus and scroll it
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(460)
        scroll.setWidget(inner)
        return scroll

    def _dimensions_possible(self) -> bool:
        return any(item.shape for item in self._recipe.inputs) or bool(self._recipe.export.dynamic)

    def _make_preview(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(SPACING, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(heading("Equivalent Python"))
        column.addWidget(self.preview, 1)
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
        self._path.browse.setAutoDefault(False)
        return row

    # Following the options

    def _show_spec(self) -> None:
        spec = self._spec
        info = choices.chosen(self._exporters, spec)
        for button in self._formats.buttons():
            button.setChecked(button.property("format") == spec.format)
        self._choice.show_exporters(choices.of_format(self._exporters, spec.format), spec.exporter)
        chain_after(self._path.browse, [self._choice])
        self._show_opset(info)
        is_onnx = spec.format == "onnx"
        for widget in (self._opset, self._folding, self._external, self._input_names, self._output_names):
            widget.setEnabled(is_onnx)
        self._folding.setChecked(spec.constant_folding)
        self._external.setChecked(spec.external_data)
        self._input_names.setPlaceholderText(", ".join(item.name for item in self._recipe.inputs))
        for line, names in ((self._input_names, spec.input_names), (self._output_names, spec.output_names)):
            if _split_names(line.text()) != names:
                line.follow(", ".join(names))
        self._path.file_filter = _FILTERS[spec.format]
        self._path.set_path(spec.output_path)
        self._dimensions.set_uses_ranges(uses_ranges=is_onnx and spec.exporter == "dynamo")
        self._judge()

    def _show_opset(self, info: ExporterInfo | None) -> None:
        low = info.opset_min if info is not None and info.opset_min is not None else 0
        high = info.opset_max if info is not None and info.opset_max is not None else low
        default = info.opset_default if info is not None else None
        with QSignalBlocker(self._opset):
            # The step below the smallest opset stands for the exporter's own choice.
            self._opset.setRange(low - 1, max(low, high))
            self._opset.setSpecialValueText(f"Default ({default})" if default is not None else "Default")
            opset = self._spec.opset_version
            self._opset.setValue(low - 1 if opset is None else opset)
        if self._spec.format != "onnx":
            self._opset_note.setText("Not used for TorchScript.")
        else:
            self._opset_note.setText(self._clamped or (f"{low} to {high}" if high else ""))

    def _judge(self) -> None:
        problem = self.problem
        self._problem.set_text(problem)
        self._export.setEnabled(not problem)
        self._save.setEnabled(not problem)
        spec, is_onnx = self._spec, self._spec.format == "onnx"
        self._path.line.set_problem(choices.output_path_problem(spec.output_path, spec.format, self._base))
        inputs = choices.names_problem(spec.input_names, "input") or self._input_count_problem()
        self._input_names.set_problem(inputs if is_onnx else "")
        outputs = choices.names_problem(spec.output_names, "output") or self._shared_name_problem()
        self._output_names.set_problem(outputs if is_onnx else "")
        cautions = self._dimensions.cautions
        self._caution.set_text(cautions[0] if cautions else "")
        self.preview.set_text(export_code(self.recipe()))

    def _input_count_problem(self) -> str:
        given, wanted = len(self._spec.input_names), len(self._recipe.inputs)
        if not given or given == wanted:
            return ""
        return f"{plural(given, 'input name')} for {plural(wanted, 'example input')}: name all of them or none."

    def _shared_name_problem(self) -> str:
        inputs = self._spec.input_names or tuple(item.name for item in self._recipe.inputs)
        both = set(inputs) & set(self._spec.output_names)
        return f"{sorted(both)[0]} is the name of an input and of an output." if both else ""

    # Edits

    def _put(self, spec: ExportSpec) -> None:
        self._spec = spec
        self._judge()

    def _on_format(self, format_: str) -> None:
        self._take(choices.with_format(self._spec, format_, self._exporters))

    def _on_exporter(self, exporter: str) -> None:
        self._take(dataclasses.replace(self._spec, exporter=exporter))

    def _take(self, spec: ExportSpec) -> None:
        """Another exporter: the opset follows its range."""
        info = choices.chosen(self._exporters, spec)
        asked, opset = self._spec.opset_version, choices.clamped_opset(spec.opset_version, info)
        self._clamped = ""
        if asked is not None and opset != asked and info is not None:
            self._clamped = f"{asked} became {opset}: this exporter does {info.opset_min} to {info.opset_max}."
        self._spec = dataclasses.replace(spec, opset_version=opset)
        self._show_spec()

    def _on_opset(self, value: int) -> None:
        self._clamped = ""
        self._put(dataclasses.replace(self._spec, opset_version=None if value == self._opset.minimum() else value))
        self._show_opset(choices.chosen(self._exporters, self._spec))

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


def _split_names(text: str) -> tuple[str, ...]:
    """Names with commas between; an empty text is no names."""
    return tuple(part.strip() for part in text.split(",")) if text.strip() else ()
