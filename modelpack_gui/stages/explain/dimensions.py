"""Dynamic dimensions that the model fixes, limits or ties together."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from modelpack_gui.core.dims.edits import changed, sizes_edit
from modelpack_gui.core.explain.explanation import Fix, SourcePlace
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.core.records import DynamicDim
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import make_static, use_exporter
from modelpack_gui.stages.explain.source_lines import NOTES, calls_of, places_of, spots
from modelpack_gui.stages.source.control_flow import SpotKind

_VIOLATION = ("ConstraintViolationError",)
_FIXED = re.compile(r"^\s*(\w+) = (\d+)\s*$", re.MULTILINE)
_RANGE = re.compile(r"^\s*(\w+) = Dim\('\w+'(?:, min=(\d+))?(?:, max=(\d+))?\)\s*$", re.MULTILINE)
_SAME = re.compile(r"^\s*(\w+) = ([A-Za-z_]\w*)\s*$", re.MULTILINE)
_DERIVED = re.compile(r"^\s*(\w+) = (.*_?[A-Za-z]\w*.*)$", re.MULTILINE)
_FIXING: tuple[SpotKind, ...] = ("branch-on-size", "number-from-size", "fixed-size", "loop-on-size")
_MULTIPLE = re.compile(r"(\d+)\*_?[A-Za-z]\w*$")
_NAMED = re.compile(r"violated \(([\w, ]+)\)")
_GUARD = re.compile(r"satisfy the generated guard (.+)$", re.MULTILINE)
_NOT_ONE = re.compile(r"values of (\w+) = .* satisfy the generated guard \(L\[.+\] // (\d+)\) != 1\.$", re.MULTILINE)
_GOT_FIXED = re.compile(r"(\w+)\[(\d+)\] = (\d+)$")
_GOT_NAMED = re.compile(r"(\w+)\[(\d+)\] = ([A-Za-z_]\w*)$")


def suggested(situation: Situation) -> str:
    """What torch lists below "Suggested fixes:"; empty if it did not refuse the dimensions."""
    raised = situation.raised(*_VIOLATION) or situation.raised("UserError")
    if raised is None:
        return ""
    _, mark, rest = raised.text.partition("Suggested fixes:")
    return rest.split("\n\n", 1)[0] if mark else ""


def _dims(situation: Situation) -> dict[str, list[DynamicDim]]:
    found: dict[str, list[DynamicDim]] = {}
    for dim in situation.spec.dynamic if situation.spec else ():
        found.setdefault(dim.name, []).append(dim)
    return found


def _range(situation: Situation) -> Finding | None:
    asked = _dims(situation)
    limits = {name: (low, high) for name, low, high in _RANGE.findall(suggested(situation)) if name in asked}
    if not limits or situation.spec is None:
        return None

    def narrowed(dim: DynamicDim) -> DynamicDim:
        low, high = limits.get(dim.name, ("", ""))
        return dataclasses.replace(dim, min=int(low) if low else dim.min, max=int(high) if high else dim.max)

    texts = [f"{name} {_between(low, high)}" for name, (low, high) in limits.items()]
    return Finding(
        f"The model takes {' and '.join(texts)} only, and a wider range was asked for.",
        places_of(situation) or spots(situation, *_FIXING),
        (
            Fix(f"Give {' and '.join(texts)} as range", (changed(situation.spec, narrowed),)),
            *make_static(situation, limits),
        ),
    )


def _between(low: str, high: str) -> str:
    return f"from {low} to {high}" if low and high else f"up to {high}" if high else f"from {low}"


def _example_of_one(situation: Situation) -> Finding | None:
    asked = _dims(situation)
    ones = {name: int(size) for name, size in _FIXED.findall(suggested(situation)) if name in asked and int(size) < 2}
    if not ones:
        return None
    name, size = next(iter(ones.items()))
    sizes = {(dim.input, dim.axis): 2 for one in ones for dim in asked[one]}
    axes = ", ".join(f"axis {axis} of {item}" for item, axis in sizes)
    return Finding(
        f"{name} is {size} in the example inputs ({axes}), and torch.export takes a size of 0 or 1 for a constant: "
        "broadcasting makes those two special.",
        places_of(situation),
        (
            Fix("Make the example size 2", (sizes_edit(situation.inputs, sizes),)),
            *make_static(situation, ones),
        ),
    )


def _fixed(situation: Situation) -> Finding | None:
    if situation.mismatch is not None:
        return _fixed_in_artifact(situation)
    asked = _dims(situation)
    fixed = {name: size for name, size in _FIXED.findall(suggested(situation)) if name in asked}
    if not fixed:
        return None
    return fixed_finding(situation, fixed)


def _fixed_in_artifact(situation: Situation) -> Finding | None:
    mismatch = situation.mismatch
    asked, got = (_GOT_NAMED.match(mismatch.asked), _GOT_FIXED.match(mismatch.got)) if mismatch else (None, None)
    if mismatch is None or mismatch.aspect != "dynamic_dim" or not asked or not got:
        return None
    return fixed_finding(situation, {asked[3]: got[3]})


def fixed_finding(situation: Situation, fixed: dict[str, str]) -> Finding:
    """What to say of dimensions that were asked to be dynamic and are not: their names, and the sizes they have."""
    shown = " and ".join(f"{name} at {size}" for name, size in fixed.items())
    places = places_of(situation) or spots(situation, *_FIXING)
    recurrent = () if places else calls_of(situation, "GRU", "LSTM", "RNN")
    if recurrent:
        return Finding(
            f"torch.export fixes {shown}: it takes a recurrent layer apart step by step, as many steps as the "
            "example input has.",
            recurrent,
            (
                *use_exporter(situation, "trace", "It writes the layer as one operator of ONNX."),
                *make_static(situation, fixed),
            ),
        )
    return Finding(
        f"The model's code fixes {shown}: a number in a reshape or view, a branch on the size or a conversion with "
        "int() makes it a constant.",
        places,
        (
            *make_static(situation, fixed),
            *_compiled(situation, places),
            Fix(
                "Take the size from the input instead of a number",
                details="Write x.reshape(x.shape[0], -1) instead of x.reshape(2, -1), do not convert sizes with "
                "int(), and do not branch on a size that shall be dynamic.",
            ),
        ),
    )


def _compiled(situation: Situation, places: Sequence[SourcePlace]) -> tuple[Fix, ...]:
    """The exporter that keeps branches and loops over sizes, where it is one of those."""
    if not any(place.note in (NOTES["branch-on-size"], NOTES["loop-on-size"]) for place in places):
        return ()
    return use_exporter(situation, "script", "It compiles the source, so that the branch or loop stays one.")


def _shared(situation: Situation) -> Finding | None:
    asked = _dims(situation)
    mismatch = situation.mismatch
    if mismatch is not None and mismatch.aspect == "dynamic_dim":
        was, got = _GOT_NAMED.match(mismatch.asked), _GOT_NAMED.match(mismatch.got)
        pairs = {was[3]: got[3]} if was and got else {}
    else:
        pairs = dict(_SAME.findall(suggested(situation)))
    pairs = {name: other for name, other in pairs.items() if name in asked and other in asked and name != other}
    if not pairs or situation.spec is None:
        return None

    def renamed(dim: DynamicDim) -> DynamicDim:
        other = pairs.get(dim.name)
        if other is None:
            return dim
        return dataclasses.replace(dim, name=other, min=asked[other][0].min, max=asked[other][0].max)

    name, other = next(iter(pairs.items()))
    return Finding(
        f"{name} and {other} were given as two dimensions, and the model makes them equal (by adding the inputs, for "
        "one): the artifact takes them at one size only.",
        places_of(situation),
        (
            Fix(f"Give both the name {other}", (changed(situation.spec, renamed),)),
            Fix(
                "Let the model broadcast or pad",
                details="If the two shall differ, the operation that joins them must allow for it.",
            ),
        ),
    )


def _derived(situation: Situation) -> Finding | None:
    asked = _dims(situation)
    rules = {name: rule for name, rule in _DERIVED.findall(suggested(situation)) if name in asked}
    if not rules or situation.spec is None:
        return None
    steps = {name: int(found[1]) for name, rule in rules.items() if (found := _MULTIPLE.match(rule.strip()))}
    multiples: tuple[Fix, ...] = ()
    if len(steps) == len(rules):
        shown = " and ".join(f"{name} only as a multiple of {step}" for name, step in steps.items())
        edit = changed(
            situation.spec,
            lambda dim: dataclasses.replace(dim, multiple_of=steps[dim.name]) if dim.name in steps else dim,
        )
        multiples = (Fix(f"Take {shown}", (edit,)),)
    texts = [f"{name} = {rule.strip()}" for name, rule in rules.items()]
    return Finding(
        f"The model takes only sizes of the form {', '.join(texts)}, and any were asked for.",
        places_of(situation) or spots(situation, *_FIXING),
        (
            *multiples,
            *make_static(situation, rules),
            Fix(
                "Pad the input to a size that fits, inside the model",
                details="Such as torch.nn.functional.pad(x, (0, -x.shape[-1] % 2)), and cut the output back.",
            ),
        ),
    )


def _refused(situation: Situation) -> Finding | None:
    raised = situation.raised(*_VIOLATION)
    found = _NAMED.search(raised.text) if raised else None
    if raised is None or found is None or situation.spec is None:
        return None
    names = [name.strip() for name in found[1].split(",")]
    rules = list(dict.fromkeys(_GUARD.findall(raised.text)))
    least = {name: 2 * int(step) for name, step in _NOT_ONE.findall(raised.text)}
    larger: tuple[Fix, ...] = ()
    if least and len(_NOT_ONE.findall(raised.text)) == len(_GUARD.findall(raised.text)):

        def above(dim: DynamicDim) -> DynamicDim:
            return dataclasses.replace(dim, min=max(dim.min or 0, least.get(dim.name, 0)) or None)

        shown = " and ".join(f"{name} from {size}" for name, size in least.items())
        larger = (Fix(f"Give {shown} as range", (changed(situation.spec, above),)),)
    shown = "; ".join(f"{_spelled(rule, situation)}" for rule in rules[:3])
    return Finding(
        f"torch.export cannot promise that {' and '.join(names)} may be any size: the model must also have {shown}.",
        places_of(situation) or spots(situation, *_FIXING),
        (
            *larger,
            *make_static(situation, names),
            Fix("Choose an example size well inside the range", details="Not the smallest that the model takes."),
        ),
    )


def _spelled(rule: str, situation: Situation) -> str:
    """A guard of torch with the names of the dimensions for `L['image'].size()[3]`."""
    for dim in situation.spec.dynamic if situation.spec else ():
        rule = rule.replace(f"L['{dim.input}'].size()[{dim.axis}]", dim.name)
    return rule.rstrip(".")


_CODE = "export-dynamic-shape"

ENTRIES = (
    Entry("dim-range", "A dimension has a smaller range", _range, _CODE),
    Entry("dim-example-one", "The example size is 0 or 1", _example_of_one, _CODE),
    Entry("dim-fixed", MISMATCH_TITLES["dim-fixed"], _fixed, _CODE),
    Entry("dim-shared", MISMATCH_TITLES["dim-shared"], _shared, _CODE, gravity=1),
    Entry("dim-derived", "A dimension takes some sizes only", _derived, _CODE),
    Entry("dim-guarded", "A dimension cannot be any size", _refused, _CODE),
)
