"""The stored tensor whose elements are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from modelpack_gui.client.results import ResultsFolder
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Done, Failed, TerminalEvent
from modelpack_gui.core.records import (
    Request,
    TensorInfo,
    TensorStats,
    TensorStatsRequest,
    TensorValues,
    TensorValuesRequest,
)
from modelpack_gui.ui.background import Answered, Background, Check
from modelpack_gui.ui.graph.tensors.stored_values import GIANT_BYTES, stored_bytes

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.elements import Elements
    from modelpack_gui.ui.graph.state import GraphState


class TensorSource(QObject):
    """Has a tensor found by the worker, and reads it off the GUI thread.

    Attributes:
        info: Name, dtype and shape; None while none is looked at.
        elements: Its elements; None until they were found.
        stats: Its statistics; None until they were made.
        is_describing: Whether they are to come.
        stats_error: Why they were not made, though the elements may be there.
        error: Why its elements cannot be read.
    """

    changed = Signal()  # another tensor, or its elements were found, or cannot be
    described = Signal()  # its statistics are there, are being made, or were not

    def __init__(self, state: GraphState) -> None:
        super().__init__(state)
        self._state = state
        self._background = Background(self)
        self._results = ResultsFolder()
        self._jobs: list[str] = []
        self._generation = 0
        self.value = -1
        self.info: TensorInfo | None = None
        self.elements: Elements | None = None
        self.stats: TensorStats | None = None
        self.is_describing = False
        self.stats_error: ErrorInfo | None = None
        self.error: ErrorInfo | None = None
        state.changed.connect(lambda: self.show(-1))

    def show(self, value: int) -> None:
        """Look at another tensor, by its number in the graph; -1 for none."""
        graph, index = self._state.graph, self._state.index
        if value == self.value and self.error is None:
            return
        self._drop()
        is_there = graph is not None and index is not None and value >= 0
        self.value = value if is_there else -1
        self.info = self.elements = self.stats = self.stats_error = self.error = None
        self.is_describing = False
        if graph is not None and index is not None and value >= 0:
            self.info = graph.value_info(value)
            folder, path, name = self._results.new("tensor"), index.artifact.path, self.info.name
            self._results.keep_only(folder)
            self._ask("tensor-values", TensorValuesRequest(path, name, str(folder)), self._on_found)
            if stored_bytes(graph, value) <= GIANT_BYTES:
                self.describe()
        self.changed.emit()

    def describe(self) -> None:
        """Have the statistics made; of a giant tensor that is only done when it is asked for."""
        index = self._state.index
        if self.info is not None and index is not None and not self.is_describing:
            self.is_describing, self.stats_error = True, None
            self._ask("tensor-stats", TensorStatsRequest(index.artifact.path, self.info.name), self._on_described)
            self.described.emit()

    @property
    def is_reading(self) -> bool:
        """Whether the elements are to come."""
        return self.info is not None and self.elements is None and self.error is None

    def ask(self, key: str, work: Callable[[Elements, Check], Any], answered: Callable[[Any], None]) -> None:
        """Compute something from the elements, which are there; a failure is that of the whole."""
        elements = self.elements
        assert elements is not None

        def ended(result: Any, error: ErrorInfo | None) -> None:
            if error is not None:
                self._fail(error)
            else:
                answered(result)

        self._background.ask(key, lambda check: work(elements, check), ended)

    def run(self, key: str, work: Callable[[Check], Any], answered: Answered) -> None:
        """Do something that does not touch what is shown if it fails, such as writing a file."""
        self._background.ask(key, work, answered)

    def drop(self, key: str) -> None:
        """Want nothing under a key any more."""
        self._background.drop(key)

    def close(self) -> None:
        """The window closes: its copies go."""
        self._background.close()
        self._results.remove()

    def _drop(self) -> None:
        self._generation += 1
        self._background.drop_all()
        for job in self._jobs:
            self._state.project_jobs.cancel(job)
        self._jobs = []

    def _ask(self, stage: str, request: Request, ended: Callable[[TerminalEvent], None]) -> None:
        generation = self._generation

        def if_current(event: TerminalEvent) -> None:
            if generation == self._generation:
                ended(event)

        assert self.info is not None
        title = f"Read {self.info.name}"
        self._jobs.append(self._state.project_jobs.run(stage, request, title, if_current))

    def _on_found(self, event: TerminalEvent) -> None:
        if isinstance(event, Done) and isinstance(event.result, TensorValues):
            from modelpack_gui.ui.arrays.elements import Elements  # numpy is imported when it is needed

            self.elements = Elements(event.result)
        elif isinstance(event, Failed):
            self.error = event.error
        else:
            self.error = ErrorInfo("tensor-cancelled", "Reading the tensor was cancelled.", "Select it again.")
        self.changed.emit()

    def _on_described(self, event: TerminalEvent) -> None:
        if isinstance(event, Done) and isinstance(event.result, TensorStats):
            self.stats = event.result
        else:
            self.is_describing = False
            self.stats_error = event.error if isinstance(event, Failed) else None
        self.described.emit()

    def _fail(self, error: ErrorInfo) -> None:
        self._drop()
        self.elements, self.error = None, error
        self.changed.emit()
