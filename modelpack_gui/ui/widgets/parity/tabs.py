"""The tabs of the parity page: the whole of it, the values of an output, and layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from modelpack_gui.core.records import LayerFault, OutputParity, ParityCase, ParityReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.parity_text import gravest_output
from modelpack_gui.ui.settings import Settings

if TYPE_CHECKING:
    from modelpack_gui.ui.widgets.layers.view import LayersView
    from modelpack_gui.ui.widgets.parity.overview import ParityOverview
    from modelpack_gui.ui.widgets.values.view import ValuesView

OVERVIEW, VALUES, LAYERS = range(3)


class ParityTabs(QTabWidget):
    """Each view is imported and made when its tab is first shown, and told what is chosen while it is in view."""

    values_wanted = Signal(object)  # CaseChoice, whose arrays were not kept

    def __init__(
        self, controller: Controller, settings: Settings, overview: ParityOverview, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("parity-tabs")
        self.setDocumentMode(True)
        self._controller = controller
        self._settings = settings
        self._report: ParityReport | None = None
        self._case: ParityCase | None = None
        self._output: OutputParity | None = None
        self.values: ValuesView | None = None
        self.layers: LayersView | None = None
        self.addTab(overview, "Overview")
        self._values_place, self._layers_place = _room(), _room()
        self.addTab(self._values_place, "Values")
        self.setTabToolTip(VALUES, "Every element of the chosen output, expected and actual")
        self.addTab(self._layers_place, "Layers")
        self.setTabToolTip(LAYERS, "Where along the network the artifact leaves the model")
        self.currentChanged.connect(self._feed)

    def set_report(self, report: ParityReport | None) -> None:
        """Another report; None while there are only cases."""
        self._report = report

    def show_selected(self, case: ParityCase, output: OutputParity | None) -> None:
        """Another case or output was chosen."""
        self._case, self._output = case, output
        self._feed()

    def reveal(self, fault: LayerFault) -> None:
        """Show the fault that the comparison layer by layer has found."""
        self.setCurrentIndex(LAYERS)
        self._layers().reveal(fault)

    def heightForWidth(self, width: int) -> int:
        """The least that the tab in view needs: with what the largest of all prefers, the page always scrolls."""
        view = self.currentWidget()
        layout = view.layout()
        is_wrapped = layout is not None and layout.hasHeightForWidth()
        least = layout.totalMinimumHeightForWidth(width) if layout and is_wrapped else view.minimumSizeHint().height()
        return least + self.tabBar().sizeHint().height()

    def minimumSizeHint(self) -> QSize:
        """As wide as the widest tab, as high as the one in view."""
        least = self.currentWidget().minimumSizeHint().height() + self.tabBar().sizeHint().height()
        return QSize(super().minimumSizeHint().width(), least)

    def _feed(self) -> None:
        self.updateGeometry()
        if self.currentIndex() == VALUES:
            self._values().show_output(self._report, self._case, self._output or _gravest(self._case))
        elif self.currentIndex() == LAYERS:
            self._layers().show_case(self._report, self._case)

    def _values(self) -> ValuesView:
        if self.values is None:
            from modelpack_gui.ui.widgets.values.view import ValuesView  # as below

            self.values = ValuesView(self._controller, self._settings)
            self.values.values_wanted.connect(self.values_wanted)
            _fill(self._values_place, self.values)
        return self.values

    def _layers(self) -> LayersView:
        if self.layers is None:
            from modelpack_gui.ui.widgets.layers.view import LayersView  # when it is needed: the page opens sooner

            self.layers = LayersView(self._controller, self._settings)
            _fill(self._layers_place, self.layers)
        return self.layers


def _gravest(case: ParityCase | None) -> OutputParity | None:
    """What is looked at where a case is chosen as a whole."""
    return gravest_output(case) if case is not None else None


def _room() -> QWidget:
    """A place for a view that is made later."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    return made


def _fill(room: QWidget, view: QWidget) -> None:
    column = room.layout()
    assert column is not None
    column.addWidget(view)
