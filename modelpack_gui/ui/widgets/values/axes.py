"""Which two axes of an output are spread out, and the place on each of the others."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.number_fields import SpinField


class AxisPicker(QWidget):
    """Rows, columns, and a number field for every other axis; nothing to pick for outputs with one axis or none.

    Attributes:
        shape: Of the output.
        index: The place on each axis; that of the two spread out does not count.
    """

    picked = Signal()  # by the user

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shape: tuple[int, ...] = ()
        self.index: tuple[int, ...] = ()
        self.rows, self.columns = QComboBox(), QComboBox()
        self.fields: list[SpinField] = []
        for box, name in ((self.rows, "Rows"), (self.columns, "Columns")):
            box.setObjectName(f"heat-{name.lower()}")
            box.setAccessibleName(f"{name} of the heat map")
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.rows.activated.connect(lambda: self._on_axis_picked(self.rows, self.columns))
        self.columns.activated.connect(lambda: self._on_axis_picked(self.columns, self.rows))
        self._flow = FlowLayout(self)
        self._pickers = [_labelled("Rows", self.rows), _labelled("Columns", self.columns)]
        for picker in self._pickers:
            self._flow.addWidget(picker)
        self._others: list[QWidget] = []
        self._spread = (-1, -1)  # the axes of rows and columns before the next pick

    @property
    def row_axis(self) -> int | None:
        """The axis that goes down; None for outputs with less than two."""
        return self.rows.currentIndex() if len(self.shape) > 1 else None

    @property
    def column_axis(self) -> int | None:
        """The axis that goes across; None for scalars."""
        return self.columns.currentIndex() if len(self.shape) > 1 else 0 if self.shape else None

    def set_shape(self, shape: tuple[int, ...], index: tuple[int, ...]) -> None:
        """Another output: its last two axes are spread out. The same shape keeps the axes as they were picked."""
        is_same = len(shape) == len(self.shape)
        picked = (self.rows.currentIndex(), self.columns.currentIndex())
        self.shape, self.index = shape, index
        names = [f"axis {axis} ({size:,})" for axis, size in enumerate(shape)]
        for box, axis in ((self.rows, len(shape) - 2), (self.columns, len(shape) - 1)):
            box.clear()
            box.addItems(names)
            box.setCurrentIndex(axis)
        if is_same and len(shape) > 1:
            self.rows.setCurrentIndex(picked[0])
            self.columns.setCurrentIndex(picked[1])
        for picker in self._pickers:
            picker.setVisible(len(shape) > 1)
        self._make_fields()
        self.setVisible(len(shape) > 1)

    def go_to(self, index: tuple[int, ...]) -> None:
        """Show the slice that holds an element, without calling it a pick."""
        self.index = index
        for axis, field in zip(self._free_axes(), self.fields, strict=True):
            field.set_value(index[axis])

    def _free_axes(self) -> list[int]:
        return [axis for axis in range(len(self.shape)) if axis not in (self.row_axis, self.column_axis)]

    def _make_fields(self) -> None:
        self._spread = (self.rows.currentIndex(), self.columns.currentIndex())
        for other in self._others:
            self._flow.removeWidget(other)
            other.hide()
            other.deleteLater()
        self._others, self.fields = [], []
        for axis in self._free_axes():
            field = SpinField(f"Place on axis {axis}", 0, max(0, self.shape[axis] - 1))
            field.setObjectName(f"heat-axis-{axis}")
            field.setWrapping(True)
            field.set_value(self.index[axis])
            field.valueChanged.connect(lambda place, axis=axis: self._on_place_picked(axis, place))
            other = _labelled(f"axis {axis}", field, f"of {self.shape[axis]:,}")
            self.fields.append(field)
            self._others.append(other)
            self._flow.addWidget(other)
            other.show()
        self.updateGeometry()

    def _on_axis_picked(self, changed: QComboBox, other: QComboBox) -> None:
        if changed.currentIndex() == other.currentIndex():  # they change places
            other.setCurrentIndex(self._spread[0] if changed is self.rows else self._spread[1])
        self._make_fields()
        self.picked.emit()

    def _on_place_picked(self, axis: int, place: int) -> None:
        self.index = (*self.index[:axis], place, *self.index[axis + 1 :])
        self.picked.emit()


def _labelled(title: str, field: QWidget, after: str = "") -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING // 2)
    label = QLabel(title)
    label.setBuddy(field)
    row.addWidget(label)
    row.addWidget(field)
    if after:
        size = QLabel(after)
        size.setProperty("role", "muted")
        row.addWidget(size)
    return made
