"""The head of the graph page: inputs, outputs and format in a few lines."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.provenance import provenance_rows
from modelpack_gui.core.records import Artifact, TensorInfo
from modelpack_gui.ui.theme import GRID, GROUP_SPACING, mono_font
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, heading

SHOWN = 3
_NARROWEST = 16  # characters


class GraphFacts(QFrame):
    """Three groups side by side. Where there are many inputs the rest is one click away."""

    more_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setObjectName("graph-facts")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, GRID * 2, 12, GRID * 2)
        self._row.setSpacing(GROUP_SPACING + 8)

    def show_artifact(self, artifact: Artifact) -> None:
        """Show another one."""
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._add_tensors(fmt.plural(len(artifact.inputs), "input"), artifact.inputs)
        self._add_tensors(fmt.plural(len(artifact.outputs), "output"), artifact.outputs)
        self._add_lines(FORMAT_TITLES[artifact.format], format_lines(artifact))

    def _add_tensors(self, title: str, infos: tuple[TensorInfo, ...]) -> None:
        group, column = _group(title)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GRID * 3)
        grid.setVerticalSpacing(2)
        shown = infos if len(infos) <= SHOWN else infos[: SHOWN - 1]
        texts = [_cells(info) for info in shown]
        for row, cells in enumerate(texts):
            for column_number, cell in enumerate(cells):
                label = ElidedLabel(cell)
                if column_number == 0:
                    label.setFont(mono_font())
                grid.addWidget(label, row, column_number)
        parts = [max((len(cells[i]) for cells in texts), default=1) + 2 for i in range(3)]
        for i, part in enumerate(parts):  # as wide as its longest text asks for, in proportion
            grid.setColumnStretch(i, part)
        column.addLayout(grid)
        if len(shown) < len(infos):
            more = IconButton(f"{len(infos) - len(shown)} more", role="link")
            more.clicked.connect(self.more_wanted)
            column.addWidget(more, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self._row.addWidget(group, max(sum(parts), _NARROWEST))

    def _add_lines(self, title: str, lines: list[str]) -> None:
        group, column = _group(title)
        column.setSpacing(2)
        for line in lines:
            column.addWidget(ElidedLabel(line, Qt.TextElideMode.ElideRight))
        column.addStretch(1)
        self._row.addWidget(group, max(_NARROWEST, *(len(line) for line in lines)) if lines else _NARROWEST)


def _cells(info: TensorInfo) -> tuple[str, str, str]:
    shape = "shape unknown" if info.shape is None else info.shape_text
    return info.name, info.dtype or "dtype unknown", shape


def format_lines(artifact: Artifact) -> list[str]:
    """Opset imports, IR version, producer, source and options, each if known."""
    lines = [", ".join(f"{domain} {version}" for domain, version in artifact.opset_imports.items())]
    lines.append(f"IR version {artifact.ir_version}" if artifact.ir_version is not None else "")
    lines.append(artifact.producer)
    rows = dict(provenance_rows(artifact.metadata))
    lines.append(f"Of {rows['Source']}" if "Source" in rows else "")
    lines.append(f"Options: {rows['Options']}" if "Options" in rows else "")
    return [line for line in lines if line]


def _group(title: str) -> tuple[QWidget, QVBoxLayout]:
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GRID)
    column.addWidget(heading(title))
    return group, column
