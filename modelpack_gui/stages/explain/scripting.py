"""What TorchScript cannot compile: it takes a part of Python, with types that it must be told or can guess."""

from __future__ import annotations

import re

from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import use_exporter
from modelpack_gui.stages.explain.known_operators import is_of_torchscript
from modelpack_gui.stages.explain.raised import Raised
from modelpack_gui.stages.explain.source_lines import (
    annotated,
    calls_of,
    future_import,
    places_of,
    returns_of,
    spots,
    where,
)

_UNANNOTATED = re.compile(r"Inferred '(\w+)' to be of type 'Tensor' because it was not annotated")
_EXPECTED = re.compile(r"Expected a value of type '.+?' for argument '\w+' but instead found type '(.+?)'")
_ATTRIBUTE = re.compile(r"Module '(\w+)' has no attribute '(\w+)' \(This attribute exists on the Python module, (.*)")
_UNKNOWN_TYPE = re.compile(r"failed to convert Python type: '(.+?)'")
_NO_METHOD = re.compile(r"'(\w+)' object has no attribute or method '(\w+)'")
_VALUE = re.compile(r"python value of type '(.+?)' cannot be used as a value", re.IGNORECASE)
_WEAK = re.compile(r"cannot create weak reference to '(.+?)' object")
_NO_ONNX = re.compile(r"operator '((?:prim|aten)::\w+)' to ONNX")
_ANNOTATION = re.compile(r"Unknown type annotation: '(.+?)'")
_HOOK = re.compile(r"Hook '(\w+)' on module '(\w+)'")
_TYPES = ("Type mismatch:", "Previous return statement returned a value of type", "Expected a value of type")


def _compiling(situation: Situation) -> Raised | None:
    """The innermost exception, if the exporter that failed compiles source."""
    return situation.errors[-1] if situation.errors and situation.exporter == "script" else None


def _instead(situation: Situation) -> tuple[Fix, ...]:
    """The exporter that runs the model instead of compiling its source; trace freezes branches, and can pack."""
    if spots(situation, "branch-on-value", "loop-on-value"):  # dynamo would refuse it, and send the user back here
        return (
            Fix(
                "Write what depends on values with torch.where or torch.cond",
                details="Only script keeps a Python branch or loop on the values of a tensor, and it cannot compile "
                "the rest: dynamo refuses such a branch, and trace freezes it as it was for the example inputs.",
            ),
        )
    order = ("trace", "dynamo") if calls_of(situation, "pack_padded_sequence") else ("dynamo", "trace")
    return tuple(fix for exporter in order for fix in use_exporter(situation, exporter))[:1]


