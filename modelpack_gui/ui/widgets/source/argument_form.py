"""Constructor arguments as a form made from the signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.records import CallableInfo, ParameterInfo
from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font
from modelpack_gui.ui.models.argument_kinds import Editor, Kind, editor_for, parse, problem_with, spell
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import CalmCombo, NoteLabel, chain_after, form_label
from modelpack_gui.ui.widgets.marked_line import MarkedLine

_UNSET = object()


class ArgumentForm(QWidget):
    """One row for each parameter. Only what differs from its default is an argument.

    The page gives it the signature and the arguments; `argument_edited` (name, value) and `argument_removed` (name)
    say what the user did. What cannot be read is marked, and nothing is emitted.
    """

    argument_edited = Signal(str, object)
    argument_removed = Signal(str)

    def __init__(self, tab_after: QWidget, parent: QWidget | None = None) -> None:
        """`tab_after` is the widget from which Tab goes to the first argument."""
        super().__init__(parent)
        self.setObjectName("argument-form")
        self._tab_after = tab_after
        self._info: CallableInfo | None = None
        self._arguments: Mapping[str, Any] = {}
        self._rows: dict[str, _Row] = {}
        self._unknown: dict[str, QWidget] = {}
        self._empty = wrapped_label("", is_muted=True)
        self._form = QFormLayout()
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setFormAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setHorizontalSpacing(SPACING)
        self._form.setVerticalSpacing(SPACING)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self._empty)
        column.addLayout(self._form)
        self._show_empty()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong now, one sentence each."""
        return tuple(row.note.text for row in self._rows.values() if row.note.text)

    def show_form(self, info: CallableInfo | None, arguments: Mapping[str, Any]) -> None:
        """Show a signature and the arguments given to it; rows are not touched while their value is the same.

        Without a signature each argument is shown by itself.
        """
        parameters = _parameters(info)
        if info is not self._info and parameters != _parameters(self._info):
            for row in self._rows.values():
                row.remove(self._form)
            self._rows = {}
            for parameter in parameters:
                row = _Row(parameter, self)
                self._form.addRow(row.label, row)
                self._rows[parameter.name] = row
        self._info, self._arguments = info, arguments
        for name, row in self._rows.items():
            row.show_value(arguments.get(name, _UNSET))
        self._show_unknown()
        self._show_empty()
        if self.window() is self._tab_after.window():
            chain_after(self._tab_after, [*self._rows.values(), *self._unknown.values()])

    def _show_unknown(self) -> None:
        takes_any = self._info is not None and any(item.kind == "var_keyword" for item in self._info.parameters)
        names = {name: value for name, value in self._arguments.items() if name not in self._rows}
        for widget in self._unknown.values():
            self._form.removeRow(widget)
        self._unknown = {}
        for name, value in names.items():
            field = _UnknownArgument(name, value, is_wrong=self._info is not None and not takes_any)
            field.remove.clicked.connect(lambda _checked=False, name=name: self.argument_removed.emit(name))
            label = form_label(name)
            label.setFont(mono_font())
            self._form.addRow(label, field)
            self._unknown[name] = field

    def _show_empty(self) -> None:
        is_empty = not self._rows and not self._unknown
        self._empty.setVisible(is_empty)
        if self._info is None:
            self._empty.setText("Choose a class or factory to see what it takes.")
        else:
            self._empty.setText(f"{self._info.name} takes no arguments.")


class _UnknownArgument(QWidget):
    def __init__(self, name: str, value: Any, *, is_wrong: bool) -> None:
        super().__init__()
        text = ElidedLabel(repr(value), Qt.TextElideMode.ElideRight)
        text.setFont(mono_font())
        self.remove = IconToolButton(f"Remove the argument {name}", "remove")
        self.remove.setObjectName(f"remove-argument-{name}")
        note = NoteLabel(Status.FAILED)
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(text, 1)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(note)
        if is_wrong:
            note.set_text(f"The signature has no parameter {name}.")


