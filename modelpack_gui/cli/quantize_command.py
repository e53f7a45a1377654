"""`modelpack quantize`: quantise, judge, find the nodes that cost most, and measure the speed."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.further import FurtherJobs, FurtherResult, told_if_not
from modelpack_gui.cli.quantize_args import with_quantize
from modelpack_gui.cli.recipe_args import check_options, recipe_of
from modelpack_gui.client.quantize_store import (
    KeptSensitivity,
    digest_of,
    keep_run,
    read_kept,
    write_kept,
    write_sensitivity,
)
from modelpack_gui.client.recipe_run import StageResult
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.events import Outcome
from modelpack_gui.core.locations import is_file
from modelpack_gui.core.pipeline import Stage, request_for
from modelpack_gui.core.quantize.presets import usual_specs
from modelpack_gui.core.quantize.speed import bench_spec, can_be_measured, speed_doubts, with_speeds
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    BenchReport,
    QuantizeReport,
    QuantizeSpec,
    SensitivityReport,
    SensitivityRequest,
    Verdict,
)


def quantize(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack quantize`."""
    recipe, base = recipe_of(arguments)
    recipe = with_quantize(recipe, vars(arguments))
    check_options(recipe)
    spec = recipe.quantize or QuantizeSpec()
    if arguments.usual and spec.output_path:
        raise UserError(
            "quantize-options",
            "Several ways cannot be written to one output path.",
            "Leave the path out: each file is named by its settings, beside the artifact.",
        )
    artifact = commands.artifact_of(arguments, recipe, base)
    if not is_file(artifact):
        hint = f"Make it first: modelpack export {arguments.recipe}"
        raise UserError("artifact-missing", f"There is no artifact {artifact} to quantise.", hint)
    specs = usual_specs(spec) if arguments.usual else (spec,)

    def then(jobs: FurtherJobs, completed: Recipe, results: Sequence[StageResult]) -> Iterator[FurtherResult]:
        report = results[0].result if results else None
        if isinstance(report, QuantizeReport):
            yield from _further(arguments, completed, artifact, jobs, report)

    return commands.run_recipe(
        arguments, console, recipe, base, (Stage.QUANTIZE,), str(artifact), then=then, quantize_specs=specs
    )


def _further(
    arguments: argparse.Namespace, recipe: Recipe, artifact: Path, jobs: FurtherJobs, report: QuantizeReport
) -> Iterator[FurtherResult]:
    made_from = digest_of(artifact)
    yield from told_if_not(lambda: keep_run(artifact, report, made_from))
    if arguments.sensitivity:
        spec = recipe.quantize or QuantizeSpec()
        asked = SensitivityRequest(
            recipe.source, recipe.inputs, recipe.input_sets, str(artifact), spec, budget_s=arguments.budget
        )
        costs = jobs.run("quantize.sensitivity", "Sensitivity", asked)
        yield costs
        if isinstance(costs.result, SensitivityReport):
            found_for = dataclasses.replace(spec, exclude_nodes=())
            kept = KeptSensitivity(found_for, costs.result, made_from)
            yield from told_if_not(lambda: write_sensitivity(artifact, kept))
    if not arguments.bench:
        return
    useful = [one for one in report.variants if can_be_measured(one) and one.verdict is not Verdict.FAILED]
    if useful:
        measured = dataclasses.replace(recipe, bench=bench_spec(useful, recipe.bench))
        found = jobs.run("bench", "Speed", request_for(Stage.BENCH, measured, str(artifact)))
        yield found
        if isinstance(found.result, BenchReport):
            report = with_speeds(report, found.result)
            doubts = speed_doubts(found.result)
            yield from told_if_not(lambda: write_kept(artifact, read_kept(artifact).with_speeds(report, doubts)))
    yield FurtherResult("quantize", "Quantise", Outcome.SUCCEEDED, report)
