"""What goes into a model and comes out of it, where an exporter does not take it."""

from __future__ import annotations

import re

from modelpack_gui.core.dims.edits import inputs_edit
from modelpack_gui.core.explain.explanation import Fix, SourcePlace
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import use_exporter
from modelpack_gui.stages.explain.source_lines import (
    calls_of,
    class_line,
    optional_parameters,
    parameter_line,
    returns_of,
)

_DATACLASS = (
    re.compile(r"Found <class '(?:[\w.]*\.)?(\w+)'> in output, which is not a known type"),
    re.compile(r"received an input of unsupported type: (\w+)"),
    re.compile(r"inputs or outputs of traced functions, but instead got value of type (\w+)"),
    re.compile(r"Failed to get source for <function (\w+)\.__init__"),
    re.compile(r"unrecognized type UserDefinedObjectVariable\((\w+)\) at output"),
)  # fmt: skip
_TRACED_OUTPUTS = (
    "Only tensors, lists, tuples of tensors, or dictionary of tensors can be output from traced functions"
)
_VANISHED = re.compile(r"(\d+): (.*)")
_STATE = re.compile(r"tensor attributes? (self\.[\w.]+(?:, self\.[\w.]+)*) (?:was|were) assigned during export")


def _dataclass(situation: Situation) -> Finding | None:
    names = (pattern.search(error.text) for error in situation.errors for pattern in _DATACLASS)
    found = next((name for name in names if name), None)
    if found is None:
        return None
    name = found[1]
    others = "dynamo" if situation.exporter == "trace" else "trace"
    return Finding(
        f"forward returns an object of the class {name}, and the exporter cannot look into it: it takes tensors, and "
        "tuples, lists and dicts of them.",
        (*returns_of(situation), *class_line(situation, name)),
        (
            Fix(
                "Return a tuple or a dict of tensors",
                details="In a wrapper: def forward(self, x): out = self.model(x); return out.a, out.b. For dynamo "
                f"it is enough to register the class: torch.export.register_dataclass({name}).",
            ),
            *use_exporter(situation, others, verb="Try"),
        )[:1],
    )


def _none_output(situation: Situation) -> Finding | None:
    if not any(error.text.startswith(_TRACED_OUTPUTS) for error in situation.errors):
        return None
    return Finding(
        "forward returns something besides tensors, such as None, and a trace can hold tensors only.",
        returns_of(situation),
        (*use_exporter(situation, "script"), Fix("Return tensors only", details="Leave out what is None.")),
    )


def _none_input(situation: Situation) -> Finding | None:
    if not any("None's after flattening" in error.text for error in situation.errors):
        return None
    given = [item.argument or item.name for item in situation.inputs if not (item.is_value and item.value is None)]
    names = [name for name in optional_parameters(situation) if name not in given]
    shown = " and ".join(names) or "a parameter"
    return Finding(
        f"{shown} of forward is not given and so is None; a compiled model cannot be exported with that, as its type "
        "would not be known.",
        tuple(place for name in names for place in parameter_line(situation, name)),
        (
            *use_exporter(situation, "dynamo", "What is None is left out of the artifact."),
            Fix("Give it a tensor", details="Add an example input for it; the artifact then takes it too."),
        ),
    )


def _vanished(situation: Situation) -> Finding | None:
    mismatch = situation.mismatch
    if mismatch is None or mismatch.aspect != "inputs":
        return None
    asked, got = _names(mismatch.asked), _names(mismatch.got)
    gone = [name for name in asked if name not in got]
    if len(got) >= len(asked) or not gone:
        return None
    shown = " and ".join(gone)
    lines = tuple(place for name in gone for place in parameter_line(situation, name))
    return Finding(
        f"The artifact does not take {shown}: while it was recorded, no operator used "
        f"{'it' if len(gone) == 1 else 'them'}, or only a Python number made of it.",
        lines,
        (
            *use_exporter(situation, "dynamo", "It keeps inputs that are not used."),
            Fix(
                f"Leave {shown} out of the example inputs",
                (inputs_edit([item for item in situation.inputs if item.name not in gone]),)
                if _may_be_left_out(situation, gone)
                else (),
                "If forward does not need it, take the parameter away or give it a default.",
            ),
        ),
    )


def _may_be_left_out(situation: Situation, gone: list[str]) -> bool:
    """Whether forward could be called without: only inputs at the end can have defaults that are taken then."""
    names = [item.name for item in situation.inputs]
    return names[-len(gone) :] == gone and set(gone) <= set(optional_parameters(situation))


def _names(text: str) -> list[str]:
    found = _VANISHED.match(text)
    return [name for name in found[2].split(", ") if name] if found else []


def _state(situation: Situation) -> Finding | None:
    text = situation.warning.message if situation.warning else ""
    raised = next((error.text for error in situation.errors if _STATE.search(error.text)), "")
    found = _STATE.search(text or raised)
    if found is None:
        return None
    names = found[1]
    return Finding(
        f"forward assigns a tensor to {names}. An artifact keeps nothing from one call to the next: what the model "
        "remembers is lost, and is the value of the example inputs where it is read before it is assigned.",
        _assignments(situation, [name.removeprefix("self.") for name in names.split(", ")]),
        (
            Fix(
                "Pass the state in and out of forward",
                details="def forward(self, x, cache): ...; return y, cache. What is only a shortcut within one call "
                "can be a local name.",
            ),
        ),
    )


def _assignments(situation: Situation, names: list[str]) -> tuple[SourcePlace, ...]:
    return calls_of(situation, *names)


ENTRIES = (
    Entry("output-class", "An output that is no tensor", _dataclass),
    Entry("output-none", "An output that is None", _none_output),
    Entry("input-none", "An input that is None", _none_input),
    Entry("input-vanished", MISMATCH_TITLES["input-vanished"], _vanished, gravity=2),
    Entry("state-kept", "The model keeps state between calls", _state, gravity=3),
)
