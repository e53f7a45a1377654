"""What `modelpack inspect` lists: rows of plain values, shown as text, written as JSON or as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from modelpack_gui.cli.console import table
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import amount, count, plural, significant, size
from modelpack_gui.core.graph.costs.node_costs import REASONS, Costs
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphCosts, TensorInfo, TensorStats

Value: TypeAlias = "str | int | float | list[dict[str, Any]] | dict[str, str] | None"
Row = tuple[Value, ...]
Text = Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        key: In JSON and CSV, and for --sort.
        text: How a value is shown; None leaves the column out of the terminal's table.
    """

    key: str
    title: str = ""
    text: Text | None = None
    is_number: bool = False


@dataclass(frozen=True)
class Listing:
    """One list.

    Attributes:
        noun: What a row is, for the line that counts them.
        total: Rows before they were filtered.
    """

    name: str
    noun: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int

    def data(self) -> list[dict[str, Value]]:
        """For JSON; what is not known is null."""
        return [dict(zip((column.key for column in self.columns), row, strict=True)) for row in self.rows]

    def csv_text(self) -> str:
        """With a header; what is not known is empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.key for column in self.columns])
        writer.writerows([_cell(value) for value in row] for row in self.rows)
        return out.getvalue()

    def text(self) -> str:
        """As columns that line up, and how many rows there are."""
        shown = [(i, column) for i, column in enumerate(self.columns) if column.text is not None]
        cells = [[_shown(column, row[i]) for i, column in shown] for row in self.rows]
        numbers = [place for place, (_, column) in enumerate(shown) if column.is_number]
        lines = [table([column.title for _, column in shown], cells, numbers)] if cells else []
        of_all = f" of {count(self.total)}" if self.total != len(self.rows) or self.name == "nodes" else ""
        return "\n".join([*lines, f"{plural(len(self.rows), self.noun)}{of_all}"])


def arranged(listing: Listing, sort: str, top: int | None) -> Listing:
    """Sorted by a column, the largest number first and texts from A on, and cut to the first rows.

    Raises:
        UserError: `sort-unknown`.
    """
    rows = listing.rows
    if sort:
        keys = [column.key for column in listing.columns]
        if sort not in keys:
            raise UserError(
                "sort-unknown", f"--sort {sort}: {listing.name} have no such column.", f"Choose of {', '.join(keys)}."
            )
        place = keys.index(sort)
        known = [row for row in rows if isinstance(row[place], (int, float, str))]
        is_text = any(isinstance(row[place], str) for row in known)
        known.sort(key=lambda row: str(row[place]) if is_text else row[place], reverse=not is_text)  # type: ignore[arg-type,return-value]
        rows = (*known, *(row for row in rows if not isinstance(row[place], (int, float, str))))
    return Listing(listing.name, listing.noun, listing.columns, rows[:top], listing.total)


def with_words(listing: Listing, text: str) -> Listing:
    """Only rows that have every word in one of their texts; case is ignored."""
    words = text.lower().split()
    rows = [
        row
        for row in listing.rows
        if all(word in "\n".join(value for value in row if isinstance(value, str)).lower() for word in words)
    ]
    return Listing(listing.name, listing.noun, listing.columns, tuple(rows), listing.total)


def known(value: float) -> float | int | None:
    """A figure as JSON can hold it: whole where it is, None where it is not known."""
    if math.isnan(value):
        return None
    return int(value) if value == int(value) else value


def _number(key: str, title: str, text: Text) -> Column:
    return Column(key, title, text, is_number=True)


def _tensor_text(data: dict[str, Any]) -> str:
    """With the sizes that were chosen, as far as they are known."""
    info = TensorInfo("", data["dtype"], None if data["sizes"] is None else tuple(data["sizes"]))
    return f"{info.dtype} {data['shape'] if info.shape is None else info.shape_text}".strip()


NODE_COLUMNS = (
    Column("index", "index", str, is_number=True),
    Column("op_type", "op_type", str),
    Column("domain"),
    Column("name", "name", str),
    Column("module", "module", str),
    Column("module_class"),
    Column("outputs", "outputs", lambda values: ", ".join(map(_tensor_text, values))),
    _number("macs", "MACs", amount),
    Column("flops"),
    _number("parameters", "parameters", amount),
    Column("weight_bytes"),
    Column("activation_bytes"),
    Column("live_bytes"),
    Column("inputs"),
    Column("attributes"),
    Column("source"),
    Column("subgraph"),
    Column("unknown"),
)


@dataclass(frozen=True)
class Counted:
    """What the nodes cost, and their shapes with the sizes that were counted with."""

    costs: Costs
    shaped: Graph


def node_listing(graph: Graph, counted: Counted | None, rows: Sequence[int]) -> Listing:
    """The nodes of some numbers; without figures where they were not counted."""
    return Listing(
        "nodes",
        "node",
        NODE_COLUMNS,
        tuple(_node_row(graph, counted, node) for node in rows),
        len(graph.nodes),
    )


def _node_row(graph: Graph, counted: Counted | None, node: int) -> Row:
    info = graph.nodes[node]
    shaped = graph if counted is None else counted.shaped

    def figure(name: str) -> float | int | None:
        return None if counted is None else known(counted.costs.of(name)[node])

    return (
        node,
        info.op_type,
        info.domain,
        info.name,
        info.module_path,
        info.module_class,
        [_tensor_data(graph, shaped, value) for value in graph.outputs(node)],
        figure("macs"),
        figure("flops"),
        figure("parameters"),
        figure("weight_bytes"),
        figure("activation_bytes"),
        figure("live_bytes"),
        [_tensor_data(graph, shaped, value) for value in graph.inputs(node)],
        {one.name: one.value for one in info.attributes},
        info.source_location,
        info.subgraph,
        "" if counted is None else REASONS[counted.costs.why[node]],
    )


def _tensor_data(graph: Graph, shaped: Graph, value: int) -> dict[str, Any]:
    """Name, dtype, shape as the file has it, and its sizes as they were counted with; -1 is one that is left out."""
    if value < 0:
        return {"name": "", "dtype": "", "shape": "", "sizes": None}
    info = graph.value_info(value)
    return {"name": info.name, "dtype": info.dtype, "shape": info.shape_text, "sizes": shaped.value_info(value).shape}


OP_COLUMNS = (
    Column("op_type", "op_type", str),
    Column("domain", "domain", str),
    _number("nodes", "nodes", count),
    _number("macs", "MACs", amount),
    Column("macs_unknown"),
    _number("flops", "FLOPs", amount),
    Column("flops_unknown"),
    _number("parameters", "parameters", amount),
    _number("weight_bytes", "weights", lambda value: size(int(value))),
    _number("activation_bytes", "activations", lambda value: size(int(value))),
    Column("activation_unknown"),
    Column("unknown", "unknown", str),
    Column("formula"),
    Column("source"),
)


def op_listing(costs: GraphCosts) -> Listing:
    """A row for each op type."""
    rows = tuple(
        (
            row.op_type,
            row.domain,
            row.nodes,
            _at_least(row.macs.value, row.macs.unknown),
            row.macs.unknown,
            _at_least(row.flops.value, row.flops.unknown),
            row.flops.unknown,
            known(row.parameters),
            known(row.weight_bytes),
            _at_least(row.activation_bytes.value, row.activation_bytes.unknown),
            row.activation_bytes.unknown,
            row.why,
            row.formula,
            row.source,
        )
        for row in costs.by_op
    )
    return Listing("ops", "op type", OP_COLUMNS, rows, len(rows))


MODULE_COLUMNS = (
    Column("path", "module", str),
    Column("class", "class", lambda name: name.rpartition(".")[2]),
    Column("kind"),
    Column("depth"),
    _number("nodes", "nodes", count),
    _number("macs", "MACs", amount),
    Column("macs_unknown"),
    _number("share", "share", lambda share: f"{100 * share:.1f} %"),
    _number("flops", "FLOPs", amount),
    Column("flops_unknown"),
    _number("parameters", "parameters", amount),
    _number("weight_bytes", "weights", lambda value: size(int(value))),
    _number("activation_bytes", "activations", lambda value: size(int(value))),
    _number("live_bytes", "peak", lambda value: size(int(value))),
)


def module_listing(graph: Graph, costs: Costs) -> Listing:
    """A row for each group, those in it below it; the share is that of the macs of its graph."""
    rows: list[Row] = []
    stack = [(group.index, 0) for group in reversed(graph.groups) if group.parent < 0]
    macs = costs.groups["macs"]
    while stack:
        number, depth = stack.pop()
        group = graph.groups[number]
        whole = macs.sums[graph.root_group(group.scope)]
        sums = {name: found.sums[number] for name, found in costs.groups.items()}
        unknown = {name: found.unknown[number] for name, found in costs.groups.items()}
        rows.append(
            (
                group.path or group.title or "(the model)",
                group.module_class,
                group.kind,
                depth,
                costs.group_nodes[number],
                _at_least(sums["macs"], unknown["macs"]),
                unknown["macs"],
                macs.sums[number] / whole if whole else None,
                _at_least(sums["flops"], unknown["flops"]),
                unknown["flops"],
                known(sums["parameters"]),
                known(sums["weight_bytes"]),
                _at_least(sums["activation_bytes"], unknown["activation_bytes"]),
                known(sums["live_bytes"]),
            )
        )
        stack += [(child, depth + 1) for child in reversed(graph.group_children[number])]
    return Listing("modules", "module", MODULE_COLUMNS, tuple(rows), len(rows))


STAT_COLUMNS = (
    Column("name", "initializer", str),
    Column("dtype", "dtype", str),
    Column("shape", "shape", str),
    Column("elements"),
    _number("size_bytes", "size", lambda value: size(int(value))),
    *(_number(key, title, significant) for key, title in (
        ("minimum", "min"), ("maximum", "max"), ("mean", "mean"), ("std", "std")
    )),
    *(_number(key, key, count) for key in ("zeros", "nans", "infs")),
)  # fmt: skip


def stat_listing(stats: Iterable[TensorStats], total: int) -> Listing:
    """A row for each initializer that was looked at."""
    rows = tuple(
        (
            one.name,
            one.dtype,
            TensorInfo(one.name, one.dtype, one.shape).shape_text,
            one.elements,
            one.size_bytes,
            one.minimum,
            one.maximum,
            one.mean,
            one.std,
            one.zeros,
            one.nans,
            one.infs,
        )
        for one in stats
    )
    return Listing("stats", "initializer", STAT_COLUMNS, rows, total)


def _at_least(value: float, unknown: int) -> float | int | None:
    """None where nothing is known."""
    return None if unknown and not value else known(value)


def _shown(column: Column, value: Value) -> str:
    assert column.text is not None
    return "?" if value is None else column.text(value)


def _cell(value: Value) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{name}={text}" for name, text in value.items())
    if isinstance(value, list):
        return "; ".join(f"{one['name']} {_tensor_text(one)}".strip() for one in value)
    return value
