"""What can be drawn on the nodes of the graph, and what is: one choice for canvas, table and legend."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph.overlay import Overlay, worst
from modelpack_gui.ui.background import Background, Check
from modelpack_gui.ui.graph.overlays.sources import (
    GRAPH_SOURCES,
    SECTIONS,
    GraphSource,
    LoadedSource,
    SensitivitySource,
    Source,
    TimeSource,
    WeightSource,
    cost_sources,
    parity_sources,
)
from modelpack_gui.ui.look.theme import theme

if TYPE_CHECKING:
    from modelpack_gui.core.graph.graph import Graph
    from modelpack_gui.ui.graph.overlays.colors import OverlayColors
    from modelpack_gui.ui.graph.state import GraphState
    from modelpack_gui.ui.state.layers import LayersState
    from modelpack_gui.ui.state.profiles import ProfilesState
    from modelpack_gui.ui.state.sensitivity import SensitivityState

_MANY = 10_000
"""Nodes above which what the graph itself tells is looked for on another thread: it would hold the window."""
_SETTLE_MS = 150
"""Rows of a running job come by the dozen: what is drawn follows them a few times a second."""


@dataclass(frozen=True)
class OverlayOffer:
    """An overlay that can be chosen.

    Attributes:
        section: What it is listed with.
        problem: Why it cannot be shown now, and what to do; empty if it can.
    """

    key: str
    title: str
    section: str
    problem: str = ""


class GraphOverlays(QObject):
    """Makes overlays when they are asked for, and again when what they are made of has changed.

    Attributes:
        chosen: Key of the overlay that is to be drawn; empty for none. It stays so while there is nothing to show.
    """

    changed = Signal()  # another one is drawn, or its values are others, or its colours
    offers_changed = Signal()  # there are others to choose from, or values of some are others
    fit_wanted = Signal(object)  # tuple of nodes, to be seen at once

    def __init__(
        self, state: GraphState, layers: LayersState, profiles: ProfilesState, sensitivity: SensitivityState
    ) -> None:
        super().__init__(state)
        self._state = state
        self._layers = layers
        self._offers: tuple[OverlayOffer, ...] = ()
        self._sources: list[Source] = [
            *GRAPH_SOURCES,
            *cost_sources(state),
            TimeSource(profiles),
            *parity_sources(layers),
            SensitivitySource(sensitivity),
        ]
        self._made: dict[str, Overlay] = {}
        self._colors: dict[tuple[str, bool], OverlayColors] = {}
        self._background = Background(self)
        self._coming: set[str] = set()  # keys of what is being made
        self._follows_numbers = False
        self._graph: Graph | None = None  # that those are of
        self.chosen = ""
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        state.changed.connect(self.refresh)
        for signal in (layers.rows_changed, profiles.profiled, sensitivity.changed):
            signal.connect(self._on_more_known)
        theme().changed.connect(self.changed)

    # Choosing

    @property
    def all(self) -> tuple[OverlayOffer, ...]:
        """What there is to choose from, by section."""
        index = self._state.index
        if index is None:
            return ()
        offers = [OverlayOffer(one.key, one.title, one.section, one.problem(index)) for one in self._sources]
        return tuple(sorted(offers, key=lambda offer: SECTIONS.index(offer.section)))

    @property
    def node_count(self) -> int:
        """How many values each overlay has."""
        return len(self._state.graph.nodes) if self._state.graph is not None else 0

    @property
    def current(self) -> Overlay | None:
        """What is drawn; None for nothing, and while that of a large graph is being made: `changed` tells of it."""
        return self._made_later(self.chosen) if self.chosen else None

    def choose(self, key: str) -> None:
        """Draw another one; an empty key draws none."""
        if key != self.chosen:
            self.chosen = key
            self.changed.emit()

    def overlay(self, key: str) -> Overlay | None:
        """An overlay by its key, as a column of the table wants it; None if there is nothing to show."""
        made = self._made.get(key)
        if made is None:
            graph, index = self._state.graph, self._state.index
            source = self._source(key)
            if graph is None or index is None or source is None or source.problem(index):
                return None
            made = source.make(graph, index)
            self._follow_numbers()
            if made is not None:
                self._made[key] = made
        return made

    def worst(self, number: int = 10) -> tuple[int, ...]:
        """The nodes with the worst values of what is drawn, the worst first."""
        overlay = self.current
        return tuple(worst(overlay, number)) if overlay is not None else ()

    def colors(self, overlay: Overlay) -> OverlayColors | None:
        """The colours of all nodes and groups, in the theme of now; None without a graph."""
        from modelpack_gui.ui.graph.overlays.colors import overlay_colors  # numpy, when something is drawn

        graph, colors = self._state.graph, theme().colors
        if graph is None or len(overlay.values) != len(graph.nodes):
            return None
        place = (overlay.key, colors.is_dark)
        if self._made.get(overlay.key) is not overlay:
            return overlay_colors(graph, overlay, colors)
        if place not in self._colors:
            self._colors[place] = overlay_colors(graph, overlay, colors)
        return self._colors[place]

    # What they are made of

    def add(self, overlay: Overlay) -> None:
        """Offer an overlay that was read from a file, in the place of one with its key, and draw it.

        It is about the graph that is shown now, and goes with it.
        """
        index = self._state.index
        self._add(LoadedSource(overlay, index.artifact.path if index is not None else ""))
        self.chosen = overlay.key
        self.refresh()

    def close(self) -> None:
        """The window closes: nothing is waited for."""
        self._background.close()

    def remove(self, key: str) -> None:
        """Offer one no longer that was read from a file."""
        self._sources = [one for one in self._sources if one.key != key or not isinstance(one, LoadedSource)]
        self.chosen = "" if self.chosen == key else self.chosen
        self.refresh()

    def add_sources(self, sources: Sequence[Source]) -> None:
        """Offer what other states know of the nodes; who adds them calls `refresh` when they know more."""
        for source in sources:
            self._add(source)
        self.refresh()

    def refresh(self) -> None:
        """The graph is another, or more is known of it."""
        self._settle.stop()
        self._sources = [
            one for one in self._sources if not isinstance(one, LoadedSource) or self._is_about_this_graph(one)
        ]
        self._forget_made()
        offers, before = self.all, self._offers
        self._offers = offers
        if offers != before or not self._layers.is_running:  # a table is not made anew for each row of a run
            self.offers_changed.emit()
        self.changed.emit()

    def _forget_made(self) -> None:
        """But for what the graph itself tells, while it is the same one."""
        graph, self._graph = self._graph, self._state.graph
        lasting = {one.key for one in self._sources if isinstance(one, GraphSource | WeightSource)}
        kept = lasting if graph is self._graph else set()
        self._made = {key: overlay for key, overlay in self._made.items() if key in kept}
        self._colors = {place: colors for place, colors in self._colors.items() if place[0] in kept}
        for key in self._coming - kept:
            self._background.drop(key)
        self._coming &= kept

    def _source(self, key: str) -> Source | None:
        return next((one for one in self._sources if one.key == key), None)

    def _made_later(self, key: str) -> Overlay | None:
        """An overlay, or None where it is being made on another thread."""
        graph, index, source = self._state.graph, self._state.index, self._source(key)
        is_long = graph is not None and len(graph.nodes) > _MANY and isinstance(source, GraphSource | WeightSource)
        if key in self._made or not is_long or graph is None or index is None or source is None:
            return self.overlay(key)
        if key not in self._coming:
            from modelpack_gui.ui.graph.overlays.colors import overlay_colors  # as above

            colors = theme().colors

            def work(_check: Check) -> tuple[Overlay, OverlayColors] | None:
                made = source.make(graph, index)
                return (made, overlay_colors(graph, made, colors)) if made is not None else None

            self._coming.add(key)
            self._background.ask(key, work, functools.partial(self._on_made, key, is_dark=colors.is_dark))
        return None

    def _on_made(
        self, key: str, made: tuple[Overlay, OverlayColors] | None, error: ErrorInfo | None, *, is_dark: bool
    ) -> None:
        self._coming.discard(key)
        if made is not None:
            self._made[key], self._colors[key, is_dark] = made
        elif key == self.chosen:
            self.chosen = ""  # else it would be tried again with the next repaint
        self.changed.emit()
        if error is not None:
            raise RuntimeError(error.details)  # a fault of ours, to be shown as such

    def _on_more_known(self) -> None:
        if not self._settle.isActive():  # starting it again would put it off for as long as rows come
            self._settle.start()

    def _is_about_this_graph(self, source: LoadedSource) -> bool:
        graph, index = self._state.graph, self._state.index
        return (
            graph is not None
            and index is not None
            and source.artifact == index.artifact.path
            and len(source.overlay.values) == len(graph.nodes)
        )

    def _follow_numbers(self) -> None:
        """They are counted from the first time on that somebody asks for them."""
        numbers = self._state.numbers_if_asked
        if numbers is not None and not self._follows_numbers:
            self._follows_numbers = True
            numbers.changed.connect(self._on_more_known)

    def _add(self, source: Source) -> None:
        self._sources = [*(one for one in self._sources if one.key != source.key), source]
