"""What the inspector shows of the values of a stored tensor."""

from __future__ import annotations

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import TensorStats
from modelpack_gui.ui.graph.inspector.targets import TensorStatistics, TensorValues
from modelpack_gui.ui.inspection import Action, Histogram, Property, Section

StatsAnswer = TensorStats | ErrorInfo | None
"""None while it is being read."""


def stats_section(title: str, stats: StatsAnswer, value: int, *, giant_bytes: int = 0, waiting: str = "") -> Section:
    """Statistics and histogram of a stored tensor.

    Args:
        value: Its number in the graph.
        giant_bytes: How large it is, if its statistics are only made when asked for.
        waiting: Why it is not being read yet; empty if it is.
    """
    tooltip = "Heat map, table and histogram of the tensor"
    actions: tuple[Action, ...] = (Action("Show the values", "table", TensorValues(value), tooltip),)
    if stats is None and giant_bytes:
        make = Action("Make statistics", "run", TensorStatistics(value), "It is so large that this takes a while")
        row = Property("Statistics", f"not made: {fmt.size(giant_bytes)} are to be read")
        return Section(title, (row,), actions=(make, *actions))
    if stats is None and waiting:
        return Section(title, text=waiting, is_prose=True, actions=actions)
    if stats is None:
        return Section(title, (Property("Statistics", "reading…"),), actions=actions)
    if isinstance(stats, ErrorInfo):
        rows = [Property("Statistics", "not read"), Property("Why", stats.message)]
        if stats.hint:
            rows.append(Property("What to do", stats.hint))
        return Section(title, tuple(rows))
    histogram = Histogram(stats.counts, stats.edges) if any(stats.counts) else None
    return Section(title, tuple(stats_rows(stats)), stats.preview, histogram, actions=actions)


def stats_rows(stats: TensorStats) -> list[Property]:
    """The statistics of a tensor, one by one."""
    rows = [Property("Elements", fmt.count(stats.elements), str(stats.elements))]
    for name, number in (
        ("Minimum", stats.minimum), ("Maximum", stats.maximum), ("Mean", stats.mean), ("Std", stats.std)
    ):  # fmt: skip
        rows.append(Property(name, fmt.significant(number), fmt.full(number)))
    rows.append(
        Property(
            "Zeros", _share(stats.zeros, stats.elements), str(stats.zeros), meaning="Sparsity: the share of zeros"
        )
    )
    if stats.zero_slices:
        first = fmt.plural(stats.shape[0], "slice")
        text = f"{fmt.count(stats.zero_slices)} of {first}"
        rows.append(Property("All zero", text, meaning="Slices along the first axis that hold nothing but zeros"))
    rows.append(Property("NaN", fmt.count(stats.nans), str(stats.nans)))
    rows.append(Property("Inf", fmt.count(stats.infs), str(stats.infs)))
    return rows


def _share(number: int, total: int) -> str:
    if not number or not total:
        return fmt.count(number)
    return f"{fmt.count(number)}  ({fmt.significant(100 * number / total)} %)"
