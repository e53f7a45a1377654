"""The first thing one sees: open the demo, begin, or go on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.client import recovery
from modelpack_gui.client.recovery import Recovered
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING, app_icon, heading_font, title_font
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, IconLabel, heading, wrapped_label

RECENT_SHOWN = 8


class StartPage(QWidget):
    """Shown while no project is open."""

    demo_wanted = Signal(str)
    new_wanted = Signal()
    open_wanted = Signal()
    path_wanted = Signal(Path)
    restore_wanted = Signal(object)  # client.recovery.Recovered

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page-start")
        self._settings = settings

        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(56, 56))
        title = QLabel("modelpack-gui")
        title.setFont(title_font())
        motto = wrapped_label(
            "From a PyTorch class and a checkpoint to an artifact that is proved right and measured fast.",
            is_muted=True,
        )
        head = QHBoxLayout()
        head.setSpacing(GROUP_SPACING)
        head.addWidget(picture)
        texts = QVBoxLayout()
        texts.setSpacing(SPACING // 2)
        texts.addStretch(1)
        texts.addWidget(title)
        texts.addWidget(motto)
        texts.addStretch(1)
        head.addLayout(texts, 1)

        cards = QGridLayout()
        cards.setSpacing(GROUP_SPACING)
        demo = ActionCard(
            "demo", "Open the demo", "A small trained classifier. Export it, prove it, time it: five minutes."
        )
        demo.setObjectName("start-demo")
        demo.clicked.connect(lambda: self.demo_wanted.emit("demo"))
        faulty = ActionCard(
            "warning",
            "Open the faulty demo",
            "Exports without an error and is silently wrong at batch 3. See it caught.",
        )
        faulty.setObjectName("start-faulty")
        faulty.clicked.connect(lambda: self.demo_wanted.emit("batch_branch"))
        new = ActionCard("new", "New project", "Begin with your own model file, class and checkpoint.")
        new.setObjectName("start-new")
        new.clicked.connect(self.new_wanted)
        opened = ActionCard("open", "Open…", "A recipe (.toml), a model file (.py), or an artifact (.onnx, .pt2).")
        opened.setObjectName("start-open")
        opened.clicked.connect(self.open_wanted)
        for i, card in enumerate((demo, faulty, new, opened)):
            cards.addWidget(card, i // 2, i % 2)

        self._lost = QVBoxLayout()
        self._lost.setSpacing(SPACING)
        self._recent_heading = heading("Recent")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        drop = wrapped_label(
            "You can also drop a .py, .pt, .pt2, .safetensors, .onnx or .toml file anywhere.", is_muted=True
        )

        inner = QWidget()
        inner.setMaximumWidth(720)
        column = QVBoxLayout(inner)
        column.setSpacing(GROUP_SPACING)
        column.addStretch(1)
        column.addLayout(head)
        column.addSpacing(SPACING)
        column.addLayout(self._lost)
        column.addLayout(cards)
        column.addWidget(drop)
        column.addSpacing(SPACING)
        column.addWidget(self._recent_heading)
        column.addLayout(self._recent)
        column.addStretch(2)
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addWidget(inner, 6)
        row.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        """Read the recent files and the lost recipes again."""
        _clear(self._lost)
        for recovered in recovery.find_lost():
            self._lost.addWidget(self._lost_row(recovered))
        _clear(self._recent)
        paths = self._settings.recent()[:RECENT_SHOWN]
        self._recent_heading.setVisible(bool(paths))
        for path in paths:
            self._recent.addWidget(self._recent_row(path))

    def _lost_row(self, recovered: Recovered) -> QWidget:
        card = QFrame()
        card.setProperty("role", "card")
        card.setObjectName("lost-recipe")
        name = recovered.path.name if recovered.path is not None else "a new recipe"
        text = wrapped_label(f"Changes to {name} were not saved when the app ended last.")
        restore = IconButton("Restore", "undo")
        restore.setObjectName("restore")
        restore.clicked.connect(lambda: self.restore_wanted.emit(recovered))
        discard = IconButton("Discard")
        discard.setObjectName("discard")
        discard.clicked.connect(lambda: self._discard(recovered))
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(SPACING)
        row.addWidget(IconLabel("warning", 20))
        row.addWidget(text, 1)
        row.addWidget(discard)
        row.addWidget(restore)
        return card

    def _discard(self, recovered: Recovered) -> None:
        recovery.discard(recovered)
        self.refresh()

    def _recent_row(self, path: Path) -> QWidget:
        line = QWidget()
        name = IconButton(path.name, "file", "link")
        name.setAccessibleDescription(str(path))
        name.clicked.connect(lambda: self.path_wanted.emit(path))
        folder = ElidedLabel(str(path.parent))
        folder.setProperty("role", "muted")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING + 4)
        row.addWidget(name)
        row.addWidget(folder, 1)
        return line


def _clear(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


class ActionCard(QFrame):
    """A large button: an icon, a title and one sentence."""

    clicked = Signal()

    def __init__(self, icon_name: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button = IconButton(title, role="link")
        self.button.setFont(heading_font())
        self.button.clicked.connect(self.clicked)
        self.button.setAccessibleDescription(text)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignLeft)
        texts.addWidget(wrapped_label(text, is_muted=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(GROUP_SPACING)
        row.addWidget(IconLabel(icon_name, 32), alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click anywhere on the card counts."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
