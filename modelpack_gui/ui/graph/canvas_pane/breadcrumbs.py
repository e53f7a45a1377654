"""Where one is in the graph: the graph, the subgraphs entered, and the groups around what is selected."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from modelpack_gui.core.graph.box_text import shortened
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.scene_view import SceneView
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick, ValuePick
from modelpack_gui.ui.look.theme import GRID
from modelpack_gui.ui.widgets.basics import ElidedButton

_MOST = 7
"""Crumbs shown: of more, those in the middle are left out."""


@dataclass(frozen=True)
class Crumb:
    """One step of the way.

    Attributes:
        scope: The scope it leads to.
        group: The group it leads to; -1 for the whole scope.
    """

    title: str
    scope: int
    group: int = -1


def crumbs_of(graph: Graph, view: SceneView, pick: Pick | None) -> list[Crumb]:
    """The way to what is selected, as far as it lies in the scope that is shown."""
    crumbs = [Crumb(scope_title(graph, scope), scope) for scope in (*view.trail, view.scope)]
    group = -1
    if isinstance(pick, GroupPick):
        group = pick.group
    elif isinstance(pick, NodePick):
        group = graph.ints("node_group")[pick.node]
    elif isinstance(pick, ValuePick) and graph.producers[pick.value] >= 0:
        group = graph.ints("node_group")[graph.producers[pick.value]]
    if group >= 0 and graph.ints("group_scope")[group] == view.scope:
        above = graph.groups_above(group)[1:]
        crumbs += [Crumb(shortened(graph.text("group_title", one)), view.scope, one) for one in above]
    return crumbs


def scope_title(graph: Graph, scope: int) -> str:
    """How a scope is called."""
    owner = graph.ints("scope_owner")[scope]
    if owner >= 0:  # its title has the number of the node, which says less than the node's own names
        part = graph.text("scope_title", scope).rpartition(" / ")[2]
        name = f"{graph.text('node_op_type', owner)} {graph.text('node_name', owner)}".rstrip()
        return f"{shortened(name)}: {part}"
    if scope:
        return shortened(graph.text("scope_title", scope), 60)
    return shortened(graph.text("group_title", graph.root_group(0)) or "graph")


class _CrumbButton(ElidedButton):
    """As wide as its text, or as small as a few letters."""

    def minimumSizeHint(self) -> QSize:
        """What is shorter than a few letters needs no more."""
        return super().minimumSizeHint().boundedTo(self.sizeHint())


class Breadcrumbs(QWidget):
    """Buttons in a row."""

    wanted = Signal(object)  # Crumb

    def __init__(self, after: QWidget, parent: QWidget | None = None) -> None:
        """`after` is what the Tab key leads from to the first of them: what is made later would come last else."""
        super().__init__(parent)
        self._after = after
        self.setObjectName("breadcrumbs")
        self.setAccessibleName("Where you are in the graph")
        self.crumbs: list[Crumb] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GRID // 2)

    def show_crumbs(self, crumbs: list[Crumb]) -> None:
        """Show another way."""
        if crumbs == self.crumbs:
            return
        self.crumbs = crumbs
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        shown: list[Crumb | None] = list(crumbs)
        if len(crumbs) > _MOST:
            shown = [*crumbs[:2], None, *crumbs[3 - _MOST :]]
        before = self._after
        for place, crumb in enumerate(shown):
            if place:
                self._add_muted("›")
            if crumb is None:
                self._add_muted("…")
                continue
            button = _CrumbButton(crumb.title, role="link")
            button.clicked.connect(lambda _checked=False, crumb=crumb: self.wanted.emit(crumb))
            self._row.addWidget(button)
            self.setTabOrder(before, button)
            before = button
        self._row.addStretch(1)

    def _add_muted(self, text: str) -> None:
        label = QLabel(text)
        label.setProperty("role", "muted")
        self._row.addWidget(label)
