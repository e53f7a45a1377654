"""Compare each value as eager makes it: eager's values are never held, the artifact's are run up to there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import LayerRow, LayerRows, ParitySpec
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.eager import EagerModel
from modelpack_gui.stages.layers.eager_trace import EagerTrace, Ref
from modelpack_gui.stages.layers.rows import make_row
from modelpack_gui.stages.layers.segments import Stream, plan_segments, size_of
from modelpack_gui.stages.layers.side import ArtifactSide

if TYPE_CHECKING:
    import torch

SEND_EVERY_S = 0.2


class Comparison:
    """All rows of one case.

    Attributes:
        by_level: The values that are looked at, in order of execution.
        rows: By level and value.
        problems: Why a level could not be run.
        peak_bytes: Most that the values of the artifact took at once.
    """

    def __init__(
        self,
        side: ArtifactSide,
        eager: EagerModel,
        trace: EagerTrace,
        aligned: Sequence[Aligned],
        spec: ParitySpec,
        computes_in: str,
        context: Context,
    ) -> None:
        self._side, self._eager, self._trace = side, eager, trace
        self._spec, self._computes_in, self._context = spec, computes_in, context
        self._sizes = {item.value: size_of(trace.value(item.ref)) for item in aligned}
        self._aligned = aligned
        self.by_level: dict[str, tuple[Aligned, ...]] = {}
        self.rows: dict[tuple[str, str], LayerRow] = {}
        self.problems: dict[str, UserError] = {}
        self.peak_bytes = 0
        self._depths: dict[tuple[str, str], int] = {}
        self._waiting: list[LayerRow] = []
        self._sent_at = 0.0

    def run(self, memory_bytes: int) -> None:
        """Compare everything; rows go to the context as they come.

        What is left at a level of optimisation is known only after the whole model was optimised. A level that needs
        no such thing goes first, so that rows come at once.

        Raises:
            UserError: Those of EagerModel.run.
            JobCancelled: The user asked to stop.
        """
        at_once = [level for level in self._side.levels if self._side.makers_are_known(level)]
        later = [level for level in self._side.levels if level not in at_once]
        for levels in (at_once, later):
            for level in levels:
                self._context.check_cancelled()
                self._try(level, partial(self._add_level, level))
            usable = [level for level in levels if level not in self.problems]
            if usable:
                self._context.progress(f"Comparing layer by layer at optimisation {' and '.join(usable)}")
                self._follow(usable, memory_bytes // len(usable))

    def replace(self, rows: Mapping[tuple[str, str], LayerRow]) -> None:
        """Put rows that more is known of in the places of theirs."""
        self.rows.update(rows)
        self._waiting += rows.values()
        self._send()

    def of_level(self, level: str) -> list[LayerRow]:
        """The rows of a level in order of execution."""
        return sorted((row for (at, _), row in self.rows.items() if at == level), key=lambda row: row.depth)

    def _add_level(self, level: str) -> None:
        makers = self._side.makers(level)
        items = tuple(item for item in self._aligned if makers is None or item.value in makers)
        self.by_level[level] = items
        self._depths.update({(level, item.value): depth for depth, item in enumerate(items)})

    def _try(self, level: str, action: Callable[[], None]) -> None:
        try:
            action()
        except UserError as error:
            self.problems[level] = error
            self._context.log("warning", f"At optimisation {level} the comparison stops: {error}")

    def _follow(self, levels: Sequence[str], memory_bytes: int) -> None:
        """Go through one eager run and compare what it makes at some levels."""
        streams: dict[str, Stream] = {}
        wanted: dict[Ref, list[tuple[str, Aligned]]] = {}
        for level in levels:
            items = self.by_level[level]
            segments = plan_segments(items, self._sizes, self._side, memory_bytes)
            streams[level] = Stream(self._side, level, segments)
            for item in items:
                wanted.setdefault(item.ref, []).append((level, item))

        def watch(ref: Ref, tensor: torch.Tensor, exact: torch.Tensor | None) -> bool:
            for level, item in wanted.pop(ref, ()):
                self._context.check_cancelled()
                if level not in self.problems:
                    self._try(level, partial(self._add_row, streams[level], level, item, tensor, exact))
            return bool(wanted)

        if wanted:
            self._eager.run(watch, exact=True)
        self.peak_bytes = max(self.peak_bytes, sum(stream.peak_bytes for stream in streams.values()))
        self._send()

    def _add_row(
        self, stream: Stream, level: str, item: Aligned, expected: torch.Tensor, exact: torch.Tensor | None
    ) -> None:
        values = (expected, stream.take(item.value), exact)
        row = make_row(item, level, self._depths[level, item.value], values, self._spec, self._computes_in)
        self.rows[level, item.value] = row
        self._waiting.append(row)
        if time.monotonic() - self._sent_at >= SEND_EVERY_S:
            self._send()

    def _send(self) -> None:
        if self._waiting:
            planned = sum(len(items) for items in self.by_level.values())
            self._context.partial(LayerRows(tuple(self._waiting), len(self.rows), planned))
            self._waiting = []
            self._sent_at = time.monotonic()
