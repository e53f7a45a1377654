"""What is known of an artifact, its data and the processor before it is quantised, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpack_gui.core.records import QuantizeSpec

PER_CHANNEL_OPSET = 13
"""From here on DequantizeLinear has an axis."""


@dataclass(frozen=True)
class QuantizeFacts:
    """What the advice rests on.

    Attributes:
        op_counts: Nodes by op_type.
        node_names: Names of all nodes.
        quantizable: Op types that the tool can quantise as the settings say (not for float16).
        by_qdq: Op types that it can quantise in the format `qdq`.
        by_dynamic: Op types that it can quantise dynamically.
        depthwise: Convolutions with a group for each channel.
        opset_version: Of the standard operators; None if unknown.
        is_quantized: Whether there are quantised operators already.
        weights_dtype: Of most of the weights; empty if there are none.
        cpu_flags: Instruction sets, as `stages.machine` spells them; empty if unknown.
        calibration_samples: That ranges would come from; None if that is not known.
        is_random: Whether they would be random numbers; None if that is not known.
    """

    op_counts: Mapping[str, int]
    node_names: tuple[str, ...] = ()
    quantizable: frozenset[str] = frozenset()
    by_qdq: frozenset[str] = frozenset()
    by_dynamic: frozenset[str] = frozenset()
    depthwise: int = 0
    opset_version: int | None = None
    is_quantized: bool = False
    weights_dtype: str = "float32"
    cpu_flags: tuple[str, ...] = field(default_factory=tuple)
    calibration_samples: int | None = None
    is_random: bool | None = None

    def count(self, *op_types: str) -> int:
        """How many nodes there are of some types."""
        return sum(self.op_counts.get(name, 0) for name in op_types)


def raises_opset(spec: QuantizeSpec, opset_version: int | None) -> bool:
    """Whether an artifact must be raised to `PER_CHANNEL_OPSET` before it can be quantised so."""
    needs = spec.method == "static" and spec.format == "qdq" and spec.per_channel
    return needs and opset_version is not None and opset_version < PER_CHANNEL_OPSET


def held_out_count(samples: int, share: float) -> int:
    """How many of some samples are held out to judge by: at least one where a share is asked for, never all."""
    return max(0, min(max(round(samples * share), 1 if share > 0 else 0), samples - 1))
