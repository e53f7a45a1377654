"""The first fault of a comparison layer by layer: what is wrong, where, and the ways on from there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.records import LayerFault
from modelpack_gui.ui.models.explanation_text import short_place
from modelpack_gui.ui.models.layer_series import level_title
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.theme import GRID, SPACING, heading_font, mono_font, status_icon
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, wrapped_label


class FaultCard(QFrame):
    """Shows a LayerFault."""

    node_wanted = Signal(int)  # NodeInfo.index
    place_wanted = Signal(object)  # SourcePlace
    repro_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layer-fault")
        self.setProperty("role", "card")
        self._fault: LayerFault | None = None
        self._picture = QLabel()
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("fault-sentence")
        self.sentence.setFont(heading_font())
        self.where = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.where.setObjectName("fault-where")
        self.where.setFont(mono_font())
        self.missing = wrapped_label("", is_selectable=True)
        self.missing.setObjectName("fault-missing")
        self.doubt = wrapped_label("", is_muted=True, is_selectable=True)
        self.doubt.setObjectName("fault-doubt")
        self.graph_button = IconButton("Show in graph", "graph")
        self.graph_button.setObjectName("fault-graph")
        self.graph_button.clicked.connect(self._on_graph)
        self.source_button = IconButton("Show source line", "source")
        self.source_button.setObjectName("fault-source")
        self.source_button.clicked.connect(self._on_source)
        self.repro_button = IconButton("Make a repro…", "save")
        self.repro_button.setObjectName("fault-repro")
        self.repro_button.setToolTip("A zip with the smallest part of the artifact that still fails, to hand on")
        self.repro_button.clicked.connect(self.repro_wanted)
        ways = QHBoxLayout()
        ways.setSpacing(SPACING)
        ways.addWidget(self.where, 1)
        for button in (self.graph_button, self.source_button, self.repro_button):
            ways.addWidget(button)
        texts = QVBoxLayout()
        texts.setSpacing(GRID)
        for widget in (self.sentence, self.missing, self.doubt):
            texts.addWidget(widget)
        texts.addLayout(ways)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, SPACING, 12, SPACING)
        row.setSpacing(SPACING)
        row.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        self._tint()
        self.hide()

    def show_fault(self, fault: LayerFault | None, *, has_graph: bool = True) -> None:
        """Show a fault; None hides the card.

        Args:
            has_graph: Whether the Graph page is about the same artifact.
        """
        self._fault = fault
        self.setVisible(fault is not None)
        if fault is None:
            return
        self.sentence.setText(fault.sentence)
        place = fault.place
        parts = [fault.op_type, fault.node_name or f"node {fault.node}", fault.module_path]
        parts += [short_place(place) if place is not None else "", level_title(fault.optimization)]
        self.where.set_text("  ·  ".join(part for part in parts if part))
        self.missing.setText(f"Not in the artifact: {', '.join(fault.missing)}" if fault.missing else "")
        self.missing.setVisible(bool(fault.missing))
        self.doubt.setText(
            ""
            if fault.is_confirmed
            else "The node alone, on eager's inputs, does not show it: look at what leads to it."
        )
        self.doubt.setVisible(not fault.is_confirmed)
        self.graph_button.setEnabled(has_graph)
        self.graph_button.setToolTip("" if has_graph else "The Graph page is about another artifact.")
        self.source_button.setEnabled(place is not None)
        self.source_button.setToolTip("" if place is not None else "The artifact does not say which line made it.")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _on_graph(self) -> None:
        if self._fault is not None:
            self.node_wanted.emit(self._fault.node)

    def _on_source(self) -> None:
        if self._fault is not None and self._fault.place is not None:
            self.place_wanted.emit(self._fault.place)

    def _tint(self) -> None:
        self._picture.setPixmap(status_icon(Status.FAILED).pixmap(20, 20))
