"""How a benchmark measures: what most change in view, the rest folded."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import BenchSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.models.bench_numbers import parse_cpus, spell_cpus
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.project.spec_edits import edit_bench
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.bench.load_settings import load_summary
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.fold_row import FoldRow
from modelpack_gui.ui.widgets.labelled import labelled
from modelpack_gui.ui.widgets.number_fields import DecimalField, ParsedEdit, SpinField
from modelpack_gui.ui.widgets.status_line import StatusLine

PROTOCOL = "bench-protocol"
USUAL_PRECISION, USUAL_BUDGET_S = 0.01, 120.0
"""Half a per cent would take minutes on a machine that is not tuned; 1 % is well below what one deploys for."""

_UNDO = {
    "warmup_runs": "change warm-up runs",
    "iterations": "change timed runs",
    "block_runs": "change turn",
    "threads": "change threads",
    "precision": "change when to stop",
    "time_budget_s": "change the time limit",
    "seed": "change seed",
    "noise_run": "change the noise run",
    "fresh_inputs": "change fresh inputs",
    "pin_cpus": "change processors",
    "batch_size": "change batch size",
}


class BenchSettings(QWidget):
    """Edits the recipe's BenchSpec but for its runners, and shows it as it is now."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench-settings")
        self._controller = controller
        self.warmup_runs = self._spin("warmup_runs", "Warm-up", 0, 100_000)
        self.iterations = self._spin("iterations", "Timed runs", 1, 1_000_000)
        self.threads = self._spin("threads", "Threads", 0, 1024)
        self.threads.setMaximumWidth(96)
        self.precise = QCheckBox("until ±")
        self.precise.setObjectName("bench-precise")
        self.precise.clicked.connect(self._on_precise)
        self.precision = DecimalField("Precision of p50", 0.1, 20.0, 1, " %")
        self.precision.setObjectName("bench-precision")
        self.precision.valueChanged.connect(lambda value: self._edit("precision", value / 100.0))
        self.budget = SpinField("Time limit", 0, 86_400)
        self.budget.setObjectName("bench-time-budget-s")
        self.budget.valueChanged.connect(lambda value: self._edit("time_budget_s", float(value) or None))
        self.budget.setSuffix(" s")
        self.budget.setSpecialValueText("no limit")
        self.block_runs = self._spin("block_runs", "Runs a turn", 1, 10_000)
        self.seed = self._spin("seed", "Seed", 0, 2_000_000_000)
        self.seed.setMaximumWidth(120)
        self.batch_size = self._spin("batch_size", "Batch size", 0, 1_000_000)
        self.batch_size.setSpecialValueText("as the example")
        self.batch_size.setMaximumWidth(140)
        self.noise_run = self._box("noise_run", "Measure the baseline twice (A/A)")
        self.fresh_inputs = self._box("fresh_inputs", "New input values for every run")
        self.pin_cpus = ParsedEdit("Processors", parse_cpus, spell_cpus)
        self.pin_cpus.setObjectName("bench-pin-cpus")
        self.pin_cpus.setPlaceholderText("any")
        self.pin_cpus.setMaximumWidth(120)
        self.pin_cpus.value_edited.connect(lambda value: self._edit("pin_cpus", value))
        self.pin_cpus.problem_changed.connect(self._show_problem)
        self.folds = FoldRow()
        self.folds.add(PROTOCOL, "More", self._make_protocol())
        self.problem = StatusLine(Status.FAILED)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self._make_first())
        column.addWidget(self.folds)
        column.addWidget(self.problem)
        controller.recipe_changed.connect(self._show)
        controller.capabilities_changed.connect(self._show)
        self._show()

    # Building

    def _make_first(self) -> QWidget:
        made = QWidget()
        flow = FlowLayout(made)
        flow.addWidget(labelled(self.warmup_runs, "Before the first timed run of each runner; drawn, not counted"))
        tip = "Of each runner, in turns. Fewer than 500 are a first look: p99 needs some hundreds to be known well"
        flow.addWidget(labelled(self.iterations, tip))
        until = QWidget()
        row = QHBoxLayout(until)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.precise)
        row.addWidget(self.precision)
        tip = (
            "Go on beyond the timed runs until half the 95 % interval of every runner's p50 is below this share of "
            "it, or the time limit is reached"
        )
        for widget in (self.precise, self.precision):
            widget.setToolTip(tip)
        flow.addWidget(until)
        tip = "Threads inside an operator, the same for every runner; auto: as many as there are physical cores"
        flow.addWidget(labelled(self.threads, tip))
        return made

    def _make_protocol(self) -> QWidget:
        made = QWidget()
        flow = FlowLayout(made)
        flow.addWidget(labelled(self.block_runs, "Timed runs of a runner before the next one has its turn"))
        flow.addWidget(labelled(self.budget, "The timed runs end after this long, whatever was reached"))
        flow.addWidget(labelled(self.seed, "Of the order of turns, of new inputs, and of the intervals"))
        flow.addWidget(labelled(self.batch_size, "Size of the batch axis; it must be dynamic in the artifact"))
        tip = "Logical processors that the runners keep to, such as 0-3, where the system can; empty: any"
        flow.addWidget(labelled(self.pin_cpus, tip))
        self.noise_run.setToolTip(
            plain_tooltip(
                "In two processes: what the two differ by is noise, and no smaller difference counts. "
                "It takes as long as one more runner"
            )
        )
        self.fresh_inputs.setToolTip(
            plain_tooltip(
                "Made before the clock starts. The same values over and over stay in the processor's caches, "
                "which is faster than life"
            )
        )
        flow.addWidget(self.noise_run)
        flow.addWidget(self.fresh_inputs)
        return made

    def _spin(self, name: str, label: str, low: int, high: int) -> SpinField:
        field = SpinField(label, low, high)
        field.setObjectName(f"bench-{name.replace('_', '-')}")
        is_optional = name in ("threads", "batch_size")
        field.valueChanged.connect(lambda value: self._edit(name, (value or None) if is_optional else value))
        return field

    def _box(self, name: str, text: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setObjectName(f"bench-{name.replace('_', '-')}")
        box.clicked.connect(lambda is_on: self._edit(name, is_on))
        return box

    # Editing and showing

    def _edit(self, name: str, value: object) -> None:
        changes: dict[str, object] = {name: value}
        edit_bench(self._controller, _UNDO[name], f"bench.{name}", **changes)

    def _on_precise(self, is_on: bool) -> None:
        budget = self._controller.recipe.bench.time_budget_s
        changes = (
            {"precision": USUAL_PRECISION, "time_budget_s": budget or USUAL_BUDGET_S}
            if is_on
            else {"precision": None, "time_budget_s": None}
        )
        edit_bench(self._controller, _UNDO["precision"], **changes)

    def _show(self) -> None:
        bench = self._controller.recipe.bench
        for field, value in (
            (self.warmup_runs, bench.warmup_runs),
            (self.iterations, bench.iterations),
            (self.block_runs, bench.block_runs),
            (self.seed, bench.seed),
            (self.threads, bench.threads or 0),
            (self.batch_size, bench.batch_size or 0),
            (self.budget, round(bench.time_budget_s or 0)),
        ):
            field.set_value(value)
        capabilities = self._controller.capabilities
        cores = capabilities.physical_cores if capabilities is not None else 0
        self.threads.setSpecialValueText(f"auto ({cores})" if cores else "auto")
        for box, is_on in (
            (self.precise, bench.precision is not None),
            (self.noise_run, bench.noise_run),
            (self.fresh_inputs, bench.fresh_inputs),
        ):
            box.setChecked(is_on)
        self.precision.set_value(100.0 * (bench.precision or USUAL_PRECISION))
        self.precision.setEnabled(bench.precision is not None)
        self.pin_cpus.set_value(bench.pin_cpus)
        self.folds.set_summary(PROTOCOL, protocol_summary(bench))

    def _show_problem(self) -> None:
        self.problem.set_text(self.pin_cpus.problem)


def protocol_summary(bench: BenchSpec) -> str:
    """What is set behind the fold, in short."""
    parts = [
        f"{plural(bench.block_runs, 'run')} a turn",
        f"batch {bench.batch_size}" if bench.batch_size else "",
        f"at most {bench.time_budget_s:g} s" if bench.time_budget_s else "",
        f"seed {bench.seed}",
        "A/A run" if bench.noise_run else "no A/A run",
        "new inputs" if bench.fresh_inputs else "",
        f"processors {spell_cpus(bench.pin_cpus)}" if bench.pin_cpus else "",
        f"then {load_summary(bench)}" if load_summary(bench) else "",
    ]
    return ", ".join(part for part in parts if part)
