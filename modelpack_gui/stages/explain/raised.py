"""Read an exception: its chain, its words without colours, and the lines of the user's code that it comes from."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.stages.explain.places import in_text, is_own_file, unique

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_NODE_NAMES = ("node", "n")
"""Local variables in which the exporters keep the operator they are at."""


@dataclass(frozen=True)
class Raised:
    """One exception of a chain.

    Attributes:
        types: Names of its class and of those it derives from, the class first.
        text: Its message, without terminal colours.
        frames: Lines of the user's code that it passed through, the innermost first.
        node_places: Lines that the operator which an exporter was at comes from, the innermost first.
    """

    types: tuple[str, ...]
    text: str
    frames: tuple[SourcePlace, ...] = ()
    node_places: tuple[SourcePlace, ...] = ()

    def is_a(self, *names: str) -> bool:
        """Whether it is of one of these classes or derives from one."""
        return any(name in self.types for name in names)

    @property
    def places(self) -> tuple[SourcePlace, ...]:
        """Lines of the user's code that it concerns, the most telling first.

        An exporter's operator says more than the message, and the message more than the way it came.
        """
        return unique((*self.node_places, *in_text(self.text), *self.frames))


def chain_of(error: BaseException) -> tuple[Raised, ...]:
    """An exception and its causes, the first cause last."""
    return tuple(_read(item) for item in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, what it was raised from, and so on."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def plain(text: str) -> str:
    """A text without terminal colours."""
    return _ANSI.sub("", text)


def _read(error: BaseException) -> Raised:
    frames = [
        SourcePlace(frame.filename, frame.lineno or 1)
        for frame in traceback.extract_tb(error.__traceback__)
        if is_own_file(frame.filename)
    ]
    return Raised(
        types=tuple(kind.__name__ for kind in type(error).__mro__[:-1]),
        text=plain(_text(error)).strip(),
        frames=unique(reversed(frames)),
        node_places=unique(_node_places(error.__traceback__)),
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (the exception's own code; an exception without words is still one)
        return ""


def _node_places(trace: TracebackType | None) -> Iterator[SourcePlace]:
    """Where the operator that an exporter was at comes from: neither kind of exporter says so in its message."""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if isinstance(module, str) and module.startswith("torch.onnx"):
            for name in _NODE_NAMES:
                yield from reversed(in_text(_origin(trace.tb_frame.f_locals.get(name))))
        trace = trace.tb_next


def _origin(node: Any) -> str:
    """Where a node comes from, as text: of torch.fx its stack trace, of TorchScript its source range."""
    if node is None:
        return ""
    if hasattr(node, "sourceRange"):
        return str(node.sourceRange())
    trace = getattr(node, "stack_trace", None)
    return trace if isinstance(trace, str) else ""
