"""Which steps follow an export: a box for each with what to know of it, the chosen ones on top in their order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.records import PostStepInfo
from modelpack_gui.ui.look.theme import GRID
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import CommandRow, NoteLabel, pip_install

_INDENT = 22


class _StepRow(QWidget):
    """One step: its box, buttons to move it, its note, and what it lacks here."""

    def __init__(self, info: PostStepInfo, executable: str) -> None:
        super().__init__()
        self.step = info.id
        self.title = info.title
        self.box = QCheckBox(info.title)
        self.box.setObjectName(f"post-step-{info.id}")
        self.box.setAccessibleDescription(info.note)
        self.is_missing = bool(info.missing)
        self.up = IconToolButton(f"Run {info.title} earlier", "chevron-up")
        self.up.setObjectName(f"post-step-up-{info.id}")
        self.down = IconToolButton(f"Run {info.title} later", "chevron-down")
        self.down.setObjectName(f"post-step-down-{info.id}")
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.box)
        head.addStretch(1)
        head.addWidget(self.up)
        head.addWidget(self.down)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        if info.note:
            note = wrapped_label(info.note, is_muted=True)
            note.setContentsMargins(_INDENT, 0, 0, 0)
            column.addWidget(note)
        if info.missing:
            needs = NoteLabel(Status.WARNING)
            needs.setContentsMargins(_INDENT, 0, 0, 0)
            command = CommandRow(pip_install(executable, info.missing))
            command.setContentsMargins(_INDENT, 0, 0, 0)
            column.addWidget(needs)
            column.addWidget(command)
            needs.set_text(f"Needs {', '.join(info.missing)}, which this interpreter lacks.")

    def show_place(self, place: int, count: int) -> None:
        """Show where it is among the chosen steps, from 0; -1 if it is not chosen."""
        is_chosen = place >= 0
        self.box.setChecked(is_chosen)
        self.box.setEnabled(is_chosen or not self.is_missing)
        self.box.setText(f"{place + 1}. {self.title}" if count > 1 and is_chosen else self.title)
        for button, is_possible in ((self.up, place > 0), (self.down, 0 <= place < count - 1)):
            button.setVisible(count > 1 and is_chosen)
            button.setEnabled(is_possible)


class PostStepChoice(QWidget):
    """Tick a step to run it last; move it with its buttons."""

    steps_chosen = Signal(object)  # tuple of identifiers, in order

    def __init__(self, executable: str, parent: QWidget | None = None) -> None:
        """`executable` is the interpreter that pip commands are for; empty takes `python`."""
        super().__init__(parent)
        self._executable = executable
        self._infos: tuple[PostStepInfo, ...] = ()
        self._chosen: tuple[str, ...] = ()
        self._rows: dict[str, _StepRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID + 2)

    def show_steps(self, infos: Sequence[PostStepInfo], chosen: tuple[str, ...]) -> None:
        """Show the steps of a format, and which are chosen; one that is chosen and not known is shown, too."""
        known = {info.id for info in infos}
        unknown = tuple(PostStepInfo(name, "", name, ()) for name in chosen if name not in known)
        if (*infos, *unknown) != self._infos:
            self._infos = (*infos, *unknown)
            self._make_rows()
        self._chosen = chosen
        order = [*chosen, *(info.id for info in self._infos if info.id not in chosen)]
        for position, name in enumerate(order):
            row = self._rows[name]
            if self._column.indexOf(row) != position:
                self._column.removeWidget(row)
                self._column.insertWidget(position, row)
            row.show_place(chosen.index(name) if name in chosen else -1, len(chosen))

    def _make_rows(self) -> None:
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {info.id: self._make_row(info) for info in self._infos}

    def _make_row(self, info: PostStepInfo) -> _StepRow:
        row = _StepRow(info, self._executable)
        row.box.clicked.connect(lambda is_on: self._on_clicked(info.id, is_on=is_on))
        row.up.clicked.connect(lambda: self._move(info.id, -1))
        row.down.clicked.connect(lambda: self._move(info.id, 1))
        self._column.addWidget(row)
        return row

    def _on_clicked(self, step: str, *, is_on: bool) -> None:
        rest = tuple(name for name in self._chosen if name != step)
        self.steps_chosen.emit((*rest, step) if is_on else rest)

    def _move(self, step: str, by: int) -> None:
        order = list(self._chosen)
        place = order.index(step)
        order.insert(place + by, order.pop(place))
        self.steps_chosen.emit(tuple(order))
