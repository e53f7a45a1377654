"""What depends on the values of a tensor, which torch.export does not know: it looks at shapes only."""

from __future__ import annotations

import re

from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import use_exporter
from modelpack_gui.stages.explain.source_lines import calls_of, places_of, where

_GUARD = ("GuardOnDataDependentSymNode",)
_SIZE_LIKE = re.compile(r"\(Size-like symbols: (?!none)([^)]+)\)")
_BREAK_ID = re.compile(r"/gb/(gb\d+)\.html")
_WITHOUT_BRANCH = Fix(
    "Write the branch with torch.where or torch.cond",
    details="torch.where(condition, a, b) computes both and chooses; torch.cond(condition, f, g, (x,)) keeps the "
    "branch, in the artifact too.",
)


def _packed(situation: Situation) -> Finding | None:
    failed = any("FakeTensor" in error.text or error.is_a(*_GUARD) for error in situation.errors)
    lines = calls_of(situation, "pack_padded_sequence", "pad_packed_sequence") if failed else ()
    failing = places_of(situation)
    if not lines or not failing or not lines[0].line <= failing[0].line <= lines[-1].line:
        return None
    return Finding(
        "Packing makes the sizes depend on the values of the lengths, which torch.export does not know.",
        lines,
        (
            *use_exporter(situation, "trace", "It turns packing into the sequence lengths of ONNX's LSTM and GRU."),
            Fix(
                "Run the padded batch and mask the output",
                details="Without packing the padding goes through the recurrent layer; take each last valid step by "
                "gather with lengths - 1.",
            ),
        ),
    )


def _rows(situation: Situation) -> Finding | None:
    guard = situation.raised(*_GUARD)
    if guard is None or not _SIZE_LIKE.search(guard.text):
        return None
    return Finding(
        f"The number of rows that a mask, nonzero or unique leaves is known only when it runs, and the model decides "
        f"something by it{where(places_of(situation))}.",
        places_of(situation),
        (
            *use_exporter(situation, "script", "It compiles the source and keeps such decisions."),
            Fix(
                "Do without the decision, or promise its outcome",
                details="torch._check(rows.shape[0] > 0) before it tells torch.export that the case does not occur; "
                "or keep all rows and set the others to zero with torch.where.",
            ),
        ),
    )


def _number(situation: Situation) -> Finding | None:
    guard = situation.raised(*_GUARD)
    if guard is None or "Could not extract specialized integer" not in guard.text:
        return None
    return Finding(
        f"A number is made of a tensor's values{where(places_of(situation))} and used as a count or an index, which "
        "torch.export would have to know beforehand.",
        places_of(situation),
        (
            *use_exporter(situation, "script", "It compiles the source, so that the number stays one of the run."),
            Fix(
                "Give the number as a setting of the model, or keep it a tensor",
                details="A loop counted by a tensor can often go to a fixed maximum, with torch.where inside.",
            ),
        ),
    )


def _branch(situation: Situation) -> Finding | None:
    guard, stopped = situation.raised(*_GUARD), situation.raised("Unsupported")
    if guard is None and (stopped is None or not stopped.text.startswith("Data-dependent")):
        return None
    return Finding(
        f"The model takes a path that depends on the values of a tensor{where(places_of(situation))}, and "
        "torch.export cannot follow both.",
        places_of(situation),
        (
            *use_exporter(situation, "script", "It compiles the source and keeps both branches."),
            _WITHOUT_BRANCH,
        ),
    )


def _graph_break(situation: Situation) -> Finding | None:
    stopped = situation.raised("Unsupported")
    if stopped is None or not stopped.text:
        return None
    number = _BREAK_ID.search(stopped.text)
    reason = stopped.text.splitlines()[0].strip()
    spec = situation.spec
    unstrict: tuple[Fix, ...] = ()
    if spec is not None and spec.strict:
        edit = RecipeEdit("export.strict", False)
        unstrict = (Fix("Export without strict mode", (edit,), "The code then runs as plain Python."),)
    return Finding(
        f"In strict mode TorchDynamo reads the model's bytecode, and cannot go on{where(places_of(situation))}: "
        f"{reason}{f' ({number[1]} in its list of graph breaks)' if number else ''}.",
        places_of(situation),
        (
            *unstrict,
            *use_exporter(situation, "script"),
            _WITHOUT_BRANCH,
        ),
    )


_CODE = "export-data-dependent"

ENTRIES = (
    Entry("packed-sequence", "Packed sequences", _packed, _CODE),
    Entry("rows-from-values", "A size that depends on values", _rows, _CODE),
    Entry("number-from-values", "A Python number made of a tensor", _number, _CODE),
    Entry("branch-on-values", "A branch on the values of a tensor", _branch, _CODE),
    Entry("graph-break", "Strict mode cannot read the code", _graph_break, _CODE),
)
