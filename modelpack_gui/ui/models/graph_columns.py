"""The columns of the graph page's tables."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import GraphIndex, InitializerInfo, NodeInfo, TensorInfo
from modelpack_gui.ui.models.record_table import Column

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class PortRow:
    """An input or output of the whole graph; `position` counts from 0 in its direction."""

    direction: str
    position: int
    info: TensorInfo


def port_rows(index: GraphIndex) -> list[PortRow]:
    """The graph's inputs, then its outputs."""
    artifact = index.artifact
    return [PortRow("input", i, info) for i, info in enumerate(artifact.inputs)] + [
        PortRow("output", i, info) for i, info in enumerate(artifact.outputs)
    ]


def natural(text: str) -> str | None:
    """A key that puts `layers.9` before `layers.10`; None for nothing, so that it sorts last."""
    return _NUMBER.sub(_padded, text) if text else None


def _padded(digits: re.Match[str]) -> str:
    return digits.group().zfill(9)


def elements(shape: tuple[int | str | None, ...] | None) -> int | None:
    """Elements of one sample of a shape: symbolic and unknown sizes count as 1; None if the rank is unknown."""
    if shape is None:
        return None
    return math.prod(size for size in shape if isinstance(size, int))


def shape_text(shape: tuple[int, ...]) -> str:
    """A known shape as TensorInfo spells it."""
    return " × ".join(str(size) for size in shape) or "scalar"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name or "–" for name in names)  # an omitted optional input has no name


def _first_shape(node: NodeInfo) -> str:
    infos = node.output_infos
    return infos[0].shape_text if infos and infos[0].shape is not None else "–"


def _first_dtype(node: NodeInfo) -> str:
    return node.output_infos[0].dtype if node.output_infos else ""


def node_haystack(node: NodeInfo) -> str:
    """What the filter looks into."""
    infos = node.output_infos
    shape, dtype = (infos[0].shape_text, infos[0].dtype) if infos else ("", "")
    return (
        f"{node.index}\n{node.op_type}\n{node.name}\n{node.module_path}\n{node.module_class}\n{shape}\n{dtype}\n"
        f"{' '.join(node.inputs)}\n{' '.join(node.outputs)}\n{node.domain}"
    )


NODE_COLUMNS: tuple[Column[NodeInfo], ...] = (
    Column("#", lambda node: node.index, is_number=True, width=48, tooltip="Position in the graph, from 0"),
    Column("Op type", lambda node: node.op_type, width=100),
    Column("Name", lambda node: natural(node.name), lambda node: node.name, is_mono=True, width=128),
    Column(
        "Module",
        lambda node: natural(node.module_path),
        lambda node: node.module_path,
        lambda node: f"{node.module_path} ({node.module_class})" if node.module_class else node.module_path,
        is_mono=True,
        width=152,
        tooltip="Path of the PyTorch module that the node came from",
    ),
    Column(
        "Output shape",
        lambda node: elements(node.output_infos[0].shape) if node.output_infos else None,
        _first_shape,
        lambda node: "\n".join(f"{info.name}: {info.shape_text}" for info in node.output_infos),
        width=152,
        tooltip="Of the first output; sorted by the number of elements of one sample",
    ),
    Column(
        "Dtype",
        lambda node: _first_dtype(node) or None,
        _first_dtype,
        lambda node: ", ".join(info.dtype or "unknown" for info in node.output_infos),
        width=72,
        tooltip="Of the first output",
    ),
    Column(
        "Inputs",
        lambda node: len(node.inputs),
        lambda node: _listed(node.inputs),
        is_mono=True,
        width=220,
        tooltip="Values that the node reads; sorted by how many there are",
    ),
    Column(
        "Outputs",
        lambda node: len(node.outputs),
        lambda node: _listed(node.outputs),
        is_mono=True,
        width=140,
        tooltip="Values that the node makes; sorted by how many there are",
    ),
    Column("Domain", lambda node: node.domain, width=90),
)

INITIALIZER_COLUMNS: tuple[Column[InitializerInfo], ...] = (
    Column("Name", lambda item: natural(item.name), lambda item: item.name, is_mono=True, width=280),
    Column("Dtype", lambda item: item.dtype, width=84),
    Column(
        "Shape",
        lambda item: elements(item.shape),
        lambda item: shape_text(item.shape),
        width=150,
        tooltip="Sorted by the number of elements",
    ),
    Column(
        "Elements",
        lambda item: math.prod(item.shape),
        lambda item: fmt.count(math.prod(item.shape)),
        lambda item: str(math.prod(item.shape)),
        is_number=True,
        width=96,
    ),
    Column(
        "Size",
        lambda item: item.size_bytes,
        lambda item: fmt.size(item.size_bytes),
        lambda item: f"{item.size_bytes} B",
        is_number=True,
        width=84,
    ),
    Column("Data file", lambda item: item.external or None, lambda item: item.external, width=110),
)

PORT_COLUMNS: tuple[Column[PortRow], ...] = (
    Column("Direction", lambda row: row.direction, width=96),
    Column("#", lambda row: row.position, is_number=True, width=48),
    Column("Name", lambda row: natural(row.info.name), lambda row: row.info.name, is_mono=True, width=240),
    Column("Dtype", lambda row: row.info.dtype or None, lambda row: row.info.dtype or "unknown", width=96),
    Column(
        "Shape",
        lambda row: elements(row.info.shape),
        lambda row: row.info.shape_text,
        width=200,
        tooltip="Sorted by the number of elements of one sample",
    ),
)
