"""What a benchmark measures and how, above its results: folded to one line when the room is wanted for those."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from modelpack_gui.core.figures import count, plural
from modelpack_gui.core.records import BenchSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedButton, IconToolButton
from modelpack_gui.ui.widgets.bench.runner_list import RunnerList
from modelpack_gui.ui.widgets.bench.settings import BenchSettings, protocol_summary

_KEY = "bench/setup"
_OPEN, _FOLDED = "open", "folded"


class BenchSetup(QWidget):
    """The runners and the settings, or a line that says them."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._kept = settings
        self._is_running = False
        self.runners = RunnerList(controller, settings)
        self.settings = BenchSettings(controller)
        self.fold_button = IconToolButton("Fold the runners and the settings to one line", "chevron-up")
        self.fold_button.setObjectName("fold-setup")
        self.fold_button.clicked.connect(lambda: self.set_open(is_open=False))
        self.line = ElidedButton("", "chevron-right", role="link")
        self.line.setObjectName("unfold-setup")
        self.line.clicked.connect(lambda: self.set_open(is_open=True))
        self._open = QWidget()
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(self.runners, 1)
        top.addWidget(self.fold_button, alignment=Qt.AlignmentFlag.AlignTop)
        inside = QVBoxLayout(self._open)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(SPACING)
        inside.addLayout(top)
        inside.addWidget(self.settings)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._open)
        column.addWidget(self.line, alignment=Qt.AlignmentFlag.AlignLeft)
        controller.recipe_changed.connect(self._show)
        self._show()
        self._set_visible(is_open=settings.text(_KEY) != _FOLDED)

    @property
    def is_open(self) -> bool:
        """Whether they can be edited."""
        return not self._open.isHidden()

    def set_open(self, *, is_open: bool) -> None:
        """Show or fold them, now and from now on."""
        self._kept.set_text(_KEY, _OPEN if is_open else _FOLDED)
        self._set_visible(is_open=is_open)
        (self.fold_button if is_open else self.line).setFocus(Qt.FocusReason.OtherFocusReason)

    def give_way(self, *, to_results: bool, is_running: bool = False) -> None:
        """Leave the room to results when there are some, as long as the user has not said what to do.

        A run that begins gets the room in any case: what is set now counts for the next one only.
        """
        begins, ends = is_running and not self._is_running, self._is_running and not is_running
        self._is_running = is_running
        focus = QApplication.focusWidget()
        is_inside = focus is not None and self.isAncestorOf(focus)
        is_typing = is_inside and isinstance(focus, (QLineEdit, QAbstractSpinBox))
        kept = self._kept.text(_KEY)
        is_open = not to_results
        if kept and ends:
            is_open = kept == _OPEN
        elif kept and not begins:
            is_open = self.is_open
        if is_typing or self.is_open == is_open:
            return
        self._set_visible(is_open=is_open)
        if is_inside:
            (self.fold_button if is_open else self.line).setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_visible(self, *, is_open: bool) -> None:
        self._open.setVisible(is_open)
        self.line.setVisible(not is_open)

    def _show(self) -> None:
        self.line.set_whole(setup_summary(self._controller.recipe.bench))


def setup_summary(bench: BenchSpec) -> str:
    """What is measured and how, in one line."""
    until = f" until ±{100 * bench.precision:g} %" if bench.precision is not None else ""
    threads = f", {plural(bench.threads, 'thread')}" if bench.threads else ""
    runs = f"{count(bench.warmup_runs)} + {count(bench.iterations)} runs{until}{threads}"
    return f"{plural(len(bench.runners), 'runner')}, {runs}, {protocol_summary(bench)}"
