"""A benchmark while it runs: what came of each runner, which one is at work, and what is left."""

from __future__ import annotations

import bisect
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from modelpack_gui.client.bench.words import AGAIN, LEFT_OUT, NO_FURTHER, WARMING_UP, WRONG_OUTPUTS
from modelpack_gui.core.events import Sample
from modelpack_gui.core.figures import count, duration, milliseconds
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchSpec, RunnerSpec
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.core.stats.latencies import percentile
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.job_center import LogLine
from modelpack_gui.ui.look.runner_colors import Look, keys_of, look_of
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.surroundings import infos_of

INTERVAL_MS = 40
"""Samples come at most every 50 ms; told after so long, the picture is a new one at least ten times a second."""

_SURE_AFTER_S, _SURE_FROM = 3.0, 0.03
"""Before so long and so far, what is left cannot be told."""


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
    """How far a runner is.

    Attributes:
        done, goal: Timed runs.
        words: That in words, or what it waits for.
        is_valid: Whether its outputs are right, as far as is known.
    """

    key: str
    title: str
    look: Look
    done: int
    goal: int
    words: str
    is_at_work: bool = False
    is_valid: bool = True


class TimeLeft:
    """How long a job has still to go, from how far it came since it began."""

    def __init__(self) -> None:
        self.start(0.0)

    def start(self, fraction: float) -> None:
        """It is that far now; what comes from here on is measured."""
        self._begun, self._from = time.monotonic(), fraction

    def text(self, fraction: float | None, then_s: float = 0.0) -> str:
        """`about 40 s left`; empty while that cannot be told. `then_s` is what comes after it."""
        took = time.monotonic() - self._begun
        done = (fraction or 0.0) - self._from
        if took < _SURE_AFTER_S or done < _SURE_FROM or fraction is None or fraction >= 1.0:
            return ""
        left = max(1, round(took / done * (1.0 - fraction) + then_s))
        return f"about {f'{left} s' if left < 60 else duration(left)} left"


