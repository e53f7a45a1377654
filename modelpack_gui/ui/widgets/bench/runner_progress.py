"""How far each runner of a benchmark is, while it runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QWidget

from modelpack_gui.ui.look.swatch import swatch
from modelpack_gui.ui.look.theme import SPACING, heading_font
from modelpack_gui.ui.state.bench_live import LiveRunner
from modelpack_gui.ui.widgets.basics import ElidedLabel


class RunnerProgress(QWidget):
    """A line per runner: its colour and name, a bar, and words. The one at work is in bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING)
        self._grid.setVerticalSpacing(SPACING // 2)
        self._grid.setColumnStretch(2, 2)
        self._grid.setColumnStretch(3, 3)
        self._made_for: list[tuple[object, ...]] = []
        self._lines: dict[str, tuple[QLabel, QProgressBar, ElidedLabel]] = {}
        self.at_work = ""

    def show_progress(self, runners: Sequence[LiveRunner]) -> None:
        """Bring the lines up to date."""
        made_for = [(one.key, one.title, one.look) for one in runners]
        if made_for != self._made_for:
            self._made_for = list(made_for)
            self._make_lines(runners)
        for one in runners:
            title, bar, words = self._lines[one.key]
            bar.setRange(0, one.goal)
            bar.setValue(one.done)
            if words.whole != one.words:
                words.set_text(one.words)
            if one.is_at_work != (self.at_work == one.key):
                title.setFont(heading_font() if one.is_at_work else self.font())
        self.at_work = next((one.key for one in runners if one.is_at_work), "")

    def words(self, runner: str) -> str:
        """What is said of a runner."""
        return self._lines[runner][2].whole

    def _make_lines(self, runners: Sequence[LiveRunner]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._lines = {}
        self.at_work = ""
        for row, runner in enumerate(runners):
            picture = QLabel()
            picture.setPixmap(swatch(runner.look).pixmap(12, 12))
            title = QLabel(runner.title)
            title.setTextFormat(Qt.TextFormat.PlainText)
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setAccessibleName(f"Timed runs of {runner.title}")
            words = ElidedLabel("", Qt.TextElideMode.ElideRight)
            for place, widget in enumerate((picture, title, bar, words)):
                self._grid.addWidget(widget, row, place)
            self._lines[runner.key] = (title, bar, words)
