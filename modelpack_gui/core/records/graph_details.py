"""What a file says of one part of its graph beyond what the columns of the graph hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelpack_gui.core.records.inspection import AttributeInfo

GraphPart = Literal["node", "value", "initializer", "scope", "model"]


@dataclass(frozen=True)
class GraphDetailsRequest:
    """Read all that a file says of one part of its graph.

    Attributes:
        part: What `number` counts: nodes, initializers or scopes as the graph numbers them. A value is named, and
            `number` is that of its scope; a model is the whole file.
    """

    path: str
    part: GraphPart
    number: int = 0
    name: str = ""


@dataclass(frozen=True)
class DetailRow:
    """One more fact, such as the place of a tensor in its data file."""

    name: str
    text: str


@dataclass(frozen=True)
class GraphDetails:
    """The answer; what the file leaves out is empty.

    Attributes:
        attributes: Of a node or a function, in full (up to a million characters each).
        facts: By their names in the standard, in words where it has numbers.
        metadata: The part's own `metadata_props`.
        doc: Its doc string.
    """

    request: GraphDetailsRequest
    attributes: tuple[AttributeInfo, ...] = ()
    facts: tuple[DetailRow, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    doc: str = ""

    def attribute(self, name: str) -> AttributeInfo | None:
        """An attribute by its name."""
        return next((item for item in self.attributes if item.name == name), None)
