"""The user's code beside the results: marks lead to what they come from, and results lead to their lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.locations import located
from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.core.records import LoadReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.file_watch import FileWatch
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.look.theme import GRID, SPACING, icon
from modelpack_gui.ui.models.lint_items import STATUS_OF
from modelpack_gui.ui.models.source_marks import Mark, SourceMarks, canonical, source_marks
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.source_file import read_source
from modelpack_gui.ui.widgets.basics import IconButton, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.code.find_bar import FindBar
from modelpack_gui.ui.widgets.code.marks_menu import marks_menu
from modelpack_gui.ui.widgets.code.source_editor import SourceEditor

_NO_FILE = "Choose a model file on the Source page, or follow a line of a warning, an error or a graph node."


class SourceView(QWidget):
    """A file at a time; which ones there are: the model's, those that something points to, and those gone to."""

    subject_wanted = Signal(object, object)  # Stage, the record to show on its page
    editor_wanted = Signal(object)  # SourcePlace

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("source-view")
        self._controller = controller
        self._marks = SourceMarks({})
        self._drawn_from: tuple[object, ...] = ()
        self._file = ""
        self._last_model = ""
        self._visited: list[str] = []
        self._watch = FileWatch(self)
        self._watch.changed.connect(self.reload)
        self._late = QTimer(self, singleShot=True, interval=0)  # many states change at once
        self._late.timeout.connect(self._update_marks)

        self.editor = SourceEditor()
        self.editor.marks_wanted.connect(self._show_menu)
        self.editor.cursorPositionChanged.connect(self._show_line)
        self.find_bar = FindBar(self.editor)
        self.find_bar.closed.connect(self.editor.setFocus)
        self.message = wrapped_label(_NO_FILE, is_muted=True)
        self.message.setObjectName("source-message")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.message)
        self._stack.addWidget(self.editor)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING, GRID, SPACING, GRID)
        column.setSpacing(GRID)
        column.addLayout(self._make_bar())
        column.addWidget(self.find_bar)
        column.addWidget(self._stack, 1)
        self.setFocusProxy(self.editor)

        controller.stage_changed.connect(self._on_results_changed)
        controller.graph.changed.connect(self._on_results_changed)
        controller.findings_changed.connect(self._on_results_changed)
        controller.layers.changed.connect(self._on_results_changed)
        controller.recipe_changed.connect(self._on_source_changed)
        controller.scan_changed.connect(self._on_source_changed)
        controller.project_changed.connect(self._on_project_changed)
        self._on_project_changed()
        self._update_marks()
        self._fill_files()

    @property
    def file(self) -> str:
        """What is shown; empty if nothing is."""
        return self._file

    @property
    def place(self) -> SourcePlace | None:
        """The line of the caret."""
        return SourcePlace(self._file, self.editor.line) if self._file else None

    def show_place(self, place: SourcePlace) -> None:
        """Go to a line, of another file if need be."""
        if canonical(place.file) != canonical(self._file):
            self._show_file(place.file)
        self.editor.go_to(place.line)

    def reload(self) -> None:
        """Read the file again; the scroll position stays."""
        if not self._file:
            self._say(_NO_FILE)
            return
        try:
            text = read_source(Path(self._file))
        except UserError as error:
            self._say(f"{error.info.message} {error.info.hint}")
            return
        if text != self.editor.toPlainText():
            self.editor.set_code(text)
            self.find_bar.search_again()
        self.editor.set_marks(self._marks.of(self._file))
        self._stack.setCurrentWidget(self.editor)
        lines = self.editor.blockCount()
        with QSignalBlocker(self.line_field):
            self.line_field.setRange(1, lines)
        self.line_field.setSuffix(f" of {lines:,}")
        self._switch_tools(is_readable=True)

    # Parts

    def _make_bar(self) -> QHBoxLayout:
        self.files = QComboBox()
        self.files.setObjectName("source-files")
        self.files.setAccessibleName("File")
        self.files.setMinimumContentsLength(16)
        self.files.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.files.activated.connect(lambda index: self._show_file(self.files.itemData(index)))
        self.line_field = QSpinBox()
        self.line_field.setObjectName("source-line")
        self.line_field.setAccessibleName("Line")
        self.line_field.setToolTip("Go to a line (Ctrl+G)")
        self.line_field.setKeyboardTracking(False)
        self.line_field.setMinimumWidth(120)
        self.line_field.valueChanged.connect(self._on_line_given)
        label = QLabel("Line")
        label.setBuddy(self.line_field)
        self._tools: list[QWidget] = [self.line_field]
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(self.files, 1)
        row.addWidget(label)
        row.addWidget(self.line_field)
        for text, picture, name, run in (
            ("Previous mark (Alt+Up)", "chevron-up", "source-previous-mark", lambda: self.editor.go_to_mark(-1)),
            ("Next mark (Alt+Down)", "chevron-down", "source-next-mark", lambda: self.editor.go_to_mark(1)),
            ("Find (Ctrl+F)", "search", "source-find", self.find_bar.open_search),
        ):
            row.addWidget(self._tool(text, picture, name, run))
        self.open_button = IconButton("Open in my editor", "edit")
        self.open_button.setObjectName("open-in-editor")
        self.open_button.clicked.connect(self._want_editor)
        self._tools.append(self.open_button)
        row.addWidget(self.open_button)
        return row

    def _tool(self, text: str, picture: str, name: str, run: Callable[[], None]) -> IconToolButton:
        button = IconToolButton(text, picture)
        button.setObjectName(name)
        button.clicked.connect(run)
        self._tools.append(button)
        return button

    def _switch_tools(self, *, is_readable: bool) -> None:
        for tool in self._tools:
            tool.setEnabled(is_readable)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self._stack.setCurrentWidget(self.message)
        self._switch_tools(is_readable=False)

    # Files

    def _show_file(self, file: str) -> None:
        self._file = file
        self._visited = [*(one for one in self._visited if one != file), file]
        self._watch.watch(file)
        self._fill_files()
        self.editor.set_code("")
        self.reload()

    def _model_file(self) -> str:
        """Where the model's code is, as far as that is known; empty if there is none to read."""
        source = self._controller.recipe.source
        if source.is_saved_model:
            return ""
        if source.file:
            return str(located(self._controller.base, source.file))
        scan, report = self._controller.scan, self._controller.result(Stage.SOURCE, LoadReport)
        return scan.path if scan is not None else report.source_path if report is not None else ""

    def _fill_files(self) -> None:
        wanted = (self._model_file(), *self._marks.own_files, *self._visited)
        files = {canonical(file): file for file in reversed(wanted) if file}
        ordered = list(dict.fromkeys(canonical(file) for file in wanted if file))
        with QSignalBlocker(self.files):
            self.files.clear()
            for key in ordered:
                path = Path(files[key])
                self.files.addItem(icon("python"), f"{path.name}  –  {path.parent}", files[key])
                self.files.setItemData(self.files.count() - 1, plain_tooltip(files[key]), Qt.ItemDataRole.ToolTipRole)
            here = canonical(self._file)
            self.files.setCurrentIndex(ordered.index(here) if here in ordered else -1)
        self.files.setToolTip(plain_tooltip(self._file))
        self.files.setEnabled(bool(ordered))

    def _on_project_changed(self) -> None:
        is_bare = all(self._controller.state(stage).result is None for stage in ORDER)
        if is_bare and not self._controller.undo_stack.count():  # perhaps another project; saving is no such change
            self._visited = []
            self._update_marks()
            self._show_model()
        self._on_source_changed()

    def _on_source_changed(self) -> None:
        """Another model file is shown in place of the one before; a file that was gone to stays."""
        model = self._model_file()
        if model != self._last_model:
            if self._file in ("", self._last_model):
                self._visited = [file for file in self._visited if file != self._file]
                self._show_model()
            self._last_model = model
            self._fill_files()

    def _show_model(self) -> None:
        model = self._last_model = self._model_file()
        if model != self._file or not model:
            self._file = model
            self._watch.watch(model)
            self.editor.set_code("")
            self.reload()
        self._fill_files()

    # Marks

    def _on_results_changed(self, _stage: object = None) -> None:
        self._late.start()

    def _update_marks(self) -> None:
        states = {stage: self._controller.state(stage) for stage in ORDER}
        # The progress of a stage changes its state many times a second, and none of this.
        layers = self._controller.layers
        fault = layers.report.fault if layers.report is not None else None
        drawn_from = (
            self._controller.findings,
            (id(fault), fault is not None and layers.is_stale),
            id(self._controller.graph.graph),
            *((id(state.result), id(state.error), state.status) for state in states.values()),
        )
        if drawn_from == self._drawn_from:
            return
        self._drawn_from = drawn_from
        lint = [(STATUS_OF[item.severity], Stage.EXPORT, item.explanation) for item in self._controller.findings]
        self._marks = source_marks(
            states, lint, fault, is_fault_stale=layers.is_stale, graph=self._controller.graph.graph
        )
        self.editor.set_marks(self._marks.of(self._file))
        self._fill_files()

    def _show_menu(self, line: int, position: QPoint) -> None:
        found = self.editor.marks.get(line)
        if found is not None:
            menu = marks_menu(found, self._follow, self._show_nodes, self)
            menu.popup(position)
            menu.setActiveAction(menu.actions()[0])  # Return follows the first

    def _follow(self, mark: Mark) -> None:
        self.subject_wanted.emit(mark.stage, mark.subject)

    def _show_nodes(self, nodes: object) -> None:
        self.subject_wanted.emit(Stage.GRAPH, nodes)

    # Lines

    def _show_line(self) -> None:
        with QSignalBlocker(self.line_field):
            self.line_field.setValue(self.editor.line)
        if self.editor.hasFocus():
            self._select_node(self.editor.line)

    def _select_node(self, line: int) -> None:
        """The caret was moved to a line: select the first node that it made, if none of them is selected."""
        found, state = self.editor.marks.get(line), self._controller.graph
        if found is None or not found.nodes or state.graph is None:
            return
        first, current = found.nodes[0], state.selection.current
        if isinstance(current, NodePick) and state.graph.nodes[current.node].source_location == first.source_location:
            return
        state.selection.select(NodePick(first.index))

    def _on_line_given(self, line: int) -> None:
        self.editor.go_to(line)
        self.editor.setFocus()

    def _want_editor(self) -> None:
        if self.place is not None:
            self.editor_wanted.emit(self.place)

    # Keyboard and menu

    def event(self, event: QEvent) -> bool:
        """Ctrl+F and Ctrl+G are ours while the focus is in here, whatever the page behind makes of them."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and (_is_find(event) or _is_go_to(event)):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+F finds, Ctrl+G goes to a line."""
        if _is_find(event):
            self.find_bar.open_search()
        elif _is_go_to(event):
            self.line_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.line_field.selectAll()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done at this line."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("copy"), "Copy").triggered.connect(self.editor.copy)
        menu.addAction(icon("search"), "Find").triggered.connect(self.find_bar.open_search)
        menu.addAction(icon("edit"), "Open in my editor").triggered.connect(self._want_editor)
        menu.popup(event.globalPos())


def _is_find(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Find)


def _is_go_to(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_G and event.modifiers() == Qt.KeyboardModifier.ControlModifier
