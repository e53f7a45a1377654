"""How much do the weights of two files differ? The job `graph.weights`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.columns import ColumnsError
from modelpack_gui.core.graph.compare.difference import Difference
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import Artifact, WeightChange, WeightChanges, WeightChangesRequest
from modelpack_gui.stages.inspection.onnx_walk import graphs_of
from modelpack_gui.stages.inspection.tensors.stored import StoredTensor, of_message, open_stored

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_IN_MEMORY_BYTES = 1_000_000_000
"""A larger file is read tensor by tensor, which looks each of them up in it."""


class _Pair(NamedTuple):
    node: int
    other: int
    name: str
    other_name: str


def run(request: WeightChangesRequest, context: Context) -> WeightChanges:
    """Read both weights of each pair that differs, a piece at a time.

    Raises:
        UserError: `comparison-unreadable`: what was compared is gone from disk.
    """
    started = time.perf_counter()
    comparison = request.comparison
    context.progress("Reading what was compared", 0.0)
    try:
        left, right = (Graph.read(Path(index.columns)) for index in (comparison.before, comparison.after))
        found = Difference.read(Path(comparison.columns))
    except (OSError, ColumnsError) as error:
        raise UserError(
            "comparison-unreadable", f"What was compared cannot be read: {error}.", "Compare again."
        ) from error
    pairs = list(_pairs(left, right, found))
    files = [_File(index.artifact) for index in (comparison.before, comparison.after)] if pairs else []
    rows, unread = [], {}
    for place, pair in enumerate(pairs):
        context.check_cancelled()
        context.progress(f"Comparing {pair.name}", place / len(pairs))
        try:
            tensors = files[0].tensor(pair.name), files[1].tensor(pair.other_name)
            if tensors[0].shape == tensors[1].shape:
                rows.append(_measured(pair, *tensors, context))
        except UserError as error:
            unread[pair.name] = error.info.message
    rows.sort(key=lambda row: -1.0 if row.relative is None else row.relative, reverse=True)
    return WeightChanges(tuple(rows), unread, time.perf_counter() - started)


class _File:
    """The weights of a file by their names."""

    def __init__(self, artifact: Artifact) -> None:
        self._path = Path(artifact.path)
        self._messages: dict[str, Any] = {}
        if artifact.format == "onnx" and self._path.stat().st_size <= _IN_MEMORY_BYTES:
            import onnx

            model = onnx.load(artifact.path, load_external_data=False)
            for graph in graphs_of(model.graph):
                for tensor in graph.initializer:
                    self._messages.setdefault(tensor.name, tensor)

    def tensor(self, name: str) -> StoredTensor:
        message = self._messages.get(name)
        return of_message(self._path, message) if message is not None else open_stored(self._path, name)


def _pairs(left: Graph, right: Graph, found: Difference) -> Iterator[_Pair]:
    """The weights that differ, each pair of them once."""
    seen = set()
    for node in sorted(found.nodes_with("weights")):
        names = {change.what for change in found.changes(node) if change.aspect == "weights"}
        other = found.partner[node]
        for value, match in zip(left.inputs(node), right.inputs(other), strict=False):
            pair = _source(left, value), _source(right, match)
            is_stored = pair[0] in left.initializer_of and pair[1] in right.initializer_of
            if is_stored and left.value_name(pair[0]) in names and pair not in seen:
                seen.add(pair)
                yield _Pair(node, other, left.value_name(pair[0]), right.value_name(pair[1]))


def _source(graph: Graph, value: int) -> int:
    """Through Identities; the number of steps is bounded by that of the nodes, whatever the graph."""
    for _ in range(len(graph.nodes)):
        maker = graph.producers[value] if value >= 0 else -1
        if maker < 0 or graph.text("node_op_type", maker) != "Identity" or not graph.inputs(maker):
            break
        value = graph.inputs(maker)[0]
    return value


def _measured(pair: _Pair, before: StoredTensor, after: StoredTensor, context: Context) -> WeightChange:
    import numpy as np

    changed = finite = 0
    largest = total = squares = own_squares = 0.0
    for one, other in zip(before.chunks(), after.chunks(), strict=True):
        context.check_cancelled()
        first, second = _floats(before, one), _floats(after, other)
        with np.errstate(invalid="ignore", over="ignore"):
            differences = np.abs(second - first)
        changed += int(np.count_nonzero((first != second) & ~(np.isnan(first) & np.isnan(second))))
        known = np.isfinite(differences)
        finite += int(known.sum())
        part = differences[known]
        if part.size:
            largest = max(largest, float(part.max()))
            total += float(part.sum())
            with np.errstate(over="ignore"):
                squares += float(np.square(part).sum())
                own_squares += float(np.square(first[known]).sum())
    return WeightChange(
        name=pair.name,
        other_name=pair.other_name,
        node=pair.node,
        other_node=pair.other,
        dtype=before.dtype,
        other_dtype=after.dtype,
        shape=before.shape,
        elements=before.elements,
        changed=changed,
        max_abs=largest if finite else None,
        mean_abs=total / finite if finite else None,
        relative=math.sqrt(squares / own_squares) if own_squares else None,
    )


def _floats(tensor: StoredTensor, chunk: npt.NDArray[Any]) -> Floats:
    """As float64.

    Raises:
        UserError: `weight-not-numeric`.
    """
    import numpy as np

    if chunk.dtype.kind in "OSUc":
        raise UserError("weight-not-numeric", f"{tensor.name} holds {tensor.dtype}: no figure tells how far apart.")
    return chunk.astype(np.float64)
