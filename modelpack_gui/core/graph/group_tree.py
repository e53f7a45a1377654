"""The tree of groups while it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_WITH_READERS = frozenset({"QuantizeLinear", "DequantizeLinear"})

MOST_DEPTH = 32
"""Groups within groups; what is deeper stays in the last."""


@dataclass
class Branch:
    """A group to be; fields are as in `graph.GroupInfo`.

    Attributes:
        nodes: Those directly in it.
        first: The first node in it and its children, known after `tidy`.
    """

    title: str
    path: str
    kind: str
    scope: int
    class_name: str = ""
    parent: Branch | None = None
    children: dict[str, Branch] = field(default_factory=dict)
    nodes: list[int] = field(default_factory=list)
    first: int = 0

    def below(self, parts: Sequence[str], kind: str, separator: str) -> Branch:
        """The branch at the end of a path from here; it is made if it is not there."""
        branch = self
        for part in parts[:MOST_DEPTH]:
            child = branch.children.get(part)
            if child is None:
                path = f"{branch.path}{separator}{part}" if branch.path else part
                child = Branch(_title(branch, part, separator), path, kind, self.scope, parent=branch)
                branch.children[part] = child
            branch = child
        return branch

    def adopt(self, child: Branch) -> None:
        """Take a child; its path tells it apart."""
        child.parent = self
        self.children[child.path] = child

    def in_order(self) -> list[Branch]:
        """The children in the order of their first nodes."""
        return sorted(self.children.values(), key=lambda child: child.first)

    def walk(self) -> Iterator[Branch]:
        """This branch and all below it, children before parents."""
        order = [self]
        for branch in order:  # it grows
            order.extend(branch.children.values())
        return reversed(order)


def _title(above: Branch, part: str, separator: str) -> str:
    """A number says nothing alone: `layers.0`, and `layers.0.1`."""
    return f"{above.title}{separator}{part}" if part.isdecimal() and above.parent is not None else part


def tidy(root: Branch) -> None:
    """Take out groups that hold nothing but another group, and those of a single node that are no modules."""
    for branch in list(root.walk()):
        for key, child in list(branch.children.items()):
            if child.children or len(child.nodes) > 1 or (child.kind == "module" and child.nodes):
                continue
            del branch.children[key]
            branch.nodes += child.nodes
        branch.nodes.sort()
        if len(branch.children) == 1 and not branch.nodes:
            (only,) = branch.children.values()
            branch.children, branch.nodes = {}, only.nodes
            for child in only.children.values():
                branch.adopt(child)
            if branch.parent is not None:
                branch.title = _joined(branch, only)
                branch.path = only.path
                branch.class_name = only.class_name
        branch.first = min([*branch.nodes[:1], *(child.first for child in branch.children.values())], default=0)


def _joined(outer: Branch, inner: Branch) -> str:
    """The title of two in one: what the inner path adds to the title of the outer one."""
    return outer.title + inner.path.removeprefix(outer.path)


def put_near(root: Branch, nodes: Sequence[int], columns: Mapping[str, Any], names: Sequence[str]) -> None:
    """Put nodes that know no module where their neighbours are, near or far.

    Constants and what quantises go with all who read them; others into the innermost group that holds both what
    they are made from and those who read them; else into the root.
    """
    if not nodes:
        return
    home = {node: branch for branch in root.walk() for node in branch.nodes}
    makers, readers = _neighbours(nodes, home, columns)
    above: dict[int, Branch] = {}
    below: dict[int, Branch] = {}
    for found, near, order in ((above, makers, nodes), (below, readers, nodes[::-1])):
        for node in order:  # the file has makers first
            known = [home.get(other) or found.get(other) for other in near.get(node, ())]
            branches = [branch for branch in known if branch is not None]
            if branches:
                found[node] = _common(branches)
    for node in nodes:
        up, down = above.get(node), below.get(node)
        if down is not None and (not makers.get(node) or names[columns["node_op_type"][node]] in _WITH_READERS):
            branch = down if down is not root or up is None else up
        else:
            branch = root if up is None or down is None else _common([up, down])
        branch.nodes.append(node)


def _neighbours(
    nodes: Sequence[int], home: Mapping[int, Branch], columns: Mapping[str, Any]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """What nodes read from, and who reads from them."""
    made_by: dict[int, int] = {}
    starts, values = columns["output_starts"], columns["output_values"]
    for node in (*home, *nodes):
        made_by.update((value, node) for value in values[starts[node] : starts[node + 1]] if value >= 0)
    homeless = set(nodes)
    makers: dict[int, list[int]] = {}
    readers: dict[int, list[int]] = {}
    starts, values = columns["input_starts"], columns["input_values"]
    for node in (*home, *nodes):
        for value in values[starts[node] : starts[node + 1]]:
            maker = made_by.get(value)
            if maker is None:
                continue
            if node in homeless:
                makers.setdefault(node, []).append(maker)
            if maker in homeless:
                readers.setdefault(maker, []).append(node)
    return makers, readers


def _common(branches: Sequence[Branch]) -> Branch:
    """The innermost branch that holds all of some."""
    common = _above(branches[0])
    for branch in {id(other): other for other in branches[1:]}.values():
        path = _above(branch)
        shared = 0
        while shared < min(len(common), len(path)) and common[shared] is path[shared]:
            shared += 1
        common = common[:shared]
    return common[-1]


def _above(branch: Branch | None) -> list[Branch]:
    path = []
    while branch is not None:
        path.append(branch)
        branch = branch.parent
    return path[::-1]
