"""Run both sides chunk by chunk and compare each value as eager makes it, so that eager's values are never held."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import LayerRow, LayerRows, ParitySpec
from modelpack_gui.stages.layers.align import Aligned
from modelpack_gui.stages.layers.chunks import FIRST_VALUES, Chunk, plan_chunks, size_of
from modelpack_gui.stages.layers.eager import EagerModel
from modelpack_gui.stages.layers.eager_trace import EagerTrace, Ref
from modelpack_gui.stages.layers.rows import make_row
from modelpack_gui.stages.layers.side import ArtifactSide

if TYPE_CHECKING:
    import torch

SEND_EVERY_S = 0.2


class Comparison:
    """All rows of one case.

    Attributes:
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

        Raises:
            UserError: `layers-part-failed` if the artifact runs at no level; those of EagerModel.run.
            JobCancelled: The user asked to stop.
        """
        first = self._side.levels[0]
        if self._side.makers_are_known(first):
            self._add_level(first)
            head = plan_chunks({first: self.by_level[first][:FIRST_VALUES]}, self._sizes, memory_bytes)
            for chunk in head[:1]:
                self._run_chunk(chunk)
        for level in self._side.levels:
            self._context.check_cancelled()
            if level not in self.by_level:
                self._try(level, partial(self._add_level, level))
        left = {
            level: [item for item in items if (level, item.value) not in self.rows]
            for level, items in self.by_level.items()
        }
        chunks = plan_chunks(left, self._sizes, memory_bytes)
        for number, chunk in enumerate(chunks):
            self._context.progress(f"Comparing layer by layer ({number + 1} of {len(chunks)})", number / len(chunks))
            self._run_chunk(chunk)
        if self.problems and not self.rows:
            raise next(iter(self.problems.values()))

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
            self.by_level.pop(level, None)
            self._context.log("warning", f"At optimisation {level} nothing is compared: {error}")

    def _run_chunk(self, chunk: Chunk) -> None:
        values: dict[tuple[str, str], torch.Tensor] = {}
        wanted: dict[Ref, list[tuple[str, Aligned]]] = {}
        for level, items in chunk.values.items():
            self._context.check_cancelled()
            if level in self.problems:
                continue
            self._try(level, partial(self._run_level, level, items, values))
            if level not in self.problems:
                for item in items:
                    wanted.setdefault(item.ref, []).append((level, item))
        self.peak_bytes = max(self.peak_bytes, sum(tensor.nbytes for tensor in values.values()))

        def watch(ref: Ref, tensor: torch.Tensor, exact: torch.Tensor | None) -> bool:
            for level, item in wanted.pop(ref, ()):
                self._context.check_cancelled()
                self._add_row(level, item, tensor, values.pop((level, item.value)), exact)
            return bool(wanted)

        if wanted:
            self._eager.run(watch, exact=True)
        self._send()

    def _run_level(self, level: str, items: Sequence[Aligned], values: dict[tuple[str, str], torch.Tensor]) -> None:
        found = self._side.run(level, [item.value for item in items])
        values.update({(level, name): tensor for name, tensor in found.items()})

    def _add_row(
        self, level: str, item: Aligned, expected: torch.Tensor, actual: torch.Tensor, exact: torch.Tensor | None
    ) -> None:
        row = make_row(
            item, level, self._depths[level, item.value], (expected, actual, exact), self._spec, self._computes_in
        )
        self.rows[level, item.value] = row
        self._waiting.append(row)
        now = time.monotonic()
        if now - self._sent_at >= SEND_EVERY_S:
            self._send()

    def _send(self) -> None:
        if self._waiting:
            planned = sum(len(items) for items in self.by_level.values())
            self._context.partial(LayerRows(tuple(self._waiting), len(self.rows), planned))
            self._waiting = []
            self._sent_at = time.monotonic()

    def replace(self, rows: Mapping[tuple[str, str], LayerRow]) -> None:
        """Put rows that more is known of in the places of theirs."""
        self.rows.update(rows)
        self._waiting += rows.values()
        self._send()

    def of_level(self, level: str) -> list[LayerRow]:
        """The rows of a level in order of execution."""
        return sorted((row for (at, _), row in self.rows.items() if at == level), key=lambda row: row.depth)
