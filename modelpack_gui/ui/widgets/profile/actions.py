"""From a runner's figures to where its time goes."""

from __future__ import annotations

from typing import Protocol, cast

from PySide6.QtWidgets import QMenu

from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.look.theme import icon
from modelpack_gui.ui.models.bench_columns import RunnerRow
from modelpack_gui.ui.widgets.bench.tabs import PROFILE, BenchTabs


class _Profiles(Protocol):
    """The view in that tab; it is imported when the tab is first shown."""

    def choose(self, runner: str, against: str = "") -> None: ...

    def profile_if_needed(self) -> None: ...


def add_profile_actions(menu: QMenu, row: RunnerRow, report: BenchReport | None, tabs: BenchTabs) -> None:
    """Offer a runner's profile, and why it takes longer or less than the one that speed-ups are against."""
    result = row.result
    if report is None or result.summary is None:
        return

    def show(against: str = "") -> None:
        view = cast("_Profiles", tabs.show_tab(PROFILE))
        view.choose(result.runner, against)
        view.profile_if_needed()

    menu.addSeparator()
    menu.addAction(icon("benchmark"), "Where its time goes").triggered.connect(lambda: show())
    baseline = next((one for one in report.runners if one.runner == report.baseline), None)
    if baseline is not None and baseline.runner != result.runner and result.speedup is not None:
        word = "faster" if result.speedup.value > 1.0 else "slower"
        text = f"Why it is {word} than {baseline.title}".replace("&", "&&")
        menu.addAction(icon("swap"), text).triggered.connect(lambda: show(report.baseline))
