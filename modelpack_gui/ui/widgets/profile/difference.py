"""Why one runner takes longer than another: the parts of the difference, largest first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.profile.difference import Part, ProfileDifference
from modelpack_gui.ui.look.theme import SPACING, mono_font
from modelpack_gui.ui.models.profile_columns import PART_COLUMNS
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, heading
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.segments import Segments
from modelpack_gui.ui.widgets.share_delegate import draw_shares

_KIND, _PLACE = "kind", "place"
_NOT_MATCHED = "The two runners have neither nodes of a file nor modules in common that could be laid side by side."


class DifferenceTable(QWidget):
    """One table of parts: by kind of operator, or by node or module."""

    part_selected = Signal(object)  # Part

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: ProfileDifference | None = None
        self._largest = 1.0
        self.parts: RecordTableModel[Part] = RecordTableModel(PART_COLUMNS, mono_font(), self)
        self.table = DataTable(self.parts, "profile-parts", "Parts of the difference")
        self.table.remember(settings)
        draw_shares(self.table, "Change µs", self._share, is_signed=True)
        self.table.record_selected.connect(self.part_selected)
        self.choice = Segments(
            {_KIND: "By kind", _PLACE: "By node"},
            {_KIND: "Convolutions, products, casts…", _PLACE: "Nodes of the file, or modules, that both sides do"},
        )
        self.choice.setAccessibleName("How to part the difference")
        self.choice.set_value(_KIND)
        self.choice.chosen.connect(lambda _: self._show())
        self.note = ElidedLabel("")
        self.note.setProperty("role", "muted")
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(heading("Where the difference comes from"))
        line.addWidget(self.note, 1)
        line.addWidget(self.choice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(line)
        column.addWidget(self.table, 1)

    def show_difference(self, found: ProfileDifference) -> None:
        """Fill the table."""
        self._found = found
        button = self.choice.buttons[_PLACE]
        button.setText("By module" if found.matched_by == "modules" else "By node")
        button.setEnabled(bool(found.by_place))
        button.setToolTip("What both sides do, laid side by side" if found.by_place else _NOT_MATCHED)
        if not found.by_place:
            self.choice.set_value(_KIND)
        self._show()

    def choose(self, title: str) -> None:
        """Select a part."""
        part = next((one for one in self.parts.records if one.title == title), None)
        if part is not None:
            self.table.select_record(part)
            self.table.show_current()

    def _show(self) -> None:
        assert self._found is not None
        parts = self._found.by_kind if self.choice.value == _KIND else self._found.by_place
        self._largest = max((abs(part.change_us) for part in parts), default=1.0) or 1.0
        self.parts.set_records(parts)

    @property
    def _share(self) -> Callable[[Part], float]:
        return lambda part: part.change_us / self._largest
