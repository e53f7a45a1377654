"""What the comparison needs of an artifact, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from modelpack_gui.stages.layers.graph import ArtifactGraph, GraphNode

if TYPE_CHECKING:
    import torch


class ArtifactSide(Protocol):
    """An artifact that can be run in parts.

    Attributes:
        graph: With what is known of its values for the inputs of the case.
        inputs: Of the case, by name of the graph's input.
        sources: Position among the example inputs of what goes into each input of the graph.
        levels: Of optimisation that it can be run at, of those asked for.
        can_be_cut: Whether a part can be run on values that are fed; else `run` runs all from the inputs.
        description: What runs it, with its version.
    """

    graph: ArtifactGraph
    inputs: Mapping[str, torch.Tensor]
    sources: Mapping[str, int]
    levels: tuple[str, ...]
    can_be_cut: bool
    description: str

    def run(
        self, level: str, outputs: Sequence[str], feeds: Mapping[str, torch.Tensor] | None = None
    ) -> dict[str, torch.Tensor]:
        """Some values, computed from the inputs and, where they are given, from other values of the graph.

        Raises:
            UserError: `layers-part-failed`.
        """

    def stored_bytes(self, node: GraphNode) -> int:
        """Bytes of the weights that a node reads."""

    def makers_are_known(self, level: str) -> bool:
        """Whether `makers` answers at once."""

    def makers(self, level: str) -> Mapping[str, str] | None:
        """What type of node makes each value that is left at a level of optimisation; None if all are left."""

    def close(self) -> None:
        """Delete what was written for it; nothing is run any more."""
