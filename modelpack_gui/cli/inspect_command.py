"""`modelpack inspect`: what is in a file and what it costs, as text, JSON or CSV."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelpack_gui.cli import commands
from modelpack_gui.cli import inspect_tables as tables
from modelpack_gui.cli.console import Console, indented, wrapped
from modelpack_gui.cli.further import FurtherJobs, FurtherResult
from modelpack_gui.cli.inspect_tables import Counted, Listing
from modelpack_gui.cli.recipe_args import interpreter_path
from modelpack_gui.cli.report import closing_line, result_text
from modelpack_gui.cli.results_json import check_target, results_data, write_results
from modelpack_gui.cli.status import exit_status
from modelpack_gui.cli.viewer_files import write_viewer_files
from modelpack_gui.client.files import write_text
from modelpack_gui.client.recipe_run import StageResult, run_job, stage_result
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import listed, size
from modelpack_gui.core.graph.checks_text import checks_lines
from modelpack_gui.core.graph.compare.data import node_changes
from modelpack_gui.core.graph.compare.difference import Difference
from modelpack_gui.core.graph.compare.text import difference_lines
from modelpack_gui.core.graph.costs.dims import open_dims, sizes_by_key, sizes_of_inputs
from modelpack_gui.core.graph.costs.node_costs import Costs, shapes_counted_with
from modelpack_gui.core.graph.costs.text import FIGURE_OF, dims_text, sum_text, unknown_text
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.query import parse
from modelpack_gui.core.graph.search import GraphSearch
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    CostSum,
    GraphChecksReport,
    GraphChecksRequest,
    GraphCompareRequest,
    GraphComparison,
    GraphCosts,
    GraphCostsRequest,
    GraphIndex,
    GraphOptimizedRequest,
    InspectRequest,
    Request,
    TensorStats,
    TensorStatsRequest,
)

LISTS = ("nodes", "ops", "modules", "stats")


def inspect(arguments: argparse.Namespace, console: Console) -> int:
    """Read the graph, count what it costs, and show what was asked for."""
    lists = _lists(arguments)
    sizes = _sizes(arguments.set)
    if arguments.csv:
        check_target(arguments.csv, "--csv")
    if "-" in (arguments.csv, arguments.json):
        console.results_to_stderr()
    with (
        tempfile.TemporaryDirectory(prefix="modelpack-") as folder,  # the worker's own goes with it
        commands.job_setup(arguments, console) as (client, monitor, interrupt),
    ):
        interpreter = interpreter_path(arguments.interpreter or "")
        request = InspectRequest(str(arguments.artifact.absolute()), folder, tuple(arguments.input))
        ended = run_job(
            client, Stage.GRAPH.value, request, monitor, interpreter=interpreter, is_cancelled=interrupt.is_set
        )
        result = stage_result(Stage.GRAPH, ended)
        console.result(result_text(result))
        if result.error is not None:
            console.error(result.error, is_verbose=arguments.verbose)
        found = _Found(result)
        if isinstance(result.result, GraphIndex):
            jobs = FurtherJobs(client, monitor, interrupt, interpreter, Path.cwd())
            inspection = _Inspection(arguments, console, jobs, folder, result.result)
            inspection.choose(sizes)
            inspection.run(lists, found)
    return _finish(arguments, console, found)


@dataclass
class _Found:
    """What was found, for the JSON and the exit status."""

    graph: StageResult
    further: list[FurtherResult] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    listings: list[Listing] = field(default_factory=list)


class _Inspection:
    """Asks for what is wanted of one graph, and shows it."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        console: Console,
        jobs: FurtherJobs,
        folder: str,
        index: GraphIndex,
    ) -> None:
        self._arguments, self._console, self._jobs, self._folder = arguments, console, jobs, folder
        self._index = index
        self._sizes: dict[str, int] = {}
        self._graph = Graph.read(Path(index.columns))
        self._found: _Found | None = None

    def choose(self, sizes: Mapping[str, int]) -> None:
        """Count with these sizes, and else with those of the example inputs.

        Raises:
            UserError: `size-unknown`: the graph has no open size of a name.
        """
        shapes = {item.name: item.shape for item in self._arguments.input}
        try:
            self._sizes = {
                **sizes_of_inputs(open_dims(self._graph), shapes),
                **sizes_by_key(self._graph, sizes),
            }
        except KeyError as error:
            raise UserError(
                "size-unknown", f"--set {error.args[0]}: the inputs leave no size of this name open.",
                f"{_open_text(self._graph)}.",
            ) from None  # fmt: skip

    def run(self, lists: Sequence[str], found: _Found) -> None:
        """All of it, in the order of the help."""
        self._found = found
        index = self._index
        request = GraphCostsRequest(index.artifact.path, index.columns, self._folder, self._sizes)
        report = self._job("graph.costs", "Numbers", request)
        counted = None
        if isinstance(report, GraphCosts):
            path = Path(report.costs)
            counted = Counted(Costs.read(path), shapes_counted_with(path, self._graph))
            self._console.result(indented("\n".join(costs_lines(report, self._graph))))
            found.data["costs"] = {key: item for key, item in serde.encode(report).items() if key != "costs"}
        for name in LISTS:
            if name in lists or (self._arguments.json and name != "stats"):
                listing = self._listing(name, report if isinstance(report, GraphCosts) else None, counted)
                if listing is not None:
                    found.data[name] = listing.data()
                    if name in lists:
                        found.listings.append(listing)
                        self._show(listing)
        if self._arguments.json:
            found.data["initializers"] = [serde.encode(item) for item in self._graph.initializers]
        if self._arguments.checks:
            self._check()
        if self._arguments.diff is not None:
            other = str(self._arguments.diff.absolute())
            self._compare(
                "graph.compare",
                GraphCompareRequest(index.artifact.path, other, index, folder=self._folder),
            )
        if self._arguments.optimized:
            request_ = GraphOptimizedRequest(index.artifact.path, self._arguments.optimized, index, self._folder)
            self._compare("graph.optimized", request_)
        asked = self._arguments
        costs = counted.costs if counted is not None else None
        for line in write_viewer_files(self._graph, costs, asked.node_data, asked.netron, asked.value):
            self._console.note(line)

    def _listing(self, name: str, report: GraphCosts | None, counted: Counted | None) -> Listing | None:
        text, graph = self._arguments.filter, self._graph
        if name == "nodes":
            rows = GraphSearch(graph).nodes(parse(text))
            return self._arranged(tables.node_listing(graph, counted, rows))
        if name == "stats":
            return self._arranged(self._stats(text))
        if report is None or counted is None:
            return None
        listing = tables.op_listing(report) if name == "ops" else tables.module_listing(graph, counted.costs)
        return self._arranged(tables.with_words(listing, text))

    def _arranged(self, listing: Listing) -> Listing:
        sort = self._arguments.sort
        if self._arguments.json and sort not in [column.key for column in listing.columns]:
            sort = ""  # of a list that was not asked for
        return tables.arranged(listing, sort, self._arguments.top)

    def _stats(self, text: str) -> Listing:
        """Statistics of the initializers whose names have all words in them."""
        words = text.lower().split()
        names = [item.name for item in self._graph.initializers]
        stats = []
        for name in names:
            if all(word in name.lower() for word in words):
                result = self._job(
                    "tensor-stats", "Statistics", TensorStatsRequest(self._index.artifact.path, name), is_kept=False
                )
                if isinstance(result, TensorStats):
                    stats.append(result)
        return tables.stat_listing(stats, len(names))

    def _show(self, listing: Listing) -> None:
        if self._arguments.csv:
            return
        if not listing.rows and self._arguments.filter:
            self._console.result(f"No {listing.noun} has {self._arguments.filter!r} in it.")
        else:
            self._console.result(listing.text())

    def _check(self) -> None:
        report = self._job("graph.checks", "Checks", GraphChecksRequest(self._index), is_judged=True)
        if isinstance(report, GraphChecksReport):
            self._console.result("\n".join(checks_lines(report)))
            self._data["checks"] = serde.encode(report)

    def _compare(self, name: str, request: Request) -> None:
        report = self._job(name, "Comparison", request)
        if not isinstance(report, GraphComparison):
            return
        before, after = (Graph.read(Path(side.columns)) for side in (report.before, report.after))
        difference = Difference.read(Path(report.columns))
        self._console.result("\n".join(difference_lines(report, before, after, difference)))
        self._data[name.rpartition(".")[2]] = {
            "counts": dict(report.counts),
            "facts": [serde.encode(fact) for fact in report.facts],
            "patterns": [serde.encode(pattern) for pattern in report.patterns],
            "notes": list(report.notes),
            "nodes": list(node_changes(before, after, difference)),
        }

    @property
    def _data(self) -> dict[str, Any]:
        assert self._found is not None
        return self._found.data

    def _job(
        self, name: str, label: str, request: Request, *, is_kept: bool = True, is_judged: bool = False
    ) -> object:
        """What a job gives, None if it fails: that is told, and decides the exit status.

        Args:
            is_kept: Whether the closing line counts it where it succeeds.
            is_judged: Whether errors that it finds fail the command.
        """
        assert self._found is not None
        ended = self._jobs.run(name, label, request)
        if ended.error is not None:
            self._console.error(ended.error, is_verbose=self._arguments.verbose)
        report = ended.result
        is_passed = not (is_judged and isinstance(report, GraphChecksReport) and report.count("error"))
        if is_kept or report is None:
            self._found.further.append(dataclasses.replace(ended, is_passed=is_passed and report is not None))
        return report


