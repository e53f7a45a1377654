"""How far each runner of a benchmark is, while it runs."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QWidget

from modelpack_gui.core.figures import count, significant
from modelpack_gui.core.stats import percentile
from modelpack_gui.ui.theme import SPACING
from modelpack_gui.ui.widgets.runner_choice import RunnerOption, swatch


@dataclass
class LiveSamples:
    """What came of one runner so far, milliseconds in order."""

    warmup_ms: list[float] = field(default_factory=list)
    timed_ms: list[float] = field(default_factory=list)
    _sorted_ms: list[float] = field(default_factory=list)

    def add(self, phase: str, latencies_ms: tuple[float, ...]) -> None:
        """Take what came; `phase` is `warmup` or `timed`."""
        if phase != "timed":
            self.warmup_ms.extend(latencies_ms)
            return
        self.timed_ms.extend(latencies_ms)
        for value in latencies_ms:  # kept sorted: the median is asked for ten times a second
            bisect.insort(self._sorted_ms, value)

    @property
    def p50_ms(self) -> float:
        """Median of the timed runs so far.

        Raises:
            ValueError: There are none.
        """
        return percentile(self._sorted_ms, 0.5)


class RunnerProgress(QWidget):
    """A line per runner: its colour and name, a bar, and words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING)
        self._grid.setVerticalSpacing(SPACING // 2)
        self._grid.setColumnStretch(2, 1)
        self._options: tuple[RunnerOption, ...] = ()
        self._lines: dict[str, tuple[QProgressBar, QLabel]] = {}

    def show_progress(
        self, options: tuple[RunnerOption, ...], live: dict[str, LiveSamples], warmup_runs: int, iterations: int
    ) -> None:
        """Bring the lines up to date."""
        if options != self._options:
            self._make_lines(options)
        for option in options:
            bar, words = self._lines[option.runner]
            samples = live.get(option.runner, LiveSamples())
            bar.setRange(0, iterations)
            bar.setValue(min(len(samples.timed_ms), iterations))
            words.setText(_told(samples, warmup_runs, iterations))

    def words(self, runner: str) -> str:
        """What is said of a runner."""
        return self._lines[runner][1].text()

    def _make_lines(self, options: tuple[RunnerOption, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._options = options
        self._lines = {}
        for row, option in enumerate(options):
            picture = QLabel()
            picture.setPixmap(swatch(option.color).pixmap(12, 12))
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setAccessibleName(f"Timed runs of {option.title}")
            words = QLabel()
            words.setTextFormat(Qt.TextFormat.PlainText)
            self._grid.addWidget(picture, row, 0)
            self._grid.addWidget(QLabel(option.title), row, 1)
            self._grid.addWidget(bar, row, 2)
            self._grid.addWidget(words, row, 3)
            self._lines[option.runner] = (bar, words)


def _told(samples: LiveSamples, warmup_runs: int, iterations: int) -> str:
    if samples.timed_ms:
        p50 = significant(samples.p50_ms)
        return f"{count(len(samples.timed_ms))} of {count(iterations)} timed · p50 so far {p50} ms"
    if samples.warmup_ms:
        return f"warming up, {count(len(samples.warmup_ms))} of {count(warmup_runs)}"
    return "waiting for its turn"
