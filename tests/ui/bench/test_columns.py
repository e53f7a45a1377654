from __future__ import annotations

from PySide6.QtCore import Qt

from modelpack_gui.ui.models import bench_columns, matrix_table, sweep_table


def test_the_first_click_brings_the_fastest_to_the_top_and_the_most_calls_a_second() -> None:
    orders = {column.title: column.first_order for column in bench_columns.COLUMNS}
    orders |= {column.title: column.first_order for column in sweep_table.COLUMNS}
    orders |= {column.title: column.first_order for column in matrix_table.COLUMNS}
    fastest_first = (
        "p50 ms [95 %]",
        "p95 ms",
        "p99.9 ms",
        "Mean ms",
        "Cold start",
        "Peak memory",
        "p50, ms",
        "p50 ms",
    )
    assert {orders[title] for title in fastest_first} == {Qt.SortOrder.AscendingOrder}
    most_first = ("Speed-up [95 %]", "Per second", "Items/s")
    assert {orders[title] for title in most_first} == {Qt.SortOrder.DescendingOrder}