class BenchLive(QObject):
    """Follows the benchmark that is on.

    Attributes:
        spec: That it was started with: what is edited meanwhile is of the next one.
        samples: By the keys of the runners; those of which nothing came yet are not in it.
    """

    changed = Signal()  # more is known: at most once in INTERVAL_MS

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._job = ""
        self.spec = BenchSpec()
        self.samples: dict[str, LiveSamples] = {}
        self._titles: dict[str, str] = {}
        self._at_work = ""
        self._is_warming = False
        self._seen: set[str] = set()  # keys of those that were at work once
        self._ended: dict[str, str] = {}  # what is said of those that are not measured, or no further
        self._wrong: set[str] = set()
        self._time_left = TimeLeft()
        self._timer = QTimer(self, singleShot=True, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.changed)
        controller.stage_changed.connect(self._on_stage_changed)
        controller.jobs.samples_added.connect(self._on_samples_added)
        controller.jobs.log_added.connect(self._on_log_added)

    @property
    def is_on(self) -> bool:
        """Whether a benchmark runs."""
        return bool(self._job)

    def time_left(self) -> str:
        """`about 40 s left`; empty while that cannot be told."""
        if not self.samples:
            return ""
        share = self._share_timed()
        if self.spec.precision is not None or share >= 1.0:
            return self._time_left.text(self._controller.state(Stage.BENCH).fraction)
        return self._time_left.text(share, self._load_s())

    def _share_timed(self) -> float:
        """Of the timed runs that will be made: a step of the job's own counts as much as seconds under load."""
        going = [key for key in self._titles if key not in self._ended]
        done = sum(len(self.samples[key].timed_ms) for key in going if key in self.samples)
        return done / (self.spec.iterations * len(going)) if going else 1.0

    def _load_s(self) -> float:
        """How long the runners will be under load once they are timed, seconds."""
        tries = len(self.spec.callers) + len(self.spec.rates_per_s)
        return self.spec.load_s * tries * len(self._titles.keys() - self._ended.keys() - self._wrong)

    def runners(self) -> tuple[LiveRunner, ...]:
        """Those that are measured, in the order of the recipe."""
        keys = keys_of(self._controller.recipe.bench, self._titles, self.samples)
        return tuple(self._runner(key, look_of(key, keys)) for key in dict.fromkeys((*self._titles, *self.samples)))

    def _runner(self, key: str, look: Look) -> LiveRunner:
        samples, spec = self.samples.get(key, LiveSamples()), self.spec
        done = len(samples.timed_ms)
        goal = max(spec.iterations, done if spec.precision is not None else 0)
        is_at_work = key == self._at_work and key not in self._ended
        if key in self._ended:
            words = self._ended[key]
        elif not samples.warmup_ms and not done and is_at_work:
            words = "warming up" if self._is_warming else "is made ready"
        else:
            words = _told(samples, spec) or ("ready" if key in self._seen else "waiting for its turn")
        is_valid = key not in self._wrong
        if not is_valid:
            words = f"wrong outputs · {words}"
        return LiveRunner(key, self._titles.get(key, key), look, min(done, goal), goal, words, is_at_work, is_valid)

    def _begin(self, job: str) -> None:
        controller = self._controller
        self._job, self.spec = job, controller.recipe.bench
        self.samples, self._at_work = {}, ""
        self._seen, self._ended, self._wrong = set(), {}, set()
        infos = infos_of(controller)
        self._titles = {one.key: runner_title(one, infos) for one in self.spec.runners}

    def follow(self) -> None:
        """Take what the stage's state says now; whoever draws from here does so before it looks."""
        state = self._controller.state(Stage.BENCH)
        job = self._controller.job_of(Stage.BENCH) if state.status is Status.RUNNING else ""
        if job and job != self._job:
            self._begin(job)
        self._job = job
        if not job:
            self.samples = {}
            self._timer.stop()
            return
        self._is_warming = state.message.startswith(f"{WARMING_UP} ")
        named = runner_at_work(state.message, self._titles)
        if state.message.endswith(AGAIN):  # it is no runner of the list, and none of those is at work
            self._at_work = ""
        if named:
            self._at_work = named
            self._seen.add(named)
        self._tell()

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is Stage.BENCH:
            self.follow()

    def _on_samples_added(self, sample: Sample) -> None:
        if not self._job or sample.job != self._job:
            return
        is_first_timed = sample.phase == "timed" and not any(one.timed_ms for one in self.samples.values())
        if sample.runner not in self._titles:  # the director knows best
            self._titles[sample.runner] = runner_title(RunnerSpec(sample.runner), ())
        self.samples.setdefault(sample.runner, LiveSamples()).add(sample.phase, sample.latencies_ms)
        if is_first_timed or self._share_timed() >= 1.0:  # timed, or under load from now on
            self._time_left.start(0.0 if is_first_timed else self._controller.state(Stage.BENCH).fraction or 0.0)
        self._seen.add(sample.runner)
        self._at_work = self._at_work or sample.runner
        self._tell()

    def _on_log_added(self, line: LogLine) -> None:
        if not self._job or line.log.job != self._job:
            return
        for key, title in self._titles.items():
            said, _, why = line.log.message.removeprefix(f"{title} is ").partition(": ")
            if said in (LEFT_OUT, NO_FURTHER):
                self._ended[key] = f"{said}: {why}"
                self._tell()
            elif line.log.message.startswith(f"{title} {WRONG_OUTPUTS}: "):
                self._wrong.add(key)
                self._tell()

    def _tell(self) -> None:
        if not self._timer.isActive():
            self._timer.start()


def runner_at_work(message: str, titles: Mapping[str, str]) -> str:
    """Key of the runner that a job's message ends with, such as `Round 3 of 8: ONNX Runtime`; empty if with none."""
    named = [key for key, title in titles.items() if message.endswith(f" {title}")]
    return max(named, key=lambda key: len(titles[key]), default="")


def _told(samples: LiveSamples, spec: BenchSpec) -> str:
    done = len(samples.timed_ms)
    if done:
        of = "" if spec.precision is not None and done > spec.iterations else f" of {count(spec.iterations)}"
        return f"{count(done)}{of} timed · p50 so far {milliseconds(samples.p50_ms)}"
    if samples.warmup_ms:
        return f"warming up, {count(len(samples.warmup_ms))} of {count(spec.warmup_runs)}"
    return ""
