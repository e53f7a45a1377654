"""What differs between two models as a whole: opsets, inputs and outputs, metadata, weights, size."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Mapping, Sequence

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.compare.pairs import shape_text
from modelpack_gui.core.records.graph_compare import FactChange
from modelpack_gui.core.records.inspection import GraphIndex
from modelpack_gui.core.records.tensors import TensorInfo

_LONGEST = 200


def fact_changes(before: GraphIndex, after: GraphIndex, domains: Container[str]) -> tuple[FactChange, ...]:
    """What differs, the gravest first.

    Args:
        domains: Those that nodes use: ONNX Runtime writes down every one that it knows.
    """
    one, other = before.artifact, after.artifact
    is_said = one.format == other.format == "onnx"  # see `Artifact.weights_dtype`
    return (
        *_ports("input", one.inputs, other.inputs),
        *_ports("output", one.outputs, other.outputs),
        *_single("file", "format", one.format, other.format),
        *_mapping("opset", _used(one.opset_imports, domains), _used(other.opset_imports, domains)),
        *_single("file", "IR version", _number(one.ir_version), _number(other.ir_version)),
        *_single("file", "producer", one.producer, other.producer),
        *_single("file", "size", _size(one.size_bytes), _size(other.size_bytes)),
        *_single("weights", "parameters", fmt.count(before.parameters), fmt.count(after.parameters)),
        *_single("weights", "stored", _size(before.weight_bytes), _size(after.weight_bytes)),
        *(_single("weights", "main dtype", one.weights_dtype, other.weights_dtype) if is_said else ()),
        *_single("nodes", "in all", fmt.count(before.node_count), fmt.count(after.node_count)),
        *_mapping("nodes", _texts(before.op_counts), _texts(after.op_counts)),
        *_single("graph", "name", before.graph_name, after.graph_name),
        *_mapping("metadata", _metadata(before), _metadata(after)),
    )


def port_text(info: TensorInfo) -> str:
    """`float32 batch × 3`."""
    shape = "shape unknown" if info.shape is None else shape_text(info.shape)
    return f"{info.dtype or 'dtype unknown'} {shape}"


def _ports(aspect: str, before: Sequence[TensorInfo], after: Sequence[TensorInfo]) -> Iterator[FactChange]:
    """By name where both have it; the others by their place."""
    names = {info.name for info in before} & {info.name for info in after}
    afters = {info.name: info for info in after}
    for info in before:
        if info.name in names and not _may_be_same(info, afters[info.name]):
            yield FactChange(aspect, info.name, port_text(info), port_text(afters[info.name]))
    rest = [[info for info in side if info.name not in names] for side in (before, after)]
    for one, other in itertools.zip_longest(*rest):
        texts = [f"{info.name}: {port_text(info)}" if info is not None else "" for info in (one, other)]
        yield FactChange(aspect, (one or other).name, texts[0], texts[1])


def _may_be_same(before: TensorInfo, after: TensorInfo) -> bool:
    is_unknown = before.shape is None or after.shape is None
    return before.dtype == after.dtype and (is_unknown or before.shape == after.shape)


def _single(aspect: str, what: str, before: str, after: str) -> Iterator[FactChange]:
    if before != after:
        yield FactChange(aspect, what, _short(before), _short(after))


def _mapping(aspect: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[FactChange]:
    for key in dict.fromkeys((*before, *after)):
        yield from _single(aspect, key, before.get(key, ""), after.get(key, ""))


def _texts(numbers: Mapping[str, int]) -> dict[str, str]:
    return {key: fmt.count(number) for key, number in numbers.items()}


def _metadata(index: GraphIndex) -> dict[str, str]:
    """What is not told as the producer."""
    return {key: text for key, text in index.metadata.items() if key not in ("producer_name", "producer_version")}


def _used(opsets: Mapping[str, int], domains: Container[str]) -> dict[str, str]:
    return _texts({domain: version for domain, version in opsets.items() if domain in domains})


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _size(value: int) -> str:
    return f"{fmt.size(value)} ({fmt.count(value)} bytes)"


def _short(text: str) -> str:
    """On one line."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
