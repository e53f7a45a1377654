"""Warnings that libraries gave during a stage."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CapturedWarning
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.look.theme import SPACING, icon, mono_font
from modelpack_gui.ui.models.record_table import Column, RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import heading
from modelpack_gui.ui.widgets.fitted_table import FittedTable

_SHOWN = 6


def place(warning: CapturedWarning) -> str:
    """Where it points to: `model.py:12`, in full."""
    if not warning.file:
        return ""
    return f"{warning.file}:{warning.line}" if warning.line else warning.file


def _short_place(warning: CapturedWarning) -> str:
    whole = place(warning)
    return whole.replace("\\", "/").rpartition("/")[2]


def as_text(warning: CapturedWarning) -> str:
    """The whole warning, for the clipboard."""
    where = f" ({place(warning)})" if warning.file else ""
    return f"{warning.category}: {warning.message}{where}"


class WarningsTable(QWidget):
    """Category, message, place and count; a double click goes to the line; hidden while there are none."""

    def __init__(
        self, name: str, controller: Controller, settings: Settings, stage: Stage, parent: QWidget | None = None
    ) -> None:
        """`stage` is that of the page it is on."""
        super().__init__(parent)
        self._stage = stage
        self._title = heading("Warnings")
        self._controller = controller
        self.model = RecordTableModel[CapturedWarning](
            (
                Column("Category", lambda item: item.category, is_mono=True, width=160),
                Column("Count", lambda item: item.count, is_number=True, width=60),
                Column("Place", place, text=_short_place, full=place, is_mono=True, width=130),
                Column("Message", lambda item: item.message, text=_first_line, full=as_text, width=300),
            ),
            mono_font(),
            self,
        )
        self.table = FittedTable(self.model, name, "Warnings", _SHOWN)
        self.table.remember(settings)
        self.table.record_activated.connect(self._go_to)
        self.table.context_menu_made.connect(self._on_menu_made)
        self.table.record_selected.connect(self._on_selected)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self._title)
        column.addWidget(self.table)
        self.show_warnings(())

    def show_warnings(self, warnings: Sequence[CapturedWarning]) -> None:
        """Show other warnings."""
        self.model.set_records(warnings)
        total = sum(item.count for item in warnings)
        self._title.setText(
            f"Warnings ({fmt.count(total)})" if total != len(warnings) else f"Warnings ({len(warnings)})"
        )
        self.setVisible(bool(warnings))

    def reveal(self, item: CapturedWarning) -> None:
        """Select a warning."""
        self.table.select_record(item)
        self.table.setFocus()

    def _go_to(self, item: CapturedWarning) -> None:
        if item.file:
            self._controller.show_place(SourcePlace(item.file, item.line))

    def _on_menu_made(self, menu: QMenu, item: CapturedWarning) -> None:
        menu.addSeparator()
        action = menu.addAction(icon("source"), "Go to source")
        action.setEnabled(bool(item.file))
        action.triggered.connect(lambda: self._go_to(item))

    def _on_selected(self, item: CapturedWarning) -> None:
        properties = (
            Property("category", item.category, is_mono=True),
            Property("place", place(item) or "unknown", is_mono=True, target=item if item.file else None),
            Property("count", fmt.count(item.count)),
        )
        sections = (Section("Warning", properties), Section("Message", text=item.message))
        self._controller.inspect(Inspection(item.category, "warning", sections, self._go_to), self._stage)


def _first_line(item: CapturedWarning) -> str:
    return item.message.strip().partition("\n")[0]
