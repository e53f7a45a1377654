"""Where the model's Python is, and which class or factory of it makes the model."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QStringListModel, Qt, Signal
from PySide6.QtGui import QColor, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QCompleter,
    QHBoxLayout,
    QRadioButton,
    QStackedWidget,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.locations import is_file
from modelpack_gui.core.records import CallableInfo, ModelSource, module_and_name
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GRID, GROUP_SPACING, SPACING, mono_font, theme
from modelpack_gui.ui.models.source_text import callable_line
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.form_parts import TICK_HEIGHT, CalmCombo, FormSection, NoteLabel
from modelpack_gui.ui.widgets.marked_line import MarkedLine
from modelpack_gui.ui.widgets.path_field import PathField
from modelpack_gui.ui.widgets.source.saved_model_view import SavedModelView

_KIND_WORDS = {"module": "nn.Module", "class": "class", "factory": "factory", "instance": "instance"}
_SUFFIXES = (".py", ".pt", ".pt2", ".pth", ".ts", ".torchscript", ".onnx")
_FILTER = (
    "Models (*.py *.pt *.pt2 *.pth *.ts *.torchscript *.onnx);;Python files (*.py);;"
    "Saved models (*.pt *.pt2 *.pth *.ts *.torchscript *.onnx);;All files (*)"
)


class ModelField(FormSection):
    """File or module, and the name in it. Signals give what the user chose."""

    location_edited = Signal(str, str, str)  # file, module: one of them is empty; the class, empty to keep it
    name_edited = Signal(str)
    consent_wanted = Signal()
    factory_wanted = Signal()
    allowed_edited = Signal(object)  # the full names that a saved model may still use

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("Model", parent)
        self._controller = controller
        self._is_module = False
        self._in_file = QRadioButton("F&ile")
        self._in_file.setObjectName("source-is-file")
        self._in_module = QRadioButton("Importable &module")
        self._in_module.setObjectName("source-is-module")
        self._in_file.setChecked(True)
        kinds = QButtonGroup(self)
        kinds.addButton(self._in_file)
        kinds.addButton(self._in_module)
        self._in_module.toggled.connect(self._on_kind_toggled)
        choice = QHBoxLayout()
        choice.setSpacing(GROUP_SPACING)
        choice.addWidget(self._in_file)
        choice.addWidget(self._in_module)
        choice.addStretch(1)

        self.file = PathField(
            "Model file", "source", _FILTER, lambda: controller.base, settings, suffixes=_SUFFIXES,
        )  # fmt: skip
        self.file.line.setPlaceholderText("model.py, or a saved model: choose, drop or type a file")
        self.file.path_edited.connect(lambda path: self.location_edited.emit(path, "", ""))
        self.module = MarkedLine("Importable module")
        self.module.setObjectName("source-module")
        self.module.setFont(mono_font())
        self.module.setPlaceholderText("package.module, or package.module:Class")
        self.module.editingFinished.connect(self._on_module_finished)
        self._location = QStackedWidget()
        self._location.addWidget(self.file)
        self._location.addWidget(self.module)

        self.combo = CalmCombo("Class or factory")
        self.combo.setObjectName("source-name")
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(CalmCombo.InsertPolicy.NoInsert)
        self.combo.setMaxVisibleItems(20)
        self.combo.setItemDelegate(QStyledItemDelegate(self.combo))  # the one that heeds the style sheet
        self._line = MarkedLine("Class or factory")
        self._line.setFont(mono_font())
        self._line.setPlaceholderText("Choose a class or factory")
        self._line.setStyleSheet("min-height: 0px;")  # inside the combo's frame
        self.combo.setLineEdit(self._line)
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.activated.connect(self._give_name)
        self.combo.setCompleter(completer)
        self.combo.activated.connect(self._on_activated)
        self._line.textEdited.connect(self._on_name_edited)
        self._line.editingFinished.connect(lambda: self._give_name(self._line.text()))
        self.read_again = IconToolButton("Read the file again", "reset")
        self.read_again.setObjectName("scan-again")
        self.read_again.clicked.connect(controller.refresh_scan)
        names = QHBoxLayout()
        names.setSpacing(SPACING)
        names.addWidget(self.combo, 1)
        self.saved = SavedModelView()
        self.saved.consent_wanted.connect(self.consent_wanted)
        self.saved.disallowed.connect(self._on_disallowed)
        names.addWidget(self.saved, 1)
        names.addWidget(self.read_again, alignment=Qt.AlignmentFlag.AlignTop)
        self._summary = wrapped_label("", is_muted=True)
        self._summary.setObjectName("source-summary")
        self._note = NoteLabel()
        self._note.setObjectName("source-name-problem")
        self._factory = IconButton("Write a factory…", "source")
        self._factory.setObjectName("write-factory")
        self._factory.setToolTip("A function that makes the objects which the constructor needs")
        self._factory.clicked.connect(self.factory_wanted)
        self._error = ErrorPanel(controller)
        self._error.show_error(None)
        under = QVBoxLayout()
        under.setSpacing(GRID)
        under.addLayout(names)
        under.addWidget(self._summary)
        under.addWidget(self._note)
        under.addWidget(self._factory, alignment=Qt.AlignmentFlag.AlignLeft)
        under.addWidget(self._error)

        self.add_row("Kept in", choice, height=TICK_HEIGHT)
        self._location_label = self.add_row("Mo&del file", self._location, self.file.line)
        self._name_label = self.add_row("&Class or factory", under, self.combo)
        self.follow()
        self.show_scan()

    @property
    def chosen(self) -> CallableInfo | None:
        """What the scan says of the chosen name; None if it does not know it."""
        scan, name = self._controller.scan, self._controller.recipe.source.name
        return next((info for info in scan.callables if info.name == name), None) if scan is not None else None

    def follow(self) -> None:
        """Show the recipe's source."""
        source = self._controller.recipe.source
        if source.location:
            self._set_kind(is_module=bool(source.module))
        self.file.set_path(source.file)
        self.module.follow(source.module)
        self.combo.setVisible(not source.is_saved_model)
        self.saved.setVisible(source.is_saved_model)
        self._name_label.setText("What it is" if source.is_saved_model else "&Class or factory")
        self._follow_saved()
        self._follow_name(source)
        self._judge()

    def show_scan(self) -> None:
        """Show what the file offers."""
        scan = self._controller.scan
        found = scan.callables if scan is not None else ()
        with QSignalBlocker(self.combo):
            model = QStandardItemModel(len(found), 1, self.combo)
            for row, info in enumerate(found):
                model.setItem(row, _item(info))
            self.combo.setModel(model)  # the old one was the combo's own child, which Qt deletes
            self._names.setStringList([info.name for info in found])
            self._follow_name(self._controller.recipe.source, is_anew=True)
        self._error.show_error(self._controller.scan_error)
        self._follow_saved()
        self._judge()

    def _follow_saved(self) -> None:
        scan, source = self._controller.scan, self._controller.recipe.source
        is_saved = scan is not None and source.is_saved_model
        self.saved.show_saved(scan.saved if is_saved and scan is not None else None, source.allowed_globals)

    def _on_disallowed(self, name: str) -> None:
        allowed = self._controller.recipe.source.allowed_globals
        self.allowed_edited.emit(tuple(item for item in allowed if item != name))

    def _follow_name(self, source: ModelSource, *, is_anew: bool = False) -> None:
        scan = self._controller.scan
        names = [info.name for info in scan.callables] if scan is not None else []
        if is_anew or self._line.text() != source.name:
            with QSignalBlocker(self.combo):
                self.combo.setCurrentIndex(names.index(source.name) if source.name in names else -1)
                self._line.follow(source.name)

    def _judge(self) -> None:
        controller = self._controller
        source, chosen = controller.recipe.source, self.chosen
        summary, problem, status = "", "", Status.FAILED
        if chosen is not None:
            summary = callable_line(chosen)
            if chosen.abstract:
                summary, problem = "", callable_line(chosen)
        elif source.is_saved_model and controller.scan is not None:
            pass  # it is described in full
        elif controller.scan is not None and source.name:
            problem = f"{source.name} is not among what {source.location} defines."
            status = Status.WARNING  # a name that it imports can be right
        elif controller.scan is not None and not controller.scan.callables:
            summary = f"{source.location} defines no class and no function."
        elif source.location and controller.scan is None and controller.scan_error is None:
            summary = "Reading the file…" if controller.is_trusted else "Not read: the recipe is not trusted yet."
        objects = [item for item in chosen.parameters if item.object_class] if chosen is not None else []
        given = source.arguments
        if objects and not all(item.name in given for item in objects):
            names = " and ".join(f"{item.name} needs an object of {item.object_class}" for item in objects)
            problem = f"The argument {names}, which cannot be typed here. A factory can make it."
            status = Status.WARNING
        self._factory.setVisible(bool(objects))
        self._summary.setText(summary)
        self._summary.setVisible(bool(summary))
        self._note.set_text(problem, status)
        self._line.set_problem("" if objects else problem)
        missing = ""
        if source.file and not is_file(controller.base / source.file):
            missing = f"There is no file {controller.base / source.file}."
        self.file.line.set_problem(missing)
        self.read_again.setEnabled(bool(source.location))

    def _set_kind(self, *, is_module: bool) -> None:
        with QSignalBlocker(self._in_module), QSignalBlocker(self._in_file):
            self._in_module.setChecked(is_module)
            self._in_file.setChecked(not is_module)
        self._show_kind(is_module=is_module)

    def _show_kind(self, *, is_module: bool) -> None:
        self._is_module = is_module
        self._location.setCurrentIndex(int(is_module))
        self._location_label.setText("&Module" if is_module else "Mo&del file")
        self._location_label.setBuddy(self.module if is_module else self.file.line)

    def _on_kind_toggled(self, is_module: bool) -> None:
        self._show_kind(is_module=is_module)
        (self.module if is_module else self.file).setFocus()

    def _on_module_finished(self) -> None:
        if not self._is_module:  # the field loses the focus since an undo hides it
            return
        source = self._controller.recipe.source
        text, name = module_and_name(self.module.text())
        self.module.follow(text)
        if text != source.module and (text or not source.file):
            self.location_edited.emit("", text, name)
        elif name:  # package.module:Class
            self._give_name(name)

    def _on_name_edited(self, text: str) -> None:
        scan = self._controller.scan
        if scan is not None and text.strip() in {info.name for info in scan.callables}:
            self._give_name(text)

    def _on_activated(self, index: int) -> None:
        scan = self._controller.scan
        if scan is not None and 0 <= index < len(scan.callables):
            self._give_name(scan.callables[index].name)

    def _give_name(self, name: str) -> None:
        name = name.strip()
        with QSignalBlocker(self.combo):  # an item's text has its kind, too
            self._line.follow(name)
        if name != self._controller.recipe.source.name:
            self.name_edited.emit(name)


def _item(info: CallableInfo) -> QStandardItem:
    summary = f": {info.summary}" if info.summary else ""
    word = "abstract" if info.abstract else _KIND_WORDS[info.kind]
    item = QStandardItem(f"{info.name}   ({word}{summary})")
    item.setToolTip(plain_tooltip(callable_line(info)))
    item.setData(info.name, Qt.ItemDataRole.AccessibleTextRole)
    if info.abstract:
        item.setForeground(QColor(theme().colors.muted))
    return item
