"""What the graph takes and gives, and what the file says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.provenance import provenance_rows
from modelpack_gui.core.records import GraphIndex
from modelpack_gui.ui.graph.selection import ValuePick
from modelpack_gui.ui.inspection import Property
from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font
from modelpack_gui.ui.models.graph_columns import PORT_COLUMNS, PortRow, port_rows
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import heading
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.property_rows import PropertyRows

if TYPE_CHECKING:
    from modelpack_gui.ui.controller import Controller

_SPLIT_KEY = "splits/graph-ports"


class PortsView(QWidget):
    """A table of the inputs and outputs; the facts of the file below it."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = controller.graph
        self.model: RecordTableModel[PortRow] = RecordTableModel(PORT_COLUMNS, mono_font(), self)
        self.table = DataTable(self.model, "graph-ports", "Inputs and outputs")
        self.table.remember(settings)
        self._scroll = QScrollArea()
        self._scroll.setAccessibleName("What the file says of itself")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self._scroll)
        split.setSizes([200, 260])
        split.restoreState(settings.state(_SPLIT_KEY))
        split.splitterMoved.connect(lambda: settings.set_state(_SPLIT_KEY, split.saveState()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)
        self.table.record_selected.connect(self._on_selected)
        self._state.changed.connect(self._show_graph)
        self._state.selection.changed.connect(self._show_selected)
        self._show_graph()

    def _show_graph(self) -> None:
        index = self._state.index
        self.model.set_records(port_rows(index) if index is not None else [])
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, SPACING, SPACING, SPACING)
        column.setSpacing(GRID)
        if index is not None:
            column.addWidget(heading(FORMAT_TITLES[index.artifact.format]))
            column.addWidget(PropertyRows(file_facts(index), None))
            if index.metadata:
                column.addSpacing(SPACING)
                column.addWidget(heading("Metadata"))
                rows = tuple(Property(name, value, is_mono=True) for name, value in index.metadata.items())
                column.addWidget(PropertyRows(rows, None))
        column.addStretch(1)
        self._scroll.setWidget(body)
        self._show_selected()

    def _on_selected(self, row: PortRow) -> None:
        graph = self._state.graph
        value = graph.value_named(row.info.name) if graph is not None else -1
        if value >= 0:
            self._state.selection.select(ValuePick(value))

    def _show_selected(self) -> None:
        pick, graph = self._state.selection.current, self._state.graph
        name = graph.value_name(pick.value) if graph is not None and isinstance(pick, ValuePick) else ""
        found = next((row for row in self.model.records if name and row.info.name == name), None)
        if found is not None:
            self.table.select_record(found)
        else:
            self.table.clearSelection()


def file_facts(index: GraphIndex) -> tuple[Property, ...]:
    """Size, opsets, IR version, producer, source and options, each if known."""
    artifact = index.artifact
    rows = dict(provenance_rows(artifact.metadata))
    facts = [
        ("Graph", index.graph_name),
        ("File size", fmt.size(artifact.size_bytes)),
        *((f"Opset {domain}", str(version)) for domain, version in artifact.opset_imports.items()),
        ("IR version", str(artifact.ir_version) if artifact.ir_version is not None else ""),
        ("Producer", artifact.producer),
        ("Made from", rows.get("Source", "")),
        ("Options", rows.get("Options", "")),
    ]
    return tuple(Property(name, value) for name, value in facts if value)
