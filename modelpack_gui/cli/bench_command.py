"""`modelpack bench`: measure, keep the run, compare it with an earlier one, and the gate; or look at kept runs."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.bench_args import with_bench
from modelpack_gui.cli.console import Console
from modelpack_gui.cli.further import FurtherJobs, FurtherResult
from modelpack_gui.cli.recipe_args import check_options, recipe_of
from modelpack_gui.cli.report_bench import bench_text, runs_text
from modelpack_gui.cli.results_json import check_target, write_results
from modelpack_gui.cli.status import PASSED
from modelpack_gui.client.bench.files import read_report
from modelpack_gui.client.bench.store import RUN_SUFFIX, BenchStore, bench_folder
from modelpack_gui.client.files import stamp_of
from modelpack_gui.client.recipe_run import StageResult
from modelpack_gui.core import serde
from modelpack_gui.core.bench.compare import BenchComparison, GateReport, compare, gate
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.events import Outcome
from modelpack_gui.core.locations import is_file, located
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import BenchReport, FileStamp


def bench(arguments: argparse.Namespace, console: Console) -> int:
    """`modelpack bench`."""
    recipe, base = recipe_of(arguments)
    recipe = with_bench(recipe, vars(arguments), base)
    check_options(recipe)
    store = BenchStore(bench_folder(base, recipe.export, recipe.source))
    if _looks_only(arguments):
        return _look(arguments, console, store)
    if arguments.no_keep and arguments.mark_baseline:
        message = "--mark-baseline needs a run that is kept, and --no-keep keeps none."
        raise UserError("bench-options", message, "Leave out one of the two.")
    earlier = _earlier(arguments, store)  # before the run: it may be missing, and `last` means the one before this
    artifact = commands.artifact_of(arguments, recipe, base)
    artifact_path = str(artifact)
    if not is_file(artifact):
        if arguments.artifact is not None:
            raise UserError("artifact-missing", f"There is no artifact {artifact}.", "Check the name and the folder.")
        console.note(
            f"warning: There is no artifact {artifact}; only runners that need none are measured."
            f" To make it: modelpack export {arguments.recipe}"
        )
        recipe = dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, output_path=""))
        artifact_path = ""

    def then(_jobs: FurtherJobs, completed: Recipe, results: Sequence[StageResult]) -> Iterator[FurtherResult]:
        report = results[0].result if results else None
        if isinstance(report, BenchReport):
            yield from _keep(arguments, console, store, report, completed, base)
            yield from _compared(arguments, report, earlier)

    return commands.run_recipe(arguments, console, recipe, base, (Stage.BENCH,), artifact_path, then=then)


def _keep(
    arguments: argparse.Namespace,
    console: Console,
    store: BenchStore,
    report: BenchReport,
    recipe: Recipe,
    base: Path,
) -> Iterator[FurtherResult]:
    """Keep the run; that it could not be is told, and loses neither the figures nor their JSON."""
    if arguments.no_keep:
        return
    if not report.is_complete:
        console.note("The run was stopped early, so that it is not kept.")
        return
    try:
        kept = store.keep(report, recipe, _made_from(recipe, base), arguments.label)
        if arguments.mark_baseline:
            store.set_baseline(kept.id)
    except UserError as error:
        yield FurtherResult("kept", "Keeping the run", Outcome.FAILED, error=error.info)
    else:
        console.note(f"Kept as {kept.id}{', the baseline from now on' if arguments.mark_baseline else ''}.")


def _made_from(recipe: Recipe, base: Path) -> tuple[FileStamp, ...]:
    """The files of the model as they are, so that the window can tell when they change."""
    checkpoint = recipe.source.checkpoint
    names = (recipe.source.file, checkpoint.path if checkpoint is not None else "")
    stamps = (stamp_of(located(base, name).absolute()) for name in names if name)
    return tuple(stamp for stamp in stamps if stamp is not None)


def _compared(
    arguments: argparse.Namespace, report: BenchReport, earlier: BenchReport | None
) -> Iterator[FurtherResult]:
    if earlier is None:
        return
    yield _found("comparison", f"Against {_name(arguments)}", compare(earlier, report))
    if arguments.fail_if_slower is not None:
        judged = gate(earlier, report, arguments.fail_if_slower)
        yield _found("gate", "Gate", judged, is_passed=judged.is_passed)


def _found(name: str, label: str, result: BenchComparison | GateReport, *, is_passed: bool = True) -> FurtherResult:
    return FurtherResult(name, label, Outcome.SUCCEEDED, result, is_passed=is_passed)


def _name(arguments: argparse.Namespace) -> str:
    name: str = arguments.against or "baseline"
    return {"baseline": "the baseline", "last": "the run before"}.get(name, name)


def _earlier(arguments: argparse.Namespace, store: BenchStore) -> BenchReport | None:
    """What this run shall be compared with; None if nothing.

    Raises:
        UserError: There is no such run, or it cannot be read.
    """
    if arguments.against is None and arguments.fail_if_slower is None:
        return None
    name = arguments.against or "baseline"
    path = Path(name)
    if path.suffix == ".json" or path.name.endswith(RUN_SUFFIX):
        return read_report(path)
    try:
        return store.read(store.find(name).id).report
    except UserError as error:
        if error.info.code == "bench-run-unknown" and name == "baseline":
            hint = f"Measure one first: modelpack bench {arguments.recipe} --mark-baseline"
            raise UserError(error.info.code, error.info.message, hint) from error
        raise


def _looks_only(arguments: argparse.Namespace) -> bool:
    return bool(arguments.list_runs or arguments.show_run or arguments.set_baseline or arguments.delete_run)


def _look(arguments: argparse.Namespace, console: Console, store: BenchStore) -> int:
    if arguments.json:
        check_target(arguments.json)
        if arguments.json == "-":
            console.results_to_stderr()
    if arguments.delete_run:
        run = store.find(arguments.delete_run)
        store.delete(run.id)
        console.note(f"Deleted the run {run.id}.")
    if arguments.set_baseline:
        run = store.find(arguments.set_baseline)
        store.set_baseline(run.id)
        console.note(f"The baseline is {run.id} from now on.")
    data: dict[str, object] = {}
    if arguments.show_run:
        report = store.read(store.find(arguments.show_run).id).report
        console.result(bench_text(report))
        data["report"] = serde.encode_tagged(report)
    if arguments.list_runs:
        console.result(runs_text(store.runs(), store.baseline, store.folder))
        for info in store.unreadable():
            console.error(info, is_verbose=arguments.verbose)
        data["runs"] = [serde.encode(run) for run in store.runs()]
        data["baseline"] = store.baseline
    if arguments.json:
        write_results(arguments.json, {"schema_version": 1, **data})
    return PASSED
