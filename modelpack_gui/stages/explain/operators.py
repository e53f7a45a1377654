"""Operators that an exporter does not know, and numbers that ONNX has no type for."""

from __future__ import annotations

import re

from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import use_exporter, use_opset, use_torchscript
from modelpack_gui.stages.explain.known_operators import decomposes, exporters_that_know
from modelpack_gui.stages.explain.source_lines import calls_of, places_of

_UNKNOWN = ("UnsupportedOperatorError", "SymbolicValueError", "DispatchError", "OnnxExporterError")
_NAMES = (
    re.compile(r"operator '?([\w:]+)'? to ONNX opset version"),
    re.compile(r"No ONNX function found for <OpOverload\(op='([\w.:]+)'"),
    re.compile(r"operator with unrecognized namespace ([\w:]+)"),
    re.compile(r"ONNX export of operator '?([\w:]+)'?"),
)
_SCRIPT_UNKNOWN = re.compile(r"Unknown builtin op: ([\w:]+)")
_TRANSLATING = re.compile(r"Error when translating node .*?target=torch\.ops\.(\w+\.\w+)")
_SINCE = re.compile(r"Support for this operator was added in version (\d+)")
_LIBRARY_NAMESPACES = ("aten", "prim", "prims", "onnx", "quantized", "torchvision")
_COMPLEX_TYPE = re.compile(r"ScalarType (Complex\w+) is an unexpected tensor scalar type")
_COMPLEX_OPERATORS = re.compile(r"^aten::(_?fft_\w+|stft|istft|complex|polar|view_as_complex|view_as_real|angle)$")
_PYTHON_OPERATOR = re.compile(r"export Python (?:operator|function call) '?(\w+)")


def operator_of(situation: Situation) -> str:
    """The operator that an exporter says it cannot translate, as it spells it; empty if it says no such thing."""
    raised = situation.raised(*_UNKNOWN)
    for pattern in _NAMES if raised else ():
        found = pattern.search(raised.text) if raised else None
        if found:
            return found[1].strip(":.")
    scripted = next((_SCRIPT_UNKNOWN.search(error.text) for error in reversed(situation.errors)), None)
    return scripted[1].strip(":.") if scripted else ""


def _needs_opset(situation: Situation) -> Finding | None:
    operator = operator_of(situation)
    since = _SINCE.search(situation.errors[-1].text) if operator else None
    if since is None:
        return None
    asked = situation.spec.opset_version if situation.spec else None
    was = f"opset {asked}" if asked else "an older one, the default,"
    return Finding(
        f"{operator} has an ONNX counterpart since opset {since[1]}, and {was} was asked for.",
        places_of(situation, operator),
        use_opset(situation, int(since[1])),
    )


def _custom(situation: Situation) -> Finding | None:
    operator = operator_of(situation)
    namespace, _, name = operator.replace("::", ".").partition(".")
    if not name or namespace in _LIBRARY_NAMESPACES:
        return None
    return Finding(
        f"{namespace}::{name} is an operator of your own (or of an extension), for which the exporter has no "
        "translation to ONNX.",
        places_of(situation, operator),
        (
            Fix(
                "Write it with PyTorch's own operators",
                details="If it only makes the model faster, take the plain version while "
                "torch.onnx.is_in_onnx_export() or torch.compiler.is_exporting() is true.",
            ),
            Fix(
                "Give the exporter a translation",
                details="dynamo: torch.onnx.export(..., custom_translation_table="
                f"{{torch.ops.{namespace}.{name}.default: function}}), a function in onnxscript; trace and script: "
                f"torch.onnx.register_custom_op_symbolic('{namespace}::{name}', function, 18).",
            ),
        ),
    )


def _quantised(situation: Situation) -> Finding | None:
    operator = operator_of(situation)
    packed = next((error for error in situation.errors if "PackedParams" in error.text), None)
    if not operator.startswith("quantized::") and packed is None:
        return None
    what = f"({operator})" if operator else "with packed weights"
    return Finding(
        f"The model holds layers quantised by torch.ao.quantization {what}, and neither torch.export nor "
        "the ONNX exporters translate them. TorchScript keeps them as they are.",
        places_of(situation, "quantize_dynamic", "convert", "quantize_fx"),
        (
            *use_torchscript(situation, "PyTorch runs it then, without the model's code."),
            Fix(
                "Export the float model and quantise the ONNX file",
                details="Leave out torch.ao.quantization when the model is built; onnxruntime.quantization makes the "
                "int8 file from the exported one.",
            ),
        ),
    )


