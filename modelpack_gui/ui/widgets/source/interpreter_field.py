"""Which Python runs the stages, and what it has."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.client.interpreters import find_interpreters
from modelpack_gui.client.recipe_file import relative_to_recipe
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import Capabilities, PackageInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.models.source_text import capabilities_inspection, capabilities_line
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.form_parts import CalmCombo, CommandRow, NoteLabel, chain_after

PURPOSE = "interpreter"
_TOOLTIP = Qt.ItemDataRole.ToolTipRole


class InterpreterField(QWidget):
    """Combo of the Pythons nearby, browse, and one line of what the chosen one has."""

    interpreter_edited = Signal(str)

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._settings = controller, settings
        self._paths: list[str] = []
        self._missing: list[QWidget] = []
        self.combo = CalmCombo("Interpreter")
        self.combo.setObjectName("interpreter")
        self.combo.activated.connect(lambda index: self.interpreter_edited.emit(self._paths[index]))
        browse = IconButton("Browse…", "browse")
        browse.setObjectName("interpreter-browse")
        browse.setAccessibleName("Browse for an interpreter")
        browse.clicked.connect(self._on_browse)
        self._line = wrapped_label("", is_muted=True, is_selectable=True)
        self._line.setObjectName("interpreter-facts")
        self._details = IconButton("Details", role="link")
        self._details.setObjectName("interpreter-details")
        self._details.clicked.connect(self._on_details)
        self._error = ErrorPanel(controller)
        self._error.show_error(None)
        self._missing_column = QVBoxLayout()
        self._missing_column.setSpacing(GRID)
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(self.combo, 1)
        row.addWidget(browse)
        facts = QHBoxLayout()
        facts.setSpacing(SPACING)
        facts.addWidget(self._line, 1)
        facts.addWidget(self._details)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addLayout(facts)
        column.addLayout(self._missing_column)
        column.addWidget(self._error)
        self.setFocusProxy(self.combo)
        self.look_around()
        self.show_capabilities()

    def look_around(self) -> None:
        """Find the interpreters near the project anew."""
        found = find_interpreters(self._controller.base)
        self._paths = ["", *(self._spelled(item.path) for item in found[1:])]
        with QSignalBlocker(self.combo):
            self.combo.clear()
            self.combo.addItems([item.label for item in found])
            for i, item in enumerate(found):
                self.combo.setItemData(i, item.path, _TOOLTIP)
        self.show_interpreter()

    def show_interpreter(self) -> None:
        """Follow the recipe."""
        path = self._controller.recipe.interpreter.path
        with QSignalBlocker(self.combo):
            if path not in self._paths:
                self._paths.append(path)
                self.combo.addItem(path)
                self.combo.setItemData(self.combo.count() - 1, path, _TOOLTIP)
            self.combo.setCurrentIndex(self._paths.index(path))

    def show_capabilities(self) -> None:
        """Show what the interpreter answered."""
        found, error = self._controller.capabilities, self._controller.capabilities_error
        self._error.show_error(error)
        self._details.setVisible(found is not None)
        self._line.setText(_facts(found, error, is_trusted=self._controller.is_trusted))
        self._line.setVisible(bool(self._line.text()))
        for widget in self._missing:
            self._missing_column.removeWidget(widget)
            widget.deleteLater()
        packages = found.packages if found is not None else ()
        lacking = [info for info in packages if not info.version and not info.is_extra]
        self._missing = [_MissingPackages(lacking)] if lacking else []
        for widget in self._missing:
            self._missing_column.addWidget(widget)
        chain_after(self._details, self._missing)

    def _spelled(self, path: str) -> str:
        return relative_to_recipe(path, self._controller.base)

    def _on_details(self) -> None:
        if self._controller.capabilities is not None:
            self._controller.inspect(capabilities_inspection(self._controller.capabilities), Stage.SOURCE)

    def _on_browse(self) -> None:
        dialog = QFileDialog(self, "Choose a Python interpreter", self._settings.last_folder(PURPOSE))
        dialog.setObjectName("interpreter-dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._on_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_chosen(self, path: str) -> None:
        self._settings.set_last_folder(PURPOSE, path)
        self.interpreter_edited.emit(self._spelled(path))


class _MissingPackages(QWidget):
    """What the interpreter lacks and what for, and one command that installs all of it."""

    def __init__(self, lacking: list[PackageInfo]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(2)
        for info in lacking:
            note = NoteLabel(Status.WARNING)
            column.addWidget(note)
            needed_for = info.needed_for
            if needed_for[1:2].islower():  # ONNX stays as it is
                needed_for = needed_for[0].lower() + needed_for[1:]
            note.set_text(f"{info.name} is missing, needed for {needed_for}")
        command = lacking[0].pip
        column.addWidget(CommandRow(" ".join([command, *(info.name for info in lacking[1:])])))


def _facts(found: Capabilities | None, error: ErrorInfo | None, *, is_trusted: bool) -> str:
    if found is not None:
        return capabilities_line(found)
    if error is not None:
        return ""
    return "Asking the interpreter what it has…" if is_trusted else "Not asked: the recipe is not trusted yet."
