"""What each command does. All give an exit status."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from modelpack_gui.cli.console import Console, mark
from modelpack_gui.cli.further import FurtherJobs, FurtherResult, told_if_not
from modelpack_gui.cli.interrupt import Interrupt
from modelpack_gui.cli.monitor import Monitor
from modelpack_gui.cli.recipe_args import interpreter_path, recipe_of
from modelpack_gui.cli.report import closing_line, environment_text, result_text
from modelpack_gui.cli.report_further import further_text
from modelpack_gui.cli.results_json import check_target, results_data, write_results
from modelpack_gui.cli.status import BAD_INPUT, CANCELLED, CRASHED, PASSED, exit_status
from modelpack_gui.client.api import Client
from modelpack_gui.client.files import write_text
from modelpack_gui.client.quantize_store import digest_of, keep_run
from modelpack_gui.client.recipe_file import moved, save_recipe, with_relative_paths
from modelpack_gui.client.recipe_run import RecipeRun, StageResult, resolved_interpreter, run_job, stage_result
from modelpack_gui.core.events import Cancelled, Failed, Outcome
from modelpack_gui.core.locations import located
from modelpack_gui.core.pipeline import Stage, stages_of
from modelpack_gui.core.preview.script import script_code
from modelpack_gui.core.proposals import with_saved_model
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    Capabilities,
    CheckRequest,
    HelloRequest,
    QuantizeReport,
    QuantizeSpec,
    Request,
    ScanRequest,
    SourceScan,
    Verdict,
)
from modelpack_gui.core.saved_models import SavedKind, kind_of_source

PARITY_FAILED_NOTE = (
    f"  {mark(Verdict.WARNING)} The parity failed: runners of the artifact compute something else than the model,"
    " so their speed-up compares unlike things."
)


def make_client() -> Client:
    """The client that runs the jobs. Tests put another in its place."""
    from modelpack_gui.client.jobs import WorkerClient

    return WorkerClient()


def run(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack run`."""
    recipe, base = recipe_of(arguments)

    def then(_jobs: FurtherJobs, _completed: Recipe, results: Sequence[StageResult]) -> Iterator[FurtherResult]:
        reports = (result.result for result in results)
        report = next((one for one in reports if isinstance(one, QuantizeReport)), None)
        if report is not None:  # kept where the window and `modelpack quantize` keep theirs
            artifact = Path(report.artifact_path)
            yield from told_if_not(lambda: keep_run(artifact, report, digest_of(artifact)))

    return run_recipe(arguments, console, recipe, base, arguments.stages or stages_of(recipe), then=then)


