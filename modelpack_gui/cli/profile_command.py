"""`modelpack profile`: where a runner's time goes, and why one takes longer than another."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.bench_args import from_base
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.recipe_jobs import run_jobs, write_report
from modelpack_gui.cli.report_profile import difference_text, profile_text
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file
from modelpack_gui.core.profile.difference import difference
from modelpack_gui.core.profile.request import profile_request
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ProfileReport, RunnerSpec
from modelpack_gui.core.runners.text import parse_runner


def profile(arguments: argparse.Namespace, console: Console) -> int:
    """Profile one runner, or two and their difference."""
    recipe, base = recipe_of(arguments)
    if arguments.runs < 1:
        raise UserError("runs-not-valid", f"--runs {arguments.runs} is below 1.", "Some 50 give steady averages.")
    asked = [_runner(arguments.runner, recipe, base)]
    if arguments.against:
        asked.insert(0, _runner(arguments.against, recipe, base))
    artifact = commands.artifact_of(arguments, recipe, base)
    there = str(artifact) if is_file(artifact) else ""
    requests = [profile_request(recipe, spec, there, arguments.runs) for spec in asked]
    results, status = run_jobs(arguments, console, recipe, base, "profile", requests)
    reports = [report for report in results if isinstance(report, ProfileReport)]
    if len(reports) < len(requests):
        return status
    for report in reversed(reports):
        console.result(profile_text(report, arguments.top))
    if not arguments.against:
        write_report(arguments, recipe, status, profile=reports[0])
        return status
    found = difference(*reports)
    console.result(difference_text(found, arguments.top))
    # The two profiles themselves stand beside it.
    write_report(
        arguments,
        recipe,
        status,
        profile=reports[1],
        against=reports[0],
        difference={
            "change_us": found.change_us,
            "matched_by": found.matched_by,
            "summary": found.summary,
            "notes": found.notes,
            "by_kind": found.by_kind,
            "by_place": found.by_place,
        },
    )
    return status


def _runner(text: str, recipe: Recipe, base: Path) -> RunnerSpec:
    """A runner of the recipe by its label, or any as it is spelled; its file starts from the current folder."""
    labelled = next((one for one in recipe.bench.runners if one.label and one.label == text), None)
    if labelled is not None:
        return labelled
    spec = parse_runner(text)
    return dataclasses.replace(spec, artifact=from_base(spec.artifact, base)) if spec.artifact else spec
