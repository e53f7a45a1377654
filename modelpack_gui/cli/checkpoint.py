"""`modelpack checkpoint`: what a checkpoint holds."""

from __future__ import annotations

import argparse

from modelpack_gui.cli.commands import job_setup
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.recipe_args import interpreter_path
from modelpack_gui.cli.report_keys import scan_text
from modelpack_gui.cli.results_json import write_results
from modelpack_gui.cli.status import BAD_INPUT, CANCELLED, CRASHED, PASSED
from modelpack_gui.client.recipe_run import run_job
from modelpack_gui.core import serde
from modelpack_gui.core.events import Cancelled, Failed, Outcome
from modelpack_gui.core.records import CheckpointScan, CheckpointScanRequest


def scan_checkpoint(arguments: argparse.Namespace, console: Console) -> int:
    """List the state dicts of a file, and what reading it would call. Nothing in it is run."""
    request = CheckpointScanRequest(str(arguments.checkpoint.absolute()))
    with job_setup(arguments, console) as (client, monitor, interrupt):
        ended = run_job(
            client,
            "scan-checkpoint",
            request,
            monitor,
            interpreter=interpreter_path(arguments.interpreter or ""),
            is_cancelled=interrupt.is_set,
        )
    if isinstance(ended, Failed):
        console.error(ended.error, is_verbose=arguments.verbose)
        return BAD_INPUT if ended.outcome is Outcome.FAILED else CRASHED
    if isinstance(ended, Cancelled):
        return CANCELLED
    assert isinstance(ended.result, CheckpointScan)
    console.result(scan_text(ended.result))
    if arguments.json:
        write_results(arguments.json, {"schema_version": 1, "checkpoint": serde.encode(ended.result)})
    return PASSED
