"""`modelpack matrix`: try every exporter, and say which one to use."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from modelpack_gui.cli.commands import job_setup
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.report_matrix import matrix_text
from modelpack_gui.cli.results_json import results_data, write_results
from modelpack_gui.cli.status import BAD_INPUT, CANCELLED, CRASHED, NOT_PASSED, PASSED
from modelpack_gui.client.recipe_run import resolved_interpreter, run_job
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.events import Cancelled, Failed, Outcome, TerminalEvent
from modelpack_gui.core.matrix import USUAL_OPSETS, Opsets, choices
from modelpack_gui.core.records import (
    Capabilities,
    ExporterInfo,
    HelloRequest,
    MatrixChoice,
    MatrixReport,
    MatrixRequest,
    MatrixSpec,
)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run what is missing of the matrix of a recipe, print it, and give the exit status."""
    recipe, base = recipe_of(arguments)
    if arguments.workers < 0:
        raise UserError("workers-not-valid", f"--workers {arguments.workers} is below 0.", "0 takes all cores.")
    with job_setup(arguments, console) as (client, monitor, interrupt):
        interpreter = resolved_interpreter(recipe.interpreter.path, base)
        hello = run_job(
            client,
            "hello",
            HelloRequest(),
            monitor,
            interpreter=interpreter,
            base=base,
            is_cancelled=interrupt.is_set,
        )
        if isinstance(hello, (Failed, Cancelled)):
            return _without_report(hello, console, is_verbose=arguments.verbose)
        found = hello.result
        assert isinstance(found, Capabilities)
        request = MatrixRequest(
            source=recipe.source,
            inputs=recipe.inputs,
            export=recipe.export,
            parity=recipe.parity,
            matrix=MatrixSpec(_choices(found, arguments), workers=arguments.workers),
            input_sets=recipe.input_sets,
            is_fresh=arguments.fresh,
        )
        ended = run_job(
            client,
            "matrix",
            request,
            monitor,
            interpreter=interpreter,
            base=base,
            is_cancelled=interrupt.is_set,
        )
    if isinstance(ended, Failed) or not isinstance(ended.result, MatrixReport):
        return _without_report(ended, console, is_verbose=arguments.verbose)
    report = ended.result
    console.result(matrix_text(report))
    status = CANCELLED if isinstance(ended, Cancelled) else NOT_PASSED if report.recommended is None else PASSED
    if arguments.json:
        data = results_data((), status, recipe=recipe, recipe_path=arguments.recipe, environment=found)
        write_results(arguments.json, {**data, "matrix": serde.encode_tagged(report)})
    return status


def _choices(found: Capabilities, arguments: argparse.Namespace) -> tuple[MatrixChoice, ...]:
    chosen = _exporters(found.exporters, arguments.exporters)
    opsets = (
        Opsets(has_default=False, has_newest=False, others=arguments.opsets) if arguments.opsets else USUAL_OPSETS
    )
    cells = choices(chosen, opsets)
    if not cells:
        lacking = [f"{info.exporter} needs {', '.join(info.missing)}" for info in chosen if info.missing]
        reason = "; ".join(lacking) or "none of the exporters can write one of these opsets"
        raise UserError("no-cells", f"There is nothing to try: {reason}.", "See `modelpack env` for what there is.")
    return cells


def _exporters(known: Sequence[ExporterInfo], wanted: Sequence[str]) -> list[ExporterInfo]:
    """Those that are named, as `trace` (of every format) or `onnx/trace`; all if none are."""
    names = {f"{info.format}/{info.exporter}" for info in known} | {info.exporter for info in known}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise UserError(
            "exporter-unknown", f"There is no exporter {unknown[0]!r}.", f"There are {', '.join(sorted(names))}."
        )
    return [
        info for info in known if not wanted or info.exporter in wanted or f"{info.format}/{info.exporter}" in wanted
    ]


def _without_report(ended: TerminalEvent, console: Console, *, is_verbose: bool) -> int:
    if isinstance(ended, Failed):
        console.error(ended.error, is_verbose=is_verbose)
        return BAD_INPUT if ended.outcome is Outcome.FAILED else CRASHED
    return CANCELLED
