"""What loads a benchmark tries after the latencies."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from modelpack_gui.core.records import BenchSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.bench_numbers import parse_rates, spell_rates
from modelpack_gui.ui.project.spec_edits import edit_bench
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.labelled import labelled
from modelpack_gui.ui.widgets.number_fields import DecimalField, ParsedEdit, join, parse_sizes
from modelpack_gui.ui.widgets.status_line import StatusLine


class LoadSettings(QWidget):
    """Edits the callers and the rates of the recipe's benchmark."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("load-settings")
        self._controller = controller
        self.callers = ParsedEdit("Callers", parse_sizes, join)
        self.rates = ParsedEdit("Calls a second", parse_rates, spell_rates)
        self.seconds = DecimalField("Each for", 0.1, 3600.0, 1, " s")
        self.callers.setObjectName("bench-callers")
        self.rates.setObjectName("bench-rates-per-s")
        self.seconds.setObjectName("bench-load-s")
        for line in (self.callers, self.rates):
            line.setPlaceholderText("none")
            line.setMaximumWidth(120)
            line.problem_changed.connect(self._show_problem)
        self.callers.value_edited.connect(lambda value: self._edit("change callers", "callers", value))
        self.rates.value_edited.connect(lambda value: self._edit("change arrival rates", "rates_per_s", value))
        self.seconds.valueChanged.connect(lambda value: self._edit("change time under load", "load_s", value))
        flow_place = QWidget()
        flow = FlowLayout(flow_place)
        tip = "So many at once, such as 1, 2, 4: each calls again as soon as it has its answer (closed loop)"
        flow.addWidget(labelled(self.callers, tip))
        tip = (
            "Calls arrive at this rate, such as 50, 100, whether or not the last one has ended (open loop); "
            "a stall counts for every call that it holds up"
        )
        flow.addWidget(labelled(self.rates, tip))
        flow.addWidget(labelled(self.seconds, "How long each load lasts, for each runner"))
        self.problem = StatusLine(Status.FAILED)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(flow_place)
        column.addWidget(self.problem)
        controller.recipe_changed.connect(self._show)
        self._show()

    def _edit(self, text: str, name: str, value: object) -> None:
        edit_bench(self._controller, text, f"bench.{name}", **{name: value})

    def _show(self) -> None:
        bench = self._controller.recipe.bench
        self.callers.set_value(bench.callers)
        self.rates.set_value(bench.rates_per_s)
        self.seconds.set_value(bench.load_s)

    def _show_problem(self) -> None:
        self.problem.set_text("\n".join(line.problem for line in (self.callers, self.rates) if line.problem))


def load_summary(bench: BenchSpec) -> str:
    """What loads are tried, in short; empty if none is."""
    parts = [
        f"{join(bench.callers)} {'caller' if bench.callers == (1,) else 'callers'}" if bench.callers else "",
        f"{spell_rates(bench.rates_per_s)} a second" if bench.rates_per_s else "",
    ]
    told = ", ".join(part for part in parts if part)
    return f"{told}, {bench.load_s:g} s each" if told else ""
