"""Room for a page on a small screen: it is scrolled only where it does not fit at its smallest."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

_WIDEST = 640
_LOWEST = 120


class PageScroll(QScrollArea):
    """Keeps the least height of a page from growing the window beyond the screen, when a dock takes its room.

    QScrollArea's own resizing asks for the height that a page prefers: it would scroll tables that can be lower.
    """

    def __init__(self, page: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the focus and scrolls it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._page = page
        self.setWidget(page)
        page.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        """As wide as the page needs, up to a limit: docks beside it give way first. Any height will do."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(min(self._page.minimumSizeHint().width() + bar, _WIDEST), _LOWEST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the page what there is, or its least."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Another least height, such as that of a failure that has just been shown."""
        if watched is self._page and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        page = self._page
        room = self.maximumViewportSize()
        least = page.minimumSizeHint()
        layout = page.layout()

        def height_at(width: int) -> int:
            if layout is not None and layout.hasHeightForWidth():
                return layout.totalMinimumHeightForWidth(width)
            return least.height()

        width = max(room.width(), least.width())
        height = height_at(width)
        if height > room.height():  # the scroll bar takes some of the width
            width = max(room.width() - self.verticalScrollBar().sizeHint().width(), least.width())
            height = height_at(width)
        page.resize(width, max(room.height(), height))
