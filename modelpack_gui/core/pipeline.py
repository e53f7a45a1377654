"""The order of the stages, what each one asks for, and which results a changed setting makes stale."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from modelpack_gui.core import records
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ExportRecord, ParitySpec, QuantizeSpec, Request, Result, Verdict

if TYPE_CHECKING:  # they are imported when there is one: the window opens without
    from modelpack_gui.core.records import (
        BenchReport,
        GraphIndex,
        LintReport,
        LoadReport,
        MatrixReport,
        ReproRecord,
        SweepReport,
    )


class Stage(str, Enum):
    """A step of the job, in order. The value is the name of the worker's job for it."""

    SOURCE = "load"
    EXPORT = "export"
    GRAPH = "inspect"
    CHECK = "check"
    PARITY = "parity"
    QUANTIZE = "quantize"
    BENCH = "bench"

    @property
    def label(self) -> str:
        """As shown in the window and on the command line."""
        return _TITLES[self]


_TITLES = {
    Stage.SOURCE: "Source",
    Stage.EXPORT: "Export",
    Stage.GRAPH: "Graph",
    Stage.CHECK: "Check",
    Stage.PARITY: "Parity",
    Stage.QUANTIZE: "Quantise",
    Stage.BENCH: "Benchmark",
}

ORDER = tuple(Stage)


def stages_of(recipe: Recipe) -> tuple[Stage, ...]:
    """The stages that a run of all has: quantising only if the recipe says how."""
    return tuple(stage for stage in ORDER if stage is not Stage.QUANTIZE or recipe.quantize is not None)


def request_for(
    stage: Stage,
    recipe: Recipe,
    artifact_path: str = "",
    exported: ExportRecord | None = None,
    *,
    is_source: bool = False,
    folder: str = "",
) -> Request:
    """The request that runs a stage of a recipe.

    Args:
        artifact_path: Of the exported or opened artifact; empty takes the recipe's output path.
        exported: Record of the export that made it, if it was made in this run.
        is_source: Whether that artifact is the source itself, so that no export has asked anything of it.
        folder: Where parity keeps the values of the outputs.
    """
    path = artifact_path or recipe.export.output_path
    if stage is Stage.SOURCE:
        return records.LoadRequest(recipe.source, recipe.inputs)
    if stage is Stage.EXPORT:
        return records.ExportRequest(recipe.source, recipe.inputs, recipe.export, recipe.input_sets)
    if stage is Stage.GRAPH:
        return records.InspectRequest(path, inputs=recipe.inputs)
    if stage is Stage.CHECK:
        asked = None if is_source else recipe.export
        return records.CheckRequest(path, asked, recipe.inputs, exported.reference if exported is not None else None)
    if stage is Stage.PARITY:
        parity = recipe.parity
        path = parity.actual_artifact or path
        return records.ParityRequest(
            recipe.source, recipe.inputs, path, recipe.export.dynamic, parity, recipe.input_sets, folder=folder
        )
    if stage is Stage.QUANTIZE:
        return records.QuantizeRequest(
            recipe.source, recipe.inputs, recipe.input_sets, path, (recipe.quantize or QuantizeSpec(),)
        )
    return records.BenchRequest(
        recipe.source,
        recipe.inputs,
        path,
        recipe.bench,
        recipe.export.dynamic,
        recipe.parity.rtol,
        recipe.parity.atol,
    )


def settings_of(stage: Stage, recipe: Recipe, *, is_source: bool = False) -> tuple[Any, ...]:
    """The settings that a stage's result rests on; when they differ from those it ran with, it is stale.

    Args:
        is_source: Whether the later stages look at the source itself, for which export options mean nothing.
    """
    made_from = (recipe.interpreter, recipe.source, recipe.inputs)
    if stage is Stage.SOURCE:
        return made_from
    if is_source and stage is Stage.GRAPH:
        return recipe.interpreter, recipe.source
    exported = (*made_from, recipe.export.dynamic if is_source else recipe.export)
    if stage is Stage.PARITY:
        parity = recipe.parity
        if parity.actual_artifact:  # how the recipe exports has no say in it; the axes that it makes dynamic do
            exported = (*made_from, recipe.export.dynamic)
        return (*exported, recipe.input_sets, _measured_by(parity))
    if stage is Stage.QUANTIZE:
        return (*exported, recipe.input_sets)  # how is said by each variant, and there are several
    if stage is Stage.BENCH:
        return (*exported, recipe.bench)
    return exported


