"""Operators that ONNX Runtime has no kernel for, asked of its own table of kernels.

A session is made only of single nodes that the table leaves in doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.inspection.checks.base import Check, Subject
from modelpack_gui.stages.inspection.checks.kernel_probe import is_refused
from modelpack_gui.stages.inspection.onnx_schemas import schema_of

CPU = "CPUExecutionProvider"
_NEWEST = 2**31 - 1  # the end of a range of versions that has none
_RUNTIME_TYPES = {
    "float32": "float", "float64": "double", "float16": "float16", "bfloat16": "bfloat16", "bool": "bool",
    "string": "string", "complex64": "complex64", "complex128": "complex128",
    **{name: name for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
    **{name: name for name in ("int4", "uint4", "int2", "uint2")},
    "float8_e4m3fn": "float8e4m3fn", "float8_e4m3fnuz": "float8e4m3fnuz",
    "float8_e5m2": "float8e5m2", "float8_e5m2fnuz": "float8e5m2fnuz", "float4_e2m1fn": "float4e2m1",
}  # fmt: skip
_NO_KERNEL_OF_THEIR_OWN = frozenset({"Constant", "If", "Loop", "Scan", "SequenceMap"})


@dataclass(frozen=True)
class _Kernel:
    start: int
    end: int
    types: Mapping[str, Sequence[str]]

    def fits(self, since: int) -> bool:
        """Whether it computes an operator as it is since some version (KernelRegistry::VerifyKernelDef)."""
        return self.start == since or (self.start < since <= self.end != _NEWEST)


class _Table:
    """Kernels of one provider, and the operators that ONNX Runtime knows."""

    def __init__(self, provider: str) -> None:
        state = _state()
        self.kernels: dict[tuple[str, str], list[_Kernel]] = {}
        has_any = False
        for item in state.get_all_opkernel_def():
            if item.provider == provider:
                has_any = True
                start, end = item.version_range
                kernel = _Kernel(start, end, item.type_constraints)
                self.kernels.setdefault((item.op_name, item.domain), []).append(kernel)
        if not has_any:
            raise UserError(
                "provider-unknown",
                f"The ONNX Runtime of this interpreter has no kernels of {provider}.",
                "Choose a provider that it was built with, or install the package of onnxruntime that has it.",
            )
        self.versions: dict[tuple[str, str], list[Any]] = {}
        for schema in state.get_all_operator_schema():
            self.versions.setdefault((schema.name, schema.domain), []).append(schema)

    def schema(self, op_type: str, domain: str, version: int) -> Any | None:
        """The operator as it is at a version of its domain; None if ONNX Runtime does not know it."""
        fitting = [one for one in self.versions.get((op_type, domain), ()) if one.since_version <= version]
        return max(fitting, key=lambda one: int(one.since_version), default=None)


def providers() -> tuple[str, ...]:
    """Execution providers that this ONNX Runtime has kernels of; none if it is not installed or does not tell."""
    try:
        found = {item.provider for item in _state().get_all_opkernel_def()}
    except UserError:
        return ()
    return tuple(sorted(found, key=lambda name: (name != CPU, name)))


def _state() -> Any:
    try:
        from onnxruntime.capi import onnxruntime_pybind11_state as state
    except ImportError as error:
        raise UserError(
            "runtime-missing", "onnxruntime is not installed in this interpreter.", "pip install onnxruntime"
        ) from error
    if not hasattr(state, "get_all_opkernel_def"):
        raise UserError(
            "kernels-unknown", "This build of ONNX Runtime does not list its kernels.", "Update onnxruntime."
        )
    return state


def _without(subject: Subject) -> Iterator[GraphFinding]:
    """Nodes without any kernel, or with none for their dtypes."""
    for node, text, is_cast in _looked_up(subject):
        if not is_cast:
            yield GraphFinding(text, (node,))


def _cast_around(subject: Subject) -> Iterator[GraphFinding]:
    for node, text, is_cast in _looked_up(subject):
        if is_cast:
            yield GraphFinding(text, (node,))


def _looked_up(subject: Subject) -> Iterator[tuple[int, str, bool]]:
    """Nodes that have no kernel, with why, and whether a cast to float32 helps. Alike nodes are looked up once."""
    table = _Table(subject.provider)
    graph = subject.graph
    domains, dtypes = graph.ints("node_domain"), graph.ints("value_dtype")
    known: dict[tuple[object, ...], tuple[str, bool] | None] = {}
    for node, op_type in enumerate(subject.op_types):
        if node % 5000 == 0:
            subject.context.check_cancelled()
        domain = graph.texts[domains[node]]
        if op_type in _NO_KERNEL_OF_THEIR_OWN or (domain, op_type) in graph.function_scopes:
            continue  # what is inside is looked up node by node
        types = [dtypes[value] if value >= 0 else -1 for value in (*graph.inputs(node), -2, *graph.outputs(node))]
        key = (op_type, domain, *types)
        if key not in known:
            known[key] = _verdict(subject, table, node, op_type, domain)
        verdict = known[key]
        if verdict is not None:
            yield node, f"{subject.node(node)}: {verdict[0]}", verdict[1]


def _verdict(subject: Subject, table: _Table, node: int, op_type: str, domain: str) -> tuple[str, bool] | None:
    name = "" if domain == "ai.onnx" else domain
    version = subject.version_of(domain)
    schema = table.schema(op_type, name, version)
    if schema is None:
        return f"{domain} {op_type} is not known to ONNX Runtime at version {version}", False
    fitting = [kernel for kernel in table.kernels.get((op_type, name), ()) if kernel.fits(schema.since_version)]
    if not fitting:
        if _is_function(op_type, name, version):
            return None  # it is taken apart into operators that have kernels
        place = "" if subject.provider == CPU else "; it runs on the CPU, and its tensors are copied there and back"
        return f"{op_type} of opset {schema.since_version} has no kernel in {subject.provider}{place}", False
    used = _types(subject, schema, node)
    misfit = [names for kernel in fitting if (names := _misfit(kernel, used))]
    if len(misfit) < len(fitting):
        return None
    if _is_function(op_type, name, version) and not (subject.provider == CPU and is_refused(subject, node)):
        return None
    dtype = min(misfit, key=len)[0]
    if any(set(names) == {"float16"} for names in misfit):  # ONNX Runtime casts no other dtype
        return f"no kernel for {dtype}: it is cast to float32 before, and back after", True
    return f"{op_type} has no kernel for {dtype} in {subject.provider}", False


def _is_function(op_type: str, domain: str, version: int) -> bool:
    """Whether the standard says how to take an operator apart into others."""
    schema = schema_of(op_type, version, domain)
    return schema is not None and bool(schema.has_function or schema.has_context_dependent_function)


def _types(subject: Subject, schema: Any, node: int) -> dict[str, set[str]]:
    """Dtypes by the name of the type parameter, and by that of the input or output."""
    used: dict[str, set[str]] = {}
    for formals, values in (
        (schema.inputs, subject.graph.inputs(node)),
        (schema.outputs, subject.graph.outputs(node)),
    ):
        for place, value in enumerate(values):
            if value < 0 or not formals:
                continue
            formal = formals[min(place, len(formals) - 1)]
            if place >= len(formals) - 1 and not formal.isHomogeneous:
                continue
            dtype = subject.dtype(value)
            if dtype in _RUNTIME_TYPES:
                used.setdefault(formal.typeStr, set()).add(dtype)
                used.setdefault(formal.name, set()).add(dtype)
    return used


def _misfit(kernel: _Kernel, used: Mapping[str, set[str]]) -> list[str]:
    """Dtypes that a kernel does not take."""
    return [
        dtype
        for name, allowed in kernel.types.items()
        for dtype in sorted(used.get(name, ()))
        if f"tensor({_RUNTIME_TYPES[dtype]})" not in allowed
    ]


CHECKS = (
    Check(
        "no-kernel", "Operators without a kernel", "error",
        "ONNX Runtime refuses the whole file, or moves these nodes to the CPU, which costs copies at each run.",
        "Export with an opset for which there is a kernel, write the operation otherwise in the model, change its "
        "dtype, or load the library of the custom operator.",
        _without,
    ),
    Check(
        "cast-around", "Operators cast to float32 and back", "info",
        "There is no kernel for their dtype: what the smaller one saves is lost there, and two casts are added.",
        "Keep the model in float32 for this provider, or use one that computes in the smaller dtype.",
        _cast_around,
    ),
)  # fmt: skip
