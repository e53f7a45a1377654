"""Finish a TorchScript module as asked, and write it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.metadata import EXTRA_FILE, as_extra_file

if TYPE_CHECKING:
    import torch

_PACKED = "prim::ConstantMKLDNNTensor"
"""A weight in the layout of oneDNN, which lives in memory only."""


def finish(module: torch.jit.ScriptModule, call: ExportCall, context: Context) -> None:
    """Freeze or optimise a module where that is asked for, and save it to `call.path`.

    Raises:
        UserError: `torchscript-not-saveable`.
        OSError: The file could not be written.
    """
    import torch

    jit: Any = torch.jit  # untyped in torch
    if call.spec.optimize_for_inference:
        context.progress("Optimising for inference")
        module = jit.optimize_for_inference(module)
        graph: Any = module.inlined_graph
        if graph.findNode(_PACKED) is not None:
            raise _not_saveable()
    elif call.spec.freeze:
        context.progress("Freezing")
        module = jit.freeze(module)
    context.check_cancelled()
    buffer = io.BytesIO()  # given a path, torch's writer aborts the process when the disk is full
    jit.save(module, buffer, _extra_files={EXTRA_FILE: as_extra_file(call.metadata)})
    call.path.write_bytes(buffer.getbuffer())


def _not_saveable() -> UserError:
    cause = (
        "torch.jit.optimize_for_inference packs the weights of convolutions for oneDNN on this"
        " machine, and a TorchScript file cannot hold packed weights."
    )
    fix = Fix(
        "Freeze without optimising",
        (RecipeEdit("export.optimize_for_inference", value=False), RecipeEdit("export.freeze", value=True)),
        "Freezing folds batch norm into convolutions too; call torch.jit.optimize_for_inference after loading.",
    )
    return UserError(
        "torchscript-not-saveable",
        "The model was optimised for inference and cannot be saved: its weights are packed for this machine.",
        "Freeze it instead, and call torch.jit.optimize_for_inference on the loaded model where it runs.",
        explanation=Explanation("torchscript-not-saveable", "Packed weights cannot be saved", cause, fixes=(fix,)),
    )
