"""The lists of `modelpack inspect`, in this process; what it asks workers for is tested with the others."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.cli import main
from modelpack_gui.cli.inspect_tables import (
    Counted,
    Listing,
    arranged,
    known,
    module_listing,
    node_listing,
    op_listing,
    with_words,
)
from modelpack_gui.cli.status import BAD_INPUT
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.costs.node_costs import Costs, shapes_counted_with
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphCosts, GraphCostsRequest
from modelpack_gui.stages.inspection.costs.stage import run
from tests.unit.core.graph.costs.made_nodes import info, node_of, weight


@pytest.fixture
def graph() -> Graph:
    """Two layers of different cost and an operator that nobody knows."""
    nodes = [
        node_of("MatMul", ["x", "small"], [info("a", ("batch", 4))], module="body.first"),
        node_of("MatMul", ["a", "large"], [info("b", ("batch", 100))], module="body.second"),
        node_of("Mystery", ["b"], [info("y", ("batch", 100))], "my.domain", "head"),
    ]
    return graph_of(nodes, [weight("small", 8, 4), weight("large", 4, 100)], [info("x", ("batch", 8))], [], "net")


@pytest.fixture
def report(graph: Graph, tmp_path: Path) -> GraphCosts:
    """What it costs at a batch of 2."""
    columns = tmp_path / "graph.columns"
    graph.write(columns)
    request = GraphCostsRequest("graph", str(columns), str(tmp_path), {"batch": 2})
    return run(request, PlainContext(scratch=tmp_path))


@pytest.fixture
def counted(graph: Graph, report: GraphCosts) -> Counted:
    """By node."""
    path = Path(report.costs)
    return Counted(Costs.read(path), shapes_counted_with(path, graph))


def _column(listing: Listing, key: str) -> list[Any]:
    return [row[key] for row in listing.data()]


def test_nodes_have_what_they_cost_and_why_it_is_not_known(graph: Graph, counted: Counted) -> None:
    listing = node_listing(graph, counted, range(3))
    assert _column(listing, "macs") == [64, 800, None]
    assert _column(listing, "unknown") == ["", "", "no formula for this operator"]
    assert _column(listing, "outputs")[0] == [
        {"name": "a", "dtype": "float32", "shape": "batch × 4", "sizes": (2, 4)}
    ]
    assert "float32 2 × 4" in listing.text()
    assert "?" in listing.text().splitlines()[3]


def test_modules_have_sums_and_their_share(graph: Graph, counted: Counted) -> None:
    listing = module_listing(graph, counted.costs)
    macs = dict(zip(_column(listing, "path"), _column(listing, "macs"), strict=True))
    assert macs["net"] == macs["body"] == 864
    assert macs["body.second"] == 800
    assert macs["head"] is None
    shares = dict(zip(_column(listing, "path"), _column(listing, "share"), strict=True))
    assert shares["body.second"] == pytest.approx(800 / 864)
    depths = dict(zip(_column(listing, "path"), _column(listing, "depth"), strict=True))
    assert (depths["net"], depths["body"], depths["body.first"]) == (0, 1, 2)


def test_op_types_name_formula_and_source(report: GraphCosts) -> None:
    rows = op_listing(report).data()
    assert [row["op_type"] for row in rows] == ["MatMul", "Mystery"]
    assert "flop_counter" in str(rows[0]["source"])
    assert (rows[1]["macs"], rows[1]["macs_unknown"]) == (None, 1)


def test_the_largest_come_first_and_the_unknown_last(graph: Graph, counted: Counted) -> None:
    listing = arranged(node_listing(graph, counted, range(3)), "macs", None)
    assert _column(listing, "macs") == [800, 64, None]
    assert _column(arranged(listing, "macs", 1), "macs") == [800]


def test_texts_are_sorted_from_the_first_letter_on(graph: Graph, counted: Counted) -> None:
    listing = arranged(module_listing(graph, counted.costs), "path", None)
    assert _column(listing, "path") == sorted(_column(listing, "path"))


def test_an_unknown_column_is_refused_with_those_there_are(report: GraphCosts) -> None:
    with pytest.raises(UserError) as raised:
        arranged(op_listing(report), "cost", None)
    assert raised.value.info.code == "sort-unknown"
    assert "macs" in raised.value.info.hint


def test_words_leave_rows_that_have_all_of_them(report: GraphCosts) -> None:
    assert _column(with_words(op_listing(report), "MYSTERY my.dom"), "op_type") == ["Mystery"]
    assert not with_words(op_listing(report), "mystery matmul").rows


def test_csv_holds_all_digits_and_leaves_empty_what_is_not_known(graph: Graph, counted: Counted) -> None:
    rows = list(csv.DictReader(io.StringIO(node_listing(graph, counted, range(3)).csv_text())))
    assert [row["macs"] for row in rows] == ["64", "800", ""]
    assert rows[1]["outputs"] == "b float32 2 × 100"


@pytest.mark.parametrize(("value", "told"), [(math.nan, None), (3.0, 3), (0.5, 0.5)])
def test_figures_are_whole_where_they_are_and_null_where_they_are_not_known(value: float, told: object) -> None:
    assert known(value) == told


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--csv"], "--csv writes one table"),
        (["--csv", "--nodes", "--ops"], "--csv writes one table"),
        (["--csv", "--nodes", "--json"], "cannot both go to stdout"),
        (["--set", "batch"], "--set batch is no size"),
        (["--set", "batch=many"], "--set batch=many is no size"),
        (["--nodes", "--csv", "."], "--csv . is a folder"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_runs(
    options: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "net.onnx", *options]) == BAD_INPUT
    assert part in capsys.readouterr().err
