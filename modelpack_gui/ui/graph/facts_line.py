"""One line below the verdict of the graph page: what the graph takes and gives."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from modelpack_gui.core.records import Artifact, TensorInfo
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton

SHOWN = 2


class FactsLine(QWidget):
    """`image float32 batch × 3 × 32 × 32  →  logits float32 batch × 5`; the rest is one click away."""

    more_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph-facts")
        self.label = ElidedLabel()
        self.label.setProperty("role", "muted")
        self.more = IconButton("", role="link")
        self.more.setToolTip("All inputs and outputs, opsets, producer and metadata")
        self.more.clicked.connect(self.more_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.label, 1)
        row.addWidget(self.more)

    def show_artifact(self, artifact: Artifact) -> None:
        """Show another one."""
        self.label.set_text(f"{_listed(artifact.inputs)}  →  {_listed(artifact.outputs)}")
        hidden = sum(max(0, len(infos) - SHOWN) for infos in (artifact.inputs, artifact.outputs))
        self.more.setText(f"{hidden} more" if hidden else "Details")


def _listed(infos: tuple[TensorInfo, ...]) -> str:
    return ", ".join(_spelled(info) for info in infos[:SHOWN]) + (", …" if len(infos) > SHOWN else "") or "nothing"


def _spelled(info: TensorInfo) -> str:
    if not info.dtype and info.shape is None:
        return info.name  # of TorchScript, which says neither of any tensor
    shape = "of unknown shape" if info.shape is None else info.shape_text
    return " ".join(part for part in (info.name, info.dtype or "of unknown dtype", shape) if part)
