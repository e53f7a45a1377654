"""The output whose values are looked at: what all views of it share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import OutputParity, ParityCase, ParityReport
from modelpack_gui.ui.background import Answered, Background, Check
from modelpack_gui.ui.models.parity_text import noise_floor

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.judging import Counter, Facts
    from modelpack_gui.ui.arrays.pair import Values


class ValuesSource(QObject):
    """Opens the files of an output, counts, and has things computed from them off the GUI thread.

    Attributes:
        values: None until they were opened, and where there are none.
        facts: What does not depend on the tolerance; comes with `values`.
        error: Why the files cannot be read.
        rtol, atol: What the output is judged by now.
        mismatched: Elements beyond that; None until they were counted.
    """

    changed = Signal()  # another output, or its values are there, or cannot be
    tolerance_changed = Signal()
    counted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._counting = Background(self)  # does not wait for a drawing
        self.report: ParityReport | None = None
        self.case: ParityCase | None = None
        self.output: OutputParity | None = None
        self.values: Values | None = None
        self.facts: Facts | None = None
        self.error: ErrorInfo | None = None
        self._counter: Counter | None = None
        self.rtol = self.atol = 0.0
        self.mismatched: int | None = None

    @property
    def is_reading(self) -> bool:
        """Whether the values are being opened."""
        has_files = self.output is not None and self.output.values is not None
        return has_files and self.values is None and self.error is None

    @property
    def is_counting(self) -> bool:
        """Whether a count is to come."""
        return self._counting.is_busy

    @property
    def is_busy(self) -> bool:
        """Whether anything is to come."""
        return self._counting.is_busy or self._background.is_busy

    @property
    def floor(self) -> float:
        """The noise floor; 0 if it was not measured."""
        return (noise_floor(self.output) if self.output is not None else None) or 0.0

    def show(self, report: ParityReport | None, case: ParityCase | None, output: OutputParity | None) -> None:
        """Look at another output, or at the same one as it was judged anew."""
        is_same = (
            output is not None
            and self.output is not None
            and output.values is not None
            and output.values == self.output.values
            and self.error is None
            and self._nan_equal(report) == self._nan_equal(self.report)
        )
        self.report, self.case, self.output = report, case, output
        if output is not None and is_same:
            self.set_tolerance(output.rtol, output.atol)
            return
        self._background.drop_all()
        self._counting.drop_all()
        self.values, self.facts, self._counter, self.error, self.mismatched = None, None, None, None, None
        if output is not None:
            self.rtol, self.atol = output.rtol, output.atol
            if output.values is not None:
                self._open(output)
        self.changed.emit()

    def set_tolerance(self, rtol: float, atol: float) -> None:
        """Judge anew, from the values."""
        if (rtol, atol) == (self.rtol, self.atol):
            return
        self.rtol, self.atol = rtol, atol
        self._count()
        self.tolerance_changed.emit()

    def ask(self, key: str, work: Callable[[Values, Check], Any], answered: Callable[[Any], None]) -> None:
        """Compute something from the values, which are there; a failure is that of the whole."""
        values = self.values
        assert values is not None

        def ended(result: Any, error: ErrorInfo | None) -> None:
            if error is not None:
                self._fail(error)
            else:
                answered(result)

        self._background.ask(key, lambda check: work(values, check), ended)

    def run(self, key: str, work: Callable[[Check], Any], answered: Answered) -> None:
        """Do something that does not touch what is shown if it fails, such as writing a file."""
        self._background.ask(key, work, answered)

    def _nan_equal(self, report: ParityReport | None) -> bool:
        return report is None or report.parity.nan_equal

    def _open(self, output: OutputParity) -> None:
        files, dtype, nan_equal = output.values, output.actual.dtype, self._nan_equal(self.report)
        assert files is not None

        def work(check: Check) -> tuple[Values, Facts | None, Counter | None]:
            from modelpack_gui.ui.arrays.judging import Counter, facts_of
            from modelpack_gui.ui.arrays.pair import open_values

            values = open_values(files, dtype, nan_equal=nan_equal)
            if values.mismatch:
                return values, None, None
            return values, facts_of(values, check), Counter(values)

        def ended(result: tuple[Values, Facts | None, Counter | None] | None, error: ErrorInfo | None) -> None:
            if error is not None or result is None:
                self.error = error
            else:
                self.values, self.facts, self._counter = result
                self._count()
            self.changed.emit()

        self._background.ask("open", work, ended)

    def _count(self) -> None:
        counter, rtol, atol = self._counter, self.rtol, self.atol
        if counter is None:
            return

        def work(check: Check) -> int:
            return counter.count(rtol, atol, check)

        def ended(result: int | None, error: ErrorInfo | None) -> None:
            if error is not None:
                self._fail(error)
            else:
                self.mismatched = result
                self.counted.emit()

        self._counting.ask("count", work, ended)

    def _fail(self, error: ErrorInfo) -> None:
        self.values, self.facts, self._counter, self.error = None, None, None, error
        self._background.drop_all()
        self._counting.drop_all()
        self.changed.emit()
