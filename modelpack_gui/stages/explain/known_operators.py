"""Which exporters of the installed torch have a translation of an operator: asked of torch itself."""

from __future__ import annotations

from modelpack_gui.core.records import ExportSpec


def exporters_that_know(operator: str, spec: ExportSpec | None) -> tuple[str, ...]:
    """Exporters for ONNX, other than the one in use, that translate an operator such as `aten::heaviside`.

    Asked of torch's own tables, which are not public: where they have moved, nothing is claimed.
    """
    if spec is None or spec.format != "onnx":
        return ()
    namespace, _, name = operator.replace("::", ".").partition(".")
    if namespace != "aten" or not name:
        return ()
    known = []
    if spec.exporter != "dynamo" and _dynamo_knows(name):
        known.append("dynamo")
    if spec.exporter == "dynamo" and _trace_knows(name, spec.opset_version):
        known.append("trace")
    return tuple(known)


def decomposes(operator: str) -> bool:
    """Whether torch itself takes an operator apart into others before an exporter sees it."""
    import torch

    namespace, _, name = operator.replace("::", ".").partition(".")
    packet = getattr(torch.ops.aten, name, None) if namespace == "aten" and name else None
    if packet is None:
        return False
    names = (
        f"aten::{name}" if overload == "default" else f"aten::{name}.{overload}" for overload in packet.overloads()
    )
    try:
        return any(torch._C._dispatch_has_kernel_for_dispatch_key(one, "CompositeImplicitAutograd") for one in names)
    except RuntimeError:  # an operator of TorchScript alone, such as aten::is_autocast_enabled
        return False


def is_of_torchscript(operator: str) -> bool:
    """Whether an operator exists in compiled TorchScript only, such as `aten::is_autocast_enabled`."""
    import torch

    if operator.startswith("prim::"):
        return True
    try:
        return not torch._C._dispatch_has_kernel(operator)
    except RuntimeError:
        return True


def _dynamo_knows(name: str) -> bool:
    import torch

    try:
        from torch.onnx._internal.exporter._registration import ONNXRegistry

        packet = getattr(torch.ops.aten, name)
        registry = ONNXRegistry.from_torchlib()
        return any(registry.is_registered(getattr(packet, overload)) for overload in packet.overloads())
    except (ImportError, AttributeError):
        return False


def _trace_knows(name: str, opset_version: int | None) -> bool:
    try:
        import torch.onnx.utils  # noqa: F401 (registers the symbolic functions)
        from torch.onnx._internal.torchscript_exporter.registration import registry

        from modelpack_gui.stages.export.torch_facts import legacy_opsets

        opset = min(opset_version or legacy_opsets().default, legacy_opsets().max)
        return bool(registry.is_registered_op(f"aten::{name}", opset))
    except (ImportError, AttributeError):
        return False
