"""How far each runner of a benchmark is, while it runs."""

from __future__ import annotations

import bisect
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QWidget

from modelpack_gui.core.figures import count, duration, significant
from modelpack_gui.core.records import BenchSpec
from modelpack_gui.core.stats import percentile
from modelpack_gui.ui.runner_colors import Look
from modelpack_gui.ui.swatch import swatch
from modelpack_gui.ui.theme import SPACING, heading_font

_SURE_AFTER_S, _SURE_FROM = 3.0, 0.03
"""Before so long and so far, what is left cannot be told: the processes start, and load what they run."""


@dataclass
class LiveSamples:
    """What came of one runner so far, milliseconds in order."""

    warmup_ms: list[float] = field(default_factory=list)
    timed_ms: list[float] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    _sorted_ms: list[float] = field(default_factory=list)

    def add(self, phase: str, latencies_ms: tuple[float, ...]) -> None:
        """Take what came; `phase` is `warmup` or `timed`."""
        if phase != "timed":
            self.warmup_ms.extend(latencies_ms)
            return
        self.timed_ms.extend(latencies_ms)
        self.turns.append(len(latencies_ms))
        if len(latencies_ms) > 64:  # one after the other would move the rest as often
            self._sorted_ms.extend(latencies_ms)
            self._sorted_ms.sort()
            return
        for value in latencies_ms:  # kept sorted: the median is asked for ten times a second
            bisect.insort(self._sorted_ms, value)

    @property
    def p50_ms(self) -> float:
        """Median of the timed runs so far.

        Raises:
            ValueError: There are none.
        """
        return percentile(self._sorted_ms, 0.5)


@dataclass(frozen=True)
class LiveRunner:
    """A runner as the live view names it."""

    key: str
    title: str
    look: Look


class TimeLeft:
    """How long a job has still to go, from how far it came since it began."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._from = 0.0

    def start(self, fraction: float) -> None:
        """It is that far now; what comes from here on is measured."""
        self._begun, self._from = time.monotonic(), fraction

    def text(self, fraction: float | None) -> str:
        """`about 40 s left`; empty while that cannot be told."""
        took = time.monotonic() - self._begun
        done = (fraction or 0.0) - self._from
        if took < _SURE_AFTER_S or done < _SURE_FROM or fraction is None or fraction >= 1.0:
            return ""
        return f"about {duration(max(1.0, round(took / done * (1.0 - fraction))))} left"


class RunnerProgress(QWidget):
    """A line per runner: its colour and name, a bar, and words. The one at work is in bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING)
        self._grid.setVerticalSpacing(SPACING // 2)
        self._grid.setColumnStretch(2, 1)
        self._runners: tuple[LiveRunner, ...] = ()
        self._lines: dict[str, tuple[QLabel, QProgressBar, QLabel]] = {}

    def show_progress(
        self, runners: Sequence[LiveRunner], live: Mapping[str, LiveSamples], spec: BenchSpec, at_work: str
    ) -> None:
        """Bring the lines up to date; `at_work` is the key of the runner whose turn it was last."""
        if tuple(runners) != self._runners:
            self._make_lines(tuple(runners))
        for runner in runners:
            title, bar, words = self._lines[runner.key]
            samples = live.get(runner.key, LiveSamples())
            done = len(samples.timed_ms)
            goal = max(spec.iterations, done if spec.precision is not None else 0)
            bar.setRange(0, goal)
            bar.setValue(min(done, goal))
            words.setText(_told(samples, spec))
            font = heading_font() if runner.key == at_work else self.font()
            if title.font().weight() != font.weight():
                title.setFont(font)

    def words(self, runner: str) -> str:
        """What is said of a runner."""
        return self._lines[runner][2].text()

    @property
    def at_work(self) -> str:
        """Key of the runner that is in bold; empty if none is."""
        bold = heading_font().weight()
        return next((key for key, line in self._lines.items() if line[0].font().weight() == bold), "")

    def _make_lines(self, runners: tuple[LiveRunner, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._runners = runners
        self._lines = {}
        for row, runner in enumerate(runners):
            picture = QLabel()
            picture.setPixmap(swatch(runner.look).pixmap(12, 12))
            title = QLabel(runner.title)
            title.setTextFormat(Qt.TextFormat.PlainText)
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setAccessibleName(f"Timed runs of {runner.title}")
            words = QLabel()
            words.setTextFormat(Qt.TextFormat.PlainText)
            for place, widget in enumerate((picture, title, bar, words)):
                self._grid.addWidget(widget, row, place)
            self._lines[runner.key] = (title, bar, words)


def runner_at_work(message: str, titles: Mapping[str, str]) -> str:
    """Key of the runner that a job's message ends with, such as `Round 3 of 8: ONNX Runtime`; empty if with none."""
    named = [key for key, title in titles.items() if message.endswith((f" {title}", f": {title}"))]
    return max(named, key=lambda key: len(titles[key]), default="")


def _told(samples: LiveSamples, spec: BenchSpec) -> str:
    done = len(samples.timed_ms)
    if done:
        of = "" if spec.precision is not None and done > spec.iterations else f" of {count(spec.iterations)}"
        return f"{count(done)}{of} timed · p50 so far {significant(samples.p50_ms)} ms"
    if samples.warmup_ms:
        return f"warming up, {count(len(samples.warmup_ms))} of {count(spec.warmup_runs)}"
    return "waiting for its turn"
