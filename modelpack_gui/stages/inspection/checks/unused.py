"""What is in the file for nothing: nodes, initializers, inputs, outputs of nodes, functions."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import GraphFinding
from modelpack_gui.stages.inspection.checks.base import Check, Subject

_SHOWN = 3
_COUNT_OF_TRAINING = "num_batches_tracked"
"""Of batch norms: 8 bytes that only training reads, and that .pt2 and TorchScript files keep of each."""


_ACTING = frozenset({"Print", "RaiseException", "append", "warn"})


def _is_read(subject: Subject, value: int) -> bool:
    return value in subject.outputs or len(subject.graph.consumers(value)) > 0


def _initializers(subject: Subject) -> Iterator[GraphFinding]:
    graph = subject.graph
    sizes, inputs = graph.ints("initializer_bytes"), frozenset(graph.ints("scope_inputs"))
    for row, value in enumerate(graph.ints("initializer_value")):
        is_count = subject.value(value).endswith(_COUNT_OF_TRAINING)
        if not _is_read(subject, value) and value not in inputs and not is_count:
            yield GraphFinding(f"{subject.value(value)}, {fmt.size(sizes[row])}", (), (value,))


def _inputs(subject: Subject) -> Iterator[GraphFinding]:
    """Of the main graph: the body of a loop must take what the standard says."""
    graph = subject.graph
    for value in graph.scopes[0].inputs:
        if not _is_read(subject, value) and value not in graph.initializer_of:
            yield GraphFinding(f"{subject.value(value)} is given and never read", (), (value,))


def _overridable(subject: Subject) -> Iterator[GraphFinding]:
    """Before IR version 4 every initializer had to be an input."""
    graph = subject.graph
    if (subject.artifact.ir_version or 0) < 4:
        return
    for value in graph.scopes[0].inputs:
        if value in graph.initializer_of:
            nodes = tuple(dict.fromkeys(graph.consumers(value)))
            yield GraphFinding(f"{subject.value(value)} is stored, and can be given by a caller too", nodes, (value,))


def _outputs(subject: Subject) -> Iterator[GraphFinding]:
    """Of nodes of which others are used: else the node itself is dead."""
    graph, dead = subject.graph, _dead(subject)
    for node in range(len(graph.nodes)):
        outputs = [value for value in graph.outputs(node) if value >= 0]
        if len(outputs) < 2 or node in dead:
            continue
        unused = [value for value in outputs if not _is_read(subject, value)]
        if unused:
            names = fmt.listed([subject.value(value) for value in unused], _SHOWN)
            yield GraphFinding(f"{subject.node(node)} makes {names} for nothing", (node,), tuple(unused))


def _dead(subject: Subject) -> frozenset[int]:
    """Nodes that no output of a graph needs, those inside of such nodes included.

    The `prim::GetAttr` of TorchScript only spell out how to get at a weight, and a `getitem` of a .pt2 file names one
    of several outputs. What checks something, or writes over its input, does its work though nobody reads it.
    """
    graph = subject.graph
    kinds, texts = graph.ints("scope_kind"), graph.texts
    wanted = [
        value for scope in range(len(kinds)) if texts[kinds[scope]] != "subgraph" for value in _given(subject, scope)
    ]
    domains, alive = graph.ints("node_domain"), set[int]()
    for node, op_type in enumerate(subject.op_types):
        if texts[domains[node]] in ("aten", "prim") and _acts(op_type):
            alive.add(node)
            wanted += [value for value in graph.inputs(node) if value >= 0]
    seen = set(wanted)
    while wanted:
        node = graph.producers[wanted.pop()]
        while node >= 0 and node not in alive:
            alive.add(node)
            read = [*graph.inputs(node)]
            for inner in graph.scopes_of_node.get(node, ()):
                read += _given(subject, inner)
            new = [value for value in read if value >= 0 and value not in seen]
            seen.update(new)
            wanted += new
            node = graph.ints("scope_owner")[graph.ints("node_scope")[node]]  # what is inside keeps it alive
    return frozenset(
        node
        for node in range(len(graph.nodes))
        if node not in alive and texts[domains[node]] not in ("prim", "operator")
    )


def _acts(op_type: str) -> bool:
    """Whether an operator of PyTorch does something else than to give its outputs."""
    name = op_type.partition(".")[0]
    return name in _ACTING or name.startswith(("_assert", "sym_constrain")) or name.rstrip("_") + "_" == name


def _given(subject: Subject, scope: int) -> list[int]:
    starts, values = subject.graph.ints("scope_output_starts"), subject.graph.ints("scope_outputs")
    return [value for value in values[starts[scope] : starts[scope + 1]] if value >= 0]


def _dead_nodes(subject: Subject) -> Iterator[GraphFinding]:
    """One finding for each set of dead nodes that hang together; the last of it is the one to look at."""
    graph, dead = subject.graph, _dead(subject)
    left = set(dead)
    for end in sorted(dead, reverse=True):
        if end not in left:
            continue
        left.discard(end)
        found, edge = [end], [end]
        while edge:
            node = edge.pop()
            near = [graph.producers[value] for value in graph.inputs(node) if value >= 0]
            near += [one for value in graph.outputs(node) if value >= 0 for one in graph.consumers(value)]
            for one in near:
                if one in left:
                    left.discard(one)
                    found.append(one)
                    edge.append(one)
        more = f" and {fmt.plural(len(found) - 1, 'node')} before it" if len(found) > 1 else ""
        yield GraphFinding(f"{subject.node(end)}{more}", tuple(found))


def _functions(subject: Subject) -> Iterator[GraphFinding]:
    graph = subject.graph
    called = set(zip(graph.ints("node_domain"), graph.ints("node_op_type"), strict=True))
    names = {(graph.texts[domain], graph.texts[op_type]) for domain, op_type in called}
    for (domain, name), _scope in sorted(graph.function_scopes.items()):
        if (domain, name) not in names:
            yield GraphFinding(f"function {domain}::{name} is never called")


CHECKS = (
    Check(
        "dead-nodes", "Nodes that no output needs", "warning",
        "They make the file larger and slower to load; a result that was meant to be used may be missing.",
        "Check that the model returns all that it should; then export again, or drop them with a simplifier.",
        _dead_nodes, is_of_onnx=False,
    ),
    Check(
        "unused-initializers", "Weights that nothing reads", "warning",
        "They are shipped and loaded for nothing.",
        "Export again with constant folding, or remove them; check that a layer was not left out by mistake.",
        _initializers, is_of_onnx=False,
    ),
    Check(
        "unused-inputs", "Inputs that nothing reads", "warning",
        "Callers must feed them all the same, and may believe that they matter.",
        "Check that forward uses them: one that only steered a Python branch is frozen in the export.",
        _inputs, is_of_onnx=False,
    ),
    Check(
        "overridable-weights", "Weights that are inputs too", "warning",
        "A runtime has to expect other values at each run, so it can neither fold them nor lay them out in advance.",
        "Export with `keep_initializers_as_inputs=False`, or remove them from the inputs of the graph.",
        _overridable,
    ),
    Check(
        "unused-outputs", "Outputs of nodes that nothing reads", "info",
        "The node works them out, or a runtime has to see that it need not.",
        "Nothing need be done where the output is optional: leave its name empty to say so.",
        _outputs, is_of_onnx=False,
    ),
    Check(
        "unused-functions", "Functions that nothing calls", "info",
        "They are read and checked for nothing.",
        "Remove them from the file; exporters do so when they optimise.",
        _functions, is_of_onnx=True,
    ),
)  # fmt: skip
