"""One line above the canvas: what it is doing, what went wrong, and where the selection is if it cannot be seen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.widgets.basics import IconButton, IconLabel, wrapped_label

Button = tuple[str, Callable[[], object]]
_STEPS = 1000


class CanvasNotice(QWidget):
    """Hidden while there is nothing to say.

    Attributes:
        buttons: What can be done about it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas-notice")
        self._text = wrapped_label("", is_selectable=True)
        self._text.setObjectName("canvas-notice-text")
        self._warning = IconLabel("warning", 16)
        self._warning.setAccessibleName("Problem")
        self.buttons = [IconButton("", role="link") for _ in range(2)]
        self._actions: list[Callable[[], object]] = []
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(self._warning)
        row.addWidget(self._text, 1)
        for place, button in enumerate(self.buttons):
            button.setObjectName(f"canvas-notice-{place}")
            button.clicked.connect(lambda _checked=False, place=place: self._actions[place]())
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, 0, GRID, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self._bar)
        column.addLayout(row)
        self.hide()

    @property
    def text(self) -> str:
        """What is said; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(
        self,
        text: str,
        *buttons: Button,
        is_problem: bool = False,
        fraction: float | None = None,
        is_busy: bool = False,
    ) -> None:
        """Say something, with at most two buttons; an empty text hides it.

        Args:
            is_busy: There is progress, how far is `fraction`; None if that is not known.
        """
        self._text.setText(text)
        self._warning.setVisible(is_problem)
        self._bar.setVisible(is_busy)
        self._bar.setRange(0, 0 if fraction is None else _STEPS)
        self._bar.setValue(round(_STEPS * (fraction or 0.0)))
        self._actions = [action for _, action in buttons]
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(buttons))
            button.setText(buttons[place][0] if place < len(buttons) else "")
        self.setVisible(bool(text))
