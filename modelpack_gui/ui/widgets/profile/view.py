"""Where the time of a runner goes, and why another one takes longer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.figures import microseconds, plural
from modelpack_gui.core.locations import located
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.profile.difference import BETWEEN, Part, ProfileDifference, Side, difference, title_of
from modelpack_gui.core.profile.summary import DOUBTFUL_NOTE, is_doubtful
from modelpack_gui.core.records import ProfileReport, ProfileRow, RunnerSpec
from modelpack_gui.core.runners.titles import runner_title
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.node_link import NodeLink
from modelpack_gui.ui.look.runner_colors import keys_of
from modelpack_gui.ui.look.theme import SPACING, icon
from modelpack_gui.ui.models.layer_inspection import NodeTarget
from modelpack_gui.ui.models.profile_inspection import part_inspection, profile_row_inspection
from modelpack_gui.ui.models.runner_entries import RunnerEntry, runner_entry
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.surroundings import surroundings_of
from modelpack_gui.ui.widgets.basics import Foldable
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.profile.difference import DifferenceTable
from modelpack_gui.ui.widgets.profile.head import ProfileHead
from modelpack_gui.ui.widgets.profile.share_strip import ShareStrips, Strip, StripItem
from modelpack_gui.ui.widgets.profile.tables import ProfileTables
from modelpack_gui.ui.widgets.status_line import StatusLine

_EMPTY, _CONTENT, _BLANK = range(3)
_RUNNER_KEY, _AGAINST_KEY = "profile/runner", "profile/against"


class ProfileView(QWidget):
    """Profiles one runner or two, and draws verdict, strips and tables.

    What it shows is kept by `controller.profiles`; the view itself may be made and thrown away at any time.
    """

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("profile-view")
        self._controller = controller
        self._settings = settings
        self._state = controller.profiles
        self._drawn: tuple[ProfileReport | None, ProfileReport | None] = (None, None)
        self._found: ProfileDifference | None = None
        self._waits_for_export = False
        self._export_error: ErrorInfo | None = None
        self.head = ProfileHead()
        self.head.profile_wanted.connect(self.profile)
        self.head.cancel_wanted.connect(self._cancel)
        self.head.chosen.connect(self._on_chosen)
        self.error = ErrorPanel(controller)
        self.error.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.head.empty)
        self._stack.addWidget(self._make_content())
        self._stack.addWidget(QWidget())  # below a failure, and while the first one runs
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.head)
        column.addWidget(self.error)
        column.addWidget(self._stack, 1)
        self._state.changed.connect(self.refresh)
        controller.recipe_changed.connect(self._fill)
        controller.capabilities_changed.connect(self._fill)
        controller.project_changed.connect(self._fill)
        controller.stage_changed.connect(self._on_stage_changed)
        controller.files_changed.connect(self.refresh)
        self._fill()

    @property
    def problem(self) -> str:
        """Why what is chosen cannot be profiled now; empty if it can."""
        for entry in self._wanted():
            if entry.problem:
                return entry.tooltip.splitlines()[-1] if entry.problem == "not here" else _sentence(entry)
        if self._needs_export and (problem := self._controller.problem(Stage.EXPORT)):
            return problem
        return self._controller.problem(Stage.BENCH) or self._state.problem

    @property
    def _needs_export(self) -> bool:
        """Whether what is chosen runs the exported file, and that is not there, or not of the recipe as it is now."""
        controller = self._controller
        if not any(self._needs_artifact(one.spec) and not one.spec.artifact for one in self._wanted()):
            return False
        is_stale = controller.state(Stage.EXPORT).status is Status.STALE and not controller.looks_at_source
        return not controller.artifact_path or is_stale

    def profile(self) -> None:
        """Profile what is chosen; of a second runner, a profile that still holds is taken."""
        controller, state = self._controller, self._state
        if state.is_running or self.problem:
            return
        if not controller.is_trusted:
            controller.trust_wanted.emit()
            return
        self._export_error = None
        self._waits_for_export = self._needs_export
        if self._waits_for_export:
            controller.run(Stage.EXPORT)
            return
        wanted = self._wanted()
        again = [one for one in wanted[1:] if state.report_of(one.key) is None or state.is_stale(one.key)]
        infos = surroundings_of(controller).infos
        state.start([(one.spec, runner_title(one.spec, infos)) for one in (wanted[0], *again)])

    def _cancel(self) -> None:
        if self._waits_for_export:
            self._waits_for_export = False
            self._controller.cancel(Stage.EXPORT)
        self._state.cancel()
        self.refresh()

    def profile_if_needed(self) -> None:
        """Profile what is chosen, unless it has been and nothing changed since."""
        state = self._state
        if any(state.report_of(one.key) is None or state.is_stale(one.key) for one in self._wanted()):
            self.profile()

    def choose(self, runner: str, against: str = "") -> None:
        """Show the profile of a runner, and the difference to another one."""
        self.head.runner.choose(runner)
        self.head.against.choose(against)
        self._on_chosen()

    def refresh(self) -> None:
        """Bring everything in line with the state."""
        state = self._state
        report = state.report_of(self.head.runner.key)
        other = state.report_of(self.head.against.key) if self.head.against.key != self.head.runner.key else None
        message = None
        if state.is_running:
            running = next((entry.title for entry in self._wanted() if entry.key == state.running), state.running)
            message = f"{running}: {state.job.message}"
        if self._waits_for_export:
            message = "Exporting the model first"
        self.head.show_running(message, state.job.fraction)
        is_busy = state.is_running or self._waits_for_export
        self.head.show_ready(is_running=is_busy, problem=self.problem)
        error = self._export_error or (state.job.error if state.failed in self._chosen else None)
        self.error.show_error(None if is_busy else error)
        if (report, other) != self._drawn:
            self._drawn = (report, other)
            self._draw(report, other)
        self._show_verdict(report, other)
        empty = _BLANK if is_busy or error is not None else _EMPTY
        self._stack.setCurrentIndex(empty if report is None else _CONTENT)

    # Parts

    def _make_content(self) -> QWidget:
        self.strips = ShareStrips()
        self.strips.piece_chosen.connect(self._on_piece)
        self._link = NodeLink(self._controller, lambda: self._controller.artifact_path, self)
        self._link.wanted.connect(self._on_node_selected)
        self.tables = ProfileTables(self._settings)
        self.tables.row_selected.connect(self._on_row)
        self.tables.row_activated.connect(self._show_first_node)
        self.tables.row_menu_made.connect(self._on_row_menu)
        self.parts = DifferenceTable(self._settings)
        self.parts.part_selected.connect(self._on_part)
        self._tables = QStackedWidget()
        for widget in (self.tables, self.parts):
            self._tables.addWidget(widget)
        self._notes_box = QWidget()
        self._notes = QVBoxLayout(self._notes_box)
        self._notes.setContentsMargins(0, 0, 0, 0)
        self._notes.setSpacing(SPACING // 2)
        self._note_lines: list[StatusLine] = []
        self.notes = Foldable("", self._notes_box, is_open=True)
        self.notes.setObjectName("profile-notes")
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.strips)
        column.addWidget(self._tables, 1)
        column.addWidget(self.notes)
        return made

    def note_texts(self) -> list[str]:
        """What is said below the tables."""
        return [line.text for line in self._note_lines]

    # Runners

    def _fill(self) -> None:
        """List the recipe's runners, then what else the registry has; what was chosen stays."""
        controller = self._controller
        bench = controller.recipe.bench
        around = surroundings_of(controller)
        more = [RunnerSpec(info.id) for info in around.infos]
        specs = {spec.key: spec for spec in (*bench.runners, *more)}
        keys = keys_of(bench, specs)
        entries = [runner_entry(spec, around, keys) for spec in specs.values()]
        usual = next((key for key in specs if key.startswith("onnxruntime")), next(iter(specs), ""))
        self.head.runner.show_entries(entries, self.head.runner.key or self._settings.text(_RUNNER_KEY) or usual)
        self.head.against.show_entries(entries, self.head.against.key or self._settings.text(_AGAINST_KEY))
        self.refresh()

    def _wanted(self) -> list[RunnerEntry]:
        """What is chosen, each once."""
        chosen = (self.head.runner.entry, self.head.against.entry)
        return list({entry.key: entry for entry in chosen if entry is not None}.values())

    @property
    def _chosen(self) -> tuple[str, str]:
        """Their keys."""
        return (self.head.runner.key, self.head.against.key)

    def _needs_artifact(self, spec: RunnerSpec) -> bool:
        infos = surroundings_of(self._controller).infos
        return any(info.id == spec.runner and info.needs_artifact for info in infos)

    def _on_chosen(self) -> None:
        self._export_error = None
        self._settings.set_text(_RUNNER_KEY, self.head.runner.key)
        self._settings.set_text(_AGAINST_KEY, self.head.against.key)
        self.refresh()

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is Stage.EXPORT and self._waits_for_export:
            state = self._controller.state(stage)
            if not state.is_under_way:
                self._waits_for_export, self._export_error = False, state.error
                if state.error is None and not self._needs_export:
                    self.profile()
        if stage in (Stage.EXPORT, Stage.BENCH):
            self._fill()

    # Drawing

    def _draw(self, report: ProfileReport | None, other: ProfileReport | None) -> None:
        self._found = None
        if report is None:
            return
        if other is None:
            self.tables.show_report(report)
            self.strips.show_strips((_strip(report, report.title),))
            notes = report.notes
        else:
            self._found = difference(other, report)
            self.parts.show_difference(self._found)
            self.strips.show_strips(_both(self._found))
            reasons = (part.reason for part in self._found.by_kind if part.reasons)
            told = self._found.summary  # it gives the main reason
            notes = (*(reason for reason in dict.fromkeys(reasons) if reason not in told), *self._found.notes)
        self.strips.mark("")
        self._tables.setCurrentWidget(self.tables if other is None else self.parts)
        self._show_notes(notes)

    def _show_verdict(self, report: ProfileReport | None, other: ProfileReport | None) -> None:
        state = self._state
        status, word, sentence, facts = Status.NOT_RUN, "", "", ""
        if report is not None:
            keys = [self.head.runner.key, *([self.head.against.key] if other is not None else [])]
            is_stale = any(state.is_stale(key) for key in keys)
            is_noisy = any(one is not None and is_doubtful(one) for one in (report, other))
            status, word = (Status.WARNING, "Doubtful") if is_noisy else (Status.PASSED, "Profiled")
            if is_stale:
                status, word = Status.STALE, ""
            sentence = self._found.summary if self._found is not None else report.summary
            if is_stale:
                sentence = f"Out of date: settings, files or the artifact changed since. {sentence}"
            elif self.head.against.key and other is None and self.head.against.key != self.head.runner.key:
                sentence = f"{sentence} Profile again to see the difference to {self.head.against.currentText()}."
            facts = _facts(report)
        if state.is_running or self._waits_for_export:
            status, word = Status.RUNNING, ""
        elif self._export_error is not None or (state.job.error is not None and state.failed in self._chosen):
            status, word = Status.FAILED, ""
        elif state.job.was_cancelled and report is None:
            status, word = Status.CANCELLED, ""
        self.head.show_verdict(status, word, sentence, facts)

    def _show_notes(self, notes: tuple[str, ...]) -> None:
        for line in self._note_lines:
            self._notes.removeWidget(line)
            line.deleteLater()
        self._note_lines = [
            StatusLine(Status.WARNING if note == DOUBTFUL_NOTE else Status.REMARK, note, self._notes_box)
            for note in notes
        ]
        for line in self._note_lines:
            self._notes.addWidget(line)
            line.show()
        self.notes.set_title(f"What to know ({len(notes)})")
        self.notes.setVisible(bool(notes))

    # What is clicked

    def _on_piece(self, title: str) -> None:
        if self._found is not None:
            self.strips.mark(title)
            self.parts.choose(title)
            return
        is_again = title == self.tables.kind or title == BETWEEN
        self.strips.mark("" if is_again else title)
        self.tables.choose_kind("" if is_again else title)

    def _on_row(self, row: ProfileRow) -> None:
        report = self._drawn[0]
        if report is not None and self.isVisible() and not self._link.is_following:
            nodes = self._nodes(row)
            if nodes:
                self._link.pick(nodes[0])
            self._controller.inspect(profile_row_inspection(row, report, nodes, self._follow), Stage.BENCH)

    def _on_node_selected(self, node: int) -> None:
        """The row that does a node's work, if it is listed."""
        table = self.tables.row_table
        index = table.currentIndex()
        if index.isValid() and node in self._nodes(self.tables.rows.record(index.row())):
            return
        found = next((row for row in self.tables.rows.records if node in self._nodes(row)), None)
        if found is not None:
            table.select_record(found)

    def _on_part(self, part: Part) -> None:
        self.strips.mark(part.title)
        if self._found is not None and self.isVisible():
            self._controller.inspect(part_inspection(part, self._found), Stage.BENCH)

    def _follow(self, target: Any) -> None:
        if isinstance(target, NodeTarget):
            self._controller.show_node(target.node)

    def _show_first_node(self, row: ProfileRow) -> None:
        nodes = self._nodes(row)
        if nodes:
            self._controller.show_node(nodes[0])

    def _on_row_menu(self, menu: QMenu, row: ProfileRow) -> None:
        nodes = self._nodes(row)
        menu.addSeparator()
        for name, node in list(zip(row.originals, nodes, strict=False))[:8] or [("", -1)]:
            text = f"Show {name} in graph".replace("&", "&&") if name else "Show in graph"
            action = menu.addAction(icon("graph"), text)
            action.setEnabled(node >= 0)
            action.triggered.connect(lambda _checked=False, node=node: self._controller.show_node(node))

    def _nodes(self, row: ProfileRow) -> tuple[int, ...]:
        """Nodes of the graph page that a row stands for; none where the file that was profiled is not shown there."""
        report, controller = self._drawn[0], self._controller
        if report is None or not report.artifact_path:
            return ()
        if str(located(controller.base, report.artifact_path).absolute()) != controller.artifact_path:
            return ()
        if row.indices:
            return row.indices
        graph = controller.graph.graph
        known = graph.nodes_by_name if graph is not None else {}
        return tuple(known[name] for name in row.originals if name in known)


