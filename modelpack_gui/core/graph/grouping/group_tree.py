"""The tree of groups while it is made: lists by the number of the group, as a graph may have 100,000 of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

MOST_DEPTH = 32
"""Groups within groups; what is deeper stays in the last."""


class GroupTree:
    """Groups by number; the first ones are the roots of the scopes, and a group comes after the one around it.

    Attributes:
        parents, titles, paths, kinds, scopes: As in `graph.GroupInfo`.
        classes: Numbers of texts.
        node_group: The group that each node is directly in.
        grown: Scopes that have other groups than their root.
    """

    def __init__(self, node_count: int) -> None:
        self.parents: list[int] = []
        self.titles: list[str] = []
        self.paths: list[str] = []
        self.kinds: list[str] = []
        self.scopes: list[int] = []
        self.classes: list[int] = []
        self.node_group = [0] * node_count
        self.grown: set[int] = set()
        self._by_path: dict[int, dict[str, int]] = {}

    def add(self, path: str, title: str, kind: str, parent: int, scope: int, class_name: int = 0) -> int:
        """Add a group; its number."""
        self.parents.append(parent)
        self.titles.append(title)
        self.paths.append(path)
        self.kinds.append(kind)
        self.scopes.append(scope)
        self.classes.append(class_name)
        return len(self.parents) - 1

    def below(self, scope: int, path: str, kind: str, separator: str) -> int:
        """The group of a path in a scope; it and those around it are made if they are not there."""
        by_path = self._by_path.get(scope)
        if by_path is None:
            by_path = self._by_path[scope] = {}
            self.grown.add(scope)
        if path.count(separator) >= MOST_DEPTH:
            path = separator.join(path.split(separator, MOST_DEPTH)[:MOST_DEPTH])
        missing = []
        at, group = path, by_path.get(path)
        while group is None:
            cut = at.rfind(separator)
            missing.append((at, cut))
            if cut <= 0:
                group = scope
            else:
                at = at[:cut]
                group = by_path.get(at)
        for inner, cut in reversed(missing):
            part = inner[cut + 1 :]
            if part.isdecimal() and group != scope:  # a number says nothing alone: `layers.0`, and `layers.0.1`
                part = f"{self.titles[group]}{separator}{part}"
            group = by_path[inner] = self.add(inner, part or inner, kind, group, scope)
        return group

    def above(self, group: int) -> list[int]:
        """A group and those around it, the root first."""
        path = []
        while group >= 0:
            path.append(group)
            group = self.parents[group]
        return path[::-1]

    def tidy(self) -> None:
        """Take out groups that hold nothing but another group, and those of a single node that are no modules."""
        direct, children = Counter(self.node_group), Counter(self.parents)
        gone = self._lonely(direct, children) if "prefix" in self.kinds else {}
        thin = [
            group
            for group, count in children.items()
            if count == 1 and group >= 0 and not direct[group] and group not in gone
        ]
        if thin:
            self._join(thin, gone)
        if gone:
            self._drop(gone)

    def _lonely(self, direct: Counter[int], children: Counter[int]) -> dict[int, int]:
        """Groups of a single node by name, and what takes their place: the one around; the counts are kept right."""
        gone: dict[int, int] = {}
        for group in range(len(self.parents) - 1, -1, -1):
            if self.kinds[group] == "prefix" and direct[group] == 1 and not children[group]:
                around = gone[group] = self.parents[group]
                direct[around] += 1
                children[around] -= 1
        return gone

    def _join(self, thin: Sequence[int], gone: dict[int, int]) -> None:
        """Make one of each thin group and the only one in it; a root stays and takes what is in the other."""
        wanted = set(thin)
        only = {around: group for group, around in enumerate(self.parents) if around in wanted and group not in gone}
        for group in sorted(thin, reverse=True):
            inner = only[group]
            around = self.parents[group]
            if around < 0:
                gone[inner] = group
                continue
            self.titles[inner] = self.titles[group] + self.paths[inner][len(self.paths[group]) :]
            self.parents[inner] = around
            gone[group] = inner
            if only.get(around) == group:
                only[around] = inner

    def _drop(self, gone: dict[int, int]) -> None:
        """Take groups out; what was in one is in what takes its place."""

        def instead(group: int) -> int:
            while group in gone:
                group = gone[group]
            return group

        kept = [group for group in range(len(self.parents)) if group not in gone]
        self.reorder(kept, {group: instead(group) for group in gone})

    def reorder(self, order: Sequence[int], instead: Mapping[int, int] | None = None) -> None:
        """Give the groups other numbers: their places in an order.

        Args:
            instead: For each group that is not in the order, the one that takes its place.
        """
        number = {group: i for i, group in enumerate(order)}
        number.update({group: number[other] for group, other in (instead or {}).items()})
        number[-1] = -1
        self.parents = [number[self.parents[group]] for group in order]
        for texts in (self.titles, self.paths, self.kinds):
            texts[:] = [texts[group] for group in order]
        for numbers in (self.scopes, self.classes):
            numbers[:] = [numbers[group] for group in order]
        self.node_group = [number[group] for group in self.node_group]