def costs_lines(report: GraphCosts, graph: Graph) -> Iterator[str]:
    """What a graph costs in all, for a terminal."""
    parts = [f"{sum_text(FIGURE_OF[key], found)} {title}" for key, found, title in (
        ("parameters", CostSum(report.parameters), f"parameters ({size(int(report.weight_bytes))})"),
        ("macs", report.macs, "MACs"),
        ("flops", report.flops, "FLOPs"),
    )]  # fmt: skip
    dims = dims_text(report.dims)
    yield f"{', '.join(parts)}{f', with {dims}' if dims else ''}"
    if report.peak_node >= 0 and report.peak_bytes.value:
        node = graph.nodes[report.peak_node]
        peak = sum_text(FIGURE_OF["live_bytes"], report.peak_bytes)
        yield f"tensors take up to {peak} at a time, at {node.op_type} {node.name or f'number {node.index}'}"
    unknown = unknown_text(report)
    if unknown:
        yield wrapped(f"unknown: {unknown}", indent="")
    yield from (wrapped(f"note: {note}", indent="") for note in report.notes)


def _lists(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The lists that are asked for; one alone for CSV.

    Raises:
        UserError: `csv-of-what`, `two-to-stdout`.
    """
    lists = tuple(name for name in LISTS if getattr(arguments, name))
    if not lists and (arguments.filter or arguments.sort or arguments.top is not None):
        lists = ("nodes",)
    if arguments.csv and len(lists) != 1:
        raise UserError("csv-of-what", "--csv writes one table.", "Name it: --nodes, --ops, --modules or --stats.")
    if arguments.csv == arguments.json == "-":
        raise UserError("two-to-stdout", "--json and --csv cannot both go to stdout.", "Name a file for one of them.")
    return lists


def _sizes(given: Sequence[str]) -> dict[str, int]:
    """Sizes as they are given: `batch=8`, `image[0]=8`.

    Raises:
        UserError: `size-not-valid`.
    """
    sizes = {}
    for text in given:
        name, _, number = text.rpartition("=")
        if not name or not number.isdecimal():
            raise UserError("size-not-valid", f"--set {text} is no size.", "Give it as batch=8, or image[0]=8.")
        sizes[name] = int(number)
    return sizes


def _open_text(graph: Graph) -> str:
    """The sizes that `--set` takes: `Choose of batch (image[0]), image[2]`."""
    dims = open_dims(graph)
    names = [dim.key if dim.key in dim.places else f"{dim.key} ({', '.join(dim.places)})" for dim in dims]
    return f"Choose of {listed(names, len(names))}" if names else "The file leaves none open; leave out --set"


def _finish(arguments: argparse.Namespace, console: Console, found: _Found) -> int:
    graph = found.graph
    status = exit_status([graph], found.further)
    if isinstance(graph.result, GraphIndex):  # its columns are gone
        graph = dataclasses.replace(graph, result=dataclasses.replace(graph.result, columns=""))
    if arguments.csv and found.listings:
        _write_csv(arguments.csv, found.listings[0])
    console.result(closing_line([graph], found.further))
    if arguments.json:
        write_results(arguments.json, {**results_data([graph], status), **found.data})
    return status


def _write_csv(target: str, listing: Listing) -> None:
    if target == "-":
        print(listing.csv_text(), end="")
    else:
        write_text(Path(target), listing.csv_text())
