"""The commands that look ahead of an export: which inputs and sizes the model takes, and what looks wrong."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from modelpack_gui.cli.console import Console
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.recipe_jobs import run_jobs, write_report
from modelpack_gui.cli.report_advice import lint_text, probe_text, suggestion_text
from modelpack_gui.cli.status import NOT_PASSED, PASSED
from modelpack_gui.client.recipe_file import moved, save_recipe, with_relative_paths
from modelpack_gui.core.recipe import Recipe, check_values
from modelpack_gui.core.records import (
    LintReport,
    LintRequest,
    ProbeReport,
    ProbeRequest,
    SuggestedInputs,
    SuggestInputsRequest,
)


def inputs(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack inputs`."""
    recipe, base = recipe_of(arguments)
    request = SuggestInputsRequest(recipe.source, recipe.inputs)
    results, status = run_jobs(arguments, console, recipe, base, "suggest-inputs", (request,))
    if not results:
        return status
    found = results[0]
    assert isinstance(found, SuggestedInputs)
    console.result(suggestion_text(found))
    status = NOT_PASSED if found.error is not None else PASSED
    if arguments.save_recipe is not None and found.error is None:
        recipe = dataclasses.replace(recipe, inputs=found.inputs)
        check_values(recipe, "The recipe with these inputs")  # other input sets must still go with them
        _save(recipe, base, arguments.save_recipe)
        console.note(f"Saved the recipe {arguments.save_recipe} with these inputs.")
    write_report(arguments, recipe, status, inputs=found)
    return status


def _save(recipe: Recipe, base: Path, target: Path) -> None:
    folder = target.absolute().parent
    save_recipe(with_relative_paths(moved(recipe, base, folder), folder), target)


def probe(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack probe`."""
    recipe, base = recipe_of(arguments)
    request = ProbeRequest(recipe.source, recipe.inputs, arguments.budget)
    results, status = run_jobs(arguments, console, recipe, base, "probe", (request,))
    if not results:
        return status
    report = results[0]
    assert isinstance(report, ProbeReport)
    console.result(probe_text(report))
    target: Path | None = arguments.save_recipe
    if target is not None:
        accepted = tuple(dim.proposal for dim in report.dims if dim.proposal is not None)
        recipe = dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, dynamic=accepted))
        _save(recipe, base, target)
        console.note(f"Saved the recipe {target} with these axes as dynamic.")
    write_report(arguments, recipe, status, probe=report)
    return status


def lint(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack lint`."""
    recipe, base = recipe_of(arguments)
    request = LintRequest(recipe.source, recipe.inputs, recipe.export)
    results, status = run_jobs(arguments, console, recipe, base, "lint", (request,))
    if not results:
        return status
    report = results[0]
    assert isinstance(report, LintReport)
    status = NOT_PASSED if report.count("error") else PASSED
    console.result(lint_text(report))
    write_report(arguments, recipe, status, lint=report)
    return status
