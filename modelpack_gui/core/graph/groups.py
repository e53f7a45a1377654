"""Which nodes are shown as one: by the module that made them.

The groups form a tree below one root for each scope. They say nothing of the order of nodes: a group that would make
a cycle when collapsed is cut when it is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelpack_gui.core.graph.columns import Column, ints


def add_groups(columns: Mapping[str, Any], texts: dict[str, int], graph_name: str) -> dict[str, Column]:
    """The columns `group_*` and `node_group` for the nodes of some columns (see `graph.Graph`).

    Args:
        texts: The number of each text; new ones are added.
    """
    names = list(texts)
    found: dict[str, Any] = {
        f"group_{name}": ints() for name in ("title", "path", "class", "kind", "parent", "scope")
    }
    groups: dict[tuple[int, str], int] = {}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    def add(scope: int, path: str, title: str, kind: str, parent: int) -> int:
        group = groups[scope, path] = len(found["group_kind"])
        for name, value in (
            ("title", number(title)), ("path", number(path)), ("class", 0), ("kind", number(kind)),
            ("parent", parent), ("scope", scope),
        ):  # fmt: skip
            found[f"group_{name}"].append(value)
        return group

    for scope, title in enumerate(columns["scope_title"]):
        add(scope, "", names[title] if scope else graph_name, "root", -1)
    node_group = ints()
    for path_text, class_text, scope in zip(
        columns["node_module_path"], columns["node_module_class"], columns["node_scope"], strict=True
    ):
        path = names[path_text]
        group = groups.get((scope, path), -1)
        if group < 0:
            group, at = groups[scope, ""], ""
            for part in path.split("."):
                at = f"{at}.{part}" if at else part
                inner = groups.get((scope, at), -1)
                group = inner if inner >= 0 else add(scope, at, part, "module", group)
        if class_text and path_text:
            found["group_class"][group] = class_text
        node_group.append(group)
    return {**found, "node_group": node_group}
