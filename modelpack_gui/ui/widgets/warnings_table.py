"""Warnings that libraries gave during a stage."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import CapturedWarning
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.models.record_table import Column, RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.theme import SPACING, mono_font
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
    """Category, message, place and count; a double click copies; hidden while there are none."""

    def __init__(self, name: str, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self.table.record_activated.connect(lambda item: QGuiApplication.clipboard().setText(as_text(item)))
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

    def _on_selected(self, item: CapturedWarning) -> None:
        properties = (
            Property("category", item.category, is_mono=True),
            Property("place", place(item) or "unknown", is_mono=True),
            Property("count", fmt.count(item.count)),
        )
        sections = (Section("Warning", properties), Section("Message", text=item.message))
        self._controller.inspect(Inspection(item.category, "warning", sections))


def _first_line(item: CapturedWarning) -> str:
    return item.message.strip().partition("\n")[0]