def _sentence(entry: RunnerEntry) -> str:
    return f"{entry.title}: {entry.problem}."


def _facts(report: ProfileReport) -> str:
    between = max(0.0, report.overhead_us)
    names = {name: name.removesuffix("ExecutionProvider") for name in report.providers}
    providers = ", ".join(f"{plural(count, 'row')} on {names[name]}" for name, count in report.providers.items())
    parts = (
        f"{microseconds(report.wall_us)} a run",
        f"with the profiler {microseconds(report.profiled_us)}",
        f"{microseconds(between)} of that outside the operators",
        providers,
    )
    return "  ·  ".join(part for part in parts if part)


def _strip(report: ProfileReport, title: str) -> Strip:
    """The runner's own profile as a strip, by kind of operator."""
    found = difference(report, report)
    return Strip(title, _items((part.title, part.after) for part in found.by_kind))


def _both(found: ProfileDifference) -> tuple[Strip, Strip]:
    before = _items((part.title, part.before) for part in found.by_kind)
    after = _items((part.title, part.after) for part in found.by_kind)
    return Strip(title_of(found.before, found.after), before), Strip(title_of(found.after, found.before), after)


def _items(parts: Iterable[tuple[str, Side]]) -> tuple[StripItem, ...]:
    items = [StripItem(title, side.us) for title, side in parts if side.us > 0.0]
    return tuple(sorted(items, key=lambda item: (item.title == BETWEEN, -item.us)))
