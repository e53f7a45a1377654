"""Parts of forms: sections with aligned labels, fields that say in place what is wrong, combos the wheel spares."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font, status_icon, theme
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconToolButton, heading, wrapped_label

LABEL_WIDTH = 116
FIELD_HEIGHT = 28
TICK_HEIGHT = 16  # of a check box or a radio button


class FormSection(QWidget):
    """A heading with a form below it; the labels of all sections have one width, so that the fields line up."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACING)
        self.header.addWidget(heading(title))
        self.header.addStretch(1)
        self.form = QFormLayout()
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.form.setFormAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setHorizontalSpacing(SPACING)
        self.form.setVerticalSpacing(SPACING)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACING)
        self.column.addLayout(self.header)
        self.column.addLayout(self.form)

    def add_row(
        self, text: str, field: QWidget | QLayout, buddy: QWidget | None = None, *, height: int = FIELD_HEIGHT
    ) -> QLabel:
        """Add a field; `buddy` takes the focus when the label's mnemonic is pressed.

        Args:
            height: Pixels of the field's first line, which the label stands beside.
        """
        label = form_label(text, height)
        target = buddy if buddy is not None else field
        if isinstance(target, QWidget):
            label.setBuddy(target.focusProxy() or target)  # a label gives the focus to what takes it itself only
        if isinstance(field, QWidget):
            self.form.addRow(label, field)
        else:
            self.form.addRow(label, field)
        return label

    def add_wide(self, widget: QWidget) -> None:
        """Add something below the fields, as wide as the section."""
        self.column.addWidget(widget)


def chain_after(anchor: QWidget, parents: Iterable[QWidget]) -> None:
    """Let Tab go from `anchor` through what is in `parents`, in order: Qt puts what is made later at the end."""
    before = anchor
    for parent in parents:
        inside = [parent, *parent.findChildren(QWidget)]
        for widget in inside:
            takes_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
            if takes_tab and widget.window() is anchor.window():  # a combo's list is a window of its own
                QWidget.setTabOrder(before, widget)
                before = widget


def form_label(text: str, height: int = FIELD_HEIGHT) -> QLabel:
    """A label at the left of a field, as high as the field's first line so that the two stand on one line."""
    label = QLabel(text)
    label.setMinimumWidth(LABEL_WIDTH)
    label.setFixedHeight(max(height, label.fontMetrics().height()))  # a form stretches what may grow
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return label


class NoteLabel(QWidget):
    """One sentence with the shape and colour of a state, below the field it speaks of; hidden while empty."""

    def __init__(self, status: Status = Status.FAILED, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = status
        self._picture = QLabel()
        self._label = wrapped_label("", is_selectable=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID + 2)
        row.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self._tint()
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while hidden."""
        return self._label.text()

    @property
    def status(self) -> Status:
        """The state whose shape and colour it has."""
        return self._status

    def set_text(self, text: str, status: Status | None = None) -> None:
        """Say something; empty hides the label."""
        if status is not None and status is not self._status:
            self._status = status
            self._tint()
        if text != self._label.text():
            self._label.setText(text)
            self.setAccessibleName(text)
        self.setVisible(bool(text))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self._picture.setPixmap(status_icon(self._status).pixmap(14, 14))
        # A palette would be undone by the application's style sheet at the next change of theme.
        sheet = f"color: {theme().status_color(self._status)};"
        if sheet != self._label.styleSheet():
            self._label.setStyleSheet(sheet)


def pip_install(executable: str, packages: Iterable[str]) -> str:
    """The command that installs packages in an interpreter; an empty one takes `python`."""
    python = f'"{executable}"' if executable else "python"
    return f"{python} -m pip install {' '.join(map(_quoted, packages))}"


def _quoted(package: str) -> str:
    """A requirement such as `onnxscript>=0.5`, which a shell would take for a redirection."""
    return package if package.replace("-", "").replace("_", "").isalnum() else f'"{package}"'


class CommandRow(QWidget):
    """A command to paste into a terminal, with a copy button."""

    def __init__(self, command: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.command = command
        text = ElidedLabel(command, Qt.TextElideMode.ElideMiddle)
        text.setFont(mono_font())
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = IconToolButton("Copy the command", "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(command))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(copy)
        row.addWidget(text, 1)


class CalmCombo(QComboBox):
    """A combo box that the wheel changes only when it has the focus, and that may be narrower than its items."""

    def __init__(self, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it to what scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