def _annotation(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    found = _UNANNOTATED.search(raised.text) if raised else None
    if raised is None or found is None:
        return None
    given = _EXPECTED.search(raised.text)
    kind = given[1] if given else "something else"
    return Finding(
        f"The parameter {found[1]} has no annotation, so that TorchScript takes it for a Tensor, and it is given "
        f"{kind}{where(places_of(situation))}.",
        places_of(situation),
        (Fix(f"Annotate it: {found[1]}: {kind}"), *_instead(situation)),
    )


def _module_index(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    if raised is None or "ModuleList/Sequential indexing is only supported with integer literals" not in raised.text:
        return None
    return Finding(
        f"A list of modules is indexed with a variable{where(places_of(situation))}; TorchScript must know while "
        "compiling which module it is.",
        places_of(situation),
        (
            *_instead(situation),
            Fix("Loop over the modules themselves", details="for i, layer in enumerate(self.layers): x = layer(x)"),
        ),
    )


def _attribute(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    found = _ATTRIBUTE.search(raised.text) if raised else None
    if found is None:
        return None
    unknown = _UNKNOWN_TYPE.search(found[3])
    reason = f"a {unknown[1].rpartition('.')[2]}" if unknown else f"it: {found[3].rstrip(').:')}"
    return Finding(
        f"self.{found[2]} of {found[1]} is used{where(places_of(situation))}, and TorchScript has no type for "
        f"{reason}.",
        places_of(situation),
        (
            *_instead(situation),
            Fix(
                "Give the attribute a type that TorchScript has",
                details=f"One type for all keys and all values, annotated in the class: {found[2]}: Dict[str, int]; "
                "None first and a tensor later needs Optional[Tensor]. Of a configuration object, keep in __init__ "
                "the plain values that forward needs.",
            ),
        ),
    )


def _types(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    line = next((line.strip() for line in raised.text.splitlines() if line.strip()), "") if raised else ""
    if not line.startswith(_TYPES):
        return None
    return Finding(
        f"A name or a return value has two types{where(places_of(situation))}, and TorchScript allows one: "
        f"{line.rstrip(':')}.",
        places_of(situation),
        (
            *_instead(situation),
            Fix(
                "Give it one type on every path", details="torch.zeros_like(x) instead of 0; a tuple on each return."
            ),
        ),
    )


def _hook(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    found = _HOOK.search(raised.text) if raised else None
    if found is None:
        return None
    return Finding(
        f"The hook {found[1]} on {found[2]} would have to be compiled too, and it does not fit: TorchScript wants a "
        "plain function of self, the inputs as a tuple and the output, with annotations.",
        places_of(situation, "register_forward_hook", "register_forward_pre_hook"),
        (*_instead(situation), Fix("Call what the hook does in forward instead")),
    )


def _foreign_value(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    if raised is None:
        return None
    value, weak = _VALUE.search(raised.text), _WEAK.search(raised.text)
    method = _NO_METHOD.search(raised.text)
    if weak:
        what = f"a {weak[1]}"
    elif value:
        what = f"a value of type {value[1]}"
    elif method:
        what = f"{method[1]}.{method[2]}"
    else:
        return None
    places = places_of(situation) or calls_of(situation, "np", "numpy")
    return Finding(
        f"forward uses {what}{where(places)}, which TorchScript does not know: it compiles torch functions, some of "
        "math, and plain Python.",
        places,
        (
            *_instead(situation),
            Fix(
                "Use a function of torch, or compute it in the constructor",
                details="math.sqrt(2) or torch.sqrt instead of numpy; a global tensor becomes a buffer "
                "(self.register_buffer).",
            ),
        ),
    )


def _no_onnx(situation: Situation) -> Finding | None:
    raised = situation.raised("UnsupportedOperatorError")
    found = _NO_ONNX.search(raised.text) if raised else None
    if found is None or situation.exporter != "script" or not is_of_torchscript(found[1]):
        return None
    what = {
        "prim::DictConstruct": "builds a dict",
        "prim::isinstance": "asks for a type with isinstance",
        "prim::ListConstruct": "builds a list",
    }.get(found[1], f"asks something of the running Python ({found[1]})")
    places = places_of(situation) or returns_of(situation)
    own = (
        Fix("Return a tuple of tensors", details="return self.a(x), self.b(x)")
        if found[1] in ("prim::DictConstruct", "prim::ListConstruct")
        else Fix("Leave it out when the model is exported", details="if not torch.jit.is_scripting(): around it.")
    )
    return Finding(
        f"The compiled model {what}{where(places)}, and ONNX has no counterpart: its graphs know tensors only.",
        places,
        (*_instead(situation), own),
    )


def _unknown_annotation(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    found = _ANNOTATION.search(raised.text) if raised else None
    if found is None:
        return None
    postponed = future_import(situation)
    cause = (
        f"The annotation {found[1]!r} of an attribute is only text here, as the file has `from __future__ import "
        "annotations`, and TorchScript does not look such names up."
        if postponed
        else f"TorchScript does not know the annotation {found[1]!r}: it takes Tensor, numbers, str, and List, Dict, "
        "Tuple and Optional of them."
    )
    return Finding(
        cause,
        (*annotated(situation, found[1]), *postponed),
        (
            *_instead(situation),
            Fix("Take the annotation away", details="Registered buffers need none. Or take the import away."),
        ),
    )


def _python(situation: Situation) -> Finding | None:
    raised = _compiling(situation)
    if raised is None or not raised.is_a("FrontendError"):
        return None
    reason = raised.text.splitlines()[0].strip().rstrip(":")
    return Finding(
        f"TorchScript does not compile this{where(places_of(situation))}: {reason}.",
        places_of(situation),
        (*_instead(situation), Fix("Write it in plainer Python", details=_plainer(reason))),
    )


def _plainer(reason: str) -> str:
    if "variable number of arguments" in reason:
        return "Name each parameter, or take one list: xs: List[Tensor]."
    if "try" in reason:
        return "Test for the case beforehand instead of catching it."
    if "Lambda" in reason:
        return "Make it a method with annotations."
    return "The language reference of TorchScript lists what it takes."


ENTRIES = (
    Entry("script-annotation-missing", "An annotation is missing", _annotation),
    Entry("script-annotation-unknown", "An annotation that TorchScript does not know", _unknown_annotation),
    Entry("script-module-index", "A list of modules indexed by a variable", _module_index),
    Entry("script-attribute", "An attribute that TorchScript cannot type", _attribute),
    Entry("script-two-types", "One name, two types", _types),
    Entry("script-hook", "A hook that cannot be compiled", _hook),
    Entry("script-no-counterpart", "Python that ONNX has no counterpart for", _no_onnx, "export-unsupported-op"),
    Entry("script-foreign-value", "Something that TorchScript does not know", _foreign_value),
    Entry("script-python", "Python that TorchScript does not compile", _python),
)
