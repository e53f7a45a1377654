"""The first fault of a comparison layer by layer: where it is, and the ways on from there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.records import LayerFault, LayersReport, Verdict
from modelpack_gui.ui.look.theme import GRID, SPACING, heading_font, status_icon, status_of
from modelpack_gui.ui.models.explanation_text import short_place
from modelpack_gui.ui.models.layer_series import level_title
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, wrapped_label

_UNCONFIRMED = "The node alone, on eager's inputs, does not show it: look at what leads to it."
_WIDE = 680
_NO_FAULT = "No single node is at fault"


class FaultCard(QFrame):
    """Shows the fault of a report; without one, where the report failed all the same, it still offers a repro."""

    node_wanted = Signal(int)  # NodeInfo.index
    place_wanted = Signal(object)  # SourcePlace
    repro_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layer-fault")
        self.setProperty("role", "card")
        self._fault: LayerFault | None = None
        self._status = Status.FAILED
        self._picture = QLabel()
        self.where = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.where.setObjectName("fault-where")
        self.where.setFont(heading_font())
        self.sentence = wrapped_label("", is_selectable=True)
        self.sentence.setObjectName("fault-sentence")
        self.missing = wrapped_label("", is_selectable=True)
        self.missing.setObjectName("fault-missing")
        self.graph_button = IconButton("Show in graph", "graph")
        self.graph_button.setObjectName("fault-graph")
        self.graph_button.clicked.connect(self._on_graph)
        self.source_button = IconButton("Show source line", "source")
        self.source_button.setObjectName("fault-source")
        self.source_button.clicked.connect(self._on_source)
        self.repro_button = IconButton("Make a repro…", "package")
        self.repro_button.setObjectName("fault-repro")
        self.repro_button.setToolTip("A zip with the smallest part of the artifact that still fails, to hand on")
        self.repro_button.clicked.connect(self.repro_wanted)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING)
        for button in (self.graph_button, self.source_button, self.repro_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._ways = QVBoxLayout()
        self._ways.setSpacing(GRID)
        self._ways.addWidget(self.missing, 1)
        self._ways.addLayout(buttons)
        texts = QVBoxLayout()
        texts.setSpacing(GRID)
        texts.addWidget(self.where)
        texts.addWidget(self.sentence)
        texts.addLayout(self._ways)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, SPACING, 12, SPACING)
        row.setSpacing(SPACING)
        row.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        self._tint()
        self.hide()

    def show_report(self, report: LayersReport | None, *, has_graph: bool = True) -> None:
        """Show the fault of a report; the card hides where nothing is wrong.

        Args:
            has_graph: Whether the Graph page is about the same artifact.
        """
        fault = report.fault if report is not None else None
        self._fault = fault
        self.setVisible(fault is not None or (report is not None and report.verdict is Verdict.FAILED))
        if report is None:
            return
        self._status = status_of(report.verdict)
        self._tint()
        self.where.set_text(_where(fault) if fault is not None else _NO_FAULT)
        # The verdict above mostly says it already.
        self.sentence.setText(fault.sentence if fault is not None and fault.sentence != report.summary else "")
        self.sentence.setVisible(bool(self.sentence.text()))
        self.missing.setText("" if fault is None else _missing(fault))
        self.missing.setVisible(bool(self.missing.text()))
        place = fault.place if fault is not None else None
        for button in (self.graph_button, self.source_button):
            button.setVisible(fault is not None)
        self.graph_button.setEnabled(has_graph)
        self.graph_button.setToolTip("" if has_graph else "The Graph page is about another artifact.")
        self.source_button.setEnabled(place is not None)
        unknown = "The artifact does not say which line made it."
        self.source_button.setToolTip(f"{place.file}:{place.line}" if place is not None else unknown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The buttons stand beside what is missing where that leaves it room, and else below it."""
        super().resizeEvent(event)
        is_wide = self.width() >= _WIDE
        self._ways.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)

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
        self._picture.setPixmap(status_icon(self._status).pixmap(20, 20))


def _where(fault: LayerFault) -> str:
    """`First fault: Mul node_mul_3  ·  stages.3  ·  shapes.py:44  ·  optimisation off`."""
    parts = [f"First fault: {fault.op_type} {fault.node_name or f'node {fault.node}'}", fault.module_path]
    parts += [short_place(fault.place) if fault.place is not None else "", level_title(fault.optimization)]
    return "  ·  ".join(part for part in parts if part)


def _missing(fault: LayerFault) -> str:
    lines = [f"Not in the artifact: {', '.join(fault.missing)}"] if fault.missing else []
    lines += [] if fault.is_confirmed else [_UNCONFIRMED]
    return "\n".join(lines)
