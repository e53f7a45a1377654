"""Ask ONNX Runtime itself whether it takes a node: a model of that one node is opened.

For operators that the standard can take apart into others, of which the table of kernels does not tell whether those
have kernels in turn: it refuses Relu of bfloat16, and takes Gelu of float16.
"""

from __future__ import annotations

from typing import Any

from modelpack_gui.stages.inspection.checks.base import Subject
from modelpack_gui.stages.inspection.onnx_types import dtype_name


def is_refused(subject: Subject, node: int) -> bool:
    """Whether ONNX Runtime says that the CPU has no implementation of a node; False where it cannot be asked."""
    import onnx
    import onnxruntime
    from onnx import helper
    from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernelError

    dtypes = {dtype_name(number): number for number in onnx.TensorProto.DataType.values()}
    proto = subject.nodes[node]
    if any(attribute.HasField("g") or attribute.graphs for attribute in proto.attribute):
        return False
    graph = subject.graph
    ports: list[list[Any]] = [[], []]
    for found, names, values in (
        (ports[0], proto.input, graph.inputs(node)),
        (ports[1], proto.output, graph.outputs(node)),
    ):
        for name, value in dict(zip(names, values, strict=True)).items():
            if not name:
                continue
            dtype = dtypes.get(subject.dtype(value))
            if dtype is None:
                return False
            found.append(helper.make_tensor_value_info(name, dtype, graph.value_info(value).shape))
    model = helper.make_model(
        helper.make_graph([proto], "probe", *ports),
        opset_imports=list(subject.model.opset_import),
        ir_version=min(subject.model.ir_version, int(onnx.IR_VERSION)),
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except NoKernelError:
        return True
    except Exception:  # noqa: BLE001 - what else it finds wrong with a node on its own is not asked here
        return False
    return False
