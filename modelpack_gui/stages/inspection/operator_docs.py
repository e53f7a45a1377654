"""What is known of an operator: from `onnx.defs`, from onnxruntime's own schemas, or from torch's signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from importlib import metadata
from typing import Any, Literal

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import AttributeDoc, OperatorDocs, OperatorDocsRequest, ParameterDoc
from modelpack_gui.stages.inspection.attributes import attribute_info
from modelpack_gui.stages.inspection.onnx_schemas import schema_of

_STANDARD = ("ai.onnx", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.preview.training", "ai.onnx.training")
_ONNX_PAGES = "https://onnx.ai/onnx/operators"
_RUNTIME_PAGE = "https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md"
_TORCH_PAGES = "https://docs.pytorch.org/docs/stable/generated"
_TYPE_NAMES = {"float": "float32", "double": "float64"}


def run(request: OperatorDocsRequest, context: Context) -> OperatorDocs:  # noqa: ARG001 (what a stage takes)
    """Look up an operator; one that nothing here knows gives docs whose `is_known` is False."""
    for look_up in (_of_onnx, _of_onnxruntime, _of_torch):
        found = look_up(request)
        if found is not None:
            return found
    return OperatorDocs(request.op_type, request.domain)


def _of_onnx(request: OperatorDocsRequest) -> OperatorDocs | None:
    if request.domain in ("aten", "prim"):
        return None
    try:
        import onnx
    except ImportError:
        return None
    domain = "" if request.domain == "ai.onnx" else request.domain
    if not onnx.defs.has(request.op_type, domain):
        return None
    newest = onnx.defs.get_schema(request.op_type, domain)
    schema = newest
    if request.version is not None:
        schema = schema_of(request.op_type, request.version, domain) or newest  # an opset older than the operator
    return _from_schema(
        request,
        schema,
        newest.since_version,
        f"onnx {onnx.__version__}",
        _onnx_link(request) if request.domain in _STANDARD else "",
    )


def _of_onnxruntime(request: OperatorDocsRequest) -> OperatorDocs | None:
    """Its own operators, such as those of `com.microsoft`; not every build of it can list them."""
    if request.domain in ("ai.onnx", "aten", "prim"):
        return None
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as state
    except ImportError:
        return None
    listing: Callable[[], Iterable[Any]] | None = getattr(state, "get_all_operator_schema", None)
    if listing is None:
        return None
    schemas = [item for item in listing() if item.name == request.op_type and item.domain == request.domain]
    if not schemas:
        return None
    newest = max(schemas, key=lambda item: int(item.since_version))
    limit = newest.since_version if request.version is None else request.version
    fitting = [item for item in schemas if item.since_version <= limit] or [newest]
    schema = max(fitting, key=lambda item: int(item.since_version))
    link = f"{_RUNTIME_PAGE}#{request.domain}.{request.op_type}" if request.domain == "com.microsoft" else ""
    source = f"onnxruntime {onnxruntime.__version__}"
    return _from_schema(request, schema, newest.since_version, source, link)


def _of_torch(request: OperatorDocsRequest) -> OperatorDocs | None:
    if request.domain in _STANDARD:
        return None
    try:
        import torch
    except ImportError:
        return None
    name, _, overload = request.op_type.partition(".")
    try:
        schemas = torch._C._jit_get_schemas_for_operator(f"{request.domain}::{name}")
    except RuntimeError:
        return None
    if not schemas:
        return None
    schema = next((item for item in schemas if item.overload_name == overload), schemas[0])
    inputs = tuple(
        ParameterDoc(
            argument.name,
            f"{argument.type}{f', {argument.default_value} if left out' if argument.has_default_value() else ''}",
            (),
            "optional" if argument.has_default_value() else "required",
        )
        for argument in schema.arguments
    )
    link = ""
    functional = getattr(torch.nn.functional, name, None)
    if callable(functional):
        link = f"{_TORCH_PAGES}/torch.nn.functional.{name}.html"
    elif callable(getattr(torch, name, None)):
        link = f"{_TORCH_PAGES}/torch.{name}.html"
    return OperatorDocs(
        op_type=request.op_type,
        domain=request.domain,
        source=f"torch {metadata.version('torch')}",
        signature=str(schema),
        inputs=inputs,
        outputs=tuple(ParameterDoc(item.name, str(item.type)) for item in schema.returns),
        link=link,
    )


def _from_schema(request: OperatorDocsRequest, schema: Any, newest: int, source: str, link: str) -> OperatorDocs:
    """Of an OpSchema of onnx or onnxruntime, which are two types with the same names."""
    types = {item.type_param_str: tuple(map(_type_name, item.allowed_type_strs)) for item in schema.type_constraints}
    return OperatorDocs(
        op_type=request.op_type,
        domain=request.domain,
        source=source,
        since_version=int(schema.since_version),
        newest_version=int(newest),
        is_deprecated=bool(schema.deprecated),
        text=_prose(schema.doc),
        inputs=tuple(_parameter(item, types) for item in schema.inputs),
        outputs=tuple(_parameter(item, types) for item in schema.outputs),
        attributes=tuple(_attribute(item) for item in schema.attributes.values()),
        link=link,
    )


def _parameter(item: Any, types: dict[str, tuple[str, ...]]) -> ParameterDoc:
    spelled = str(item.type_str if hasattr(item, "type_str") else item.typeStr)
    option = item.option.name
    presence: Literal["required", "optional", "variadic"] = (
        "variadic" if option == "Variadic" else "optional" if option == "Optional" else "required"
    )
    return ParameterDoc(item.name, _prose(item.description), types.get(spelled) or (_type_name(spelled),), presence)


def _attribute(item: Any) -> AttributeDoc:
    default = getattr(item, "default_value", None)
    if default is None:
        default = _parsed(getattr(item, "_default_value", b""))
    is_given = default is not None and bool(default.type)
    return AttributeDoc(
        name=item.name,
        description=_prose(item.description),
        type=item.type.name,
        default=attribute_info(default).value if is_given else "",
        is_required=bool(item.required),
    )


def _parsed(data: bytes) -> Any:
    """The AttributeProto that onnxruntime hands over as bytes."""
    try:
        import onnx
    except ImportError:
        return None
    return onnx.AttributeProto.FromString(data)


def _prose(text: str | None) -> str:
    return inspect.cleandoc(text or "").replace("<br>", "\n\n")


def _type_name(spelled: str) -> str:
    """`tensor(float)` as `float32`, `seq(tensor(int64))` as `seq(int64)`."""
    text = spelled
    while "tensor(" in text:
        before, _, rest = text.partition("tensor(")
        inner, _, after = rest.partition(")")
        text = f"{before}{_TYPE_NAMES.get(inner, inner)}{after}"
    return text


def _onnx_link(request: OperatorDocsRequest) -> str:
    prefix = request.domain.removeprefix("ai.").replace(".", "")
    return f"{_ONNX_PAGES}/{prefix}__{request.op_type}.html"