def is_judged_alike(one: ParitySpec, other: ParitySpec) -> bool:
    """Whether two settings of parity judge the same figures alike."""
    return all(getattr(one, name) == getattr(other, name) for name in _JUDGES_BY)


_JUDGES_BY = ("rtol", "atol", "low_precision", "nan_equal", "max_noise_ratio")
"""Fields of ParitySpec that need no run: the figures that there are can be judged anew by `core.parity.judgement`."""


def _measured_by(parity: ParitySpec) -> ParitySpec:
    """The settings without those that change nothing of the figures."""
    usual = ParitySpec()
    judges_by = {name: getattr(usual, name) for name in _JUDGES_BY}
    regimes = parity.regimes if parity.sweep else usual.regimes
    return dataclasses.replace(parity, **judges_by, regimes=regimes, time_budget_s=usual.time_budget_s)


def is_stale(stage: Stage, ran_with: Recipe, now: Recipe, *, is_source: bool = False) -> bool:
    """Whether a result that was made with one recipe no longer describes another."""
    return settings_of(stage, ran_with, is_source=is_source) != settings_of(stage, now, is_source=is_source)


def downstream_of(stage: Stage) -> tuple[Stage, ...]:
    """The stages whose results are made from this one's: a new artifact makes them stale."""
    return ORDER[ORDER.index(stage) + 1 :] if stage is Stage.EXPORT else ()


def verdict_of(result: Result) -> Verdict:
    """The judgement that a stage's result stands for, shown beside the stage and in the exit status."""
    judge = _JUDGES.get(type(result).__name__)
    return judge(result) if judge is not None else Verdict.PASSED


def _of_repro(result: ReproRecord) -> Verdict:
    return Verdict.PASSED if result.verdict is Verdict.FAILED else Verdict.WARNING  # it is there to fail


def _of_load(result: LoadReport) -> Verdict:
    keys = result.keys
    doubtful = keys is not None and bool(keys.missing or keys.unexpected or keys.mismatched)
    return Verdict.WARNING if doubtful else Verdict.PASSED


def _of_lint(result: LintReport) -> Verdict:
    worst = result.findings[0].severity if result.findings else "info"
    return {"error": Verdict.FAILED, "warning": Verdict.WARNING, "info": Verdict.PASSED}[worst]


def _of_graph(result: GraphIndex) -> Verdict:
    return Verdict.WARNING if result.shape_inference_error else Verdict.PASSED


def _of_matrix(result: MatrixReport) -> Verdict:
    return Verdict.FAILED if result.recommended is None else Verdict.PASSED


def _of_sweep(result: SweepReport) -> Verdict:
    return Verdict.PASSED if any(cell.summary is not None for cell in result.cells) else Verdict.FAILED


def _of_bench(result: BenchReport) -> Verdict:
    measured = [runner for runner in result.runners if runner.is_valid]  # a fast wrong answer is none
    if not measured:
        return Verdict.FAILED
    whole = [runner for runner in measured if runner.error is None]
    is_whole = result.is_complete and len(whole) == len(result.runners)
    is_noisy = result.noise is not None and result.noise.is_noisy  # and the sentence says: take it with care
    return Verdict.PASSED if is_whole and not is_noisy else Verdict.WARNING


_OWN = ("CheckReport", "ExportRecord", "ParityReport", "LayersReport", "QuantizeReport")
_JUDGES: dict[str, Callable[[Any], Verdict]] = {
    **dict.fromkeys(_OWN, attrgetter("verdict")),
    "ReproRecord": _of_repro,
    "LoadReport": _of_load,
    "LintReport": _of_lint,
    "GraphIndex": _of_graph,
    "MatrixReport": _of_matrix,
    "SweepReport": _of_sweep,
    "BenchReport": _of_bench,
}
"""By the name of the record's type, which need not be imported for this."""
