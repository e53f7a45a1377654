"""The commands that look ahead of an export: which inputs and sizes the model takes, and what looks wrong."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from modelpack_gui.cli.commands import job_setup
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.report_advice import lint_text, probe_text, suggestion_text
from modelpack_gui.cli.results_json import results_data, write_results
from modelpack_gui.cli.status import BAD_INPUT, CANCELLED, CRASHED, NOT_PASSED, PASSED
from modelpack_gui.client.recipe_file import moved, save_recipe, with_relative_paths
from modelpack_gui.client.recipe_run import resolved_interpreter, run_job
from modelpack_gui.core import serde
from modelpack_gui.core.events import Cancelled, Failed, Outcome
from modelpack_gui.core.recipe import Recipe, check_values
from modelpack_gui.core.records import (
    LintReport,
    LintRequest,
    ProbeReport,
    ProbeRequest,
    Request,
    SuggestedInputs,
    SuggestInputsRequest,
)


def inputs(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack inputs`."""
    recipe, base = recipe_of(arguments)
    request = SuggestInputsRequest(recipe.source, recipe.inputs)
    found, status = _run(arguments, console, "suggest-inputs", request, recipe, base)
    if found is None:
        return status
    assert isinstance(found, SuggestedInputs)
    console.result(suggestion_text(found))
    status = NOT_PASSED if found.error is not None else PASSED
    if arguments.save_recipe is not None and found.error is None:
        recipe = dataclasses.replace(recipe, inputs=found.inputs)
        check_values(recipe, "The recipe with these inputs")  # other input sets must still go with them
        _save(recipe, base, arguments.save_recipe)
        console.note(f"Saved the recipe {arguments.save_recipe} with these inputs.")
    _write(arguments, recipe, "inputs", found, status)
    return status


def _save(recipe: Recipe, base: Path, target: Path) -> None:
    folder = target.absolute().parent
    save_recipe(with_relative_paths(moved(recipe, base, folder), folder), target)


def probe(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack probe`."""
    recipe, base = recipe_of(arguments)
    request = ProbeRequest(recipe.source, recipe.inputs, arguments.budget)
    report, status = _run(arguments, console, "probe", request, recipe, base)
    if report is None:
        return status
    assert isinstance(report, ProbeReport)
    console.result(probe_text(report))
    target: Path | None = arguments.save_recipe
    if target is not None:
        accepted = tuple(dim.proposal for dim in report.dims if dim.proposal is not None)
        recipe = dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, dynamic=accepted))
        _save(recipe, base, target)
        console.note(f"Saved the recipe {target} with these axes as dynamic.")
    _write(arguments, recipe, "probe", report, status)
    return status


def lint(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack lint`."""
    recipe, base = recipe_of(arguments)
    request = LintRequest(recipe.source, recipe.inputs, recipe.export)
    report, status = _run(arguments, console, "lint", request, recipe, base)
    if report is None:
        return status
    assert isinstance(report, LintReport)
    status = NOT_PASSED if report.count("error") else PASSED
    console.result(lint_text(report))
    _write(arguments, recipe, "lint", report, status)
    return status


def _run(
    arguments: argparse.Namespace, console: Console, stage: str, request: Request, recipe: Recipe, base: Path
) -> tuple[Any, int]:
    """The record of one job, or None and the exit status that says why there is none."""
    with job_setup(arguments, console) as (client, monitor, interrupt):
        interpreter = resolved_interpreter(recipe.interpreter.path, base)
        ended = run_job(
            client, stage, request, monitor, interpreter=interpreter, base=base, is_cancelled=interrupt.is_set
        )
    if isinstance(ended, Failed):
        console.error(ended.error, is_verbose=arguments.verbose)
        return None, BAD_INPUT if ended.outcome is Outcome.FAILED else CRASHED
    if isinstance(ended, Cancelled):
        return None, CANCELLED
    return ended.result, PASSED


def _write(arguments: argparse.Namespace, recipe: Recipe, name: str, report: Any, status: int) -> None:
    if arguments.json:
        data = results_data((), status, recipe=recipe, recipe_path=arguments.recipe)
        write_results(arguments.json, {**data, name: serde.encode(report)})
