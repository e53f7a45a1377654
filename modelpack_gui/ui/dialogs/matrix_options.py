"""What to try in an export matrix: exporters, opsets, how many at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.figures import plural
from modelpack_gui.core.matrix import USUAL_OPSETS, Opsets, choices
from modelpack_gui.core.records import ExporterInfo, MatrixChoice
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton, heading, wrapped_label
from modelpack_gui.ui.widgets.number_fields import ParsedEdit, SpinField, join, parse_sizes

_UNCHECKED_KEY = "matrix/unchecked"
_MOST_WORKERS = 64


class MatrixOptionsDialog(QDialog):
    """Boxes for the exporters and the opsets; says how many cells that makes before anything runs."""

    def __init__(
        self,
        exporters: Sequence[ExporterInfo],
        cores: int,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        """`cores` is what zero workers stand for; 0 if unknown."""
        super().__init__(parent)
        self.setObjectName("matrix-options")
        self.setWindowTitle("Try all exporters")
        self._exporters = tuple(exporters)
        self._settings = settings
        self._others = USUAL_OPSETS.others
        unchecked = set(settings.text(_UNCHECKED_KEY).split("\n"))
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(GROUP_SPACING)
        grid.setVerticalSpacing(SPACING)
        for line, info in enumerate(self._exporters):
            key = f"{info.format}/{info.exporter}"
            box = QCheckBox(f"{FORMAT_TITLES.get(info.format, info.format)}, {info.exporter}")
            box.setObjectName(f"matrix-{info.format}-{info.exporter}")
            box.setEnabled(not info.missing)
            box.setChecked(not info.missing and key not in unchecked)
            box.toggled.connect(self._on_changed)
            note = (
                f"Needs {', '.join(info.missing)}, which this interpreter lacks." if info.missing else _opsets(info)
            )
            about = QLabel(note)
            about.setProperty("role", "muted")
            grid.addWidget(box, line, 0)
            grid.addWidget(about, line, 1)
            self.boxes[key] = box
        grid.setColumnStretch(1, 1)

        self.default_box = self._opset_box("The default of each exporter", "matrix-opset-default")
        self.newest_box = self._opset_box("The newest of each", "matrix-opset-newest")
        self.others_edit = ParsedEdit("Opsets", parse_sizes, join)
        self.others_edit.setObjectName("matrix-opsets")
        self.others_edit.setAccessibleName("Other opsets")
        self.others_edit.setToolTip("Whole numbers, such as 17, 18. An exporter that cannot write one leaves it out.")
        self.others_edit.setMaximumWidth(160)
        self.others_edit.set_value(self._others)
        self.others_edit.value_edited.connect(self._on_others)
        others = QHBoxLayout()
        others.setSpacing(SPACING)
        others.addWidget(QLabel("And where possible"))
        others.addWidget(self.others_edit)
        others.addStretch(1)
        self._problem = wrapped_label("")
        self._problem.hide()
        self.others_edit.problem_changed.connect(self._on_problem)

        self.workers = SpinField("Cells at a time", 0, _MOST_WORKERS)
        self.workers.setObjectName("matrix-workers")
        self.workers.setSpecialValueText(f"all cores ({cores})" if cores else "all cores")
        self.workers.setMaximumWidth(140)
        self.workers.setMinimumWidth(120)
        workers = QHBoxLayout()
        workers.setSpacing(SPACING)
        workers.addWidget(QLabel("Cells at a time"))
        workers.addWidget(self.workers)
        workers.addStretch(1)

        self.try_button = IconButton("Try", "run", "primary")
        self.try_button.setObjectName("matrix-try")
        self.try_button.setDefault(True)
        self.try_button.clicked.connect(self.accept)
        cancel = IconButton("Cancel")
        cancel.setObjectName("matrix-options-cancel")
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.try_button)

        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(GROUP_SPACING)
        about = wrapped_label(
            "Each exporter runs at each opset in a process of its own: export, checks, loading, parity at every size,"
            " and a quick look at the latency. Cells that were finished before are not run again.",
            is_muted=True,
        )
        about.setMinimumWidth(460)
        column.addWidget(about)
        column.addLayout(_group("Exporters", grid))
        opsets = QVBoxLayout()
        opsets.setSpacing(SPACING)
        opsets.addWidget(self.default_box)
        opsets.addWidget(self.newest_box)
        opsets.addLayout(others)
        opsets.addWidget(self._problem)
        column.addLayout(_group("Opsets, for ONNX", opsets))
        column.addLayout(workers)
        column.addStretch(1)
        column.addLayout(buttons)
        self._on_changed()
        self.try_button.setFocus()

    @property
    def choices(self) -> tuple[MatrixChoice, ...]:
        """The cells that were chosen."""
        chosen = [info for info in self._exporters if self.boxes[f"{info.format}/{info.exporter}"].isChecked()]
        opsets = Opsets(self.default_box.isChecked(), self.newest_box.isChecked(), self._others)
        return choices(chosen, opsets)

    def accept(self) -> None:
        """Remember which exporters are not wanted."""
        unchecked = [key for key, box in self.boxes.items() if box.isEnabled() and not box.isChecked()]
        self._settings.set_text(_UNCHECKED_KEY, "\n".join(unchecked))
        super().accept()

    def _opset_box(self, text: str, name: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setObjectName(name)
        box.setChecked(True)
        box.toggled.connect(self._on_changed)
        return box

    def _on_others(self, others: tuple[int, ...]) -> None:
        self._others = others
        self._on_changed()

    def _on_problem(self) -> None:
        self._problem.setText(self.others_edit.problem)
        self._problem.setVisible(bool(self.others_edit.problem))
        self._on_changed()

    def _on_changed(self) -> None:
        count = len(self.choices)
        self.try_button.setText(f"Try {plural(count, 'cell')}" if count else "Try")
        self.try_button.setEnabled(bool(count) and not self.others_edit.problem)
        self.try_button.setToolTip("" if count else "Choose an exporter, and an opset that it can write.")


def _opsets(info: ExporterInfo) -> str:
    if info.opset_min is None:
        return "no opsets: one cell"
    return f"opsets {info.opset_min} to {info.opset_max}, {info.opset_default} if none is asked for"


def _group(title: str, content: QGridLayout | QVBoxLayout) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(SPACING)
    column.addWidget(heading(title), alignment=Qt.AlignmentFlag.AlignLeft)
    column.addLayout(content)
    return column
