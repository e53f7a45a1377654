"""Findings of a probe in words."""

from __future__ import annotations

from modelpack_gui.core.figures import listed
from modelpack_gui.core.records import DimFinding, ProbeReport

VERDICT_WORDS = {
    "free": "any size",
    "tied": "with others",
    "multiple": "multiples",
    "bounded": "a range",
    "fixed": "fixed",
    "untried": "not tried",
}


def takes(dim: DimFinding) -> str:
    """What the model takes on an axis: `any size`, `multiples of 8 up to 512, together with mask[1]`."""
    if dim.verdict == "fixed":
        return f"{dim.size} only"
    if dim.verdict == "untried":
        return "not tried: no time was left"
    text = "any size"
    if dim.multiple_of > 1:
        is_plain = dim.size % dim.multiple_of == 0
        text = f"multiples of {dim.multiple_of}" if is_plain else f"{dim.size} ± multiples of {dim.multiple_of}"
    bounds = [f"from {dim.min}" if dim.min is not None else "", f"up to {dim.max}" if dim.max is not None else ""]
    limits = " ".join(filter(None, bounds))
    text = " ".join(filter(None, (text if dim.multiple_of > 1 or not limits else "", limits)))
    group = listed([str(axis) for axis in dim.group])
    return f"{text}, together with {group}" if group else text


def tried(dim: DimFinding) -> str:
    """The sizes that were tried, by outcome."""
    parts = []
    for outcome, word in (("taken", "taken"), ("refused", "refused"), ("skipped", "not tried")):
        sizes = [str(trial.size) for trial in dim.trials if trial.outcome == outcome]
        if sizes:
            parts.append(f"{word}: {', '.join(sizes)}")
    return "; ".join(parts)


def followed_by(dim: DimFinding) -> str:
    """The axes of outputs that change with it: `logits[0] = batch`."""
    return ", ".join(f"{item} = {item.relation}" if item.relation else f"{item} changes" for item in dim.followers)


def probe_sentence(report: ProbeReport) -> str:
    """What was found, in one sentence."""
    dims = [dim for dim in report.dims if dim.proposal is not None]
    names = list(dict.fromkeys(dim.name for dim in dims))
    untried = sum(dim.verdict == "untried" for dim in report.dims)
    left = f" No time was left for {untried} of the axes." if untried else ""
    if not names:
        return f"The model takes no other size on any axis.{left}"
    axes = "one axis" if len(dims) == 1 else f"{len(dims)} of {len(report.dims)} axes"
    return f"The model takes other sizes on {axes}: {', '.join(names)}.{left}"
