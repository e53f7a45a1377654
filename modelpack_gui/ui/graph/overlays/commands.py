"""Commands that choose the colours of the graph, for the menu bar and the palette."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup

from modelpack_gui.core.graph.overlay import has_worst
from modelpack_gui.ui.graph.overlays.sources import COST, OF_THE_GRAPH
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.look.theme import icon
from modelpack_gui.ui.settings import Settings

_KEY = "graph/colours"
_REMEMBERED = (OF_THE_GRAPH, COST)
"""Sections that there is something to show of in every graph: the others would be missed in the next one."""


class OverlayCommands(QObject):
    """Remembers the choice, and makes its commands anew when there are others to choose from.

    Args:
        put: Gets the commands whenever they are others; None is a line between them.
    """

    def __init__(
        self, state: GraphState, settings: Settings, put: Callable[[Sequence[QAction | None]], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._overlays = state.overlays
        self._settings = settings
        self._put = put
        self._made_of: tuple[tuple[str, str], ...] = ()
        self._group: QActionGroup | None = None
        self.choices: dict[str, QAction] = {}
        self._worst = QAction(icon("search"), "Go to the &worst node", self)
        self._worst.triggered.connect(self._go_to_worst)
        if settings.text(_KEY):
            self._overlays.choose(settings.text(_KEY))
        self._overlays.offers_changed.connect(self._refresh)
        self._overlays.changed.connect(self._show_choice)
        self._refresh()

    def _refresh(self) -> None:
        offers = (("", "No colours"), *((offer.key, _command(offer.title)) for offer in self._overlays.all))
        if offers != self._made_of:
            self._made_of = offers
            if self._group is not None:
                self._group.deleteLater()  # and its actions
            self._group = QActionGroup(self)
            self.choices = {key: self._choice(key, title) for key, title in offers}
            self._put((*self.choices.values(), None, self._worst))
        self._show_choice()

    def _choice(self, key: str, title: str) -> QAction:
        assert self._group is not None
        action = QAction(title.replace("&", "&&"), self._group)
        action.setCheckable(True)
        action.triggered.connect(lambda _checked=False: self._overlays.choose(key))
        return action

    def _show_choice(self) -> None:
        chosen = self._overlays.chosen
        if chosen in self.choices:
            self.choices[chosen].setChecked(True)
        drawn = self._overlays.current
        self._worst.setEnabled(drawn is not None and has_worst(drawn))
        sections = {offer.key: offer.section for offer in self._overlays.all}
        if not chosen or sections.get(chosen) in _REMEMBERED:
            self._settings.set_text(_KEY, chosen)

    def _go_to_worst(self) -> None:
        nodes = self._overlays.worst(1)
        if nodes:
            self._state.selection.select(NodePick(nodes[0]))
            self._overlays.fit_wanted.emit(nodes)


def _command(title: str) -> str:
    """`Colour by op type`, `Colour by MACs`: it stands alone in the palette."""
    return f"Colour by {title if title[1:2].isupper() else title[:1].lower() + title[1:]}"
