"""What a trace freezes: it records one run, and says so where it can."""

from __future__ import annotations

import re
from pathlib import Path

from modelpack_gui.core.explain.explanation import Fix, SourcePlace
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import use_exporter
from modelpack_gui.stages.explain.places import is_own_file, line_of
from modelpack_gui.stages.explain.source_lines import spots, where

_CONVERTING = re.compile(r"Converting a tensor to a Python (\w+)|Converting a tensor to a NumPy array")
_ON_SIZE = re.compile(r"\.(shape|size|numel|ndim)\b|\blen\(")
_TORCH = re.compile(r"[\\/](site|dist)-packages[\\/]torch[\\/]")
_NODE = re.compile(r"= (aten::\w+)")


def _traced(situation: Situation) -> str:
    """The words of a TracerWarning; empty if it is none, or if it is about torch's own code.

    What torch converts and branches on in its own functions are checks of their arguments.
    """
    warning = situation.warning
    if warning is None or warning.category != "TracerWarning":
        return ""
    is_check = _TORCH.search(warning.file) and warning.message.startswith(("Converting", "Iterating"))
    return "" if is_check else warning.message


def _place(situation: Situation) -> tuple[SourcePlace, ...]:
    warning = situation.warning
    if warning is None or not is_own_file(warning.file):
        return ()
    return (SourcePlace(warning.file, warning.line),)


def _who(situation: Situation) -> str:
    """Whose code it is: the model's, or that of a library which the model calls."""
    warning = situation.warning
    is_own = warning is None or is_own_file(warning.file)
    return (
        "The model" if is_own or warning is None else f"A library's code ({Path(warning.file).name}:{warning.line})"
    )


def _branch(situation: Situation) -> Finding | None:
    found = _CONVERTING.search(_traced(situation))
    if found is None or found[1] != "boolean":
        return None
    places = _place(situation)
    what = "a size" if _on_size(places) else "the values of a tensor"
    return Finding(
        f"{_who(situation)} branches on {what}{where(places)}; the trace kept the way that the example inputs took, "
        "and takes it for all others.",
        places,
        (
            *use_exporter(situation, "script", "It compiles the source and keeps both branches."),
            Fix(
                "Write it with torch.where, or torch.cond and the exporter dynamo",
                details="torch.where(condition, a, b) computes both and chooses at each run.",
            ),
        ),
    )


def _number(situation: Situation) -> Finding | None:
    found = _CONVERTING.search(_traced(situation))
    if found is None or found[1] == "boolean":
        return None
    places = _place(situation)
    kind = f"Python {found[1]}" if found[1] else "NumPy array"
    of_size = _on_size(places)
    owner = "" if places else f" by {_who(situation)[0].lower()}{_who(situation)[1:]}"
    how = "Use x.shape[i] as it is, without int()" if of_size else "Compute with the tensor, without converting it"
    return Finding(
        f"{'A size' if of_size else 'A tensor'} is made a {kind}{where(places)}{owner}: in the artifact it is what "
        "the example inputs gave.",
        places,
        (
            *use_exporter(situation, "script", "It compiles the source, so that the number stays one of the run."),
            Fix(how, details="int(), float(), .item(), .tolist() and .numpy() leave the graph."),
        ),
    )


def _loop(situation: Situation) -> Finding | None:
    if not _traced(situation).startswith("Iterating over a tensor"):
        return None
    places = _place(situation)
    return Finding(
        f"{_who(situation)} loops over the rows of a tensor{where(places)}: the artifact repeats the body as often "
        "as the example inputs have rows.",
        places,
        (
            *use_exporter(situation, "script", "It keeps the loop."),
            Fix("Compute all rows at once", details="Such as x.sum(0), torch.cumsum or a batched product."),
        ),
    )


def _constant(situation: Situation) -> Finding | None:
    if "results are registered as constants in the trace" not in _traced(situation):
        return None
    places = _place(situation)
    return Finding(
        f"A new tensor is made from Python numbers{where(places)}, and the trace keeps it as a constant. That is "
        "wrong if the numbers come from the inputs, such as from a size.",
        places,
        (
            *use_exporter(situation, "dynamo", "It follows the numbers to where they come from."),
            Fix(
                "Make it from a tensor, or in the constructor",
                details="x.new_full((), value), torch.arange(x.shape[0]); what never changes belongs in a buffer.",
            ),
        ),
    )


def _random(situation: Situation) -> Finding | None:
    text = _traced(situation)
    if not text.startswith("Trace had nondeterministic nodes"):
        return None
    operators = ", ".join(dict.fromkeys(_NODE.findall(text)))
    return Finding(
        f"The model draws random numbers at each run, in eval mode too ({operators or 'no operator named'}): two "
        "runs on the same input differ, and so will the artifact from the model.",
        spots(situation, "random"),
        (
            Fix(
                "Let it be random in training only",
                details="torch.nn.functional.dropout(x, p, training=self.training), or nn.Dropout; draw noise "
                "outside of forward and give it as an input.",
            ),
        ),
    )


def _check_differs(situation: Situation) -> Finding | None:
    text = _traced(situation)
    raised = situation.raised("TracingCheckError")
    if raised is None and "of the traced function does not match" not in text:
        return None
    return Finding(
        "torch.jit.trace ran its recording a second time, and it gave other values than the model: the model is "
        "random, or keeps state from run to run.",
        spots(situation, "random", "branch-on-value", "number-from-value", "state", "in-place"),
        (
            Fix(
                "Make forward give the same for the same input",
                details="No functional dropout without training=self.training, no counters or caches on self.",
            ),
        ),
    )


def _on_size(places: tuple[SourcePlace, ...]) -> bool:
    return bool(places) and bool(_ON_SIZE.search(line_of(places[0])))


ENTRIES = (
    Entry("trace-random", "The model is random", _random, gravity=3),
    Entry("trace-branch-frozen", "A branch was frozen by tracing", _branch, gravity=3),
    Entry("trace-number-frozen", "A number was frozen by tracing", _number, gravity=3),
    Entry("trace-loop-unrolled", "A loop was unrolled by tracing", _loop, gravity=3),
    Entry("trace-check-differs", "The trace differs from the model", _check_differs, gravity=3),
    Entry("trace-constant", "A new tensor became a constant", _constant, gravity=1),
)
