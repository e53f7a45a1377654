"""The head of the graph page: inputs, outputs and format in a few lines."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.records import Artifact, TensorInfo
from modelpack_gui.ui import format as fmt
from modelpack_gui.ui.theme import GRID, GROUP_SPACING, mono_font
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, heading

SHOWN = 3
_FORMATS = {"onnx": "ONNX", "torchscript": "TorchScript"}


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
        self._row.addWidget(self._tensors(fmt.plural(len(artifact.inputs), "input"), artifact.inputs), 5)
        self._row.addWidget(self._tensors(fmt.plural(len(artifact.outputs), "output"), artifact.outputs), 5)
        self._row.addWidget(_lines(_FORMATS[artifact.format], format_lines(artifact)), 3)

    def _tensors(self, title: str, infos: tuple[TensorInfo, ...]) -> QWidget:
        group, column = _group(title)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GRID * 3)
        grid.setVerticalSpacing(2)
        for i, part in enumerate((3, 2, 4)):
            grid.setColumnStretch(i, part)
        shown = infos if len(infos) <= SHOWN else infos[: SHOWN - 1]
        for row, info in enumerate(shown):
            name = ElidedLabel(info.name)
            name.setFont(mono_font())
            grid.addWidget(name, row, 0)
            grid.addWidget(ElidedLabel(info.dtype or "unknown", Qt.TextElideMode.ElideRight), row, 1)
            grid.addWidget(ElidedLabel(info.shape_text), row, 2)
        column.addLayout(grid)
        if len(shown) < len(infos):
            more = IconButton(f"{len(infos) - len(shown)} more", role="link")
            more.clicked.connect(self.more_wanted)
            column.addWidget(more, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return group


def format_lines(artifact: Artifact) -> list[str]:
    """Opset imports, IR version and producer, each if known."""
    lines = [", ".join(f"{domain} {version}" for domain, version in artifact.opset_imports.items())]
    lines.append(f"IR version {artifact.ir_version}" if artifact.ir_version is not None else "")
    lines.append(artifact.producer)
    return [line for line in lines if line]


def _group(title: str) -> tuple[QWidget, QVBoxLayout]:
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GRID)
    column.addWidget(heading(title))
    return group, column


def _lines(title: str, lines: list[str]) -> QWidget:
    group, column = _group(title)
    column.setSpacing(2)
    for line in lines:
        column.addWidget(ElidedLabel(line, Qt.TextElideMode.ElideRight))
    column.addStretch(1)
    return group
