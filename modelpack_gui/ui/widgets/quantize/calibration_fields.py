"""Where the data for quantising comes from: ranges are found on most of it, the rest is kept to judge by."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.records import CalibrationSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models.quantize_text import KIND_TIPS, KINDS, calibration_problem
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.quantize_edits import edit_calibration
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.labelled import labelled
from modelpack_gui.ui.widgets.marked_line import MarkedLine
from modelpack_gui.ui.widgets.number_fields import SpinField
from modelpack_gui.ui.widgets.path_field import PathField
from modelpack_gui.ui.widgets.segments import Segments
from modelpack_gui.ui.widgets.status_line import StatusLine

_PYTHON_NOTE = (
    "Per sample it gives a mapping from input names to arrays, a sequence of arrays in the order of the inputs, or "
    "one array. It runs in the project's interpreter, as the model does."
)
_FOLDER_NOTE = "A .npz holds an array for each input; .npy files and images are for a model with one input."


class CalibrationFields(QWidget):
    """Kind, place, how many samples, and which share is held out."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.kinds = Segments(KINDS, KIND_TIPS)
        self.kinds.setObjectName("calibration-kind")
        self.kinds.chosen.connect(self._on_kind_chosen)

        self.folder = PathField(
            "Calibration folder", "calibration-folder", "", lambda: controller.base, settings, is_folder=True
        )
        self.file = PathField(
            "Calibration file",
            "calibration-file",
            "Python (*.py);;All files (*)",
            lambda: controller.base,
            settings,
            suffixes=(".py",),
        )
        for field in (self.folder, self.file):
            field.path_edited.connect(self._on_path_edited)
        self.folder.line.setPlaceholderText("Folder with .npy, .npz or image files")
        self.file.line.setPlaceholderText("Python file")
        self.name = MarkedLine("Name of the iterable")
        self.name.setObjectName("calibration-name")
        self.name.setPlaceholderText("Name in that file")
        self.name.setToolTip(KIND_TIPS["python"])
        self.name.editingFinished.connect(self._on_name_edited)
        self.samples = SpinField("Samples", 1, 100_000)
        self.samples.setObjectName("calibration-samples")
        self.samples.setToolTip("So many at most, those held out included. Some hundreds are plenty")
        self.samples.valueChanged.connect(
            lambda value: edit_calibration(
                controller, "change the calibration samples", "calibration.samples", samples=value
            )
        )
        self.held_out = SpinField("Held out", 0, 90)
        self.held_out.setObjectName("calibration-held-out")
        self.held_out.setSuffix(" %")
        self.held_out.setFixedWidth(76)
        self.held_out.setToolTip(
            "Share that calibration does not see, to judge by. With none, the error is judged on the same samples"
        )
        self.held_out.valueChanged.connect(self._on_held_out_changed)
        self.seed = SpinField("Seed", 0, 1_000_000)
        self.seed.setObjectName("calibration-seed")
        self.seed.setToolTip("Of which samples are held out, and of what is drawn at random")
        self.seed.valueChanged.connect(
            lambda value: edit_calibration(controller, "change the calibration seed", "calibration.seed", seed=value)
        )
        self._lay_out()

    def show_spec(self, spec: CalibrationSpec) -> None:
        """Bring the fields in line with a recipe."""
        self.kinds.set_value(spec.kind)
        self.setFocusProxy(self.kinds.buttons[spec.kind])
        self._place.setVisible(spec.kind != "inputs")
        self.folder.setVisible(spec.kind == "folder")
        for widget in (self.file, self.name):
            widget.setVisible(spec.kind == "python")
        (self.file if spec.kind == "python" else self.folder).set_path(spec.path)
        self.name.follow(spec.name)
        self.samples.set_value(spec.samples)
        self.held_out.set_value(round(100 * spec.held_out))
        self.seed.set_value(spec.seed)
        self._note.setText({"inputs": KIND_TIPS["inputs"], "folder": _FOLDER_NOTE, "python": _PYTHON_NOTE}[spec.kind])
        self.problem.set_text(calibration_problem(spec))

    def _lay_out(self) -> None:
        self._place = QWidget()
        place = QHBoxLayout(self._place)
        place.setContentsMargins(0, 0, 0, 0)
        place.setSpacing(SPACING)
        place.addWidget(self.folder, 1)
        place.addWidget(self.file, 3)
        place.addWidget(self.name, 2)
        numbers = QHBoxLayout()
        numbers.setSpacing(GROUP_SPACING)
        for number in (self.samples, self.held_out, self.seed):
            numbers.addWidget(labelled(number, number.toolTip()))
        numbers.addStretch(1)
        first = QHBoxLayout()
        first.setSpacing(GROUP_SPACING)
        first.addWidget(self.kinds)
        first.addStretch(1)
        self._note = wrapped_label("", is_muted=True)
        self.problem = StatusLine(Status.WARNING)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(first)
        column.addWidget(self._place)
        column.addLayout(numbers)
        column.addWidget(self._note)
        column.addWidget(self.problem)

    def _on_kind_chosen(self, kind: str) -> None:
        is_other = kind != self._controller.quantize.spec.calibration.kind
        changes = {"path": "", "name": ""} if is_other else {}  # a file is no folder
        edit_calibration(self._controller, "change the calibration data", kind=kind, **changes)

    def _on_path_edited(self, path: str) -> None:
        # of a typed path each beginning may be a folder
        edit_calibration(self._controller, "choose the calibration data", "calibration.path", path=path)

    def _on_name_edited(self) -> None:
        edit_calibration(
            self._controller, "name the calibration data", "calibration.name", name=self.name.text().strip()
        )

    def _on_held_out_changed(self, percent: int) -> None:
        text = "change the share that is held out"
        edit_calibration(self._controller, text, "calibration.held-out", held_out=percent / 100)
