"""A failure as every page draws it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING, heading_font, status_icon
from modelpack_gui.ui.models.explanation_text import error_text
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import Foldable, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.explanation import ExplanationView
from modelpack_gui.ui.widgets.traceback_block import TracebackBlock


class ErrorPanel(QFrame):
    """A failure: what, why, where and the fixes if it is of a known kind, what to do next; details folded; copy.

    Args:
        stage: What a fix runs again; None if it only changes the recipe.
    """

    def __init__(self, controller: Controller, stage: Stage | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("error-panel")
        self.setProperty("role", "card")
        self._controller = controller
        self._stage = stage
        self._error = ErrorInfo("", "")
        self.view: ExplanationView | None = None
        self._title = wrapped_label("", is_selectable=True)
        self._title.setFont(heading_font())
        self._title.setObjectName("error-title")
        self._message = wrapped_label("", is_muted=True, is_selectable=True)
        self._message.setObjectName("error-message")
        self._hint = wrapped_label("", is_selectable=True)
        self._hint.setObjectName("error-hint")
        self._details = TracebackBlock()
        self._details.place_wanted.connect(controller.show_place)
        self._fold = Foldable("Details", self._details)
        copy = IconToolButton("Copy the whole error", "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(error_text(self._error)))
        self._picture = QLabel()
        self._tint()
        self._texts = QVBoxLayout()
        self._texts.setSpacing(SPACING // 2)
        for widget in (self._title, self._hint, self._message, self._fold):
            self._texts.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(SPACING)
        row.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._texts, 1)
        row.addWidget(copy, alignment=Qt.AlignmentFlag.AlignTop)

    def show_error(self, error: ErrorInfo | None) -> None:
        """Show a failure; None hides the panel."""
        self.setVisible(error is not None)
        if error is None or error == self._error:
            return
        explanation = error.explanation
        if explanation != self._error.explanation:
            self._explain(explanation)
        self._error = error
        # Of a known kind: its plain name first, what the tool said below. Else the message is all there is.
        title = explanation.title if explanation is not None else error.message
        self._title.setText(title)
        self._message.setText(error.message)
        is_told = error.message == title or (explanation is not None and explanation.cause in error.message)
        self._message.setVisible(not is_told)
        self._hint.setText(error.hint)
        self._hint.setVisible(bool(error.hint) and not (explanation is not None and explanation.fixes))
        self._details.set_text(error.details)
        self._fold.setVisible(bool(error.details))

    def _explain(self, explanation: Explanation | None) -> None:
        if self.view is not None:
            self.view.hide()
            self.view.deleteLater()
            self.view = None
        if explanation is not None:
            self.view = ExplanationView(explanation)
            self.view.place_wanted.connect(self._controller.show_place)
            self.view.fix_wanted.connect(lambda fix: self._controller.apply_fix(fix, self._stage))
            self._texts.insertWidget(self._texts.indexOf(self._hint), self.view)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self._picture.setPixmap(status_icon(Status.FAILED).pixmap(20, 20))