class _Row(QWidget):
    """The editor of one parameter with a note below it."""

    def __init__(self, parameter: ParameterInfo, form: ArgumentForm) -> None:
        super().__init__()
        self._parameter, self._form = parameter, form
        self._editor: Editor = editor_for(parameter)
        self._choices = (*self._editor.choices, *((None,) if self._editor.allows_none else ()))
        self._value: Any = _UNSET
        self._typed = False  # what is typed could not be read
        name = parameter.name
        self.label = form_label(f"{name} *" if parameter.is_required else name)
        self.label.setFont(mono_font())
        self.label.setToolTip(plain_tooltip(_signature_text(parameter)))
        self.note = NoteLabel(Status.FAILED)
        self._reset = IconToolButton(f"Take the default of {name}", "reset")
        self._reset.setObjectName(f"reset-argument-{name}")
        self._reset.clicked.connect(lambda: form.argument_removed.emit(name))
        hint = ElidedLabel(_hint(parameter, self._editor), Qt.TextElideMode.ElideRight)
        hint.setProperty("role", "muted")
        self._line: MarkedLine | None = None
        self._check: QCheckBox | None = None
        self._combo: CalmCombo | None = None
        field = self._make_field()
        field.setObjectName(f"argument-{name}")
        field.setToolTip(plain_tooltip(_signature_text(parameter)))
        self.label.setBuddy(field)
        self.setFocusProxy(field)
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(field, 3)
        row.addWidget(self._reset)
        row.addWidget(hint, 2)
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self.note)
        self._follow()

    def remove(self, form: QFormLayout) -> None:
        """Take the row out of the form."""
        form.removeRow(self)

    def show_value(self, value: Any) -> None:
        """Show a value or that there is none; what is typed and wrong stays while the value is the same."""
        if _same(value, self._value):
            if not self._typed:
                self._judge()
            return
        self._value, self._typed = value, False
        self._follow()

    def _make_field(self) -> QWidget:
        name, default = self._parameter.name, self._parameter.default
        if self._editor.kind is Kind.BOOL:
            self._check = QCheckBox("")
            self._check.setAccessibleName(name)
            self._check.clicked.connect(self._on_checked)
            return self._check
        if self._editor.kind is Kind.CHOICE:
            self._combo = CalmCombo(name)
            self._combo.addItem("Choose…" if default is None else f"Default ({default})")
            self._combo.addItems([str(choice) for choice in self._choices])
            self._combo.activated.connect(self._on_activated)
            return self._combo
        self._line = MarkedLine(name)
        self._line.setPlaceholderText(default if default is not None else "")
        if self._editor.kind is not Kind.STR:
            self._line.setFont(mono_font())
        self._line.textEdited.connect(self._on_text_edited)
        return self._line

    def _follow(self) -> None:
        is_set = self._value is not _UNSET
        if self._line is not None:
            if not (is_set and self._reads_as(self._line.text(), self._value)):
                self._line.follow(spell(self._value, self._editor) if is_set else "")
        elif self._check is not None:
            value = self._value if is_set else self._parameter.value
            self._check.setChecked(bool(value))
            self._check.setText("" if is_set or not self._parameter.is_required else "not chosen")
        elif self._combo is not None:
            places = (i + 1 for i, choice in enumerate(self._choices) if is_set and _same(choice, self._value))
            self._combo.setCurrentIndex(next(places, 0))
        self._judge()

    def _reads_as(self, text: str, value: Any) -> bool:
        try:
            return bool(text.strip()) and _same(parse(text, self._editor), value)
        except ValueError:
            return False

    def _judge(self) -> None:
        name = self._parameter.name
        problem = ""
        if self._value is _UNSET:
            if self._parameter.is_required:
                wanted = self._parameter.object_class
                problem = f"{name} has no default and must be given."
                if wanted:
                    problem = f"{name} needs an object of {wanted}. Let a factory make it: see above."
        else:
            reason = problem_with(self._value, self._editor)
            problem = f"{name} is {self._value!r} and must be {reason}." if reason else ""
        self._mark(problem)

    def _mark(self, problem: str) -> None:
        self.note.set_text(problem)
        if self._line is not None:
            self._line.set_problem(problem if self._line.text() else "")
        self._reset.setVisible(self._value is not _UNSET and not self._parameter.is_required)

    def _on_text_edited(self, text: str) -> None:
        name = self._parameter.name
        if not text.strip():
            self._typed = False
            if self._value is not _UNSET:
                self._value = _UNSET
                self._form.argument_removed.emit(name)
            self._judge()
            return
        try:
            value = parse(text, self._editor)
        except ValueError as error:
            self._typed = True
            self._mark(f"{name} must be {error}.")
            return
        self._typed = False
        self._give(value)

    def _on_checked(self, checked: bool) -> None:
        self._give(checked)

    def _on_activated(self, index: int) -> None:
        assert self._combo is not None
        if index == 0:
            self._form.argument_removed.emit(self._parameter.name)
        else:
            self._give(self._choices[index - 1])

    def _give(self, value: Any) -> None:
        """Tell the form; the default itself is the same as no argument."""
        name = self._parameter.name
        is_known = self._parameter.value is not None or self._parameter.default == "None"
        if is_known and _same(value, self._parameter.value):
            if self._value is not _UNSET:
                self._value = _UNSET
                self._form.argument_removed.emit(name)
        elif not _same(value, self._value):
            self._value = value
            self._form.argument_edited.emit(name, value)
        self._judge()


def _parameters(info: CallableInfo | None) -> tuple[ParameterInfo, ...]:
    if info is None:
        return ()
    return tuple(item for item in info.parameters if item.kind != "var_keyword")


def _same(one: Any, other: Any) -> bool:
    """Equal in type too: True is not 1, and 1 is not 1.0."""
    return one is other or (type(one) is type(other) and bool(one == other))


def _signature_text(parameter: ParameterInfo) -> str:
    star = "*" if parameter.kind == "var_positional" else ""
    annotation = f": {parameter.annotation}" if parameter.annotation else ""
    default = f" = {parameter.default}" if parameter.default is not None else ""
    return f"{star}{parameter.name}{annotation}{default}"


def _hint(parameter: ParameterInfo, editor: Editor) -> str:
    kind = parameter.annotation or editor.kind.value
    if parameter.kind == "var_positional":
        kind = f"a list, given as *{parameter.name}"
    if parameter.is_required:
        return f"{kind}, required"
    return kind if parameter.default is None else f"{kind}, default {parameter.default}"