def export(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack export`."""
    recipe, base = recipe_of(arguments)
    target: Path | None = arguments.save_recipe
    if target is not None:
        folder = target.absolute().parent
        save_recipe(with_relative_paths(moved(recipe, base, folder), folder), target)
        console.note(f"Saved the recipe {target}.")
    return run_recipe(arguments, console, recipe, base, (Stage.EXPORT,))


def script(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack script`."""
    recipe, _ = recipe_of(arguments)
    code = script_code(recipe)
    if arguments.script_path is None:
        console.result(code.rstrip("\n"))
    else:
        write_text(arguments.script_path, code)
        console.note(f"Wrote {arguments.script_path}.")
    return PASSED


def check(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack check`."""
    path = str(arguments.artifact.absolute())
    if arguments.recipe is None:
        return _run_one(arguments, console, Stage.CHECK, CheckRequest(path))
    recipe, base = recipe_of(arguments, needs_source=False)
    return run_recipe(arguments, console, recipe, base, (Stage.CHECK,), path)


def env(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack env`."""
    with job_setup(arguments, console) as (client, monitor, interrupt):
        interpreter = interpreter_path(arguments.interpreter or "")
        ended = run_job(
            client, "hello", HelloRequest(), monitor, interpreter=interpreter, is_cancelled=interrupt.is_set
        )
    if isinstance(ended, Failed):
        console.error(ended.error, is_verbose=arguments.verbose)
        return BAD_INPUT if ended.outcome is Outcome.FAILED else CRASHED
    if isinstance(ended, Cancelled):
        return CANCELLED
    assert isinstance(ended.result, Capabilities)
    console.result(environment_text(ended.result))
    if arguments.json:
        write_results(arguments.json, results_data((), PASSED, environment=ended.result))
    return PASSED


@contextmanager
def job_setup(arguments: argparse.Namespace, console: Console) -> Iterator[tuple[Client, Monitor, Interrupt]]:
    """A client that is closed at the end, whatever happens, and what watches and interrupts its jobs."""
    if arguments.json:
        check_target(arguments.json)
    if arguments.json == "-":
        console.results_to_stderr()
    monitor = Monitor(console.err, is_quiet=arguments.quiet, is_verbose=arguments.verbose)
    with Interrupt() as interrupt:
        client = make_client()
        try:
            yield client, monitor, interrupt
        finally:
            client.close()


def run_recipe(
    arguments: argparse.Namespace,
    console: Console,
    recipe: Recipe,
    base: Path,
    stages: Sequence[Stage],
    artifact_path: str = "",
    then: Callable[[FurtherJobs, Recipe, Sequence[StageResult]], Iterable[FurtherResult]] | None = None,
    quantize_specs: Sequence[QuantizeSpec] = (),
) -> int:
    """Run some stages, show and write what they gave, and give the exit status.

    Args:
        then: Runs further jobs when the stages have ended.
        quantize_specs: Ways to quantise in the place of the recipe's own.
    """
    further: list[FurtherResult] = []
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
            # Without an interpreter no stage can run: the first one carries the error.
            results = [stage_result(stages[0], hello)]
            _show(arguments, console, results[0])
            return _finish(arguments, console, results, recipe=recipe)
        if recipe.source.is_saved_model and not recipe.inputs:
            request = ScanRequest(recipe.source.file)
            scanned = run_job(
                client, "scan", request, monitor, interpreter=interpreter, base=base, is_cancelled=interrupt.is_set
            )
            if isinstance(scanned, (Failed, Cancelled)):
                results = [stage_result(stages[0], scanned)]
                _show(arguments, console, results[0])
                return _finish(arguments, console, results, recipe=recipe, environment=hello.result)
            assert isinstance(scanned.result, SourceScan)
            if scanned.result.saved is not None:
                recipe = with_saved_model(recipe, scanned.result.saved)
                console.note(_proposed_note(recipe))
        run_ = RecipeRun(
            client,
            recipe,
            base,
            monitor,
            artifact_path=artifact_path,
            is_cancelled=interrupt.is_set,
            quantize_specs=quantize_specs,
        )
        results = []
        for result in run_.results(stages):
            results.append(result)
            _show(arguments, console, result)
            if result.stage is Stage.BENCH and any(
                before.stage is Stage.PARITY and before.verdict is Verdict.FAILED for before in results
            ):
                console.result(PARITY_FAILED_NOTE)
        if then is not None:
            for found in then(FurtherJobs(client, monitor, interrupt, interpreter, base), recipe, results):
                further.append(found)
                _show_further(arguments, console, found)
    return _finish(arguments, console, results, recipe=recipe, environment=hello.result, further=further)


def _proposed_note(recipe: Recipe) -> str:
    names = {(dim.input, dim.axis): dim.name for dim in recipe.export.dynamic}
    shown = [
        f"{item.name} {item.dtype} "
        + "x".join(str(names.get((item.name, axis), size)) for axis, size in enumerate(item.shape))
        for item in recipe.inputs
    ]
    return (
        f"Example inputs as {recipe.source.file} takes them: {', '.join(shown)}."
        if shown
        else (f"note: {recipe.source.file} does not say which inputs it takes; give them in a recipe.")
    )


def _run_one(arguments: argparse.Namespace, console: Console, stage: Stage, request: Request) -> int:
    with job_setup(arguments, console) as (client, monitor, interrupt):
        interpreter = interpreter_path(arguments.interpreter or "")
        ended = run_job(client, stage.value, request, monitor, interpreter=interpreter, is_cancelled=interrupt.is_set)
    result = stage_result(stage, ended)
    _show(arguments, console, result)
    return _finish(arguments, console, [result])


def _show(arguments: argparse.Namespace, console: Console, result: StageResult) -> None:
    if isinstance(result.result, QuantizeReport) and getattr(arguments, "bench", False):
        return  # its one table comes with the speeds
    console.result(result_text(result))
    if result.error is not None:
        console.error(result.error, is_verbose=arguments.verbose)


def _show_further(arguments: argparse.Namespace, console: Console, found: FurtherResult) -> None:
    console.result(further_text(found))
    if found.error is not None:
        console.error(found.error, is_verbose=arguments.verbose)


def _finish(
    arguments: argparse.Namespace,
    console: Console,
    results: Sequence[StageResult],
    *,
    recipe: Recipe | None = None,
    environment: Capabilities | None = None,
    further: Sequence[FurtherResult] = (),
) -> int:
    status = exit_status(results, further)
    console.result(closing_line(results, further))
    if arguments.json:
        data = results_data(
            results,
            status,
            recipe=recipe,
            recipe_path=getattr(arguments, "recipe", None),
            environment=environment,
            further=further,
        )
        write_results(arguments.json, data)
    return status


def artifact_of(arguments: argparse.Namespace, recipe: Recipe, base: Path) -> Path:
    """The artifact that is named on the command line, else by the recipe; whether or not it is there."""
    given: Path | None = arguments.artifact
    if given is not None:
        return given.absolute()
    is_onnx = kind_of_source(recipe.source, base) is SavedKind.ONNX
    return located(base, recipe.source.file if is_onnx else recipe.export.output_path)
