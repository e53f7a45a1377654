"""Record what libraries warn of while a stage works, once each, with a count."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO, overload

from modelpack_gui.core.records import CapturedWarning

# torch.onnx says this at every export, of each operator of a package that the model cannot be using.
_ABOUT_OPTIONAL_PACKAGES = "torchvision is not installed. Skipping"
_LOGGERS = ("torch", "onnxscript", "onnx_ir", "onnx")


class WarningCollector(Sequence[CapturedWarning]):
    """What was captured so far, in the order of the first time; equal ones are counted, not repeated."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str, int], int] = {}

    def add(self, category: str, message: str, file: str = "", line: int = 0) -> None:
        """Record one warning or log line."""
        key = (category, message.strip(), file, line)
        self._counts[key] = self._counts.get(key, 0) + 1

    @property
    def records(self) -> tuple[CapturedWarning, ...]:
        """All of them as records."""
        return tuple(CapturedWarning(*key, count=count) for key, count in self._counts.items())

    def __len__(self) -> int:
        return len(self._counts)

    @overload
    def __getitem__(self, index: int) -> CapturedWarning: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[CapturedWarning]: ...

    def __getitem__(self, index: int | slice) -> CapturedWarning | Sequence[CapturedWarning]:
        return self.records[index]


class _CollectorHandler(logging.Handler):
    def __init__(self, collector: WarningCollector) -> None:
        super().__init__(logging.WARNING)
        self._collector = collector

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(_ABOUT_OPTIONAL_PACKAGES):
            return
        self._collector.add(record.name, record.getMessage(), record.pathname, record.lineno)


def _end_loggers() -> Iterator[logging.Logger]:
    """The loggers where records of the libraries end: torch stops many of its own from propagating."""
    for name in _LOGGERS:
        yield logging.getLogger(name)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        below_ours = name.startswith(tuple(f"{ours}." for ours in _LOGGERS))
        if below_ours and isinstance(logger, logging.Logger) and not logger.propagate:
            yield logger


@contextmanager
def capture() -> Iterator[WarningCollector]:
    """Collect every Python warning, and log records from WARNING up of torch, onnx and onnxscript.

    Warnings are recorded instead of printed or raised, whatever filters are set outside; log records also go
    where they went before. Import torch first: it sets up its loggers when imported. Not for use in two threads
    at once, as warning filters belong to the process.
    """
    collector = WarningCollector()

    def record_warning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG001 (the signature of warnings.showwarning)
        line: str | None = None,  # noqa: ARG001
    ) -> None:
        collector.add(category.__name__, str(message), filename, lineno)

    handler = _CollectorHandler(collector)
    loggers = list(_end_loggers())
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = record_warning
        for logger in loggers:
            logger.addHandler(handler)
        try:
            yield collector
        finally:
            for logger in loggers:
                logger.removeHandler(handler)
