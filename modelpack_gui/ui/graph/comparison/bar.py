"""What to compare the graph with: what ONNX Runtime makes of it, another artifact of the project, or any file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QWidget

from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.core.records import OPTIMIZER_LEVELS
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.comparison.compared import Asked
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton, IconToolButton
from modelpack_gui.ui.widgets.form_parts import CalmCombo

OPTIMIZER, BROWSE = "optimizer", "browse"
ARTIFACT_SUFFIXES = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
_FILTER = f"Exported models ({' '.join(f'*{suffix}' for suffix in sorted(ARTIFACT_SUFFIXES))});;All files (*)"
_PURPOSE, _LEVEL_KEY = "compare", "compare/level"
_BESIDE = 30
"""Files of the artifact's folder that are offered."""


class CompareBar(QWidget):
    """The choice, and the button that compares."""

    wanted = Signal(object)  # Asked
    cancelled = Signal()

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._settings = controller, settings
        self._chosen = OPTIMIZER
        self._picked: list[Path] = []  # by the user, the newest first
        self._is_swapped = False
        self._filled: tuple[Path | None, str] | None = None  # for which file and choice
        self.choice = CalmCombo("Compare with")
        self.choice.setObjectName("compare-with")
        self.choice.setMinimumContentsLength(25)  # so that the first choice is read whole
        self.choice.activated.connect(self._on_chosen)
        self.level = CalmCombo("How far ONNX Runtime optimises")
        self.level.setObjectName("compare-level")
        self.level.setMinimumContentsLength(6)
        for level, text in OPTIMIZER_LEVELS.items():
            self.level.addItem(text.partition(":")[0], level)
            self.level.setItemData(self.level.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
        kept = self.level.findData(settings.text(_LEVEL_KEY))
        self.level.setCurrentIndex(kept if kept >= 0 else self.level.count() - 1)
        self.level.activated.connect(self._on_level)
        self.swap = IconToolButton("Swap: take the other file as the first", "swap")
        self.swap.setObjectName("compare-swap")
        self.swap.clicked.connect(self._on_swap)
        self.button = IconButton("Compare", "parity")
        self.button.setObjectName("compare-run")
        self.button.clicked.connect(self._on_run)
        self.cancel = IconButton("Cancel", "cancel")
        self.cancel.setObjectName("compare-cancel")
        self.cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        label = QLabel("Compare &with")
        label.setBuddy(self.choice)
        row.addWidget(label)
        row.addWidget(self.choice, 4)
        self._level_label = QLabel("&Optimisations")
        self._level_label.setBuddy(self.level)
        row.addWidget(self._level_label)
        row.addWidget(self.level)
        row.addWidget(self.swap)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.button)
        self.refresh(is_busy=False)

    @property
    def asked(self) -> Asked:
        """What is chosen."""
        if self._chosen == OPTIMIZER:
            return Asked(level=str(self.level.currentData()))
        return Asked(other=self._chosen, is_swapped=self._is_swapped)

    @property
    def can_optimize(self) -> bool:
        """Whether there is a file that ONNX Runtime takes."""
        index = self._controller.graph.index
        return index is not None and index.artifact.format == "onnx"

    def refresh(self, *, is_busy: bool) -> None:
        """Offer what there is now."""
        index = self._controller.graph.index
        own = Path(index.artifact.path) if index is not None else None
        if self._filled != (own, self._chosen):
            self._fill(own)
        is_optimizer = self._chosen == OPTIMIZER
        self.level.setVisible(is_optimizer)
        self._level_label.setVisible(is_optimizer)
        self.swap.setVisible(not is_optimizer)
        self.button.setEnabled(index is not None and not is_busy and (self.can_optimize or not is_optimizer))
        problem = (
            "ONNX Runtime optimises ONNX files only"
            if index is not None and not self.can_optimize
            else "Read the graph first"
        )
        self.button.setToolTip("" if self.button.isEnabled() or is_busy else problem)
        self.button.setVisible(not is_busy)
        self.cancel.setVisible(is_busy)

    def showEvent(self, event: QShowEvent) -> None:
        """There may be other files by now."""
        super().showEvent(event)
        self._filled = None
        self.refresh(is_busy=self.cancel.isVisibleTo(self))

    def choose(self, asked: Asked) -> None:
        """Show a choice that was made elsewhere."""
        if asked.level:
            self._chosen = OPTIMIZER
            self.level.setCurrentIndex(max(self.level.findData(asked.level), 0))
        else:
            self.pick(Path(asked.other))
            self._is_swapped = asked.is_swapped

    def pick(self, path: Path) -> None:
        """Choose a file."""
        self._picked = [path, *(one for one in self._picked if one != path)]
        self._chosen = str(path)
        self._settings.set_last_folder(_PURPOSE, str(path))

    def _fill(self, own: Path | None) -> None:
        self.choice.clear()
        self.choice.addItem(icon("settings"), "What ONNX Runtime makes of it", OPTIMIZER)
        self.choice.insertSeparator(1)
        for path, title in self._files(own):
            self.choice.addItem(icon("file"), title, str(path))
            self.choice.setItemData(self.choice.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
        self.choice.insertSeparator(self.choice.count())
        self.choice.addItem(icon("browse"), "Another file…", BROWSE)
        at = self.choice.findData(self._chosen)
        if at < 0:
            self._chosen, at = OPTIMIZER, 0
        self._filled = (own, self._chosen)
        self.choice.setCurrentIndex(at)
        self.choice.setToolTip(self._chosen if self._chosen != OPTIMIZER else "")

    def _files(self, own: Path | None) -> Iterator[tuple[Path, str]]:
        """Files to compare with: those that were picked, the project's variants, those beside the artifact."""
        seen = {own}
        variants = {
            Path(row.variant.path): row.variant.label for row in self._controller.quantize.rows if row.variant.path
        }
        beside = sorted(own.parent.iterdir())[:500] if own is not None and is_folder(own.parent) else []
        others = [path for path in beside if path.suffix in ARTIFACT_SUFFIXES][:_BESIDE]
        for path in (*self._picked, *variants, *others, *self._settings.recent()):
            if path not in seen and path.suffix in ARTIFACT_SUFFIXES and is_file(path):
                seen.add(path)
                label = variants.get(path, "")
                where = (
                    path.name if own is not None and path.parent == own.parent else f"{path.name}  –  {path.parent}"
                )
                yield path, f"{where}  ({label})" if label else where

    def _on_chosen(self, place: int) -> None:
        chosen = self.choice.itemData(place)
        if chosen == BROWSE:
            self.choice.setCurrentIndex(max(self.choice.findData(self._chosen), 0))
            self.browse()
            return
        if chosen != self._chosen:
            self._chosen, self._is_swapped = str(chosen), False
            self.refresh(is_busy=self.cancel.isVisibleTo(self))
            self._run_if_possible()  # else another comparison than the one named here stays in view

    def browse(self) -> None:
        """Ask for a file, and compare with it."""
        dialog = QFileDialog(self, "Compare with", self._settings.last_folder(_PURPOSE), _FILTER)
        dialog.setObjectName("compare-dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._on_picked)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_picked(self, path: str) -> None:
        self.pick(Path(path))
        self._is_swapped = False
        self.wanted.emit(self.asked)

    def _on_level(self) -> None:
        self._settings.set_text(_LEVEL_KEY, str(self.level.currentData()))
        self._run_if_possible()

    def _run_if_possible(self) -> None:
        if self.button.isEnabled():
            self.wanted.emit(self.asked)

    def _on_swap(self) -> None:
        self._is_swapped = not self._is_swapped
        self.wanted.emit(self.asked)

    def _on_run(self) -> None:
        self.wanted.emit(self.asked)
