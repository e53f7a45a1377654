"""Rules about Python in forward that an export does not keep: what it means depends on the exporter and the axes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.core.records import LintFinding, Severity
from modelpack_gui.stages.lint.base import Draft, LintCase, use_exporter
from modelpack_gui.stages.lint.code import Spot
from modelpack_gui.stages.lint.varying import Axes, axes_of


@dataclass(frozen=True)
class _Kind:
    """What to say of a kind of spot.

    Attributes:
        id, title: Of the catalogue.
        what: What the line does.
        fix: How to write it instead.
        is_kept_as_guard: Whether torch.export follows it where nothing dynamic is concerned.
    """

    id: str
    title: str
    what: str
    fix: str
    details: str = ""


_ON_SIZE = {
    "branch-on-size": _Kind(
        "trace-branch-frozen",
        "A branch on a size",
        "branches on a size",
        "Write it so that one path serves all sizes",
        "torch.where, slicing and padding follow the size; torch.cond keeps both paths with the exporter dynamo.",
    ),
    "loop-on-size": _Kind(
        "trace-loop-unrolled",
        "A loop over a size",
        "loops as often as a size says",
        "Compute all rows at once",
        "Such as a batched product, torch.cumsum or torch.stack of what does not depend on the size.",
    ),
    "number-from-size": _Kind(
        "trace-number-frozen",
        "A size made a Python number",
        "makes a Python number of a size",
        "Use x.shape[i] as it is, without int()",
    ),
}
_ON_VALUE = {
    "branch-on-value": _Kind(
        "branch-on-values",
        "A branch on the values of a tensor",
        "branches on the values of a tensor",
        "Write it with torch.where, or torch.cond and the exporter dynamo",
        "torch.where(condition, a, b) computes both and chooses at each run.",
    ),
    "loop-on-value": _Kind(
        "trace-loop-unrolled",
        "A loop counted by values",
        "loops as often as the values of a tensor say",
        "Compute all steps and mask what is too much",
    ),
    "number-from-value": _Kind(
        "number-from-values",
        "A Python number made of a tensor",
        "makes a Python number of a tensor's values",
        "Compute with the tensor, without converting it",
        "int(), float(), .item(), .tolist() and .numpy() leave the graph.",
    ),
}


class SizeSpots:
    """Branches, loops and numbers that hang on a size."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        if case.compiles:
            return
        for spot in case.spots:
            kind = _ON_SIZE.get(spot.kind)
            if kind is None or (spot.kind == "number-from-size" and not case.export.dynamic):
                continue
            axes = axes_of(case, spot)
            if axes is Axes.STATIC and spot.kind != "branch-on-size":
                continue
            yield self._draft(case, spot, kind, axes).finding()

    def _draft(self, case: LintCase, spot: Spot, kind: _Kind, axes: Axes) -> Draft:
        where = f"{Path(spot.place.file).name}:{spot.place.line}"
        if axes is Axes.STATIC:
            cause = f"{spot.function} {kind.what} at {where}, of an axis that is not asked to be dynamic: the export "
            cause += "keeps the way of the example inputs, which is the only one there is then."
            return Draft(kind.id, kind.title, cause, "info", places=(spot.place,))
        cause = f"{spot.function} {kind.what} at {where}. {self._meaning(case)}"
        if axes is Axes.UNKNOWN:
            cause += " It is not certain that a dynamic axis is concerned."
        is_refused = case.export.format == "pt2"
        severity: Severity = "error" if is_refused and axes is Axes.DYNAMIC else "warning"
        details = "It compiles the source and keeps both."
        fixes = (*use_exporter(case, "script", details), Fix(kind.fix, details=kind.details))
        return Draft(kind.id, kind.title, cause, severity, "exporter", (spot.place,), fixes)

    def _meaning(self, case: LintCase) -> str:
        if case.export.format == "pt2":
            return "torch.export refuses the dynamic axis, or limits its range."
        if case.captures:
            return (
                "dynamo keeps the way that the example inputs take, without a warning: other sizes give wrong "
                "answers, or the axis is fixed."
            )
        return "A trace keeps the way that the example inputs take: other sizes give wrong answers."


class ValueSpots:
    """Branches, loops and numbers that hang on values."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        if case.compiles:
            return
        for spot in case.spots:
            kind = _ON_VALUE.get(spot.kind)
            if kind is None:
                continue
            where = f"{Path(spot.place.file).name}:{spot.place.line}"
            is_refused = case.captures and spot.kind != "number-from-value"
            meaning = (
                "torch.export cannot follow both ways and refuses it."
                if is_refused
                else "torch.export refuses it if anything but arithmetic is done with the number."
                if case.captures
                else "A trace keeps what the example inputs gave: other values give wrong answers."
            )
            yield Draft(
                kind.id,
                kind.title,
                f"{spot.function} {kind.what} at {where}. {meaning}",
                "error" if is_refused else "warning",
                "exporter",
                (spot.place,),
                (
                    *use_exporter(case, "script", "It compiles the source and keeps both."),
                    Fix(kind.fix, details=kind.details),
                ),
            ).finding()


class NewConstants:
    """Tensors made from sizes or values, which a trace keeps as constants."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        for spot in case.spots if case.traces else ():
            if spot.kind == "new-constant" and axes_of(case, spot) is not Axes.STATIC:
                yield Draft(
                    "trace-constant",
                    "A new tensor becomes a constant",
                    f"{spot.function} makes a tensor from computed numbers at {Path(spot.place.file).name}:"
                    f"{spot.place.line}, and a trace keeps those of the example inputs.",
                    "warning",
                    "exporter",
                    (spot.place,),
                    (
                        *use_exporter(case, "dynamo", "It follows the numbers to where they come from."),
                        Fix("Make it from a tensor", details="x.new_full((), value), torch.arange(x.shape[0])."),
                    ),
                ).finding()
