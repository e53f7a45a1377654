"""What is said of a checkpoint whose keys are not those of the model, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.figures import listed, plural
from modelpack_gui.core.records import KeyReport

_SHOWN = 4
_IN_DETAILS = 40


def faults_of(report: KeyReport) -> list[str]:
    """What does not fit, in a few words each; empty if all of it does."""
    faults = []
    if report.missing:
        faults.append(f"{len(report.missing)} missing ({_some(report.missing)})")
    if report.unexpected:
        faults.append(f"{len(report.unexpected)} unexpected ({_some(report.unexpected)})")
    if report.mismatched:
        shown = [
            f"{item.key} is {list(item.checkpoint_shape)}, not {list(item.model_shape)}" for item in report.mismatched
        ]
        faults.append(f"{len(report.mismatched)} of another shape ({_some(shown)})")
    return faults


def keys_error(
    report: KeyReport, message: str, prefix: str, gained: int, own: Sequence[str], total: int
) -> UserError:
    """The error for a checkpoint that must fit in all keys and does not.

    Args:
        prefix: With which more keys would match when it is taken off; empty if there is none.
        gained: How many would match then.
        own: The model's keys.
        total: How many keys the checkpoint has.
    """
    fixes = []
    if prefix:
        details = f"{gained} of the model's {plural(len(own), 'key')} would match, instead of {report.matched}."
        off = RecipeEdit("source.checkpoint.prefix", prefix)
        fixes.append(Fix(f"Take the prefix {prefix!r} off", (off,), details))
        if gained < max(len(own), total):
            both = (off, RecipeEdit("source.checkpoint.strict", False))
            text = f"Take {prefix!r} off and load what fits (not strict)"
            fixes.append(Fix(text, both, _besides(gained, own, total)))
    if report.suggestions:
        fixes.append(Fix("Rename the keys in a copy of the checkpoint", details=_rename_code(report)))
    if report.matched and not prefix:
        fixes.append(
            Fix("Load what fits (not strict)", (RecipeEdit("source.checkpoint.strict", False),), _rest(report))
        )
    hint = _hint(report, prefix)
    explanation = Explanation("checkpoint-keys", "The checkpoint does not fit the model", hint, fixes=tuple(fixes))
    return UserError("checkpoint-keys", message, hint, _table(report), explanation)


def _besides(gained: int, own: Sequence[str], total: int) -> str:
    return (
        f"{gained} keys match then; {max(0, len(own) - gained)} of the model would stay as the constructor made them,"
        f" and {max(0, total - gained)} of the checkpoint would not be used."
    )


def _hint(report: KeyReport, prefix: str) -> str:
    if prefix:
        return f"The checkpoint's keys start with {prefix!r}, which a wrapper of the model put there: take it off."
    outer = {key.partition(".")[0] for key in report.missing}
    inner = {key.partition(".")[2] for key in report.missing}
    if not report.matched and len(outer) == 1 and set(report.unexpected) & inner:
        part = next(iter(outer))
        return f"The checkpoint is that of the part `{part}` of the model: choose the class of that part."
    if report.matched < (len(report.missing) + len(report.mismatched)):
        return "Most keys differ, so it is probably the checkpoint of another model: check the class and the file."
    if report.mismatched:
        return "The sizes come from the constructor: check the arguments against those it was trained with."
    if report.suggestions:
        first = report.suggestions[0]
        return f"Layers seem to have been renamed: {first.missing} is probably {first.unexpected} in the checkpoint."
    return "Check the class and its arguments, or untick strict to load what fits."


def _rest(report: KeyReport) -> str:
    """What loading what fits would leave aside."""
    random = [*report.missing, *(item.key for item in report.mismatched)]
    lines = []
    if random:
        lines.append(f"Stays as the constructor made it, at random as a rule: {listed(random, _IN_DETAILS)}.")
    if report.unexpected:
        lines.append(f"Is not used: {listed(report.unexpected, _IN_DETAILS)}.")
    return "\n".join(lines)


def _rename_code(report: KeyReport) -> str:
    pairs = "\n".join(f"    {item.unexpected!r}: {item.missing!r}," for item in report.suggestions[:_IN_DETAILS])
    more = len(report.suggestions) - _IN_DETAILS
    rest = f"\n    # and {more} more" if more > 0 else ""
    return (
        f"renamed = {{\n{pairs}{rest}\n}}\nstate = {{renamed.get(key, key): value for key, value in state.items()}}"
    )


def _some(items: Sequence[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (", …" if len(items) > _SHOWN else "")


def _table(report: KeyReport) -> str:
    probably = {item.missing: f"   probably {item.unexpected}: {item.reason}" for item in report.suggestions}
    rows = [f"missing     {key}{probably.get(key, '')}" for key in report.missing]
    rows += [f"unexpected  {key}" for key in report.unexpected]
    rows += [
        f"shape       {item.key}: model {list(item.model_shape)}, checkpoint {list(item.checkpoint_shape)}"
        for item in report.mismatched
    ]
    return "\n".join(rows)
