"""The tree of groups while it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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


def put_near(root: Branch, nodes: Sequence[int], columns: Mapping[str, Any]) -> None:
    """Put nodes that know no module where their neighbours are: constants with all who read them, others in the
    innermost group that holds both those they read from and those who read them; else in the root."""
    if not nodes:
        return
    branch_of = {node: branch for branch in root.walk() for node in branch.nodes}
    homeless = set(nodes)
    made_by: dict[int, int] = {}
    starts, values = columns["output_starts"], columns["output_values"]
    for node in (*branch_of, *nodes):
        made_by.update((value, node) for value in values[starts[node] : starts[node + 1]] if value >= 0)
    makers: dict[int, list[Branch]] = {node: [] for node in nodes}
    readers: dict[int, list[Branch]] = {node: [] for node in nodes}
    has_inputs = set()
    starts, values = columns["input_starts"], columns["input_values"]
    for node in (*branch_of, *nodes):
        for value in values[starts[node] : starts[node + 1]]:
            maker = made_by.get(value)
            if maker is None:
                continue
            if node in homeless:
                has_inputs.add(node)
                if maker in branch_of:
                    makers[node].append(branch_of[maker])
            if maker in homeless and node in branch_of:
                readers[maker].append(branch_of[node])
    for node in nodes:
        near = [*makers[node], *readers[node]]
        is_between = bool(makers[node]) and bool(readers[node])
        is_home = near and (is_between or node not in has_inputs)
        (_common(near) if is_home else root).nodes.append(node)


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
