"""The kept runs of the benchmark of one window: each is on disk as soon as it has ended, and the last comes back.

A project that has no file yet keeps its runs in memory, and puts them on disk when it is saved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.background import Background, Check
from modelpack_gui.ui.project.project import Project
from modelpack_gui.ui.state.stages import StageStates
from modelpack_gui.ui.status import Status

if TYPE_CHECKING:
    from modelpack_gui.client.bench.store import BenchStore, KeptRun, WholeRun

RunRead = Callable[["WholeRun | None", ErrorInfo | None], None]

_HELD = 4
"""Runs with their samples that are held in memory: what is looked at, and what that is compared with."""


class BenchRuns(QObject):
    """Reads and writes beside the GUI thread: a run of many samples takes a while.

    Attributes:
        runs: The newest first.
        baseline: Id of the run that others are gated against; empty if there is none.
        current: Id of the run that the stage's result is; empty if it has none, or is not kept yet.
    """

    changed = Signal()
    exported = Signal(object)  # Path, of a run that was written as JSON
    failed = Signal(object)  # ErrorInfo: a run could not be kept, changed or removed

    def __init__(self, project: Project, states: StageStates, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._states = states
        self._background = Background(self)
        self.runs: tuple[KeptRun, ...] = ()
        self.baseline = ""
        self.current = ""
        self._folder: Path | None = None  # None while the project has no file
        self._unsaved: dict[str, WholeRun] = {}
        self._held: dict[str, WholeRun] = {}
        self._waiting: dict[str, list[RunRead]] = {}  # for runs that are being read
        self._known: BenchReport | None = None  # the stage's result, which is kept already or being kept
        self._asked = 0
        project.leaving.connect(self._forget)
        project.replaced.connect(self._follow)
        project.changed.connect(self._follow)
        project.edited.connect(self._follow)
        states.changed.connect(self._on_state_changed)

    def refresh(self) -> None:
        """Read again what is on disk: the command line may have kept a run."""
        self._ask_store("list", _listed, self._on_listed)

    def read(self, run: str, answered: RunRead) -> None:
        """Get a run with its samples, by its id; at once if it is held."""
        held = self._unsaved.get(run) or self._held.get(run)
        if held is not None:
            answered(held, None)
            return

        waiting = self._waiting.setdefault(run, [])
        waiting.append(answered)
        if len(waiting) > 1:  # it is being read already
            return

        def came(found: WholeRun | None, error: ErrorInfo | None) -> None:
            if found is not None:
                self._hold(run, found)
            for one in self._waiting.pop(run, []):
                one(found, error)

        self._ask_store(f"read {run}", lambda store: store.read(run), came)

    def find(self, run: str) -> KeptRun | None:
        """What the list shows of a run; None if it is not in it."""
        return next((one for one in self.runs if one.id == run), None)

    def rename(self, run: str, name: str) -> None:
        """Give a run a name; an empty one takes it away."""
        if run in self._unsaved:
            self.runs = tuple(dataclasses.replace(one, name=name) if one.id == run else one for one in self.runs)
            self.changed.emit()
        else:
            self._change(lambda store: store.rename(run, name))

    def set_baseline(self, run: str) -> None:
        """Gate against a run from now on; empty: against none."""
        if self._folder is None:
            self.baseline = run
            self.changed.emit()
        else:
            self._change(lambda store: store.set_baseline(run))

    def delete(self, run: str) -> None:
        """Remove a run for good."""
        self._held.pop(run, None)
        if run in self._unsaved:
            del self._unsaved[run]
            self.runs = tuple(one for one in self.runs if one.id != run)
            self.baseline = "" if self.baseline == run else self.baseline
            self.changed.emit()
        else:
            self._change(lambda store: store.delete(run))

    def show(self, run: str) -> None:
        """Make a kept run the stage's result, unless a benchmark is on."""

        def came(whole: WholeRun | None, error: ErrorInfo | None) -> None:
            if whole is None:
                if error is not None:
                    self.failed.emit(error)
            elif self._states.state(Stage.BENCH).status not in (Status.RUNNING, Status.WAITING):
                self._take(run, whole)

        self.read(run, came)

    def export(self, run: str, path: Path) -> None:
        """Write a run as JSON, as `modelpack bench --json` does."""

        def came(whole: WholeRun | None, error: ErrorInfo | None) -> None:
            if whole is None:
                if error is not None:
                    self.failed.emit(error)
                return
            self._asked += 1
            self._background.ask(f"export {self._asked}", lambda _check: _write_json(whole, path), written)

        def written(_: None, error: ErrorInfo | None) -> None:
            if error is not None:
                self.failed.emit(error)
            else:
                self.exported.emit(path)

        self.read(run, came)

    def take_file(self, path: Path) -> None:
        """Keep the run of a file beside the others: one that was exported, from another machine perhaps."""
        folder = self._folder

        def came(report: BenchReport | None, error: ErrorInfo | None) -> None:
            from modelpack_gui.client.bench.store import WholeRun  # beside the GUI thread it is imported by now

            if error is not None:
                self.failed.emit(error)
            elif report is not None and folder == self._folder:
                self._add(WholeRun(report), path.stem)

        self._asked += 1
        self._background.ask(f"file {self._asked}", lambda _check: _read_file(path), came)

    @property
    def is_busy(self) -> bool:
        """Whether something is read or written."""
        return self._background.is_busy

    # -- following the project

    def _follow(self) -> None:
        """It was opened or saved, or its artifact goes to another place."""
        project, recipe = self._project, self._project.recipe
        folder: Path | None = None
        if project.path is not None:
            from modelpack_gui.client.bench.store import bench_folder  # not before: the window opens sooner

            folder = bench_folder(project.base, recipe.export, recipe.source)
        if folder == self._folder:
            return
        self._folder = folder
        self._held.clear()
        self._waiting.clear()
        if folder is None:
            return
        names = {one.id: one.name for one in self.runs}
        unsaved, self._unsaved = self._unsaved, {}
        for run, whole in unsaved.items():
            self._keep(whole, names.get(run, ""))
        self.refresh()

    def _forget(self) -> None:
        self._background.drop("list")
        self.runs, self.baseline, self.current = (), "", ""
        self._folder = None
        self._unsaved.clear()
        self._held.clear()
        self._waiting.clear()
        self.changed.emit()

    def _on_state_changed(self, stage: Stage) -> None:
        if stage is not Stage.BENCH:
            return
        report = self._states.given(stage)
        if not isinstance(report, BenchReport) or report is self._known:
            return
        from modelpack_gui.client.bench.store import WholeRun  # not before there is a run

        state = self._states.state(stage)
        self._known = report
        self._add(WholeRun(report, state.ran_with, state.made_from), "", is_current=True)

    def _add(self, whole: WholeRun, name: str, *, is_current: bool = False) -> None:
        if self._folder is not None:
            self._keep(whole, name, is_current=is_current)
            return
        from modelpack_gui.client.bench.store import summary_of  # as above

        self._asked += 1
        run = f"unsaved-{self._asked}"
        self._unsaved[run] = whole
        self.runs = (dataclasses.replace(summary_of(whole.report, run), name=name), *self.runs)
        if is_current:
            self.current = run
        self.changed.emit()

    # -- the store, beside the GUI thread

    def _keep(self, whole: WholeRun, name: str, *, is_current: bool = False) -> None:
        self._asked += 1

        def kept(run: KeptRun | None, error: ErrorInfo | None) -> None:
            if error is not None:
                self.failed.emit(error)
            elif run is not None:
                self._hold(run.id, whole)
                if is_current and whole.report is self._known:
                    self.current = run.id
                self.refresh()

        def work(store: BenchStore) -> KeptRun:
            return store.keep(whole.report, whole.recipe, whole.made_from, name)

        self._ask_store(f"keep {self._asked}", work, kept)  # a key of its own: no later one takes its place

    def _change(self, work: Callable[[BenchStore], None]) -> None:
        self._asked += 1

        def done(_: None, error: ErrorInfo | None) -> None:
            if error is not None:
                self.failed.emit(error)
            self.refresh()

        self._ask_store(f"change {self._asked}", work, done)

    def _ask_store(self, key: str, work: Callable[[BenchStore], object], answered: Callable[..., None]) -> None:
        folder = self._folder
        if folder is None:
            return

        def in_background(check: Check) -> object:
            from modelpack_gui.client.bench.store import BenchStore  # as above

            check()
            return work(BenchStore(folder))

        def came(result: object, error: ErrorInfo | None) -> None:
            if folder == self._folder:  # else it is another project's answer
                answered(result, error)

        self._background.ask(key, in_background, came)

    def _on_listed(self, listed: tuple[tuple[KeptRun, ...], str] | None, error: ErrorInfo | None) -> None:
        if listed is None:
            if error is not None:
                self.failed.emit(error)
            return
        self.runs, self.baseline = listed
        if self.current and self.find(self.current) is None:
            self.current = ""
        self.changed.emit()
        if self.runs and self._is_open_for_last:
            self.read(self.runs[0].id, self._on_last_read)

    def _on_last_read(self, whole: WholeRun | None, error: ErrorInfo | None) -> None:
        """The project was opened: what was measured last is its result, unless there is a newer one by now."""
        if whole is None:
            if error is not None:
                self.failed.emit(error)
            return
        if self.runs and self._is_open_for_last:
            self._take(self.runs[0].id, whole)

    def _take(self, run: str, whole: WholeRun) -> None:
        self._known = whole.report
        self.current = run
        self._states.restore(Stage.BENCH, whole.report, whole.recipe, whole.made_from)
        self.changed.emit()

    @property
    def _is_open_for_last(self) -> bool:
        """Whether nothing was measured, or is being measured, since the project was opened."""
        state = self._states.state(Stage.BENCH)
        return state.result is None and state.status is Status.NOT_RUN

    def _hold(self, run: str, whole: WholeRun) -> None:
        self._held.pop(run, None)
        self._held[run] = whole
        while len(self._held) > _HELD:
            del self._held[next(iter(self._held))]


def _listed(store: BenchStore) -> tuple[tuple[KeptRun, ...], str]:
    return store.runs(), store.baseline


def _write_json(whole: WholeRun, path: Path) -> None:
    from modelpack_gui.client.files import write_text  # beside the GUI thread
    from modelpack_gui.core import serde

    write_text(path, serde.dumps(serde.encode_tagged(whole.report), indent=1) + "\n")


def _read_file(path: Path) -> BenchReport:
    from modelpack_gui.client.bench.files import read_report  # as above

    return read_report(path)
