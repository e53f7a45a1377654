"""A bare ONNX file as the source: what it is, example inputs that fit it, and a run of it by `onnx.reference`.

torch is needed for none of this.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import (
    DynamicDim,
    InputSpec,
    LoadReport,
    LoadRequest,
    ModelSource,
    ModuleInfo,
    SavedModel,
    TensorInfo,
    tensor_inputs,
)
from modelpack_gui.core.saved_models import SavedKind
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export.artifact import read_artifact, read_header
from modelpack_gui.stages.inspection.onnx_types import initializer_info
from modelpack_gui.stages.source.arrays import make_arrays
from modelpack_gui.stages.source.onnx_indices import largest_indices
from modelpack_gui.stages.source.saved import locate_saved

_OPEN_SIZES = {"batch": 2, "height": 64, "width": 64, "h": 64, "w": 64}
_OTHER_OPEN_SIZE = 16


def onnx_source(source: ModelSource, context: Context) -> Path | None:
    """The file of a source that is an ONNX file; None for any other source.

    Raises:
        UserError: Those of `locate_saved`.
    """
    if not source.is_saved_model:
        return None
    path, kind = locate_saved(source, context)
    return path if kind is SavedKind.ONNX else None


def describe_onnx(path: Path) -> SavedModel:
    """Inputs and outputs of an ONNX file, with example inputs for it; sizes that it leaves open become dynamic.

    Raises:
        UserError: Those of `read_artifact`, but for a data file that is missing.
    """
    artifact, model = read_header(path)
    has_integers = any(info.dtype.startswith(("int", "uint")) for info in artifact.inputs)
    largest = largest_indices(model.graph) if has_integers else {}  # most graphs need no look at their nodes
    proposed, dynamic = [], []
    for info in artifact.inputs:
        if info.shape is None or not info.dtype or info.dtype == "string":
            continue
        shape = []
        for axis, size in enumerate(info.shape):
            if isinstance(size, int) and size >= 0:
                shape.append(size)
                continue
            name = size if isinstance(size, str) and size else f"{info.name}_{axis}"
            shape.append(_open_size(name, axis))
            dynamic.append(DynamicDim(info.name, axis, name))
        low, high = _range(info, largest)
        proposed.append(InputSpec(info.name, tuple(shape), info.dtype, low, high))
    return SavedModel(
        kind=SavedKind.ONNX.value,
        inputs=artifact.inputs,
        outputs=artifact.outputs,
        producer=artifact.producer,
        proposed=tuple(proposed) if len(proposed) == len(artifact.inputs) else (),
        dynamic=tuple(dynamic),
        size_bytes=artifact.size_bytes,
        nodes=artifact.node_count,
    )


def load(request: LoadRequest, path: Path, context: Context) -> LoadReport:
    """Describe an ONNX file as a loaded model; with example inputs, run it once by `onnx.reference`.

    Raises:
        UserError: Those of `read_artifact`, `make_arrays` and `OnnxReferenceRuntime`.
    """
    started_s = time.perf_counter()
    context.progress(f"Reading {path.name}")
    artifact = read_artifact(path)
    import onnx

    from modelpack_gui.stages.parity.runtimes.onnx_reference_runtime import OnnxReferenceRuntime

    graph = onnx.load(str(path), load_external_data=False).graph
    weights = [initializer_info(tensor) for tensor in graph.initializer]
    elements = sum(math.prod(info.shape) for info in weights)
    size_bytes = sum(info.size_bytes for info in weights)
    inputs: tuple[TensorInfo, ...] = ()
    outputs: tuple[TensorInfo, ...] = ()
    with capture() as captured:
        if request.inputs:
            context.check_cancelled()
            context.progress("Running it on the example inputs")
            arrays = make_arrays(request.inputs, context)
            specs = tensor_inputs(request.inputs)
            reference = OnnxReferenceRuntime(path, request.inputs)
            named = zip(specs, arrays, strict=True)
            inputs = tuple(TensorInfo(spec.name, spec.dtype, array.shape) for spec, array in named)
            outputs = tuple(output.info for output in reference.run(arrays))
    name = graph.name or path.stem
    return LoadReport(
        class_name=name,
        source_path=str(path),
        parameters=elements,
        trainable_parameters=0,
        buffers=0,
        size_bytes=size_bytes,
        modules=(ModuleInfo("", name, elements, elements, size_bytes),),
        keys=None,
        checkpoint_path="",
        checkpoint_size_bytes=0,
        inputs=inputs,
        outputs=outputs,
        warnings=captured.records,
        duration_s=time.perf_counter() - started_s,
        files=paths.stamps((path, *map(Path, artifact.external_files))),
    )


def _range(info: TensorInfo, largest: Mapping[str, int]) -> tuple[float | None, float | None]:
    """Smallest and largest value to draw, both None where nothing is known of it."""
    if info.dtype.startswith("int") and "mask" in info.name.lower().split("_"):
        return 1.0, 1.0
    return (0.0, float(largest[info.name])) if info.name in largest else (None, None)


def _open_size(name: str, axis: int) -> int:
    words = name.lower().split("_")
    known = next((size for word, size in _OPEN_SIZES.items() if word in words), None)
    if known is not None:
        return known
    return _OPEN_SIZES["batch"] if axis == 0 else _OTHER_OPEN_SIZE
