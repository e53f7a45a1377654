"""Several folds with their headers side by side; one of them is open at most."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.widgets.basics import ElidedButton

_WHOLE = 110
"""Pixels up to which a header is not cut where there is little room."""


class FoldRow(QWidget):
    """Each header says what is set inside, so that a fold need not be opened to be read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles: dict[str, str] = {}
        self._contents: dict[str, QWidget] = {}
        self.headers: dict[str, ElidedButton] = {}
        self._row = QHBoxLayout()
        self._row.setSpacing(GROUP_SPACING)
        self._row.addStretch(1)
        self._card = QFrame()
        self._card.setProperty("role", "card")
        self._card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._inside = QVBoxLayout(self._card)
        self._inside.setContentsMargins(12, SPACING, 12, SPACING)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(self._row)
        column.addWidget(self._card)
        self._card.hide()

    def add(self, name: str, title: str, content: QWidget) -> None:
        """Add a fold."""
        header = ElidedButton(title, role="link")
        header.setObjectName(f"fold-{name}")
        header.clicked.connect(lambda: self.open("" if self.opened == name else name))
        self._titles[name], self._contents[name], self.headers[name] = title, content, header
        self._row.insertWidget(self._row.count() - 1, header)
        self._inside.addWidget(content)
        content.hide()
        self._show_chevrons()
        header.setMinimumWidth(min(header.sizeHint().width(), _WHOLE))

    def add_beside(self, widget: QWidget) -> None:
        """Put something that folds nothing of this row after the headers."""
        self._row.insertWidget(self._row.count() - 1, widget)

    def set_summary(self, name: str, summary: str) -> None:
        """Say in a header what is set inside."""
        text = f"{self._titles[name]}: {summary}" if summary else self._titles[name]
        header = self.headers[name]
        if text != header.whole:
            header.set_whole(text)
            header.setMinimumWidth(min(header.sizeHint().width(), _WHOLE))

    @property
    def opened(self) -> str:
        """Name of the fold that is open; empty if none is."""
        return next((name for name, content in self._contents.items() if not content.isHidden()), "")

    def open(self, name: str) -> None:
        """Open one fold, and close the others; an empty name closes all."""
        for other, content in self._contents.items():
            content.setVisible(other == name)
        self._card.setVisible(bool(name))
        self._show_chevrons()
        if name:
            self._contents[name].setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_chevrons(self) -> None:
        for name, header in self.headers.items():
            header.set_icon_name("chevron-down" if name == self.opened else "chevron-right")
            header.setAccessibleDescription("open" if name == self.opened else "folded")
