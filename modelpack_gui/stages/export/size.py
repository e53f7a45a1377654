"""Models that are too large for one ONNX file: decided before the export, by what the weights weigh."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from modelpack_gui.core.figures import size
from modelpack_gui.core.records import ExportSpec

if TYPE_CHECKING:
    import torch

LIMIT_BYTES = 2**31 - 2**24
"""A protobuf message ends at 2 GiB; some room is left for all that is not weights."""


def sized(spec: ExportSpec, module: torch.nn.Module) -> tuple[ExportSpec, tuple[str, ...]]:
    """The options with external data where the weights need it, and a sentence about that."""
    if spec.format != "onnx" or spec.external_data:
        return spec, ()
    weights = weight_bytes(module)
    if weights < LIMIT_BYTES:
        return spec, ()
    note = (
        f"The weights take {size(weights)}, and an ONNX file ends at 2 GB: they were put into a data file beside it,"
        " which has to be moved together with it."
    )
    return dataclasses.replace(spec, external_data=True), (note,)


def weight_bytes(module: torch.nn.Module) -> int:
    """Size of all parameters and buffers; shared ones count once."""
    storages = {tensor.data_ptr(): tensor.nbytes for tensor in (*module.parameters(), *module.buffers())}
    return sum(storages.values())
