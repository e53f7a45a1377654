"""`modelpack sweep`: every combination of runners, files, threads and batch sizes."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from modelpack_gui.cli import commands
from modelpack_gui.cli.bench_args import from_base, runners_of
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.recipe_args import check_options, parse_words, recipe_of
from modelpack_gui.cli.report_sweep import sweep_text
from modelpack_gui.cli.results_json import check_target, results_data, write_results
from modelpack_gui.cli.status import BAD_INPUT, CANCELLED, CRASHED, NOT_PASSED, PASSED
from modelpack_gui.client.recipe_run import resolved_interpreter, run_job
from modelpack_gui.client.sweep_store import sweep_folder
from modelpack_gui.core import serde, sweep
from modelpack_gui.core.events import Cancelled, Failed, Outcome
from modelpack_gui.core.locations import is_file
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import SweepReport, Verdict

_FIELDS = {
    "threads": "threads",
    "batch_sizes": "batch_sizes",
    "iterations": "iterations",
    "warmup": "warmup_runs",
    "cell_budget": "cell_budget_s",
    "cell_limit": "cell_limit_s",
}


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run what is missing of the sweep of a recipe, print it, and give the exit status."""
    recipe, base = recipe_of(arguments)
    recipe = with_sweep(recipe, vars(arguments), base)
    check_options(recipe)
    if arguments.json:
        check_target(arguments.json)
    artifact = commands.artifact_of(arguments, recipe, base)
    artifact_path = str(artifact) if is_file(artifact) else ""
    folder = str(sweep_folder(base, recipe.export))
    request = sweep.request_of(recipe, artifact_path, folder, is_fresh=arguments.fresh)
    with commands.job_setup(arguments, console) as (client, monitor, interrupt):
        ended = run_job(
            client,
            "sweep",
            request,
            monitor,
            interpreter=resolved_interpreter(recipe.interpreter.path, base),
            base=base,
            is_cancelled=interrupt.is_set,
        )
    if isinstance(ended, Failed):
        console.error(ended.error, is_verbose=arguments.verbose)
        return BAD_INPUT if ended.outcome is Outcome.FAILED else CRASHED
    report = ended.result
    if not isinstance(report, SweepReport):
        return CANCELLED
    console.result(sweep_text(report))
    if isinstance(ended, Cancelled):
        status = CANCELLED
    else:
        status = PASSED if sweep.verdict_of(report.cells) is Verdict.PASSED else NOT_PASSED
    if arguments.json:
        data = results_data((), status, recipe=recipe, recipe_path=arguments.recipe)
        write_results(arguments.json, {**data, "sweep": serde.encode_tagged(report)})
    return status


def with_sweep(recipe: Recipe, given: dict[str, Any], base: Path) -> Recipe:
    """The recipe with the options that were given; files are named from its folder, as the window does."""
    changed: dict[str, Any] = {field: given[key] for key, field in _FIELDS.items() if given.get(key) is not None}
    runners = runners_of(given, base)
    if runners:
        changed["runners"] = runners
    if given.get("files"):
        changed["artifacts"] = tuple(from_base(path, base) for path in parse_words(given["files"]))
    return dataclasses.replace(recipe, sweep=dataclasses.replace(recipe.sweep, **changed))
