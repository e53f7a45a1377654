"""A picture of a graph is asked for, and made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Hidden = Literal["constants", "identities", "qdq"]
Detail = Literal["names", "attributes", "weights"]


@dataclass(frozen=True)
class Around:
    """Only what is near some nodes.

    Attributes:
        nodes: Where to begin.
        steps_up: How many edges to follow towards the inputs.
        steps_down: How many edges to follow towards the outputs.
    """

    nodes: tuple[int, ...]
    steps_up: int = 2
    steps_down: int = 2


@dataclass(frozen=True)
class LayoutRequest:
    """Lay a graph out.

    Attributes:
        columns: Absolute path of the graph's columns.
        folder: Absolute path of the folder for the scene; the job's scratch folder if empty.
        scope: Main graph, subgraph or function that is shown.
        opened: Groups whose content is shown in place of them; one takes effect if all around it are open too. The
            root of the scope always is.
        hidden: What is left out: Constant nodes, Identity nodes, and pairs of QuantizeLinear and DequantizeLinear.
        direction: Where the edges lead.
        around: Show the neighbourhood of some nodes rather than groups; `scope` and `opened` say nothing then.
        details: Which lines a node has below its title.
        char_width: Average width of a character of the font, px.
        char_widths, title_widths: Of the characters from space to `~` (ASCII 32 to 126), in lines and in titles, px;
            empty where only the average is known. It stands for all other characters.
        line_height, title_height: Of a line of text, px.
        padding: Between the border of a box and its text, px.
        most_boxes: A picture with more is refused.
    """

    columns: str
    folder: str = ""
    scope: int = 0
    opened: tuple[int, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    direction: Literal["down", "right"] = "down"
    around: Around | None = None
    details: tuple[Detail, ...] = ()
    char_width: float = 7.0
    char_widths: tuple[float, ...] = ()
    title_widths: tuple[float, ...] = ()
    line_height: float = 15.0
    title_height: float = 17.0
    padding: float = 8.0
    most_boxes: int = 20_000


@dataclass(frozen=True)
class LayoutReport:
    """A graph that is laid out.

    Attributes:
        scene: Absolute path of the scene, for `core.graph.scene.Scene.read`.
        box_count: Boxes in it, frames and stubs included.
        edge_count: Edges in it.
        hidden_count: Nodes of the scope that are left out as the request asks.
        notes: What one should know of the picture, each a sentence: groups drawn in parts, cycles, a neighbourhood
            that was too big.
        duration_s: Wall time of the job.
    """

    scene: str
    box_count: int
    edge_count: int
    hidden_count: int
    notes: tuple[str, ...] = ()
    duration_s: float = 0.0
