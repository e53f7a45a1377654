"""The load stage: construct the model, load its checkpoint, try one forward pass, and describe it all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import LoadReport, LoadRequest, ModuleInfo, TensorInfo, tensor_inputs
from modelpack_gui.stages.source.build import build_model
from modelpack_gui.stages.source.cast_inputs import with_cast_inputs
from modelpack_gui.stages.source.onnx_source import load as onnx_load
from modelpack_gui.stages.source.onnx_source import onnx_source
from modelpack_gui.stages.source.usercode import require_torch

if TYPE_CHECKING:
    import torch


def run(request: LoadRequest, context: Context) -> LoadReport:
    """Load a model and describe it. Without example inputs no forward pass is tried.

    Raises:
        UserError: Those of `build_model`, `make_inputs` and `run_forward`.
    """
    started_s = time.perf_counter()
    onnx_file = onnx_source(request.source, context)
    if onnx_file is not None:
        return onnx_load(request, onnx_file, context)
    context.progress("Importing torch")
    require_torch()  # takes seconds; said before it happens

    from modelpack_gui.stages.common.warnings import capture
    from modelpack_gui.stages.source.call import plan_call
    from modelpack_gui.stages.source.forward import run_forward
    from modelpack_gui.stages.source.inputs import complete_inputs, make_inputs, tensor_info
    from modelpack_gui.stages.source.suggest import explained

    built = build_model(request.source, context)
    context.check_cancelled()
    inputs: tuple[TensorInfo, ...] = ()
    outputs: tuple[TensorInfo, ...] = ()
    warnings = built.warnings
    if request.inputs:
        context.progress("Running it on the example inputs")
        specs = complete_inputs(request.inputs, context)
        tensors = make_inputs(specs, context)
        with capture() as captured, explained(built.module, specs, context):
            try:
                results = run_forward(built.module, tensors, plan_call(built.module, specs))
            except UserError as error:
                better = with_cast_inputs(error, request)
                if better is error:
                    raise
                raise better from error
        named = zip(tensor_inputs(specs), tensors, strict=True)
        inputs = tuple(tensor_info(spec.name, tensor) for spec, tensor in named)
        outputs = tuple(tensor_info(name, tensor) for name, tensor in results)
        warnings += captured.records
    module = built.module
    parameters = list(module.parameters())
    buffers = list(module.buffers())
    return LoadReport(
        class_name=built.class_name,
        source_path=built.source_path,
        parameters=sum(parameter.numel() for parameter in parameters),
        trainable_parameters=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
        buffers=sum(buffer.numel() for buffer in buffers),
        size_bytes=sum(tensor.nbytes for tensor in (*parameters, *buffers)),
        modules=describe_modules(module),
        keys=built.keys,
        checkpoint_path=built.checkpoint_path,
        checkpoint_size_bytes=built.checkpoint_size_bytes,
        inputs=inputs,
        outputs=outputs,
        warnings=warnings,
        duration_s=time.perf_counter() - started_s,
        files=built.files,
    )


def describe_modules(module: torch.nn.Module) -> tuple[ModuleInfo, ...]:
    """The tree of modules in depth-first order, the root first. A module used in several places is listed once."""
    found = []
    for path, child in module.named_modules():
        parameters = list(child.parameters())
        tensors = (*parameters, *child.buffers())
        found.append(
            ModuleInfo(
                path=path,
                class_name=type(child).__name__,
                parameters=sum(parameter.numel() for parameter in parameters),
                own_parameters=sum(parameter.numel() for parameter in child.parameters(recurse=False)),
                size_bytes=sum(tensor.nbytes for tensor in tensors),
            )
        )
    return tuple(found)
