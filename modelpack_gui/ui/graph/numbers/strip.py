"""What the graph costs in all, and the sizes that it was counted with, to be changed in place."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.figures import size
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.costs.node_costs import Costs
from modelpack_gui.core.graph.costs.text import FIGURE_OF, sum_text, unknown_text, whole_text
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import ChosenDim, CostSum, GraphCosts
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.numbers.memory_strip import MemoryStrip
from modelpack_gui.ui.graph.selection import NodePick, Pick
from modelpack_gui.ui.look.theme import GRID, SPACING, heading_font
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, wrapped_label
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.number_fields import SpinField
from modelpack_gui.ui.widgets.status_line import StatusLine

LARGEST_SIZE = 1_000_000
MOST_FIELDS = 16
_SETTLE_MS = 400
"""After the last digit or step of a size: what is on the way to it need not be counted."""
_COUNTING = "Counting parameters, arithmetic and memory…"
_CANCELLED = "Counting was cancelled."


class NumbersStrip(QWidget):
    """A line of figures, a line of sizes, and what is wrong with them."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("numbers-strip")
        self._controller = controller
        self._numbers = controller.graph.numbers
        self._fields: dict[str, SpinField] = {}
        self._run: Costs | None = None  # what the curve shows
        self._late = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._late.timeout.connect(self._choose)
        self._facts = _Flow()
        self.figures = {key: _Fact(FIGURE_OF[key].title) for key in ("parameters", "macs", "flops")}
        self.peak = IconButton("", role="link")
        self.peak.setObjectName("numbers-peak")
        self.peak.clicked.connect(self._go_to_peak)
        for fact in self.figures.values():
            self._facts.flow.addWidget(fact)
        self._facts.flow.addWidget(self.peak)
        self._sizes = _Flow()
        self.reset = IconButton("Reset", role="link")
        self.reset.setToolTip("Back to the usual sizes")
        self.reset.clicked.connect(lambda: self._numbers.set_sizes({}))
        self.memory = MemoryStrip()
        self.memory.node_chosen.connect(lambda node: controller.graph.selection.select(NodePick(node)))
        self.memory.setToolTip("Memory of tensors while the nodes run")  # of a place, see there
        self.message = StatusLine(Status.WARNING)
        self.message.setObjectName("numbers-message")
        self.busy = wrapped_label(_COUNTING, is_muted=True)
        self.again = IconButton("Count again", role="link")
        self.again.setObjectName("numbers-again")
        self.again.clicked.connect(self._numbers.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._facts)
        column.addWidget(self.memory)
        column.addWidget(self._sizes)
        column.addWidget(self.busy)
        column.addWidget(self.message)
        column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        self._numbers.changed.connect(self.refresh)
        controller.graph.selection.changed.connect(self._mark)
        self.refresh()

    def refresh(self) -> None:
        """Show the numbers of now."""
        report, graph = self._numbers.report, self._controller.graph.graph
        self._facts.setVisible(report is not None)
        self._sizes.setVisible(report is not None and bool(report.dims))
        self._show_run(graph, self._numbers.costs)
        self.busy.setVisible(self._numbers.is_counting and report is None)
        self.busy.setText(self._controller.graph.jobs.lone_text or _COUNTING)
        error = self._numbers.error
        is_missing = graph is not None and report is None and not self._numbers.is_counting
        self.again.setVisible(is_missing)
        if error is not None:
            notes = [f"{error.message} {error.hint}"]
        else:
            notes = list(report.notes) if report is not None else [_CANCELLED] if is_missing else []
        self.message.set_text(" ".join(notes))
        if report is not None and graph is not None:
            self._show_figures(report)
            self._show_peak(report, graph)
            self._show_sizes(report.dims)

    def _show_figures(self, report: GraphCosts) -> None:
        sums = {"parameters": CostSum(report.parameters), "macs": report.macs, "flops": report.flops}
        reasons = unknown_text(report)
        for key, fact in self.figures.items():
            figure, found = FIGURE_OF[key], sums[key]
            lines = [whole_text(figure, found.value, found.unknown)]
            if key == "parameters":
                lines.append(f"{size(int(report.weight_bytes))} of weights")
            elif found.unknown:
                lines.append(reasons)
            fact.show_text(sum_text(figure, found), "\n".join([*lines, figure.meaning]))

    def _show_peak(self, report: GraphCosts, graph: Graph) -> None:
        if report.peak_node < 0 or not report.peak_bytes.value:
            self.peak.hide()
            return
        figure, peak = FIGURE_OF["live_bytes"], report.peak_bytes
        text = sum_text(figure, peak)
        self.peak.setText(f"Peak {text}")
        unknown = f"; the size of {peak.unknown:,} tensors is not known" if peak.unknown else ""
        self.peak.setToolTip(
            plain_tooltip(
                f"Most memory of tensors at a time: {peak.value:,.0f} bytes{unknown}, while"
                f" {_node_title(graph, report.peak_node)} runs.\nA click selects that node. {figure.meaning}."
            )
        )
        self.peak.show()

    def _show_run(self, graph: Graph | None, costs: Costs | None) -> None:
        if costs is not self._run:
            self._run = costs
            if costs is None or graph is None:
                self.memory.show_run((), str, floats())
            else:
                nodes = [node for node, scope in enumerate(graph.ints("node_scope")) if scope == 0]
                self.memory.show_run(nodes, lambda node: _node_title(graph, node), costs.live_bytes)
            self._mark(self._controller.graph.selection.current)
        self.memory.setVisible(costs is not None and self.memory.is_worth_it)

    def _mark(self, pick: Pick | None) -> None:
        self.memory.mark(pick.node if isinstance(pick, NodePick) else -1)

    def _show_sizes(self, dims: tuple[ChosenDim, ...]) -> None:
        if list(self._fields) != [dim.key for dim in dims[:MOST_FIELDS]]:
            self._make_fields(dims)
        for dim in dims[:MOST_FIELDS]:
            field = self._fields[dim.key]
            if not field.hasFocus():
                field.set_value(min(dim.size, LARGEST_SIZE))
            said = "assumed; nobody chose it" if dim.is_assumed else "chosen"
            field.setToolTip(plain_tooltip(f"Size of {', '.join(dim.places)}: {said}"))
        self.reset.setVisible(bool(self._numbers.sizes))

    def _make_fields(self, dims: tuple[ChosenDim, ...]) -> None:
        self._fields = {}
        self._sizes.clear()
        for dim in dims[:MOST_FIELDS]:
            field = SpinField(f"Size of {dim.key}", 0, LARGEST_SIZE)
            field.setObjectName(f"size-{dim.key}")
            field.setFixedWidth(field.fontMetrics().horizontalAdvance("100,000") + 4 * SPACING)
            field.valueChanged.connect(lambda _size: self._late.start())
            self._fields[dim.key] = field
            label = QLabel(dim.key)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setBuddy(field)
            self._sizes.flow.addWidget(_Beside(label, field))
        self._sizes.flow.addWidget(self.reset)

    def _choose(self) -> None:
        report = self._numbers.report
        if report is None:
            return
        changed = {dim.key: self._fields[dim.key].value() for dim in report.dims if dim.key in self._fields}
        before = {dim.key: dim.size for dim in report.dims}
        chosen = {key: value for key, value in changed.items() if value != before[key]}
        if chosen:
            self._numbers.set_sizes({**self._numbers.sizes, **chosen})

    def _go_to_peak(self) -> None:
        report = self._numbers.report
        if report is not None and report.peak_node >= 0:
            self._controller.graph.selection.select(NodePick(report.peak_node))


def _node_title(graph: Graph, node: int) -> str:
    """`Conv /stem/Conv`, `Conv number 12`."""
    return f"{graph.text('node_op_type', node)} {graph.text('node_name', node) or f'number {node}'}"


class _Fact(QWidget):
    """`4.09 G` and what it is."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.number = QLabel()
        self.number.setFont(heading_font())
        label = QLabel(title)
        label.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.number)
        row.addWidget(label)

    def show_text(self, text: str, tooltip: str) -> None:
        """Show another number."""
        self.number.setText(text)
        self.setToolTip(plain_tooltip(tooltip))
        self.setAccessibleName(f"{text} {self._title}")


class _Flow(QWidget):
    """Widgets side by side on as many lines as they need."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = FlowLayout(self, SPACING + GRID)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def clear(self) -> None:
        """Let all of them go; one that is used again is given to the flow anew."""
        while (item := self.flow.takeAt(0)) is not None:
            widget = item.widget()
            if isinstance(widget, _Beside):
                widget.hide()
                widget.deleteLater()


class _Beside(QWidget):
    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for widget in widgets:
            row.addWidget(widget)
