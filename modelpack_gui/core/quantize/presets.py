"""The ways to quantise that are worth a try when nobody knows better."""

from __future__ import annotations

import dataclasses

from modelpack_gui.core.records import QuantizeSpec


def usual_specs(like: QuantizeSpec | None = None) -> tuple[QuantizeSpec, ...]:
    """A handful of ways, the one that most often does best first.

    Args:
        like: Calibration data, op types, excluded nodes, pre-processing and the range of weights are taken from it.
    """
    like = like or QuantizeSpec()
    base = QuantizeSpec(
        op_types=like.op_types,
        exclude_nodes=like.exclude_nodes,
        preprocess=like.preprocess,
        reduce_range=like.reduce_range,
        calibration=like.calibration,
    )
    return (
        base,
        dataclasses.replace(base, per_channel=False),
        dataclasses.replace(base, calibration_method="entropy"),
        dataclasses.replace(base, format="qoperator"),
        dataclasses.replace(base, method="dynamic", per_channel=False),
        dataclasses.replace(base, method="float16"),
    )
