"""The picture of the graph that the canvas shows: what is open in it, and the job that lays it out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.results import ResultsFolder
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.graph.columns import ColumnsError
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records.graph_layout import Around, Detail, Hidden, LayoutReport, LayoutRequest
from modelpack_gui.ui.background import Background, Check
from modelpack_gui.ui.graph.latest_job import LatestJob
from modelpack_gui.ui.graph.scene_view import (
    Levels,
    SceneView,
    first_opened,
    recalled,
    remembered,
    scopes_above,
    with_shown,
)

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
    from modelpack_gui.ui.graph.canvas.look import Metrics
    from modelpack_gui.ui.graph.state import GraphState

Direction = Literal["down", "right"]
HIDDEN: tuple[Hidden, ...] = get_args(Hidden)
DETAILS: tuple[Detail, ...] = get_args(Detail)


class GraphScenes(QObject):
    """Asks for the layout of what is open, keeps the last picture until the next one is there.

    Nothing is laid out before `start` is called: a window whose canvas is hidden needs no picture.

    Attributes:
        view: What is to be shown.
        arrays: The last picture; None before the first one.
        shown: The view that it is of.
        report: What the layout says of it.
        error: Why the picture of `view` could not be made.
        hidden, direction, details: See `LayoutRequest`.
    """

    came = Signal()  # another picture, or none any more
    changed = Signal()  # the view, or how far the layout is

    def __init__(self, state: GraphState) -> None:
        super().__init__(state)
        self._state = state
        self._job = LatestJob(state.jobs, state.project_jobs, self)
        self._background = Background(self)
        self._results = ResultsFolder()
        self._metrics: Metrics | None = None
        self._is_seen, self._is_due = False, True
        self._graph = state.graph
        self._levels = Levels(state.graph) if state.graph is not None else None
        self._known: dict[str, str] = {}  # views by the path of the artifact
        self._opened: dict[int, frozenset[int]] = {}  # by scope, in its last picture
        self._asked = SceneView()
        self._read_error: ErrorInfo | None = None
        self.view = SceneView()
        self.arrays: SceneArrays | None = None
        self.shown = SceneView()
        self.report: LayoutReport | None = None
        self.hidden: frozenset[Hidden] = frozenset()
        self.direction: Direction = "down"
        self.details: frozenset[Detail] = frozenset()
        self._job.changed.connect(self.changed)
        self._job.ended.connect(self._on_laid_out)
        state.changed.connect(self._on_graph_changed)
        if self._graph is not None:
            self.view = self._first_view(self._graph)

    # Reading

    @property
    def is_running(self) -> bool:
        """Whether a picture is to come."""
        return self._job.is_running or self._background.is_busy

    @property
    def was_cancelled(self) -> bool:
        """Whether the user stopped the layout of `view`."""
        return self._job.was_cancelled

    @property
    def error(self) -> ErrorInfo | None:
        """Why the picture of `view` could not be made; None if it could, or is to come."""
        return self._job.error or self._read_error

    @property
    def progress(self) -> tuple[str, float | None]:
        """What the layout does now, and how far it is."""
        return self._job.message, self._job.fraction

    @property
    def level(self) -> int:
        """The highest level that is open throughout; 1 where nothing is."""
        return self._levels.level_of(self.view) if self._levels is not None else 1

    @property
    def deepest_level(self) -> int:
        """The level at which all is open."""
        return self._levels.deepest(self.view.scope) if self._levels is not None else 1

    # What the canvas tells

    def start(self, metrics: Metrics) -> None:
        """The canvas is seen, with a font of these sizes."""
        self._is_seen = True
        if metrics != self._metrics or self._is_due:
            self._metrics = metrics
            self._ask()

    def pause(self) -> None:
        """The canvas is hidden: what changes meanwhile is laid out when it is seen again."""
        self._is_seen = False

    # Changing what is shown

    def open_groups(self, *groups: int) -> None:
        """Show what is in some groups."""
        if self._graph is not None:
            self._show(opened=with_shown(self._graph, self.view.opened, groups))

    def close_group(self, group: int) -> None:
        """Show a group as one box. Those in it are closed too: it opens as it did at first."""
        graph = self._graph
        if graph is not None:
            inside = {one for one in self.view.opened if group in graph.groups_above(one)}
            self._show(opened=self.view.opened - inside)

    def open_inside(self, group: int) -> None:
        """Open a group and every group in it."""
        graph = self._graph
        if graph is not None:
            inner = [group]
            for one in inner:
                inner += graph.group_children[one]
            self.open_groups(*inner)

    def toggle_group(self, group: int) -> None:
        """Open a group or close it."""
        if group in self.view.opened:
            self.close_group(group)
        else:
            self.open_groups(group)

    def open_to_level(self, level: int) -> None:
        """Open all groups down to a level, and close the others."""
        if self._levels is not None:
            self._show(opened=self._levels.opened_to(self.view.scope, level), around=None)

    def enter(self, scope: int) -> None:
        """Show a subgraph or a function."""
        if self._graph is not None and scope != self.view.scope:
            trail = (*self.view.trail, self.view.scope)
            if scope in trail:
                trail = trail[: trail.index(scope)]
            self._put(SceneView(scope, self._opened_in(scope), trail=trail))

    def leave(self) -> int:
        """Back to where one came from; the scope that was left, -1 if there is nothing around."""
        view = self.view
        if view.around is not None:
            self.show_all()
        elif view.trail:
            self._put(SceneView(view.trail[-1], self._opened_in(view.trail[-1]), trail=view.trail[:-1]))
            return view.scope
        return -1

    @property
    def can_leave(self) -> bool:
        """Whether something is around what is shown."""
        return bool(self.view.trail) or self.view.around is not None

    def show_around(self, nodes: tuple[int, ...], steps_up: int, steps_down: int) -> None:
        """Show only what is near some nodes."""
        self._show(around=Around(nodes, steps_up, steps_down))

    def show_all(self) -> None:
        """Show groups again, not a neighbourhood."""
        self._show(around=None)

    def show_node(self, node: int) -> None:
        """Open what a node is in, in whichever scope it is."""
        self.show_nodes((node,))

    def show_nodes(self, nodes: Sequence[int]) -> None:
        """Open what some nodes are in: those of the first one's scope."""
        graph = self._graph
        if graph is None or not nodes:
            return
        scopes, groups = graph.ints("node_scope"), graph.ints("node_group")
        scope = scopes[nodes[0]]
        opened = with_shown(graph, self._opened_in(scope), {groups[node] for node in nodes if scopes[node] == scope})
        self._show_opened(graph, scope, opened)

    def show_group(self, group: int) -> None:
        """Open what a group is in."""
        graph = self._graph
        if graph is not None:
            parent, scope = graph.ints("group_parent")[group], graph.ints("group_scope")[group]
            around = (parent,) if parent >= 0 else ()
            self._show_opened(graph, scope, with_shown(graph, self._opened_in(scope), around))

    def set_hidden(self, hidden: frozenset[Hidden]) -> None:
        """Leave clutter out."""
        if hidden != self.hidden:
            self.hidden = hidden
            self._ask()

    def set_direction(self, direction: Direction) -> None:
        """Let edges lead down or to the right."""
        if direction != self.direction:
            self.direction = direction
            self._ask()

    def set_details(self, details: frozenset[Detail]) -> None:
        """Show more lines in each node."""
        if details != self.details:
            self.details = details
            self._ask()

    def cancel(self) -> None:
        """Stop the layout; the picture before stays."""
        self._job.cancel()

    def retry(self) -> None:
        """Lay out again what failed or was cancelled."""
        self._ask()

    def go_back(self) -> None:
        """What was asked for cannot be shown: be content with what is."""
        if self.arrays is not None:
            self.view = self.shown
            self._read_error = None
            self._job.forget()

    # Remembering

    def remembered_views(self) -> dict[str, str]:
        """What is open in each file, by its path; the newest last."""
        return dict(self._known)

    def recall(self, views: dict[str, str]) -> None:
        """Take up what an earlier session had open; before anything is laid out."""
        self._known = {**views, **self._known}
        if self._graph is not None and self.arrays is None:
            self.view = self._first_view(self._graph)

    # Inside

    def _show_opened(self, graph: Graph, scope: int, opened: frozenset[int]) -> None:
        if scope == self.view.scope:
            self._show(opened=opened, around=None)
        else:
            self._put(SceneView(scope, opened, trail=scopes_above(graph, scope)))

    def _show(self, **changes: object) -> None:
        self._put(dataclasses.replace(self.view, **changes))  # type: ignore[arg-type]

    def _put(self, view: SceneView) -> None:
        if view == self.view and self.error is None and not self.was_cancelled:
            return
        self.view = view
        self._ask()

    def _remember(self, view: SceneView) -> None:
        """Only what there is a picture of: a view that is too big to draw would be the first that is seen."""
        index = self._state.index
        if index is not None and self._graph is not None and view.around is None:
            self._known.pop(index.artifact.path, None)
            if view != SceneView(0, self._first_opened(0)):
                self._known[index.artifact.path] = remembered(self._graph, view)

    def _opened_in(self, scope: int) -> frozenset[int]:
        if scope == self.view.scope and self.error is None:
            return self.view.opened
        known = self._opened.get(scope)
        return self._first_opened(scope) if known is None else known

    def _first_opened(self, scope: int) -> frozenset[int]:
        if self._graph is None or self._levels is None:
            return frozenset()
        return first_opened(self._graph, self._levels, scope)

    def _first_view(self, graph: Graph) -> SceneView:
        index = self._state.index
        text = self._known.get(index.artifact.path, "") if index is not None else ""
        return recalled(graph, text) or SceneView(0, self._first_opened(0))

    def _on_graph_changed(self) -> None:
        self._job.forget()
        self._background.drop_all()
        before, self._graph = self._graph, self._state.graph
        if self._graph is None or before is not self._graph:
            self.arrays, self.report, self._read_error = None, None, None
            self.view = SceneView()
            self._levels = Levels(self._graph) if self._graph is not None else None
            self._opened.clear()
            if self._graph is not None:
                self.view = self._first_view(self._graph)
            self.came.emit()
        self._ask()

    def _ask(self) -> None:
        index, metrics = self._state.index, self._metrics
        self._read_error = None
        self._is_due = index is None or self._graph is None or metrics is None or not self._is_seen
        if self._is_due or index is None or self._graph is None or metrics is None:
            self.changed.emit()
            return
        self._background.drop("scene")
        self._asked = self.view
        view = self.view
        scopes = self._graph.ints("group_scope")
        from modelpack_gui.ui.graph.canvas.look import PADDING

        request = LayoutRequest(
            index.columns,
            folder=str(self._results.new("scene")),
            scope=view.scope,
            opened=tuple(sorted(group for group in view.opened if scopes[group] == view.scope)),
            hidden=tuple(one for one in HIDDEN if one in self.hidden),
            direction=self.direction,
            around=view.around,
            details=tuple(one for one in DETAILS if one in self.details),
            padding=PADDING,
            **dataclasses.asdict(metrics),
        )
        self._job.start("graph.layout", request, "Lay the graph out")

    def _on_laid_out(self, report: object) -> None:
        if isinstance(report, LayoutReport):
            asked = self._asked

            def answered(arrays: object, error: ErrorInfo | None) -> None:
                self._on_read(asked, report, cast("SceneArrays | None", arrays), error)

            self._background.ask("scene", lambda check: read_scene(Path(report.scene), check), answered)

    def _on_read(
        self, view: SceneView, report: LayoutReport, arrays: SceneArrays | None, error: ErrorInfo | None
    ) -> None:
        self._results.keep_only(None)
        self._read_error = error
        if arrays is not None:
            self.arrays, self.report, self.shown = arrays, report, view
            self._opened[view.scope] = view.opened
            self._remember(view)
            self.came.emit()
        self.changed.emit()

    def close(self) -> None:
        """The window closes: nothing is waited for, and its files go."""
        self._background.close()
        self._results.remove()


def read_scene(path: Path, check: Check) -> SceneArrays:
    """Read a scene as arrays.

    Raises:
        UserError: `scene-unreadable`.
    """
    from modelpack_gui.ui.graph.canvas.arrays import SceneArrays

    check()
    try:
        arrays = SceneArrays(Scene.read(path))
        check()
        arrays.prepare()
        return arrays
    except (OSError, ColumnsError) as error:
        raise UserError(
            "scene-unreadable", f"The layout cannot be read from {path}: {error}.", "Lay the graph out again."
        ) from error
