"""Jobs of a recipe that are no stages: run in order with one client, until one does not give its result."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.cli.commands import job_setup
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.results_json import results_data, write_results
from modelpack_gui.cli.status import BAD_INPUT, CANCELLED, CRASHED, PASSED
from modelpack_gui.client.recipe_run import resolved_interpreter, run_job
from modelpack_gui.core import serde
from modelpack_gui.core.events import Cancelled, Failed, Outcome
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import Request


def run_jobs(
    arguments: argparse.Namespace,
    console: Console,
    recipe: Recipe,
    base: Path,
    stage: str,
    requests: Sequence[Request],
) -> tuple[list[Any], int]:
    """The results of a job for each request, and the exit status: there are fewer where it says why not all came."""
    results: list[Any] = []
    with job_setup(arguments, console) as (client, monitor, interrupt):
        interpreter = resolved_interpreter(recipe.interpreter.path, base)
        for request in requests:
            ended = run_job(
                client, stage, request, monitor, interpreter=interpreter, base=base, is_cancelled=interrupt.is_set
            )
            if isinstance(ended, Failed):
                console.error(ended.error, is_verbose=arguments.verbose)
                return results, BAD_INPUT if ended.outcome is Outcome.FAILED else CRASHED
            if isinstance(ended, Cancelled):
                return results, CANCELLED
            results.append(ended.result)
    return results, PASSED


def write_report(arguments: argparse.Namespace, recipe: Recipe, status: int, **reports: Any) -> None:
    """Write records as JSON under their names, if that was asked for."""
    if arguments.json:
        data = results_data((), status, recipe=recipe, recipe_path=arguments.recipe)
        write_results(arguments.json, {**data, **{name: serde.encode(report) for name, report in reports.items()}})
