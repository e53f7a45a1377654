"""The number and the names of inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.asked.base import AskedExport, AskedRow, passed
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import Verdict


def inputs(export: AskedExport) -> Iterator[AskedRow]:
    """How many there are, and how they are called."""
    artifact, asked = export.artifact, export.asked_names
    got = tuple(info.name for info in artifact.inputs)
    is_named = artifact.format == "onnx" or bool(export.spec.input_names)
    if asked and got == asked:
        note = "The inputs have the names asked for, in their order."
        yield passed("input_names", ", ".join(asked), ", ".join(got), note)
        return
    if not asked or (len(got) == len(asked) and not is_named):
        return
    texts = (f"{len(asked)}: {', '.join(asked)}", f"{len(got)}: {', '.join(got) or 'none'}")
    if artifact.format == "torchscript" and any("[" in info.dtype for info in artifact.inputs):
        # A list or an optional input is one parameter, whatever the number of tensors in it.
        signature = ", ".join(f"{info.name}: {info.dtype or 'Tensor'}" for info in artifact.inputs)
        yield passed("inputs", texts[0], signature, "The archive keeps the signature that forward has.")
        return
    if len(got) < len(asked):
        missing = [name for name in asked if name not in got] if artifact.format == "onnx" else []
        which = f" ({', '.join(missing)})" if missing else ""
        known = Explanation(
            "input-vanished",
            MISMATCH_TITLES["input-vanished"],
            f"The artifact does not take every example input{which}: an exporter drops what no operator uses. If it "
            "only steered a Python branch, that branch is frozen.",
            fixes=(
                Fix(
                    "Feed only the inputs that it has",
                    details="Or take the unused parameter out of forward. If it should have an effect, look at what "
                    "forward does with it: a test in Python, as in `if mask is not None`, leaves no operator.",
                ),
            ),
        )
        yield AskedRow("inputs", Verdict.FAILED, *texts, explanation=known)
    elif len(got) > len(asked):
        cause = "The artifact takes more inputs than there are example inputs."
        known = Explanation("inputs-more", "More inputs than asked", cause, fixes=(Fix("Feed it by its own names"),))
        yield AskedRow("inputs", Verdict.FAILED, *texts, explanation=known)
    else:
        yield AskedRow(
            "input_names",
            Verdict.FAILED,
            ", ".join(asked),
            ", ".join(got),
            explanation=_names_explained(export, asked, got),
        )


def _names_explained(export: AskedExport, asked: Sequence[str], got: Sequence[str]) -> Explanation:
    if export.artifact.format != "onnx":
        kind = FORMAT_TITLES[export.artifact.format]
        fix = Fix("Leave the input names empty", (RecipeEdit("export.input_names", []),))
        cause = f"{kind} takes the names of inputs from forward."
        return Explanation("input-names-unset", "The inputs keep the names of forward", cause, fixes=(fix,))
    if sorted(asked) == sorted(got):
        cause = "The inputs have another order than asked for: a caller that feeds them by place mixes them up."
        return Explanation("input-order", "The inputs have another order", cause, fixes=(Fix("Feed them by name"),))
    fix = Fix("Take the names of the file", (RecipeEdit("export.input_names", list(got)),))
    cause = "A caller that feeds the inputs by the names asked for gets an error."
    return Explanation("input-names-differ", "The inputs have other names", cause, fixes=(fix,))


def outputs(export: AskedExport) -> Iterator[AskedRow]:
    """How they are called."""
    artifact, asked = export.artifact, export.spec.output_names
    got = tuple(info.name for info in artifact.outputs)
    texts = (", ".join(asked), ", ".join(got))
    drop = Fix("Leave the names to the exporter", (RecipeEdit("export.output_names", []),))
    if not asked:
        if artifact.format == "onnx":
            yield passed("output_names", "the exporter's choice", texts[1])
    elif asked == got:
        note = "The outputs have the names asked for, in their order."
        yield passed("output_names", *texts, note)
    elif artifact.format != "onnx":
        cause = f"{FORMAT_TITLES[artifact.format]} has no names for outputs to set."
        known = Explanation("output-names-unset", "The outputs have no names", cause, fixes=(drop,))
        yield AskedRow("output_names", Verdict.WARNING, *texts, explanation=known)
    elif len(asked) != len(got):
        cause = (
            f"{plural(len(asked), 'name')} for outputs given, and the model has {plural(len(got), 'output')}"
            f"{'; the exporter named the rest' if got[: len(asked)] == asked else ''}."
        )
        known = Explanation(
            "output-names-count", "A name for each output is needed", cause, fixes=(Fix("Give each a name"), drop)
        )
        is_start = got[: len(asked)] == asked
        yield AskedRow("output_names", Verdict.WARNING if is_start else Verdict.FAILED, *texts, explanation=known)
    else:
        cause = "A caller that asks for the outputs by these names gets an error."
        known = Explanation("output-names-differ", "The outputs have other names", cause, fixes=(drop,))
        yield AskedRow("output_names", Verdict.FAILED, *texts, explanation=known)
