"""Find where it first goes wrong: the row whose error rises beyond what its inputs explain, confirmed by a replay."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.rounding import half_spacing
from modelpack_gui.core.records import LayerRow, ParitySpec, Verdict
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.eager import EagerModel
from modelpack_gui.stages.layers.eager_trace import Ref
from modelpack_gui.stages.layers.graph import ArtifactGraph
from modelpack_gui.stages.layers.measure import measure
from modelpack_gui.stages.layers.rows import QUIET_RATIO
from modelpack_gui.stages.layers.side import ArtifactSide
from modelpack_gui.stages.source.inputs import dtype_name

if TYPE_CHECKING:
    import torch

RISE = 4.0
"""A row is looked into if its error in noise floors is so many times that of its inputs."""

FAULT_RATIO = 40.0
"""Within the tolerance, an error of a node's own counts as a fault from so many noise floors on."""

REPLAYS = 8
"""Rows that are replayed at each level at most, the first ones in order of execution."""


@dataclass(frozen=True)
class Suspect:
    """A row whose error rises, and the aligned values that it is computed from."""

    item: Aligned
    row: LayerRow
    parents: tuple[Aligned, ...]


@dataclass(frozen=True)
class Replayed:
    """What a replay of a suspect on eager's own values showed.

    Attributes:
        strength: Its error in noise floors.
    """

    suspect: Suspect
    row: LayerRow
    strength: float

    @property
    def is_confirmed(self) -> bool:
        """Whether it shows the error by itself."""
        return self.strength > QUIET_RATIO


def strength_of(row: LayerRow) -> float:
    """The error of a row in noise floors; infinite for what rounding cannot do."""
    if row.misplaced or row.max_abs_diff is None:
        return math.inf if row.verdict is Verdict.FAILED else 0.0
    if row.noise_ratio is not None:
        return row.noise_ratio
    if row.max_budget is None:  # integers
        return math.inf if row.max_abs_diff > 0 else 0.0
    unit = half_spacing(row.info.dtype, row.max_expected or 0.0)
    return row.max_abs_diff / (4 * unit) if unit else 0.0


class FaultFinder:
    """Looks through the rows of one level."""

    def __init__(
        self,
        side: ArtifactSide,
        eager: EagerModel,
        items: Sequence[Aligned],
        rows: Mapping[str, LayerRow],
        context: Context,
        computes_in: str = "",
    ) -> None:
        self._side, self._eager, self._context = side, eager, context
        self._computes_in = computes_in
        self._graph: ArtifactGraph = side.graph
        self._items = {item.value: item for item in items if item.value in rows}
        self._rows = dict(rows)
        borders = frozenset(self._items)
        self._parents = {
            value: tuple(self._items[name] for name in self._graph.back_to(value, borders)[1] if name in self._items)
            for value in self._items
        }

    def with_propagated(self) -> dict[str, LayerRow]:
        """The rows with the largest error among what each is computed from."""
        for value, parents in self._parents.items():
            errors = [self._rows[parent.value].max_abs_diff for parent in parents]
            known = [error for error in errors if error is not None]
            if known:
                self._rows[value] = dataclasses.replace(self._rows[value], propagated=max(known))
        return self._rows

    def suspects(self) -> list[Suspect]:
        """The rows whose error rises, in order of execution."""
        found = []
        for value, item in self._items.items():
            row = self._rows[value]
            strength = strength_of(row)
            before = max((strength_of(self._rows[parent.value]) for parent in self._parents[value]), default=0.0)
            if strength > QUIET_RATIO and strength > RISE * max(before, 1.0):
                found.append(Suspect(item, row, self._parents[value]))
        return sorted(found, key=lambda suspect: suspect.row.depth)

    def replay(self, suspects: Sequence[Suspect], level: str, spec: ParitySpec, memory_bytes: int) -> list[Replayed]:
        """Run the part behind each suspect on eager's own values; the first ones, as far as the memory goes."""
        if not self._side.can_be_cut:
            return []
        chosen = _within(suspects[:REPLAYS], self._rows, memory_bytes)
        wanted = {item.ref for suspect in chosen for item in (suspect.item, *suspect.parents)}
        values: dict[Ref, torch.Tensor] = {}

        def watch(ref: Ref, tensor: torch.Tensor, exact: torch.Tensor | None) -> bool:  # noqa: ARG001
            if ref in wanted:
                values[ref] = tensor.clone()
            return len(values) < len(wanted)

        if wanted:
            self._eager.run(watch)
        found = []
        for suspect in chosen:
            self._context.check_cancelled()
            replayed = self._replay_one(suspect, level, spec, values)
            if replayed is not None:
                found.append(replayed)
        return found

    def _replay_one(
        self, suspect: Suspect, level: str, spec: ParitySpec, values: Mapping[Ref, torch.Tensor]
    ) -> Replayed | None:
        feeds = {}
        for parent in suspect.parents:
            tensor = values.get(parent.ref)
            if tensor is None:
                return None
            feeds[parent.value] = _cast(tensor, self._rows[parent.value].info.dtype)
        expected = values.get(suspect.item.ref)
        if expected is None:
            return None
        try:
            actual = self._side.run(level, [suspect.item.value], feeds)[suspect.item.value]
        except UserError as error:
            self._context.log("info", f"{suspect.row.node_name} could not be run alone: {error}")
            return None
        if expected.shape != actual.shape:
            return Replayed(suspect, suspect.row, math.inf)
        tolerance = spec.tolerance_of(dtype_name(expected.dtype))
        errors = measure(expected, actual, None, tolerance, nan_equal=spec.nan_equal)
        dtypes = filter(None, (dtype_name(actual.dtype), self._computes_in))
        spacing = max(half_spacing(dtype, errors.max_expected) for dtype in dtypes)
        floor = max(suspect.row.noise_floor or 0.0, spacing)
        strength = errors.max_abs / floor if floor else math.inf * errors.max_abs
        if errors.misplaced or errors.unequal:
            strength = math.inf
        introduced = errors.max_abs if errors.compared else None
        row = dataclasses.replace(suspect.row, introduced=introduced)
        self._rows[suspect.item.value] = row
        return Replayed(suspect, row, 0.0 if math.isnan(strength) else strength)


def is_fault(replayed: Replayed, spec: ParitySpec) -> bool:
    """Whether an error that a node shows by itself counts: beyond the tolerance, or far beyond rounding."""
    limit = spec.max_noise_ratio or FAULT_RATIO
    return replayed.is_confirmed and (replayed.row.verdict is Verdict.FAILED or strength_of(replayed.row) > limit)


def _within(suspects: Sequence[Suspect], rows: Mapping[str, LayerRow], memory_bytes: int) -> list[Suspect]:
    chosen: list[Suspect] = []
    taken = 0
    for suspect in suspects:
        taken += sum(_bytes(rows[item.value]) for item in (suspect.item, *suspect.parents))
        if chosen and taken > memory_bytes:
            break
        chosen.append(suspect)
    return chosen


def _bytes(row: LayerRow) -> int:
    return 8 * math.prod(size for size in row.info.shape or () if isinstance(size, int))


def _cast(tensor: torch.Tensor, dtype: str) -> torch.Tensor:
    """A value in the dtype that the artifact has there."""
    import torch

    return tensor.to(getattr(torch, dtype, tensor.dtype))
