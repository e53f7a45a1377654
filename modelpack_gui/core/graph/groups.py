"""Which nodes are shown as one: by the module that made them, or by what else tells parts of a graph apart.

The groups form a tree below one root for each scope. Where nodes know their module, modules are groups; else common
beginnings of node names are (`bert/encoder/layer_0/…`); what has too much directly in it after that is cut into
stretches. No group but a root holds nothing but one other group; only a module may hold a single node, which is then
drawn without a group around it.

The groups say nothing of the order of nodes: one that would make a cycle when collapsed is drawn in parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelpack_gui.core.graph.columns import Column, ints
from modelpack_gui.core.graph.group_tree import Branch, put_near, tidy
from modelpack_gui.core.graph.stretches import add_stretches

MOST_PARTS = 32
"""Of a path; what is deeper is in the group at that depth."""
ENOUGH = 0.5
"""Share of nodes whose names must have a beginning in common with others for names to tell groups."""
NAME_CHARACTERS = 1000


def add_groups(columns: Mapping[str, Any], texts: dict[str, int], graph_name: str) -> dict[str, Column]:
    """The columns `group_*` and `node_group` for the nodes of some columns (see `graph.Graph`).

    Args:
        texts: The number of each text; new ones are added.
    """
    names = list(texts)
    roots = [
        Branch(names[title] if scope else graph_name, "", "root", scope)
        for scope, title in enumerate(columns["scope_title"])
    ]
    nodes: list[list[int]] = [[] for _ in roots]
    for node, scope in enumerate(columns["node_scope"]):
        nodes[scope].append(node)
    for root, inside in zip(roots, nodes, strict=True):
        _grow(root, inside, columns, names)
        tidy(root)
        add_stretches(root, columns, names)
    return _columns_of(roots, texts, len(columns["node_scope"]))


def _grow(root: Branch, nodes: Sequence[int], columns: Mapping[str, Any], names: Sequence[str]) -> None:
    """Put nodes below the root, by module or by name."""
    module_paths, classes = columns["node_module_path"], columns["node_module_class"]
    branches: dict[int, Branch] = {}
    if any(names[module_paths[node]] for node in nodes):
        homeless = []
        for node in nodes:
            path = module_paths[node]
            branch = branches.get(path)
            if branch is None:
                branch = branches[path] = root.below(names[path].split(".") if names[path] else [], "module", ".")
            if names[path]:
                branch.nodes.append(node)
                branch.class_name = names[classes[node]] or branch.class_name
            else:
                homeless.append(node)
        put_near(root, homeless, columns, names)
        return
    prefixes = [_prefix(node, columns, names) for node in nodes]
    count: dict[str, int] = {}
    for prefix in prefixes:
        if prefix:
            count[prefix[0]] = count.get(prefix[0], 0) + 1
    shared = sum(number for number in count.values() if number > 1)
    is_told = bool(nodes) and shared >= ENOUGH * len(nodes)
    for node, prefix in zip(nodes, prefixes, strict=True):
        root.below(prefix if is_told else [], "prefix", "/").nodes.append(node)


def _prefix(node: int, columns: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """What a node's name begins with, in parts; that of its first output if it has none itself."""
    name = names[columns["node_name"][node]]
    if not name:
        start, end = columns["output_starts"][node], columns["output_starts"][node + 1]
        value = columns["output_values"][start] if end > start else -1
        name = names[columns["value_name"][value]] if value >= 0 else ""
    name = name[:NAME_CHARACTERS].strip("/")
    separator = next((mark for mark in ("/", "::", ".") if mark in name), "")
    return [part for part in name.split(separator)[:-1] if part][:MOST_PARTS] if separator else []


def _columns_of(roots: Sequence[Branch], texts: dict[str, int], node_count: int) -> dict[str, Column]:
    found: dict[str, Any] = {
        f"group_{name}": ints() for name in ("title", "path", "class", "kind", "parent", "scope")
    }
    node_group = ints([0]) * node_count

    def add(branch: Branch, parent: int) -> int:
        number = len(found["group_kind"])
        for name, value in (
            ("title", texts.setdefault(branch.title, len(texts))),
            ("path", texts.setdefault(branch.path, len(texts))),
            ("class", texts.setdefault(branch.class_name, len(texts))),
            ("kind", texts.setdefault(branch.kind, len(texts))),
            ("parent", parent),
            ("scope", branch.scope),
        ):
            found[f"group_{name}"].append(value)
        for node in branch.nodes:
            node_group[node] = number
        return number

    waiting = [(root, add(root, -1)) for root in roots][::-1]
    while waiting:  # depth first, each before what is in it
        branch, number = waiting.pop()
        if branch.parent is not None:
            number = add(branch, number)
        waiting += [(child, number) for child in reversed(branch.in_order())]
    return {**found, "node_group": node_group}
