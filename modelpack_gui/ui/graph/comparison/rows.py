"""Rows of a comparison: what they show, and the ways to choose among them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QIcon

from modelpack_gui.core.graph.compare.difference import NAMES, State
from modelpack_gui.core.graph.compare.pairs import operator_text
from modelpack_gui.core.graph.compare.text import (
    STATE_HELP,
    STATE_TITLES,
    node_title,
    short_operator,
)
from modelpack_gui.core.graph.overlay import Tone
from modelpack_gui.core.records import FactChange
from modelpack_gui.ui.graph.comparison.compared import Compared, PairRow
from modelpack_gui.ui.look.theme import icon, theme
from modelpack_gui.ui.models.record_table import Column

ICONS = {
    State.SAME: "not-run",
    State.RENAMED: "not-run",
    State.REWIRED: "swap",
    State.CHANGED: "edit",
    State.FUSED: "collapse",
    State.FOLDED: "package",
    State.REMOVED: "remove",
    State.ADDED: "add",
}

STATE_TONES: dict[State, Tone] = {
    State.SAME: "muted",
    State.RENAMED: "muted",
    State.REWIRED: "accent",
    State.CHANGED: "warning",
    State.FUSED: "stale",
    State.FOLDED: "muted",
    State.REMOVED: "failed",
    State.ADDED: "passed",
}

View = Callable[[], Compared | None]


def state_color(state: State) -> str:
    """The colour of a state in the theme of now; its icon tells it too."""
    return str(getattr(theme().colors, STATE_TONES[state]))


def state_icon(state: State) -> QIcon:
    """Its shape, in its colour."""
    return icon(ICONS[state], state_color(state))


def pair_columns(view: View) -> tuple[Column[PairRow], ...]:
    """The columns of the table of nodes; `view` gives the comparison that is shown."""

    def told(tell: Callable[[Compared, PairRow], str]) -> Callable[[PairRow], str]:
        def text(row: PairRow) -> str:
            compared = view()
            return tell(compared, row) if compared is not None else ""

        return text

    return (
        Column(
            "",
            value=lambda row: int(row.state),
            text=lambda row: STATE_TITLES[row.state],
            full=lambda row: f"{STATE_TITLES[row.state].capitalize()}: {STATE_HELP[row.state]}",
            icon=lambda row: state_icon(row.state),
            color=lambda row: state_color(row.state),
            width=100,
            tooltip="What became of the node",
        ),
        Column("Operator", value=told(operator), is_mono=True, width=140),
        Column("What differs", value=told(what_differs), width=130),
        Column("Before", value=told(_before), is_mono=True, width=150, tooltip="The node of the first graph"),
        Column("After", value=told(_after), is_mono=True, width=150, tooltip="The node of the second graph"),
        Column("Module", value=told(module), is_mono=True, width=140, tooltip="The PyTorch module it came from"),
    )


FACT_COLUMNS: tuple[Column[FactChange], ...] = (
    Column("Of", value=lambda fact: fact.aspect, width=90),
    Column("What", value=lambda fact: fact.what, is_mono=True, width=180),
    Column("Before", value=lambda fact: fact.before or None, text=lambda fact: fact.before or "–", width=220),
    Column("After", value=lambda fact: fact.after or None, text=lambda fact: fact.after or "–", width=220),
)


def operator(compared: Compared, row: PairRow) -> str:
    """`Relu`, or `Relu → Gelu`."""
    before = short_operator(operator_text(compared.before, row.node)) if row.node >= 0 else ""
    after = short_operator(operator_text(compared.after, row.other)) if row.other >= 0 else ""
    if not before or not after or before == after:
        return before or after
    return f"{before} → {after}"


def module(compared: Compared, row: PairRow) -> str:
    """Of the first graph where it is known there."""
    before = compared.before.text("node_module_path", row.node) if row.node >= 0 else ""
    return before or (compared.after.text("node_module_path", row.other) if row.other >= 0 else "")


def what_differs(compared: Compared, row: PairRow) -> str:
    """`weights, shape`; of a fused node what it is taken together with."""
    if row.state is State.FUSED:
        others = [node for node in compared.difference.origins(row.other) if node != row.node]
        ops = " + ".join(compared.before.text("node_op_type", node) for node in others)
        return f"with {ops}" if ops else "becomes another operator"
    if row.state is State.REMOVED and row.other >= 0:
        return f"{node_title(compared.after, row.other)} gives the same"
    if row.node < 0 or row.other < 0:
        return ""
    aspects = compared.difference.aspects(row.node)
    return ", ".join([one for one in aspects if one not in NAMES] or aspects)


def _before(compared: Compared, row: PairRow) -> str:
    return node_title(compared.before, row.node) if row.node >= 0 else ""


def _after(compared: Compared, row: PairRow) -> str:
    return node_title(compared.after, row.other) if row.other >= 0 else ""
