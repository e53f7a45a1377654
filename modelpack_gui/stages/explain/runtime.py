"""Why a runtime does not load an artifact that was made, or does not run it."""

from __future__ import annotations

import dataclasses
import re

from modelpack_gui.core.dims.edits import inputs_edit
from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import use_exporter

_NO_KERNEL = re.compile(r"Could not find an implementation for ([\w.]+)\((\d+)\)")
_IR = re.compile(r"[Uu]nsupported model IR version: (\d+), max supported IR version: (\d+)")
_OPSET = re.compile(
    r"Opset (\d+) is under development.*?Current official support for domain \S+ is till opset (\d+)", re.S
)
_UNKNOWN = re.compile(r"(?<![\w.:])([\w.:]+)\(-?\d+\) is not a registered function/op|No [Oo]p registered for (\w+)")
_NARROW = ("float16", "bfloat16", "float64")
_NOT_LOADED = "artifact-not-loadable"
_SAY_DTYPES = Fix(
    "Say the dtype of tensors that forward makes",
    details="torch.arange(8, dtype=x.dtype) * -1.0: without it a compiled model may compute in float64.",
)


def _refusal(situation: Situation) -> str:
    """What the runtime said when it did not load the artifact; empty if that did not happen."""
    return situation.details if situation.code == _NOT_LOADED else ""


def _no_kernel(situation: Situation) -> Finding | None:
    found = _NO_KERNEL.search(_refusal(situation))
    if found is None:
        return None
    narrow = sorted({item.dtype for item in situation.inputs if item.dtype in _NARROW})
    checkpoint = situation.checkpoint
    edits = []
    if narrow and checkpoint is not None and checkpoint.path:
        widened = [
            dataclasses.replace(item, dtype="float32") if item.dtype in _NARROW else item for item in situation.inputs
        ]
        edits = [inputs_edit(widened), RecipeEdit("source.checkpoint.dtype", "float32")]
    dtype = f" in {' or '.join(narrow)}" if narrow else " in the dtype it is given"
    mixed = "" if narrow else " All inputs are of usual dtypes, so the graph makes it on its way to that operator."
    in_float32 = Fix(
        "Export the model in float32",
        tuple(edits),
        "" if edits else "Call model.float() where it is built, and give the example inputs dtype float32.",
    )
    return Finding(
        f"ONNX allows {found[1]} (opset {found[2]}){dtype}, and this ONNX Runtime has nothing on the CPU that "
        f"computes it.{mixed}",
        (),
        (
            *_typed_export(situation),
            in_float32 if narrow else _SAY_DTYPES,
            Fix("Run the file where the operator exists", details="On a GPU, or with a newer onnxruntime."),
        ),
    )


def _typed_export(situation: Situation) -> tuple[Fix, ...]:
    """Another exporter, where the one in use writes graphs without types and sizes."""
    if situation.exporter != "script":
        return ()
    return use_exporter(situation, "dynamo", "Compiled models lose types and sizes on the way; it keeps them.")


def _too_new(situation: Situation) -> Finding | None:
    text = _refusal(situation)
    ir, opset = _IR.search(text), _OPSET.search(text)
    if ir:
        what = f"IR version {ir[1]}, and this ONNX Runtime reads up to {ir[2]}"
    elif opset:
        what = f"opset {opset[1]}, and this ONNX Runtime reads up to {opset[2]}"
    else:
        return None
    edits = (RecipeEdit("export.opset_version", int(opset[2])),) if opset and situation.source else ()
    older = f"Export with opset {opset[2]}" if opset else "Export with an older opset"
    return Finding(
        f"The file is newer than the runtime: it has {what}.",
        (),
        (
            Fix(older, edits, "" if opset else "export.opset_version in the recipe; the IR version follows it."),
            Fix("Update onnxruntime"),
        ),
    )


def _unknown_operator(situation: Situation) -> Finding | None:
    found = _UNKNOWN.search(_refusal(situation))
    if found is None:
        return None
    return Finding(
        f"The file uses the operator {found[1] or found[2]}, which this ONNX Runtime does not know: it is a custom "
        "one, or of another opset than the file says.",
        (),
        (
            Fix(
                "Register the library that has it",
                details="onnxruntime.SessionOptions().register_custom_ops_library(path), wherever the file is run.",
            ),
            Fix("Write the model without it", details="With operators of PyTorch that ONNX has."),
        ),
    )


def _invalid(situation: Situation) -> Finding | None:
    text = _refusal(situation)
    if not any(mark in text for mark in ("INVALID_GRAPH", "ShapeInferenceError", "Type Error:")):
        return None
    reason = text.rpartition(" : ")[2].strip().rstrip(".")
    return Finding(
        f"ONNX Runtime checks types and shapes more strictly than the file's own checker, and found: {reason[:300]}.",
        (),
        (
            *(_typed_export(situation) or (Fix("Export it again with another exporter or opset"),)),
            Fix("Look at the check stage", details="Its row on strict shape inference names the node."),
        ),
    )


def _data_missing(situation: Situation) -> Finding | None:
    if situation.code != "artifact-data-missing":
        return None
    return Finding(
        f"{situation.message} The two belong together, and one was moved or renamed without the other.",
        (),
        (
            Fix("Put the data file back beside the .onnx file, under its old name"),
            Fix("Export it again", details="Without external data a model below 2 GB is one file."),
        ),
    )


ENTRIES = (
    Entry("runtime-no-kernel", "The runtime cannot compute an operator in this dtype", _no_kernel),
    Entry("runtime-too-old", "The file is newer than the runtime", _too_new),
    Entry("runtime-unknown-operator", "An operator that the runtime does not know", _unknown_operator),
    Entry("runtime-invalid-graph", "The runtime finds the graph invalid", _invalid),
    Entry("external-data-missing", "The data file is missing", _data_missing),
)
