"""What is known of quantising an artifact before anything is run: asked anew when the settings rest."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import QuantizeAdviceReport, QuantizeAdviceRequest
from modelpack_gui.ui.controller import Controller

DEBOUNCE_MS = 500


class QuantizeAdvisor(QObject):
    """Asks for the page that is on screen; it waits while a stage runs, whose worker it would keep waiting.

    Attributes:
        report: For the artifact that there is; that of the settings before stays until the new one is there.
        error: Why there is none.
    """

    changed = Signal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.report: QuantizeAdviceReport | None = None
        self.error: ErrorInfo | None = None
        self._about = ""  # the artifact that report and error are about
        self._answered: QuantizeAdviceRequest | None = None
        self._asked: QuantizeAdviceRequest | None = None  # what runs now
        self._is_watched = False
        self._timer = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self._timer.timeout.connect(self._ask)
        controller.recipe_changed.connect(self._on_changed)
        controller.stage_changed.connect(self._on_stage_changed)
        controller.project_changed.connect(self._on_project_changed)

    @property
    def is_asking(self) -> bool:
        """Whether an answer for the settings of now is to come."""
        return self._asked is not None or self._timer.isActive()

    def watch(self, *, is_watched: bool) -> None:
        """Whether anybody looks: nothing is asked for a page that is hidden."""
        self._is_watched = is_watched
        self._on_changed()

    def _request(self) -> QuantizeAdviceRequest | None:
        controller = self._controller
        artifact = controller.quantize.artifact
        if not artifact or not controller.is_trusted:
            return None
        recipe = controller.recipe
        return QuantizeAdviceRequest(artifact, controller.quantize.spec, recipe.inputs, recipe.input_sets)

    def _on_project_changed(self) -> None:
        self._asked = None  # what an earlier project asked for is not answered
        self._on_changed()

    def _on_stage_changed(self, stage: Stage) -> None:
        if stage is Stage.EXPORT and not self._controller.state(stage).is_under_way:
            self._answered = None  # the file may be another now
        self._on_changed()

    def _on_changed(self) -> None:
        request = self._request()
        if self._about and (request is None or self._about != request.artifact_path):
            self.report, self.error, self._answered, self._about = None, None, None, ""
            self.changed.emit()
        if request is None:
            self._timer.stop()
        elif self._is_watched and request not in (self._answered, self._asked):
            self._timer.start()

    def _ask(self) -> None:
        controller, request = self._controller, self._request()
        if request is None or controller.is_busy or self._asked is not None:
            return  # the end of the stage, or of what is asked now, comes here again

        def answered(report: QuantizeAdviceReport | None, error: ErrorInfo | None) -> None:
            if self._asked is not request:
                return
            self._asked = None
            if error is None or error.code != "cancelled":
                self._answered, self._about = request, request.artifact_path
                self.report, self.error = report, error
            self.changed.emit()
            self._on_changed()

        self._asked = request
        controller.ask("quantize.advise", request, "Look ahead of quantising", QuantizeAdviceReport, answered)
        self.changed.emit()
