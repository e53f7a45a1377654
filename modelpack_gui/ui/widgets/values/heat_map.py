"""The heat map of an output: a slice of it, expected, actual and the difference, with one cursor over all three."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.ui.background import Check
from modelpack_gui.ui.look.theme import SPACING, theme
from modelpack_gui.ui.models.value_text import element_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.values_slices import SliceReader
from modelpack_gui.ui.state.values_source import ValuesSource
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.values.axes import AxisPicker
from modelpack_gui.ui.widgets.values.colors import Scale, colored
from modelpack_gui.ui.widgets.values.heat_map_widget import HeatMapWidget
from modelpack_gui.ui.widgets.values.pane_painter import Layer, Pane
from modelpack_gui.ui.widgets.values.panes import HeatPanes
from modelpack_gui.ui.widgets.values.shades import BUDGET, NOISE, RELATIVE, TITLES, legend_of, scales_of, shading_of

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pair import Values
    from modelpack_gui.ui.arrays.pooling import Pooled, Shading, SliceChoice, Window

_SETTING = "values/shade"
_TEXTS_FOR = 2000


class ValuesHeatMap(HeatMapWidget):
    """Axes and what to show; the three panes; what is at the cursor."""

    def __init__(self, source: ValuesSource, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(HeatPanes(), settings, "heat-map", "heat", parent)
        self._source = source
        self._shown: Values | None = None
        self.slices = SliceReader(source, self)
        self.slices.base_read.connect(self._on_base_read)
        self.slices.detail_changed.connect(self._on_detail_changed)
        self._wanted_place: tuple[int, int] | None = None
        self.shade = QComboBox()
        self.shade.setObjectName("heat-shade")
        self.shade.setAccessibleName("Third pane shows")
        for value, (title, _) in TITLES.items():
            self.shade.addItem(title, value)
        self.shade.setCurrentIndex(max(0, self.shade.findData(settings.text(_SETTING))))
        self.shade.activated.connect(self._on_shade_chosen)
        self.axes = AxisPicker()
        self.axes.picked.connect(self._on_slice_picked)
        self.worst_button = IconButton("Worst element", "search")
        self.worst_button.setObjectName("heat-worst")
        self.worst_button.setToolTip("Go to the element that is farthest off in the whole output")
        self.worst_button.clicked.connect(self._on_worst_wanted)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setProperty("role", "muted")
        self._lay_out()
        source.tolerance_changed.connect(self._on_tolerance_changed)

    # What others ask of it

    def refresh(self) -> None:
        """Another output, or another theme: draw when it is seen."""
        self._is_dirty = True
        if self.isVisible():
            self._draw_anew()

    def jump_to(self, index: tuple[int, ...]) -> None:
        """Show the slice that holds an element, and put the cursor there."""
        if self._source.values is None:
            return
        if self._is_dirty:
            self._draw_anew(index)
        is_here = self._choice().at(0, 0) == self._choice_at(index).at(0, 0)
        self.axes.go_to(index)
        place = self._choice().place_of(index)
        if is_here and self.has_picture:
            self.panes.zoom_to(*place)
        else:
            self._wanted_place = place
            self._ask_base(is_new_slice=True)

    def slice_choice(self) -> SliceChoice:
        """What is looked at."""
        return self._choice()

    @property
    def has_picture(self) -> bool:
        """Whether anything was drawn."""
        return self.slices.base is not None

    # Inside

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        label = QLabel("Show")
        label.setBuddy(self.shade)
        top.addWidget(label)
        top.addWidget(self.shade)
        top.addStretch(1)
        top.addWidget(self.worst_button)
        top.addWidget(self.all_button)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACING)
        bottom.addWidget(self.told, 1)
        bottom.addWidget(self.legend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(top)
        column.addWidget(self.axes)
        column.addWidget(self.panes, 1)
        column.addLayout(bottom)

    def _choice_at(self, index: tuple[int, ...]) -> SliceChoice:
        from modelpack_gui.ui.arrays.pooling import SliceChoice

        return SliceChoice(index, self.axes.row_axis, self.axes.column_axis)

    def _choice(self) -> SliceChoice:
        return self._choice_at(self.axes.index)

    def _shading(self) -> Shading:
        source = self._source
        return shading_of(self.shade.currentData(), source.rtol, source.atol, source.floor)

    def _draw_anew(self, index: tuple[int, ...] | None = None) -> None:
        self._is_dirty = False
        values = self._source.values
        if values is not self._shown:
            self.slices.forget()
        if values is None or values.mismatch or values.is_text:
            return
        if values is not self._shown:
            self._shown = values
            output = self._source.output
            worst = output.worst_index if output is not None else None
            start = index or worst or ()
            if len(start) != len(values.shape) or any(i >= n for i, n in zip(start, values.shape, strict=True)):
                start = (0,) * len(values.shape)
            self.axes.set_shape(values.shape, start)
            self._offer_noise(is_there=values.exact is not None and self._source.floor > 0)
            self._ask_base(is_new_slice=True)
        else:
            self._ask_base(is_new_slice=False)

    def _offer_noise(self, *, is_there: bool) -> None:
        place = self.shade.findData(NOISE)
        item = self.shade.model().item(place)  # type: ignore[attr-defined]
        item.setEnabled(is_there)
        item.setToolTip("" if is_there else "The exact values were not kept")
        if not is_there and self.shade.currentIndex() == place:
            self.shade.setCurrentIndex(0)

    def _window(self, *, is_whole: bool) -> Window:
        from modelpack_gui.ui.arrays.pooling import Window

        shape = self._choice().shape_in(self.axes.shape)
        rect = self.panes.pane_rects()[0]
        pixels = (max(1, round(rect.height())), max(1, round(rect.width())))
        view = QRectF(0, 0, shape[1], shape[0]) if is_whole else self.panes.view
        return Window.fitting(shape, (view.top(), view.left(), view.bottom(), view.right()), pixels)

    def _ask_base(self, *, is_new_slice: bool) -> None:
        choice = self._choice()
        if is_new_slice:
            self.slices.forget()
            self.panes.set_shape(choice.shape_in(self.axes.shape))
        self.slices.ask_base(choice, self._window(is_whole=True), self._shading())

    def _on_base_read(self) -> None:
        self._color()
        self._tell()
        if self._wanted_place is not None:
            place, self._wanted_place = self._wanted_place, None
            self.panes.zoom_to(*place)
        self._ask_detail()
        self.drawn.emit()

    def _ask_detail(self) -> None:
        if self.has_picture and self.isVisible() and self._source.values is not None:
            self.slices.ask_detail(self._choice(), self._window(is_whole=False), self._shading())

    def _on_detail_changed(self) -> None:
        self._color()
        self._tell()

    def _on_shade_chosen(self) -> None:
        self._settings.set_text(_SETTING, self.shade.currentData())
        if self._source.values is not None:
            self._ask_base(is_new_slice=False)

    def _on_slice_picked(self) -> None:
        self._ask_base(is_new_slice=True)

    def _on_tolerance_changed(self) -> None:
        if self.shade.currentData() == BUDGET and self.has_picture:
            if self.isVisible():
                self._ask_base(is_new_slice=False)
            else:
                self._is_dirty = True
        self._tell()

    def _on_worst_wanted(self) -> None:
        shade = self.shade.currentData()
        rtol, atol = self._source.rtol, self._source.atol

        def work(values: Values, check: Check) -> tuple[int, ...] | None:
            from modelpack_gui.ui.arrays.worst import Measure, worst

            by = {RELATIVE: Measure.RELATIVE, BUDGET: Measure.BUDGET}.get(shade, Measure.ABSOLUTE)
            found = worst(values, 1, by, rtol, atol, check)
            return found[0].index if found else None

        def answered(index: tuple[int, ...] | None) -> None:
            if index is not None:
                self.jump_to(index)
                self.panes.setFocus()
            else:
                self.told.set_text("All elements agree exactly.")

        self._source.ask("heat-worst", work, answered)

    # Drawing

    def _color(self) -> None:
        """Make pictures of the tiles."""
        levels, choice = self.slices.levels, self.shade.currentData()
        assert levels is not None
        scales = scales_of(choice, levels)
        titles = ("Expected", "Actual", TITLES[choice][1])
        panes = tuple(Pane(title, scale) for title, scale in zip(titles, scales, strict=True))
        layers = [self._layer(one, scales) for one in (self.slices.base, self.slices.detail) if one is not None]
        self.panes.set_panes(panes, tuple(layers), self.slices.worst_place())
        self.legend.setText(legend_of(levels))

    def _layer(self, pooled: Pooled, scales: tuple[Scale, ...]) -> Layer:
        is_dark = theme().colors.is_dark
        window = pooled.window
        rows, columns = pooled.shade.shape
        place = QRectF(window.left, window.top, columns * window.wide, rows * window.tall)
        arrays = (pooled.expected, pooled.actual, pooled.shade)
        if not pooled.shade.size:
            return Layer(QRectF(), ())
        images = tuple(colored(one, scale, is_dark=is_dark) for one, scale in zip(arrays, scales, strict=True))
        is_plain = window.tall == window.wide == 1 and pooled.shade.size <= _TEXTS_FOR
        return Layer(place, images, tuple(one.tolist() for one in arrays) if is_plain else ())

    def _tell(self) -> None:
        """What is at the pointer, or else at the cursor."""
        text, source = "", self._source
        hover, cursor = self.panes.hover, self.panes.cursor_place
        if source.values is not None and self.has_picture and (hover is not None or cursor is not None):
            from modelpack_gui.ui.arrays.worst import element

            note = ""
            if hover is not None:
                cursor, note = self.slices.worst_near(hover)
            assert cursor is not None
            found = element(source.values, self._choice().at(*cursor), source.rtol, source.atol)
            text = element_text(found) + note
        self.told.set_text(text)
        self.panes.setAccessibleDescription(text)
