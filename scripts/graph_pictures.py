"""The graph inspector in pictures: a part of `screenshots.py`.

Four questions that it answers in half a minute each, in both sizes that the README shows: which module costs most,
where a tensor comes from, what the optimiser fused, and where parity fails worst.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton

from modelpack_gui.core.graph.compare.difference import State
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.graph.side_pane import CHECKS, MODULES, NODES
from modelpack_gui.ui.pages.graph import GraphPage
from scripts.made_graphs import attention

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
    from scripts.screenshots import Photographer

LARGE = (2560, 1440)
BIG_NODES = 20_000


def shoot_graph(photographer: Photographer) -> dict[str, object]:
    """The demo's graph: its costs, the way of a tensor, what is wrong with it, what the optimiser fused."""
    graph = photographer.window.controller.graph
    page = shown_page(photographer)
    canvas = made_canvas(photographer, page)
    page.view.set_mode("both")
    page.view.side.show_tab(MODULES)
    photographer.wait(lambda: graph.numbers.costs is not None, "the costs")
    graph.overlays.choose("macs")
    photographer.settle()
    button = page.findChild(QAbstractButton, "graph-modules-dearest")
    assert button is not None
    button.click()
    shoot_sizes(photographer, page, "graph-cost")

    graph.overlays.choose("")
    nodes = graph.graph.nodes if graph.graph is not None else ()
    last = len(nodes) - 1
    page.view.side.show_tab(NODES)
    graph.selection.select(NodePick(last))
    canvas.canvas.set_trace(100, 0)
    shoot_sizes(photographer, page, "graph-origin")
    canvas.canvas.set_trace(0, 0)

    page.view.side.show_tab(CHECKS)
    photographer.wait(lambda: graph.checks.report is not None, "the checks of the graph")
    photographer.shoot("graph-checks")

    comparison = graph.comparison
    page.tabs.setCurrentIndex(1)
    comparison.optimize("all")
    photographer.wait(lambda: not comparison.is_busy and comparison.compared is not None, "the optimiser")
    compared = comparison.compared
    assert compared is not None
    fused = next((row for row in compared.rows if row.state is State.FUSED), None)
    if fused is not None:
        graph.selection.select(NodePick(compared.own_node(fused)))
    drawing = next(button for button in page.findChildren(QAbstractButton) if button.text() == "Drawing")
    drawing.click()
    photographer.settle(1500)  # both sides are laid out
    shoot_sizes(photographer, None, "graph-fused")
    page.tabs.setCurrentIndex(0)
    page.view.side.show_tab(NODES)
    report = graph.checks.report
    return {"nodes": len(nodes), "checks": len(report.results) if report is not None else 0}


def shoot_worst(photographer: Photographer) -> str:
    """Where parity of the faulty demo fails worst, on its graph; gives the line of Python that it names."""
    graph = photographer.window.controller.graph
    page = shown_page(photographer)
    if photographer.window.controller.result(Stage.GRAPH, object) is None:
        photographer.window.controller.run(Stage.GRAPH)
    made_canvas(photographer, page)
    page.view.side.show_tab(NODES)
    graph.overlays.choose("introduced")
    worst = graph.overlays.worst(1)
    if worst:
        graph.selection.select(NodePick(worst[0]))
        page.view.show_on_canvas()
    shoot_sizes(photographer, page, "graph-worst")
    graph.overlays.choose("")
    return graph.graph.nodes[worst[0]].source_location if worst and graph.graph is not None else ""


def shoot_big(photographer: Photographer) -> int:
    """A made model of 20,000 nodes, one of its blocks open; gives how many boxes are drawn."""
    window, graph = photographer.window, photographer.window.controller.graph
    with tempfile.TemporaryDirectory() as folder:
        window.controller.open_artifact(attention(BIG_NODES, Path(folder) / "attention.onnx"))
        photographer.wait(lambda: graph.index is not None and graph.index.node_count >= BIG_NODES, "20,000 nodes")
        page = shown_page(photographer)
        made_canvas(photographer, page)
        photographer.wait(lambda: not window.controller.is_busy, "the check of 20,000 nodes")
        graph.selection.select(NodePick(BIG_NODES // 2))
        page.view.show_on_canvas()
        photographer.settle(1500)
        photographer.shoot("graph-big")
        arrays = graph.scenes.arrays
        window.new_project()
    return arrays.box_count if arrays is not None else 0


def shown_page(photographer: Photographer) -> GraphPage:
    """The Graph page, in view."""
    photographer.window.show_stage(Stage.GRAPH)
    page = photographer.window.page(Stage.GRAPH)
    assert isinstance(page, GraphPage)
    return page


def made_canvas(photographer: Photographer, page: GraphPage) -> CanvasPane:
    """The canvas, once it draws the graph that was read last."""
    scenes = photographer.window.controller.graph.scenes
    photographer.wait(
        lambda: page.view.canvas is not None and scenes.arrays is not None and not scenes.is_running, "the canvas"
    )
    assert page.view.canvas is not None
    return page.view.canvas


def shoot_sizes(photographer: Photographer, page: GraphPage | None, name: str) -> None:
    """A picture in the usual size, and one on a large screen, the selection fitted to each."""
    window = photographer.window
    usual = window.size()
    for size, suffix in (((usual.width(), usual.height()), ""), (LARGE, "-large")):
        window.resize(*size)
        photographer.settle()
        if page is not None and page.view.canvas is not None:
            page.view.canvas.fit_selection()
            photographer.settle()
        photographer.shoot(f"{name}{suffix}")
    window.resize(usual)
    photographer.settle()