def _complex(situation: Situation) -> Finding | None:
    operator = operator_of(situation)
    kind = next((_COMPLEX_TYPE.search(error.text) for error in situation.errors), None)
    if kind is None and not _COMPLEX_OPERATORS.match(operator):
        return None
    what = f"{operator} makes complex numbers" if operator else f"The model computes with {kind[1] if kind else ''}"
    return Finding(
        f"{what}, and ONNX has no operators on complex numbers. The exporter dynamo writes them as pairs of real "
        "ones; trace and script do not.",
        places_of(situation, operator, "complex", "complex64", "view_as_complex"),
        (
            *use_exporter(situation, "dynamo"),
            Fix(
                "Compute with real and imaginary parts as two real tensors",
                details="Keep a last axis of two: torch.view_as_real outside of the model; a product of a + bi and "
                "c + di is (ac - bd) + (ad + bc)i.",
            ),
        ),
    )


def _autograd_function(situation: Situation) -> Finding | None:
    named = next((found for error in situation.errors if (found := _PYTHON_OPERATOR.search(error.text))), None)
    anonymous = any("required keyword attribute 'Subgraph' is undefined" in error.text for error in situation.errors)
    if named is None and not anonymous:
        return None
    name = named[1] if named else "A torch.autograd.Function"
    return Finding(
        f"{name} is Python code called through autograd: TorchScript cannot look into it, and it has no symbolic "
        "method that gives its translation.",
        calls_of(situation, "apply") or places_of(situation),
        (
            *use_exporter(situation, "dynamo", "It looks into the function's forward."),
            *_trace_records(situation),
            Fix(
                "Call plain operators in eval mode",
                details="The function matters for its gradient only: call its formula directly if not self.training.",
            ),
        ),
    )


def _form(situation: Situation) -> Finding | None:
    failed = situation.raised("GraphConstructionError")
    named = next((found for error in situation.errors if (found := _TRANSLATING.search(error.text))), None)
    if failed is None or named is None:
        return None
    root = situation.errors[-1]
    reason = next((line.strip() for line in root.text.splitlines() if line.strip()), root.types[0])
    name = named[1].partition(".")[2]
    return Finding(
        f"The exporter {situation.exporter} translates {name} to ONNX in some forms only, and not in this one: "
        f"{reason[:200].rstrip('.')}.",
        places_of(situation, name),
        (
            *use_exporter(situation, "trace", "It has a translation of its own.", verb="Try"),
            Fix(
                "Write this call in another form",
                details="Such as four axes instead of three, an axis by name instead of none, or plain operators.",
            ),
        ),
    )


def _trace_records(situation: Situation) -> tuple[Fix, ...]:
    """For ONNX; a TorchScript archive would hold the call itself."""
    if situation.spec is None or situation.spec.format != "onnx":
        return ()
    return use_exporter(situation, "trace", "It records the operators that the function's forward runs.")


def _unsupported(situation: Situation) -> Finding | None:
    operator = operator_of(situation)
    if not operator:
        return None
    knowing = exporters_that_know(operator, situation.spec)
    others = tuple(fix for exporter in knowing for fix in use_exporter(situation, exporter))
    if not others and decomposes(operator):
        others = use_exporter(situation, "dynamo", "It takes the operator apart into others first.", verb="Try")
    namespace, _, name = operator.replace("::", ".").partition(".")
    plain = Fix(
        "Write this part of the model with other operators",
        details=f"Nothing in ONNX does what {name or namespace} does: compute it from operators that it has, or move "
        "it out of the model, before or after the artifact.",
    )
    known = f" The exporter {knowing[0]} has." if knowing and others else ""
    return Finding(
        f"The exporter {situation.exporter} has no translation of the operator {operator} to ONNX.{known}",
        places_of(situation, operator),
        (*others, plain),
    )


_CODE = "export-unsupported-op"

ENTRIES = (
    Entry("operator-needs-opset", "An operator came with a later opset", _needs_opset, _CODE),
    Entry("operator-custom", "A custom operator without a translation", _custom, _CODE),
    Entry("quantised-layers", "Layers quantised by PyTorch", _quantised, _CODE),
    Entry("complex-numbers", "Complex numbers", _complex, _CODE),
    Entry("custom-autograd-function", "A custom autograd function", _autograd_function, _CODE),
    Entry("operator-form", "An operator in a form that is not translated", _form, _CODE),
    Entry("operator-unsupported", "An operator that the exporter does not know", _unsupported, _CODE),
)
