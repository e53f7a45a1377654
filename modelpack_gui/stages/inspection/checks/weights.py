"""Weights whose values are no numbers any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.compare.digests import tensor_parts
from modelpack_gui.stages.inspection.checks.base import Check, Subject
from modelpack_gui.stages.inspection.onnx_types import dtype_name
from modelpack_gui.stages.inspection.onnx_walk import graphs_of

_MOST_BYTES = 4 << 30
"""Of all weights together: reading more takes longer than a person waits for a list."""
_READ = {"float16": "<f2", "float32": "<f4", "float64": "<f8"}


def _not_numbers(subject: Subject) -> Iterator[GraphFinding]:
    """Infinities are left alone: masks are made of them."""
    if not subject.reads_weights:
        return
    graph = subject.graph
    left = _MOST_BYTES
    for tensor in (tensor for inner in graphs_of(subject.model.graph) for tensor in inner.initializer):
        dtype = dtype_name(tensor.data_type)
        value = graph.value_named(tensor.name)
        if dtype not in _READ or value < 0:
            continue
        subject.context.check_cancelled()
        nans, read = _nans(tensor, dtype, subject)
        left -= read
        if nans:
            nodes = tuple(dict.fromkeys(graph.consumers(value)))
            elements = "an element is" if nans == 1 else f"{fmt.count(nans)} elements are"
            yield GraphFinding(f"{subject.value(value)}: {elements} NaN", nodes, (value,))
        if left <= 0:
            return


def _nans(tensor: Any, dtype: str, subject: Subject) -> tuple[int, int]:
    """How many elements are NaN, and how many bytes were read; what cannot be read is told elsewhere."""
    import numpy as np

    nans = read = 0
    try:
        for part in tensor_parts(tensor, dtype, subject.path.parent):
            read += len(part)
            nans += int(np.isnan(np.frombuffer(part, _READ[dtype])).sum())
    except (OSError, ValueError, TypeError):
        return 0, read
    return nans, read


CHECKS = (
    Check(
        "nan-weights", "Weights that are not a number", "error",
        "Each NaN spreads to everything that is computed from it: the outputs are likely NaN as well.",
        "Look for a training run that diverged, a checkpoint that was cut, or an overflow in a cast to float16.",
        _not_numbers,
    ),
)  # fmt: skip
