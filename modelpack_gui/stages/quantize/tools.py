"""Which operators onnxruntime's tools quantise, and how its settings are called."""

from __future__ import annotations

from typing import Any

from modelpack_gui.core.cpu_flags import lacks_vnni
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import QuantizeSpec
from modelpack_gui.stages.source.usercode import pip_command

LEAVE_OUT_HINT = "Leave the operators out that it speaks of (op types, or nodes to exclude), or take another method."
"""What helps where a tool or the runtime refuses an operator."""


def import_tools() -> Any:
    """The module onnxruntime.quantization.

    Raises:
        UserError: `import-missing`.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime.quantization as tools
    except ImportError as error:
        name = (error.name or "onnxruntime").partition(".")[0]
        raise UserError(
            "import-missing",
            f"Quantising needs the package {name}, which this interpreter lacks.",
            f"Install it: {pip_command(name)}",
            str(error),
        ) from error
    return tools


def quantizable_ops(spec: QuantizeSpec) -> frozenset[str]:
    """Op types that the tool can quantise by this method; those that `spec` names, if it names some.

    Dynamic quantising turns Gemm into MatMul first. For float16: empty, which stands for all.
    """
    from onnxruntime.quantization import registry

    if spec.method == "float16":
        return frozenset()
    if spec.method == "dynamic":
        found = {*registry.IntegerOpsRegistry, "Gemm"}
    elif spec.format == "qoperator":
        found = set(registry.QLinearOpsRegistry)
    else:  # the tool itself takes both lists; what is in one of them only it passes by
        found = {*registry.QDQRegistry, *registry.QLinearOpsRegistry}
    return frozenset(found & set(spec.op_types) if spec.op_types else found)


def reduce_range(spec: QuantizeSpec, cpu_flags: tuple[str, ...]) -> bool:
    """Whether weights keep to 7 bits: as asked for, else where the processor lacks VNNI."""
    return lacks_vnni(cpu_flags) if spec.reduce_range is None else spec.reduce_range
