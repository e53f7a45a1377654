"""Why an artifact that was made gives something else than the model: what the pattern of a parity run says."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.dims.edits import inputs_edit
from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.core.figures import listed
from modelpack_gui.core.parity.summary import ARTIFACT_REFUSED, DIM_NOT_DYNAMIC
from modelpack_gui.core.records import OutputParity, ParityCase, ParityReport, Regime, Verdict
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.dimensions import fixed_finding
from modelpack_gui.stages.explain.edits import make_static, use_exporter
from modelpack_gui.stages.explain.source_lines import calls_of, spots
from modelpack_gui.stages.parity.reference import RANDOM_MODEL

_FIXED_AT = re.compile(r"^(\w+) was asked to be dynamic and is fixed at (\d+)")
_NODE = re.compile(r"while running (\w+) node. Name:'([^']*)'")
_ORDERING = ("topk", "sort", "argsort", "argmax", "argmin", "nms")
_SCRIPT = "It compiles the source, so that branches, loops and sizes stay what they are."


@dataclass(frozen=True)
class _Pattern:
    """The cases of a report, by whether their sizes are those of the example.

    Attributes:
        other_size: With usual values: where others fail, that says nothing of the size.
    """

    example: ParityCase
    same_size: tuple[ParityCase, ...]
    other_size: tuple[ParityCase, ...]
    is_random: bool

    @property
    def passes_at_example(self) -> bool:
        """Whether the example itself agrees."""
        return self.example.verdict in (Verdict.PASSED, Verdict.WARNING)

    @property
    def fails_everywhere(self) -> bool:
        """Whether no case agrees, the example included, by what it gives."""
        return all(case.verdict is Verdict.FAILED and case.error is None for case in self.same_size)


def _pattern(situation: Situation) -> _Pattern | None:
    report = situation.report
    example = next((case for case in report.cases if case.is_example), None) if report else None
    if report is None or example is None:
        return None
    same = tuple(case for case in report.cases if case.sizes == example.sizes)
    other = tuple(case for case in report.cases if case.sizes != example.sizes and case.regime is Regime.NORMAL)
    return _Pattern(example, same, other, any(item.category == RANDOM_MODEL for item in report.warnings))


def _failed(cases: Sequence[ParityCase], code: str = "") -> list[ParityCase]:
    """Those that failed: by what they gave, or with an error of this code."""
    return [
        case for case in cases if case.verdict is Verdict.FAILED and (case.error.code if case.error else "") == code
    ]


def _changed(example: ParityCase, cases: Sequence[ParityCase]) -> list[str]:
    """Names of the dimensions whose change makes these cases; one that only goes along with such a one is none."""
    names: list[str] = []
    changes = [[name for name, size in case.sizes.items() if size != example.sizes[name]] for case in cases]
    for changed in sorted(changes, key=len):
        if not set(changed) & set(names):
            names += changed
    return names


def _random(situation: Situation) -> Finding | None:
    pattern = _pattern(situation)
    if pattern is None or not pattern.is_random:
        return None
    drawn, kept = spots(situation, "random"), spots(situation, "state")
    if kept and not drawn:
        cause = (
            "forward changes something on self, so that two calls on the same input differ: the artifact starts anew."
        )
        fix = Fix("Pass the state in and out of forward", details="def forward(self, x, state): ...; return y, state")
    else:
        cause = "The model draws random numbers in eval mode too, so that two runs on the same input differ."
        fix = Fix(
            "Let it be random in training only",
            details="torch.nn.functional.dropout(x, p, training=self.training), or nn.Dropout; draw noise outside of "
            "forward and give it as an input.",
        )
    return Finding(cause, drawn or kept, (fix,))


def _dim_fixed(situation: Situation) -> Finding | None:
    pattern = _pattern(situation)
    refused = _failed(pattern.other_size, DIM_NOT_DYNAMIC) if pattern else []
    messages = [case.error.message for case in refused if case.error]
    fixed = {found[1]: found[2] for message in messages if (found := _FIXED_AT.match(message))}
    return fixed_finding(situation, fixed) if fixed else None


def _size_baked_in(situation: Situation) -> Finding | None:
    pattern = _pattern(situation)
    refused = _failed(pattern.other_size, ARTIFACT_REFUSED) if pattern else []
    if pattern is None or not refused or not pattern.passes_at_example:
        return None
    names = _changed(pattern.example, refused)
    first = refused[0].error
    node = _NODE.search(first.details or first.message) if first else None
    at = f", at the {node[1]} node {node[2]}" if node else ""
    return Finding(
        f"The artifact does not run at another size of {listed(names)}{at}: a number in it is that of the example "
        "inputs, where the model computes it from the input.",
        spots(situation, "number-from-size", "loop-on-size", "fixed-size", "branch-on-size", "new-constant"),
        (
            *use_exporter(situation, "script", _SCRIPT),
            *make_static(situation, names),
            Fix("Use x.shape[i] as it is", details="Without int(), len() or a Python loop over it."),
        ),
    )


def _size_branch(situation: Situation) -> Finding | None:
    pattern = _pattern(situation)
    wrong = _failed(pattern.other_size) if pattern else []
    if pattern is None or pattern.is_random or not wrong or not pattern.passes_at_example:
        return None
    if _failed(pattern.other_size, ARTIFACT_REFUSED):  # the same fault shows in both ways; one is enough
        return None
    names = _changed(pattern.example, wrong)
    sizes = sorted({case.sizes[name] for case in wrong for name in names})
    shown = f"{listed(names)} = {listed(list(map(str, sizes)))}"
    return Finding(
        f"The artifact is right at the example's size and wrong at {shown}: the export "
        "kept the way that the model took for the example's size.",
        spots(situation, "branch-on-size", "loop-on-size", "number-from-size", "new-constant", "fixed-size"),
        (
            *use_exporter(situation, "script", _SCRIPT),
            *make_static(situation, names),
            Fix("Compute both ways and choose with torch.where", details="Or torch.cond, which stays a branch."),
        ),
    )


def _value_branch(situation: Situation) -> Finding | None:
    pattern = _pattern(situation)
    wrong = _failed(pattern.same_size) if pattern else []
    if pattern is None or pattern.is_random or not wrong or pattern.fails_everywhere:
        return None
    places = spots(situation, "branch-on-value", "number-from-value", "loop-on-value", "new-constant")
    if not places and all(case.regime is not Regime.NORMAL for case in wrong):
        return None  # extreme values overflow, or round more than the tolerance allows, without any branch
    return Finding(
        "The artifact is right on some values and wrong on others of the same sizes: the export kept a branch or a "
        "number that depends on the values of the example inputs.",
        places,
        (
            *use_exporter(situation, "script", _SCRIPT),
            Fix(
                "Choose with torch.where, and keep numbers as tensors", details="No .item(), float() or if on values."
            ),
        ),
    )


def _writes_lost(situation: Situation) -> Finding | None:
    pattern = _pattern(situation)
    if pattern is None or pattern.is_random or not pattern.fails_everywhere:
        return None
    lines = spots(situation, "in-place") if situation.exporter in ("trace", "script") else ()
    if not lines:
        return None
    return Finding(
        "The artifact is wrong on every input, and the model writes into tensors in place: a trace loses what is "
        "written through a view.",
        lines,
        (
            *use_exporter(situation, "dynamo", "It turns writes into operators that give a new tensor."),
            Fix(
                "Build the result instead of writing into it", details="torch.where, torch.cat, torch.stack, scatter."
            ),
        ),
    )


def _ties(situation: Situation) -> Finding | None:
    pattern = _pattern(situation)
    wrong = (
        [output for case in _failed(pattern.same_size) for output in case.outputs if _is_wrong(output)]
        if pattern
        else []
    )
    lines = calls_of(situation, *_ORDERING) if wrong else ()
    if not lines or not all(output.expected.dtype.startswith(("int", "uint")) for output in wrong):
        return None
    names = listed(list(dict.fromkeys(output.name for output in wrong)))
    return Finding(
        f"{names} holds indices of an order, and where scores are equal, PyTorch and the runtime may put them in "
        "another order: both are right, and neither promises which.",
        lines,
        (
            Fix(
                "Compare what the indices lead to",
                details="Return the values too (torch.topk gives both); they agree where the order does not.",
            ),
            Fix(
                "Break ties yourself",
                details="Sort by score first and index second: torch.argsort(scores, stable=True) is the same "
                "everywhere only if no two scores are equal.",
            ),
        ),
    )


def _all_masked(situation: Situation) -> Finding | None:
    cases = situation.report.cases if situation.report else ()
    outputs = [output for case in cases if case.regime is Regime.NORMAL for output in case.outputs]
    if not any(output.expected_nans or output.actual_nans for output in outputs):
        return None
    differs = any(output.expected_nans != output.actual_nans for output in outputs)
    lines = calls_of(situation, "masked_fill", "masked_fill_", "softmax", "scaled_dot_product_attention")
    if not lines:
        return None
    hidden = [item for item in situation.inputs if "mask" in item.name and item.high == 0]
    shown = [dataclasses.replace(item, low=1, high=1) if item in hidden else item for item in situation.inputs]
    edits = (inputs_edit(shown),) if hidden else ()
    whose = "The model and the artifact give NaN at other places" if differs else "The model itself gives NaN"
    return Finding(
        f"{whose}: a softmax over a row that the mask hides altogether divides zero by zero.",
        lines,
        (
            *(
                (Fix("Draw a mask that hides nothing", edits, "The example inputs hide every position."),)
                if edits
                else ()
            ),
            Fix(
                "Keep a masked row finite",
                details="masked_fill(mask == 0, torch.finfo(scores.dtype).min) instead of -inf, or torch.nan_to_num.",
            ),
        ),
    )


def _is_wrong(output: OutputParity) -> bool:
    return output.verdict is Verdict.FAILED


def is_worth_explaining(report: ParityReport) -> bool:
    """Whether there is something to explain: it did not pass, and the model is one of the sides."""
    return report.verdict in (Verdict.FAILED, Verdict.WARNING) and not report.parity.expected_artifact


ENTRIES = (
    Entry("model-random", "Two runs of the model differ", _random, gravity=3),
    Entry("dim-fixed", MISMATCH_TITLES["dim-fixed"], _dim_fixed, gravity=3),
    Entry("size-baked-in", "A size was baked in", _size_baked_in, gravity=3),
    Entry("size-branch-frozen", "A branch on a size was frozen", _size_branch, gravity=3),
    Entry("value-branch-frozen", "A branch on values was frozen", _value_branch, gravity=3),
    Entry("order-of-ties", "The order of equal scores", _ties, gravity=3),
    Entry("writes-lost", "Writes in place were lost", _writes_lost, gravity=3),
    Entry("masked-row", "A row that is masked altogether", _all_masked, gravity=2),
)
