"""What is said above the canvas: one thing at a time, the most pressing first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas_pane.breadcrumbs import scope_title
from modelpack_gui.ui.graph.canvas_pane.menu import description
from modelpack_gui.ui.graph.canvas_pane.notice import Button
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
    from modelpack_gui.ui.graph.state import GraphState


_MOST = 3
_SIGNS = {"error": "Error", "warning": "Warning"}


def tell(pane: CanvasPane) -> None:
    """Bring the line in step with what the pane shows and does."""
    scenes, graph, notice = pane.scenes, pane.state.graph, pane.notice
    back: tuple[Button, ...] = (("Back", scenes.go_back),) if scenes.arrays is not None else ()
    if scenes.is_running:
        message, fraction = scenes.progress
        notice.say(message or "Laying the graph out", ("Cancel", scenes.cancel), is_busy=True, fraction=fraction)
    elif scenes.error is not None:
        text = f"{scenes.error.message} {scenes.error.hint}".strip()
        notice.say(text, ("Show a neighbourhood", pane.reach.show_around), *back, is_problem=True)
    elif scenes.was_cancelled:
        notice.say("The layout was cancelled.", ("Lay out again", scenes.retry), *back)
    elif pane.pictures.is_drawing:
        notice.say("Drawing the picture", is_busy=True)
    elif graph is None or scenes.arrays is None or not _tell_selection(pane, graph, scenes.arrays):
        _tell_around(pane, graph)


def told_of(state: GraphState, pick: Pick) -> list[str]:
    """What the overlay and the checks say of a node or a group, for its tooltip."""
    overlay, lines = state.overlays.current, list[str]()
    colors = state.overlays.colors(overlay) if overlay is not None else None
    if overlay is not None and colors is not None and not isinstance(pick, ValuePick):
        is_node = isinstance(pick, NodePick)
        value = overlay.values[pick.node] if isinstance(pick, NodePick) else float(colors.group_values[pick.group])
        text = overlay.text(value) or overlay.unknown
        mostly = "" if is_node or overlay.combine != "common" else "mostly "  # a group may hold others, too
        lines.append(f"{overlay.title}: {mostly}{text}" if is_node or value == value else "")
    if isinstance(pick, NodePick):
        findings = state.checks.of_node(pick.node)
        lines += [f"{_SIGNS.get(result.severity, 'Remark')}: {finding.text}" for result, finding in findings[:_MOST]]
    return [line for line in lines if line]


def _tell_selection(pane: CanvasPane, graph: Graph, arrays: SceneArrays) -> bool:
    """Where the selection is, if it is not drawn as what it is; whether there is anything to say."""
    pick, shown, notice = pane.state.selection.current, pane.canvas.shown, pane.notice
    if pick is None or isinstance(pick, ValuePick):
        return False
    what = description(graph, pick)
    if shown.is_inside:
        inside = description(graph, GroupPick(int(arrays.ref[shown.boxes[0]])))
        notice.say(f"{what} is inside {inside}.", ("Show it", pane.fit_selection))
    elif shown or not isinstance(pick, NodePick):
        return False
    elif (scope := graph.ints("node_scope")[pick.node]) != pane.scenes.view.scope:
        notice.say(f"{what} is in {scope_title(graph, scope)}.", ("Go there", pane.fit_selection))
    elif pane.scenes.view.around is not None:
        notice.say(f"{what} is farther away.", ("Show everything", pane.scenes.show_all))
    elif pane.scenes.hidden:
        notice.say(f"{what} is hidden.", ("Show all nodes", pane.hide_nothing))
    else:
        return False
    return True


def _tell_around(pane: CanvasPane, graph: Graph | None) -> None:
    around = pane.scenes.shown.around
    if graph is None or around is None:
        is_empty = graph is not None and pane.scenes.arrays is not None and not pane.scenes.arrays.box_count
        pane.notice.say("There is nothing to draw: no node, no input and no output." if is_empty else "")
        return
    many = len(around.nodes)
    title = description(graph, NodePick(around.nodes[0])) if many == 1 else fmt.plural(many, "node")
    steps = fmt.plural(max(around.steps_up, around.steps_down), "step")
    pane.notice.say(f"Only {steps} around {title}.", ("Show everything", pane.scenes.show_all))
