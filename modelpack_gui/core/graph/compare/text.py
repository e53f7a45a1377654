"""A comparison in plain words, for the window and the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.compare.difference import ASPECTS, Difference, State
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records.graph_compare import FactChange, FusionPattern, GraphComparison

STATE_TITLES: Mapping[State, str] = {
    State.SAME: "same",
    State.RENAMED: "renamed",
    State.REWIRED: "rewired",
    State.CHANGED: "changed",
    State.FUSED: "fused",
    State.FOLDED: "folded",
    State.REMOVED: "removed",
    State.ADDED: "added",
}
STATE_HELP: Mapping[State, str] = {
    State.SAME: "Both do the same and have the same name",
    State.RENAMED: "Both do the same under other names",
    State.REWIRED: "The same operator with the same settings, which reads what other nodes make",
    State.CHANGED: "The counterpart has another operator, attribute, shape, dtype or weight",
    State.FUSED: "Taken together with others into one node",
    State.FOLDED: "Does not depend on the input: computed beforehand, and stored as a weight",
    State.REMOVED: "Has no counterpart in the second graph",
    State.ADDED: "Has no counterpart in the first graph",
}
CHANGES = tuple(state for state in State if state > State.RENAMED)
"""The states of what is not as it was."""


def summary(report: GraphComparison) -> str:
    """The whole in one or two sentences."""
    return _optimised_summary(report) if report.is_optimized else _files_summary(report)


def _files_summary(report: GraphComparison) -> str:
    same, renamed = report.counts.get("same", 0), report.counts.get("renamed", 0)
    found = [(state, _real(report, state)) for state in (State.CHANGED, State.ADDED, State.REMOVED, State.REWIRED)]
    found = [(state, number) for state, number in found if number]
    clutter = _clutter_text(report)
    if not found and not clutter:
        return _same_summary(report, renamed)
    parts = [f"{fmt.count(number)} {STATE_TITLES[state]}" for state, number in found]
    if parts:
        parts[0] = f"{fmt.plural(found[0][1], 'node')} {STATE_TITLES[found[0][0]]}"
        if found[0][0] is State.CHANGED:
            parts[0] += f" ({_told_aspects(report)})"
    if clutter:
        states = [STATE_TITLES[state] for state in State if state.name.lower() in report.clutter]
        parts.append(f"{clutter} {' or '.join(states)}")
    if same and renamed:
        rest = f"; {fmt.count(same + renamed)} do the same as before, {fmt.count(renamed)} of them under other names"
    elif same or renamed:
        rest = f"; {fmt.count(same or renamed)} do the same as before{' under other names' if renamed else ''}"
    else:
        rest = "; none is the same"
    return f"{fmt.listed(parts)}{rest}.{_opset_sentence(report)}"


def _told_aspects(report: GraphComparison) -> str:
    """`weights of 12, attributes of 3`; `operator` where it is that of all that changed."""
    found = {name: number for name, number in report.aspects.items() if ASPECTS[name] is State.CHANGED}
    most = sorted(found, key=lambda name: -found[name])
    changed = report.counts.get("changed", 0)
    return fmt.listed(
        [
            f"{_NAMES.get(name, name)}{'' if found[name] == changed else f' of {fmt.count(found[name])}'}"
            for name in most
        ]
    )


_NAMES = {"attribute": "attributes", "quantised": "precision"}


def _real(report: GraphComparison, state: State) -> int:
    """Nodes of a state that compute something."""
    name = state.name.lower()
    return report.counts.get(name, 0) - sum(report.clutter.get(name, {}).values())


def _clutter_text(report: GraphComparison, *states: State) -> str:
    """`41 Constant and 6 Identity` of some states, or of all; empty if there is none."""
    ops: Counter[str] = Counter()
    for state in states or State:
        ops.update(report.clutter.get(state.name.lower(), {}))
    return " and ".join(f"{fmt.count(number)} {op}" for op, number in ops.most_common())


def _same_summary(report: GraphComparison, renamed: int) -> str:
    if not report.counts:
        return "Neither file has any nodes."
    others = [fact for fact in report.facts if fact.aspect in ("input", "output", "opset", "metadata")]
    what = (
        f"The same computation under other names: all {fmt.plural(report.before.node_count, 'node')} have a"
        " counterpart that does the same."
        if renamed
        else f"The two graphs are the same: all {fmt.plural(report.before.node_count, 'node')} match."
    )
    if others and not _opset_sentence(report):
        aspects = fmt.listed(list(dict.fromkeys(_ASPECTS.get(fact.aspect, fact.aspect) for fact in others)))
        return f"{what} The files differ in their {aspects}."
    return f"{what}{_opset_sentence(report)}"


_ASPECTS = {"input": "inputs", "output": "outputs", "opset": "opsets", "metadata": "metadata"}


def _opset_sentence(report: GraphComparison) -> str:
    opsets = [report.before.artifact.opset_version, report.after.artifact.opset_version]
    return f" Opset {opsets[0]} became {opsets[1]}." if None not in opsets and opsets[0] != opsets[1] else ""


def _optimised_summary(report: GraphComparison) -> str:
    before, after = report.before.node_count, report.after.node_count
    parts = []
    fusions = [pattern for pattern in report.patterns if len(pattern.before) > 1]
    if fusions:
        taken = len({node for pattern in fusions for node in pattern.befores})
        made = sum(pattern.nodes for pattern in fusions)
        parts.append(f"{fmt.count(taken)} fused into {fmt.count(made)}")
    for state, words in ((State.FOLDED, "computed beforehand"), (State.REMOVED, "left out"), (State.ADDED, "put in")):
        number = _real(report, state)
        if number:
            parts.append(f"{fmt.count(number)} {words}")
    for words, states in (("dissolved", (State.FOLDED, State.REMOVED)), ("put in", (State.ADDED,))):
        clutter = _clutter_text(report, *states)
        if clutter:
            parts.append(f"{clutter} {words}")
    kept = sum(report.counts.get(state.name.lower(), 0) for state in (State.SAME, State.RENAMED, State.REWIRED))
    if not parts and before == after:
        return f"ONNX Runtime leaves all {fmt.plural(before, 'node')} as they are at this level."
    told = f": {fmt.listed(parts)}" if parts else ""
    rest = f" {fmt.count(kept)} are as in the file." if kept else ""
    return f"ONNX Runtime makes {fmt.count(before)} nodes into {fmt.count(after)}{told}.{rest}"


def pattern_text(pattern: FusionPattern) -> str:
    """`Conv + Relu → FusedConv`, or `Identity: left out`."""
    before = " + ".join(map(short_operator, pattern.before))
    if pattern.after and pattern.before:
        return f"{before} → {short_operator(pattern.after)}"
    if pattern.after:
        return f"{short_operator(pattern.after)}: {pattern.why}"
    return f"{before}: {pattern.why}"


def short_operator(op: str) -> str:
    """Without `com.microsoft::`, which says little; a domain of a layout is kept as a word."""
    domain, _, op_type = op.rpartition("::")
    return f"{op_type} ({domain.rpartition('.')[2]})" if domain and domain != "com.microsoft" else op_type


def fact_text(fact: FactChange) -> str:
    """`opset ai.onnx: 17 → 18`."""
    return f"{fact.aspect} {fact.what}: {fact.before or 'none'} → {fact.after or 'none'}"


def node_title(graph: Graph, node: int) -> str:
    """What a node is called: its name, else its first output, else its number."""
    name = graph.text("node_name", node)
    if name:
        return name
    made = next((graph.value_name(value) for value in graph.outputs(node) if value >= 0), "")
    return made or f"node {node}"


def difference_lines(
    report: GraphComparison, before: Graph, after: Graph, difference: Difference, limit: int = 200
) -> Iterator[str]:
    """All that differs, a line each, for a terminal.

    Args:
        limit: Nodes that are listed; what is left out is counted.
    """
    yield summary(report)
    for note in report.notes:
        yield f"note: {note}"
    for fact in report.facts:
        yield f"  {fact_text(fact)}"
    for pattern in report.patterns:
        yield f"  {pattern.nodes} × {pattern_text(pattern)}"
    shown = 0
    for node, state in enumerate(difference.state):
        if state in CHANGES:
            shown += 1
            if shown <= limit:
                yield from _node_lines(before, after, difference, node)
    for node, state in enumerate(difference.back_state):
        if state == State.ADDED:
            shown += 1
            if shown <= limit:
                yield f"+ {after.text('node_op_type', node)} {node_title(after, node)}"
    if shown > limit:
        yield f"… and {fmt.count(shown - limit)} more nodes"


def _node_lines(before: Graph, after: Graph, difference: Difference, node: int) -> Iterator[str]:
    state, other = State(difference.state[node]), difference.partner[node]
    title = f"{before.text('node_op_type', node)} {node_title(before, node)}"
    if state is State.REMOVED or state is State.FOLDED:
        yield f"- {title}{' (computed beforehand)' if state is State.FOLDED else ''}"
        return
    if state is State.FUSED:
        yield f"* {title} → {after.text('node_op_type', other)} {node_title(after, other)}"
        return
    yield f"~ {title}"
    for change in difference.changes(node):
        if change.aspect not in ("name", "output name"):
            yield f"    {change.title}: {change.before or 'none'} → {change.after or 'none'}"
