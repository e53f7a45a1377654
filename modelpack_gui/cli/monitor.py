"""Progress on stderr: one updating line on a terminal, else a plain line now and then."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from typing import TextIO

from modelpack_gui.cli.console import encodable
from modelpack_gui.cli.report_matrix import cell_line
from modelpack_gui.cli.report_parity import case_line
from modelpack_gui.cli.report_quantize import variant_line
from modelpack_gui.cli.report_sweep import sweep_line
from modelpack_gui.core.events import Cancelled, Done, Event, Failed, Log, Partial, Progress, Sample, Started
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    LayerRows,
    MatrixCell,
    MatrixChoice,
    ParityPart,
    QuantizedVariant,
    SweepCell,
    Verdict,
)
from modelpack_gui.core.sweep import is_over

_PLAIN_EVERY_S = 5.0
_REDRAW_EVERY_S = 0.1
_CLEAR = "\r\x1b[K"


class Monitor:
    """Listens to jobs from their background threads and shows where they are.

    Args:
        is_quiet: Show no progress; warnings of the stages are still shown.
        is_verbose: Show every log line, also what the model's own code prints.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        is_quiet: bool = False,
        is_verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._is_quiet = is_quiet
        self._is_verbose = is_verbose
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._lock = threading.Lock()
        self._stage = ""
        self._started_s = 0.0
        self._shown_s = 0.0
        self._line = ""
        self._told: set[MatrixChoice] = set()

    def __call__(self, event: Event) -> None:
        """Show an event of a job."""
        with self._lock:
            if isinstance(event, Started):
                self._stage = _label(event.stage)
                self._started_s = self._clock()
                self._show("", must=True)
            elif isinstance(event, Progress):
                share = "" if event.fraction is None else f" {event.fraction:4.0%}"
                self._show(f"{share} {event.message}", must=event.fraction == 1.0)
            elif isinstance(event, Log):
                self._log(event)
            elif isinstance(event, (Done, Failed, Cancelled)):
                self._clear()
            elif isinstance(event, Partial):
                self._part(event)
            else:
                assert isinstance(event, Sample)  # the benchmark tells its progress apart from the samples

    def _part(self, event: Partial) -> None:
        """Something that came before the end: a cell, a case that failed, or how many layers are compared."""
        part = event.result
        if self._is_quiet:
            return
        if isinstance(part, MatrixCell) and part.is_over and part.choice not in self._told:
            self._told.add(part.choice)  # it comes once more with its latency, which only the table shows
            self._tell(cell_line(part))
        elif isinstance(part, ParityPart) and part.case.verdict is Verdict.FAILED:
            self._tell(case_line(part))
        elif isinstance(part, SweepCell) and is_over(part) and not part.is_kept:
            self._tell(sweep_line(part))
        elif isinstance(part, QuantizedVariant):
            self._tell(variant_line(part))
        elif isinstance(part, LayerRows):
            share = f" {part.done / part.planned:4.0%}" if part.planned else ""
            self._show(f"{share} {part.done} of {part.planned} values compared", must=False)

    def _tell(self, line: str) -> None:
        self._clear()
        self._write(line + "\n")

    def _log(self, event: Log) -> None:
        is_own = event.source == "stage" and event.level in ("warning", "error")
        if is_own or self._is_verbose:
            self._clear()
            origin = event.level if event.source == "stage" else event.source
            self._write(f"{origin}: {event.message}\n")

    def _show(self, text: str, *, must: bool) -> None:
        if self._is_quiet:
            return
        now_s = self._clock()
        if not must and now_s - self._shown_s < (_REDRAW_EVERY_S if self._is_terminal else _PLAIN_EVERY_S):
            return
        self._shown_s = now_s
        line = f"{self._stage}:{text or ' running'}"
        if not self._is_terminal:
            if line != self._line:
                self._write(line + "\n")
            self._line = line
            return
        line += f"  ({now_s - self._started_s:.0f} s)"
        self._write(_CLEAR + line[: shutil.get_terminal_size().columns - 1])
        self._line = line

    def _clear(self) -> None:
        if self._is_terminal and self._line:
            self._write(_CLEAR)
            self._line = ""

    def _write(self, text: str) -> None:
        self._stream.write(encodable(text, self._stream))
        self._stream.flush()


def _label(stage: str) -> str:
    known = {item.value: item.label for item in Stage}
    return known.get(stage) or _OTHER_LABELS.get(stage, stage)


_OTHER_LABELS = {
    "hello": "Interpreter",
    "graph.costs": "Numbers",
    "graph.checks": "Checks",
    "graph.compare": "Comparison",
    "graph.optimized": "Optimiser",
    "tensor-stats": "Statistics",
    "matrix": "Matrix",
    "sweep": "Sweep",
    "layers": "Layers",
    "repro": "Repro",
    "quantize.sensitivity": "Sensitivity",
}
