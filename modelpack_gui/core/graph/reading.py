"""Reads the graph that an inspection left on disk."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.columns import ColumnsError
from modelpack_gui.core.graph.graph import Graph


def stored_graph(path: Path) -> Graph:
    """The graph of a columns file.

    Raises:
        UserError: `graph-unreadable`: the file is gone or damaged.
    """
    try:
        return Graph.read(path)
    except (OSError, ColumnsError) as error:
        raise UserError(
            "graph-unreadable", f"The graph cannot be read from {path}: {error}.", "Read the graph again (F5)."
        ) from error
