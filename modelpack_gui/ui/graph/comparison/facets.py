"""The ways to choose among the rows of a comparison. They are made off the GUI thread: there may be 100,000 rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.compare.difference import NAMES, State, is_clutter
from modelpack_gui.core.graph.compare.text import CHANGES, STATE_HELP, STATE_TITLES, pattern_text
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.comparison.compared import Compared, PairRow

_MODULES = 60
"""Modules that are offered; the others are found by typing."""


@dataclass(frozen=True)
class Facet:
    """A way to choose.

    Attributes:
        key: Tells it from others, in this comparison and the next.
        section: The heading that it is below; empty for those on top.
        rows: That it lets through.
        count: What is told of them: rows, or places.
        state: That all of them have; None if they need not.
    """

    key: str
    section: str
    title: str
    rows: Sequence[PairRow]
    count: int
    tooltip: str = ""
    state: State | None = None


def facets_of(compared: Compared) -> Sequence[Facet]:
    """What can be chosen, by section."""
    return [*_states(compared), *_patterns(compared), *_aspects(compared), *_modules(compared)]


def _states(compared: Compared) -> Iterator[Facet]:
    befores, afters = _texts(compared.before, "node_op_type"), _texts(compared.after, "node_op_type")
    by_state: dict[State, list[PairRow]] = {}
    changes: list[PairRow] = []
    clutter: list[PairRow] = []
    ops: set[str] = set()
    for row in compared.rows:
        by_state.setdefault(row.state, []).append(row)
        op = befores[row.node] if row.node >= 0 else afters[row.other]
        if is_clutter(row.state, op):
            clutter.append(row)
            ops.add(op)
        elif row.state in CHANGES:
            changes.append(row)
    yield Facet("changes", "", "All changes", changes, len(changes))
    if clutter:
        told = "Put in or taken out without a change to what is computed, but for its precision"
        yield Facet("clutter", "", ", ".join(sorted(ops)), clutter, len(clutter), told)
    yield Facet("everything", "", "Everything", compared.rows, len(compared.rows))
    for state in sorted(by_state, reverse=True):
        rows = by_state[state]
        title, section = STATE_TITLES[state].capitalize(), "What became of the nodes"
        yield Facet(f"state:{state.name}", section, title, rows, len(rows), STATE_HELP[state], state)


def _patterns(compared: Compared) -> Iterator[Facet]:
    for pattern in compared.report.patterns:
        nodes, others = frozenset(pattern.befores), frozenset(pattern.afters)
        rows = [row for row in compared.rows if row.node in nodes or (row.node < 0 and row.other in others)]
        title = pattern_text(pattern)
        told = f"{fmt.plural(len(rows), 'node')} in {fmt.plural(pattern.nodes, 'place')}"
        yield Facet(f"pattern:{title}", "What the optimiser did", title, rows, pattern.nodes, told)


def _aspects(compared: Compared) -> Iterator[Facet]:
    for aspect in compared.difference.aspect_counts:
        if aspect not in NAMES:
            nodes = compared.difference.nodes_with(aspect)
            rows = [row for row in compared.rows if row.node in nodes]
            yield Facet(f"aspect:{aspect}", "What differs", aspect.capitalize(), rows, len(rows))


def _modules(compared: Compared) -> Iterator[Facet]:
    """Modules with changes directly in them, the most first."""
    befores, afters = _texts(compared.before, "node_module_path"), _texts(compared.after, "node_module_path")
    by_path: dict[str, list[PairRow]] = {}
    for row in compared.rows:
        if row.state in CHANGES:
            path = (befores[row.node] if row.node >= 0 else "") or (afters[row.other] if row.other >= 0 else "")
            if path:
                by_path.setdefault(path, []).append(row)
    for path in sorted(by_path, key=lambda path: -len(by_path[path]))[:_MODULES]:
        yield Facet(f"module:{path}", "Where it changed", path, by_path[path], len(by_path[path]))


def _texts(graph: Graph, column: str) -> list[str]:
    texts = graph.texts
    return [texts[text] for text in graph.ints(column)]
