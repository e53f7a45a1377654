"""The quantize page: what INT8 or float16 would cost in accuracy, and what it wins."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import QuantizeReport, Result
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings


class QuantizePage(StagePage):
    """The verdict in one sentence."""

    stage = Stage.QUANTIZE
    icon_name = "quantize"
    empty_text = "Makes INT8 and float16 files of the exported one, and says what each costs in accuracy and wins."

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self._settings = settings
        self.refresh()

    def show_result(self, result: Result) -> None:
        """Draw a report."""
        assert isinstance(result, QuantizeReport)

    def sentence_for(self, result: Result) -> str:
        """The report's own."""
        assert isinstance(result, QuantizeReport)
        return result.summary
