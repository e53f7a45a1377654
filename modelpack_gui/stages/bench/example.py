"""The example inputs of a benchmark, with the same values in every runner's process.

torch draws them. A runner that does without torch has them drawn in a process apart: what torch takes of memory and
time is none of that runner's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core import serde
from modelpack_gui.core.context import Context, PlainContext
from modelpack_gui.core.records import BenchPrepareRequest, InputSpec, tensor_inputs
from modelpack_gui.stages.bench.array_files import has_arrays, read_arrays, write_arrays
from modelpack_gui.stages.common.apart import Apart

if TYPE_CHECKING:
    import torch

    from modelpack_gui.stages.bench.array_files import Arrays

_DRAW = "modelpack_gui.stages.bench.example:draw_inputs"
_DRAW_LIMIT_S = 600.0
_NAME = "inputs"


def example_tensors(request: BenchPrepareRequest, context: Context, seed_offset: int = 0) -> tuple[torch.Tensor, ...]:
    """The example inputs that are tensors, in order.

    Args:
        seed_offset: Added to each input's seed, for other values of the same kind; what comes from a file stays.

    Raises:
        UserError: The inputs are at fault.
    """
    import torch

    from modelpack_gui.stages.source.arrays import make_arrays
    from modelpack_gui.stages.source.inputs import make_inputs

    if not _is_onnx(request, context):
        return make_inputs(request.inputs, context, seed_offset=seed_offset)
    arrays = make_arrays(request.inputs, context, seed_offset=seed_offset)  # as those who have no torch draw them
    return tuple(torch.tensor(array) for array in arrays)


def example_arrays(request: BenchPrepareRequest, context: Context) -> Arrays:
    """The same values as arrays. torch is not imported here, if it is not there already.

    Raises:
        UserError: The inputs are at fault.
    """
    from modelpack_gui.stages.source.arrays import make_arrays

    if _is_onnx(request, context):  # then there may be no torch at all
        return make_arrays(request.inputs, context)
    if "torch" in sys.modules:
        return _as_arrays(request.inputs, context)
    folder = Path(request.folder) if request.folder else context.scratch / "bench-inputs"
    if not has_arrays(folder, _NAME):
        argument = {
            "inputs": serde.encode(request.inputs),
            "base": str(context.base),
            "folder": str(folder),
        }
        Apart(_DRAW, argument).result(_DRAW_LIMIT_S, context.check_cancelled)
    return read_arrays(folder, _NAME)[0]


def fresh_arrays(request: BenchPrepareRequest, context: Context, seed_offset: int, example: Arrays) -> Arrays:
    """Other values of the same kind, drawn by numpy; of what comes from a file, and of dtypes that numpy cannot draw,
    copies.

    Args:
        example: The example inputs; with `seed_offset` 0, copies of them.
    """
    from modelpack_gui.stages.source.arrays import make_arrays

    specs = tensor_inputs(request.inputs)
    found = []
    for index, (spec, values) in enumerate(zip(specs, example, strict=True)):
        if seed_offset == 0 or spec.file or values.dtype.kind not in "fiubc":
            found.append(values.copy())
        else:
            found += make_arrays([spec], context, seed_offset=seed_offset + 7_000_003 * index)
    return tuple(found)


def draw_inputs(argument: Any) -> None:
    """In a process apart: draw the inputs by torch and leave them in a folder."""
    specs = [serde.decode(InputSpec, item) for item in argument["inputs"]]
    arrays = _as_arrays(specs, PlainContext(Path(argument["base"])))
    write_arrays(Path(argument["folder"]), _NAME, arrays)


def _as_arrays(inputs: Sequence[InputSpec], context: Context) -> Arrays:
    from modelpack_gui.stages.source.inputs import make_inputs, to_numpy

    return tuple(to_numpy(tensor) for tensor in make_inputs(inputs, context))


def _is_onnx(request: BenchPrepareRequest, context: Context) -> bool:
    if not request.source.is_saved_model:
        return False
    from modelpack_gui.stages.source.onnx_source import onnx_source

    return onnx_source(request.source, context) is not None
