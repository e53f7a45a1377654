"""`modelpack parity`, with the jobs that follow it: layer by layer, and the repro."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.further import FurtherJobs, FurtherResult
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.client.recipe_run import StageResult
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file, is_folder, located
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CaseChoice,
    LayersReport,
    LayersRequest,
    ParityCase,
    ParityReport,
    ReproRequest,
    Verdict,
)


def parity(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack parity`."""
    recipe, base = recipe_of(arguments)
    if arguments.artifact is not None:  # before the one that the recipe may name
        recipe = dataclasses.replace(recipe, parity=dataclasses.replace(recipe.parity, actual_artifact=""))
    named = recipe.parity.actual_artifact
    artifact = located(base, named) if named else commands.artifact_of(arguments, recipe, base)
    if not is_file(artifact):
        hint = f"Make it first: modelpack export {arguments.recipe}"
        raise UserError("artifact-missing", f"There is no artifact {artifact} to compare.", hint)
    if arguments.repro is not None:
        _check_zip(arguments.repro)

    def then(jobs: FurtherJobs, completed: Recipe, results: Sequence[StageResult]) -> Iterator[FurtherResult]:
        return _further(arguments, console, completed, str(artifact), jobs, results)

    return commands.run_recipe(arguments, console, recipe, base, (Stage.PARITY,), str(artifact), then=then)


def worst_case(report: ParityReport) -> ParityCase | None:
    """The case that the report's attribution looks at; else the first that failed by its values, else the example."""
    label = report.attribution.case if report.attribution is not None else ""
    compared = [case for case in report.cases if case.outputs]
    ranked = sorted(
        compared, key=lambda case: (case.label != label, case.verdict is not Verdict.FAILED, not case.is_example)
    )
    return ranked[0] if ranked else None


def _further(
    arguments: argparse.Namespace,
    console: Console,
    recipe: Recipe,
    artifact: str,
    jobs: FurtherJobs,
    results: Sequence[StageResult],
) -> Iterator[FurtherResult]:
    report = results[0].result if results else None
    if not isinstance(report, ParityReport) or not (arguments.layers or arguments.repro):
        return
    worst = worst_case(report)
    case = worst.choice if worst is not None else CaseChoice()
    value = ""
    if arguments.layers:
        found = jobs.run("layers", "Layers", _layers_request(recipe, artifact, case))
        yield found
        if isinstance(found.result, LayersReport) and found.result.fault is not None:
            value = found.result.fault.value
    if arguments.repro is None:
        return
    if report.verdict is not Verdict.FAILED:
        console.note("Nothing failed, so that there is no repro to make.")
        return
    path = str(arguments.repro.absolute())
    yield jobs.run("repro", "Repro", _repro_request(recipe, artifact, case, value, path))


def _layers_request(recipe: Recipe, artifact: str, case: CaseChoice) -> LayersRequest:
    return LayersRequest(
        recipe.source, recipe.inputs, artifact, recipe.export.dynamic, recipe.parity, recipe.input_sets, case
    )


def _repro_request(recipe: Recipe, artifact: str, case: CaseChoice, value: str, path: str) -> ReproRequest:
    return ReproRequest(
        recipe.source,
        recipe.inputs,
        artifact,
        recipe.export.dynamic,
        recipe.parity,
        path,
        recipe.input_sets,
        case,
        value,
    )


def _check_zip(path: Path) -> None:
    """Say before a long run rather than after it that this is no place for a zip."""
    if is_folder(path):
        raise UserError("file-is-folder", f"--repro {path} is a folder.", "Give the name of a zip in it.")
    if path.suffix != ".zip":
        raise UserError("repro-not-zip", f"--repro {path} does not end in .zip.", "Let the name end in .zip.")
