"""Colours and sizes of the drawing, in the theme that is on."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.operator_kinds import CAST, LAYOUT, QUANTIZE, kind_of
from modelpack_gui.ui.graph.canvas.arrays import Floats, SceneArrays
from modelpack_gui.ui.look.colors import Colors

Argb = npt.NDArray[np.uint32]

PADDING = 12.0
"""Between the border of a box and its text, pixels at zoom 1: as wide as the strip or the sign before it."""

# Okabe & Ito 2008, as in `ui.look.colors`: a hue for what computes much, grey for what only moves data about.
_FAMILIES = (
    ("Products", "#0072b2", ("convolution", "matrix product", "attention", "recurrent layers")),
    ("Normalisation", "#009e73", ("normalisation",)),
    ("Activation", "#d55e00", ("activation", "softmax")),
    ("Elementwise", "#e69f00", ("elementwise",)),
    ("Pooling, reduction", "#cc79a7", ("pooling", "reduction", "resizing")),
    ("Quantise", "#56b4e9", (QUANTIZE,)),
    ("Layout, look-up", "#8b949e", (LAYOUT, CAST, "look-up", "new tensors")),
    ("Control flow", "#7b61c9", ("control flow",)),
)
_FAMILY_COLOR = {kind: color for _, color, members in _FAMILIES for kind in members}
_OTHER = "#6e7781"

FAMILIES: tuple[tuple[str, str], ...] = (*((title, color) for title, color, _ in _FAMILIES), ("Other", _OTHER))
"""Title and colour of each family of operators, for a legend."""

_WIDTHS = ((0.4, 4.0), (0.1, 2.75), (0.02, 1.75))
"""From such a share of the largest tensor on, an edge is so thick."""
_THICK_FROM = 16_384.0
"""Bytes: where no tensor is larger, all edges are thin."""


@dataclass(frozen=True)
class Metrics:
    """Sizes of texts at zoom 1, pixels, as `LayoutRequest` wants them: the layout makes room for texts."""

    char_width: float
    char_widths: tuple[float, ...]
    title_widths: tuple[float, ...]
    line_height: float
    title_height: float


@dataclass(frozen=True)
class Look:
    """One theme's colours as they are drawn.

    Attributes:
        background: Of the canvas.
        frames: Of open groups, by how deep they lie; from the last on the same.
        found: Of what the search found.
        up, down: Of what leads to and comes from the selection.
    """

    colors: Colors
    background: QColor
    text: QColor
    muted: QColor
    border: QColor
    edge: QColor
    accent: QColor
    frames: tuple[QColor, ...]
    group: QColor
    port: QColor
    stub: QColor
    found: QColor
    up: QColor
    down: QColor

    @classmethod
    def of(cls, colors: Colors) -> Look:
        """That of a theme."""
        base, window = QColor(colors.base), QColor(colors.window)
        text, accent = QColor(colors.text), QColor(colors.accent)
        return cls(
            colors,
            background=base,
            text=text,
            muted=QColor(colors.muted),
            border=mixed(base, text, 0.42),
            edge=mixed(base, text, 0.46),
            accent=accent,
            frames=tuple(mixed(base, text, share) for share in (0.03, 0.06, 0.09, 0.12)),
            group=mixed(QColor(colors.raised), accent, 0.10),
            port=mixed(base, QColor(colors.passed), 0.16),
            stub=window,
            found=QColor(colors.warning),
            up=QColor("#56b4e9" if colors.is_dark else "#0072b2"),
            down=QColor("#f0a35e" if colors.is_dark else "#d55e00"),
        )

    def both_fills(self, graph: Graph, arrays: SceneArrays) -> tuple[Argb, Argb]:
        """`fills` as they are drawn with texts, and stronger without: there the hue is all that is to be seen."""
        return self.fills(graph, arrays, strength=0.16), self.fills(graph, arrays, strength=0.55)

    def fills(self, graph: Graph, arrays: SceneArrays, *, strength: float) -> Argb:
        """The colour of each box where no overlay says another.

        Args:
            strength: How much of its family's hue a node gets, 0..1.
        """
        found = np.full(arrays.box_count, self.stub.rgba(), dtype=np.uint32)
        found[arrays.kind == kinds.BOX_GROUP] = self.group.rgba()
        found[(arrays.kind == kinds.BOX_INPUT) | (arrays.kind == kinds.BOX_OUTPUT)] = self.port.rgba()
        is_frame = arrays.kind == kinds.BOX_FRAME
        depths = np.minimum(arrays.depth[is_frame], len(self.frames) - 1)
        found[is_frame] = np.array([one.rgba() for one in self.frames], dtype=np.uint32)[depths]
        is_node = arrays.kind == kinds.BOX_NODE
        op_types = np.frombuffer(graph.ints("node_op_type"), dtype=np.int32)[arrays.ref[is_node]]
        distinct, place = np.unique(op_types, return_inverse=True)
        table = [mixed(self.background, family(graph.texts[op]), strength).rgba() for op in distinct.tolist()]
        found[is_node] = np.array(table, dtype=np.uint32)[place] if table else 0
        return found


def mixed(color: QColor, other: QColor, share: float) -> QColor:
    """So much of another colour in one."""
    pairs = ((color.red(), other.red()), (color.green(), other.green()), (color.blue(), other.blue()))
    return QColor(*(round(a + (b - a) * share) for a, b in pairs))


@functools.lru_cache(maxsize=1024)
def family(op_type: str) -> QColor:
    """The hue of an operator."""
    return QColor(_FAMILY_COLOR.get(kind_of(op_type), _OTHER))


def text_font(font: QFont) -> QFont:
    """Of a line of a box."""
    made = QFont(font)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)  # else widths jump with the zoom
    return made


def title_font(font: QFont) -> QFont:
    """Of the first line of a box."""
    made = text_font(font)
    made.setWeight(QFont.Weight.DemiBold)
    return made


def metrics_of(font: QFont) -> Metrics:
    """How large the texts of a font are, drawn as the canvas draws them."""
    plain, title = QFontMetricsF(text_font(font)), QFontMetricsF(title_font(font))
    characters = [chr(code) for code in range(32, 127)]
    return Metrics(
        title.horizontalAdvance("×"),  # of the others that are in texts, the widest that is there often
        tuple(plain.horizontalAdvance(one) for one in characters),
        tuple(title.horizontalAdvance(one) for one in characters),
        plain.height(),
        title.height() + 1.0,
    )


def widths_of(sizes: Floats) -> Floats:
    """How thick edges are that carry so many bytes (-1: unknown), pixels at zoom 1."""
    widths = np.ones(len(sizes))
    largest = float(sizes.max()) if len(sizes) else 0.0
    if largest < _THICK_FROM:
        return widths
    for share, width in reversed(_WIDTHS):
        widths[sizes >= share * largest] = width
    return widths
