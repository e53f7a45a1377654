"""What is made, and where."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.records import ExporterInfo, ExportSpec
from modelpack_gui.ui.dialogs.export_sections.base import ExportSection
from modelpack_gui.ui.look.theme import GROUP_SPACING
from modelpack_gui.ui.models import exporter_choices as choices
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.form_parts import TICK_HEIGHT
from modelpack_gui.ui.widgets.path_field import PathField


class ArtifactSection(ExportSection):
    """Format and output path."""

    format_chosen = Signal(str)

    def __init__(self, base: Path, settings: Settings | None, parent: QWidget | None = None) -> None:
        """`base` is the folder that relative paths start from."""
        super().__init__("Artifact", parent)
        self._base = base
        self._formats = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(GROUP_SPACING)
        for name, title in FORMAT_TITLES.items():
            button = QRadioButton(title)
            button.setObjectName(f"format-{name}")
            button.setProperty("format", name)
            self._formats.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._formats.buttonClicked.connect(lambda button: self.format_chosen.emit(button.property("format")))
        self.path = PathField("Output path", "output", "", lambda: self._base, settings, is_output=True)
        self.path.browse.setAutoDefault(False)
        self.path.path_edited.connect(lambda path: self.change(output_path=path))
        self.add_row("Format", row, height=TICK_HEIGHT)
        self.add_row("Output &path", self.path, self.path.line)

    def show_spec(self, spec: ExportSpec, info: ExporterInfo | None) -> None:
        """See ExportSection."""
        super().show_spec(spec, info)
        for button in self._formats.buttons():
            button.setChecked(button.property("format") == spec.format)
        self.path.file_filter = choices.FILE_FILTERS[spec.format]
        self.path.set_path(spec.output_path)
        self.path.line.set_problem(self.problem)

    @property
    def problem(self) -> str:
        """See ExportSection."""
        return choices.output_path_problem(self.spec.output_path, self.spec.format, self._base)
