"""Asks where pictures of the canvas go, and has them drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from modelpack_gui.client.results import ResultsFolder
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.background import Background
from modelpack_gui.ui.graph.canvas.pictures import Subject, as_image, drag_out, write
from modelpack_gui.ui.graph.overlays.legend_drawing import LegendDrawing
from modelpack_gui.ui.new_file import ask_where
from modelpack_gui.ui.settings import Settings

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane

_KINDS = {"png": "PNG picture (*.png)", "svg": "SVG drawing (*.svg)"}


class CanvasPictures:
    """Of one pane."""

    def __init__(self, pane: CanvasPane, settings: Settings) -> None:
        self._pane = pane
        self._settings = settings
        self._background = Background(pane)
        self._results = ResultsFolder()

    @property
    def is_drawing(self) -> bool:
        """Whether a picture is being written."""
        return self._background.is_busy

    def save(self, kind: str, *, is_whole: bool = True) -> None:
        """Ask where, and write all of the graph or what is in view; `kind` (`png`, `svg`) is offered first."""
        kinds = ";;".join([_KINDS[kind], *(text for one, text in _KINDS.items() if one != kind)])
        name = f"{self._file_name()}.{kind}"
        if self._subject(is_whole=is_whole) is None:
            return
        path = ask_where(self._pane, self._settings, "picture", "Save picture", name, kinds)
        if path is not None:
            self.write(path, is_whole=is_whole)

    def write(self, path: Path, *, is_whole: bool = True) -> None:
        """Write it on a thread: that of a large graph takes seconds."""
        subject = self._subject(is_whole=is_whole)
        if subject is None:
            return

        def written(_path: object, error: ErrorInfo | None) -> None:
            self._pane.tell()
            if error is not None:
                self._pane.controller.message_raised.emit(error)

        self._background.ask(f"picture {path}", lambda check: write(subject, path, check), written)
        self._pane.tell()

    def copy(self) -> None:
        """Put what is in view on the clipboard."""
        subject = self._subject(is_whole=False)
        if subject is not None:
            QGuiApplication.clipboard().setImage(as_image(subject))

    def drag(self) -> None:
        """Let the user drop what is in view on another window."""
        subject = self._subject(is_whole=False)
        if subject is not None:
            drag_out(self._pane, subject, self._results.new("picture") / f"{self._file_name()}.png")

    def _subject(self, *, is_whole: bool) -> Subject | None:
        overlays = self._pane.state.overlays
        overlay = overlays.current
        colors = overlays.colors(overlay) if overlay is not None else None
        legend = LegendDrawing.of(overlay, colors) if overlay is not None and colors is not None else None
        return Subject.of(self._pane.canvas, self._pane.scenes.details, is_whole=is_whole, legend=legend)

    def _file_name(self) -> str:
        index = self._pane.state.index
        return Path(index.artifact.path).stem if index is not None else "graph"
