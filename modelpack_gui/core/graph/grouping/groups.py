"""Which nodes are shown as one: by the module that made them, or by what else tells parts of a graph apart.

The groups form a tree below one root for each scope. Where nodes know their module, modules are groups; else common
beginnings of node names are (`bert/encoder/layer_0/…`); what has too much directly in it after that is cut into
stretches. No group but a root holds nothing but one other group; only a module may hold a single node, which is then
drawn without a group around it. A group comes after the one around it.

The groups say nothing of the order of nodes: one that would make a cycle when collapsed is drawn in parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelpack_gui.core.graph.columns import Column, ints
from modelpack_gui.core.graph.grouping.group_tree import GroupTree
from modelpack_gui.core.graph.grouping.neighbours import put_near
from modelpack_gui.core.graph.grouping.stretches import add_stretches

ENOUGH = 0.5
"""Share of nodes whose names must have a beginning in common with others for names to tell groups."""
NAME_CHARACTERS = 1000


def add_groups(columns: Mapping[str, Any], texts: dict[str, int], graph_name: str) -> dict[str, Column]:
    """The columns `group_*` and `node_group` for the nodes of some columns (see `graph.Graph`).

    Args:
        texts: The number of each text; new ones are added.
    """
    names = list(texts)
    tree = GroupTree(len(columns["node_scope"]))
    for scope, title in enumerate(columns["scope_title"]):
        tree.add("", names[title] if scope else graph_name, "root", -1, scope)
    homeless = _by_module(tree, columns, names)
    nameless: list[int] = []
    for scope, nodes in homeless.items():
        if scope in tree.grown:
            put_near(tree, nodes, columns, names)
        else:
            nameless.append(scope)
    for scope in nameless:
        _by_name(tree, homeless[scope], scope, columns, names)
    tree.tidy()
    add_stretches(tree, columns, names)
    return _columns_of(tree, texts)


def _by_module(tree: GroupTree, columns: Mapping[str, Any], names: Sequence[str]) -> dict[int, list[int]]:
    """Put nodes into the groups of their modules; those that know none are given back, by scope."""
    homeless: dict[int, list[int]] = {}
    group_of: dict[int, int] = {}  # by scope and text
    node_group, classes, count = tree.node_group, tree.classes, len(names)
    rows = zip(columns["node_module_path"], columns["node_module_class"], columns["node_scope"], strict=True)
    for node, (path, class_name, scope) in enumerate(rows):
        key = scope * count + path
        group = group_of.get(key)
        if group is None:
            text = names[path]
            if not text:
                homeless.setdefault(scope, []).append(node)
                node_group[node] = scope
                continue
            group = group_of[key] = tree.below(scope, text, "module", ".")
        node_group[node] = group
        if class_name and not classes[group]:
            classes[group] = class_name
    return homeless


def _by_name(
    tree: GroupTree, nodes: Sequence[int], scope: int, columns: Mapping[str, Any], names: Sequence[str]
) -> None:
    """Put nodes into groups by what their names begin with, if most of them have it in common with others."""
    prefixes = {}
    count: dict[str, int] = {}
    for node in nodes:
        prefix = _prefix(node, columns, names)
        if prefix:
            prefixes[node] = prefix
            first = prefix.partition("/")[0]
            count[first] = count.get(first, 0) + 1
    if sum(number for number in count.values() if number > 1) >= ENOUGH * len(nodes):
        for node, prefix in prefixes.items():
            tree.node_group[node] = tree.below(scope, prefix, "prefix", "/")


def _prefix(node: int, columns: Mapping[str, Any], names: Sequence[str]) -> str:
    """What a node's name begins with, parts separated by `/`; that of its first output if it has none itself."""
    name = names[columns["node_name"][node]]
    if not name:
        start, end = columns["output_starts"][node], columns["output_starts"][node + 1]
        value = columns["output_values"][start] if end > start else -1
        name = names[columns["value_name"][value]] if value >= 0 else ""
    separator = "/" if "/" in name else "::" if "::" in name else "."
    if separator not in name:
        return ""
    parts = name[:NAME_CHARACTERS].strip("/").split(separator)[:-1]
    return "/".join([part for part in parts if part])


def _columns_of(tree: GroupTree, texts: dict[str, int]) -> dict[str, Column]:
    def numbers(found: Sequence[str]) -> Column:
        for text in dict.fromkeys(found):
            texts.setdefault(text, len(texts))
        return ints([texts[text] for text in found])

    return {
        "group_title": numbers(tree.titles),
        "group_path": numbers(tree.paths),
        "group_class": ints(tree.classes),
        "group_kind": numbers(tree.kinds),
        "group_parent": ints(tree.parents),
        "group_scope": ints(tree.scopes),
        "node_group": ints(tree.node_group),
    }
