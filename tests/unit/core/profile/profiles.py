"""Made-up profiles: a small net in float32, and in dynamic INT8 without a fast kernel."""

from __future__ import annotations

import dataclasses
from typing import Any

from modelpack_gui.core.profile.summary import summary_of
from modelpack_gui.core.records import ProfileReport, ProfileRow


def row(op_type: str, us: float, name: str = "", *originals: str, **facts: Any) -> ProfileRow:
    made = ProfileRow(name or op_type, op_type, "CPUExecutionProvider", us, 1.0, 0.0, originals)
    return dataclasses.replace(made, **facts)


def report(title: str, wall_us: float, *rows: ProfileRow, flags: str = "avx2") -> ProfileReport:
    total = sum(one.mean_us for one in rows)
    shared = tuple(dataclasses.replace(one, share=one.mean_us / total) for one in rows)
    ordered = tuple(sorted(shared, key=lambda one: -one.mean_us))
    summary = summary_of(ordered, wall_us)
    facts = {"cpu flags": flags}
    return ProfileReport(title, title, wall_us, total + 10.0, 50, ordered, 10.0, {}, summary, facts=facts)


FLOAT = report(
    "float32",
    120.0,
    row("Conv", 80.0, "conv_nchwc", "conv", "relu"),
    row("ReorderOutput", 5.0),
    row("Gemm", 15.0, "fc", "fc"),
)
DYNAMIC = report(
    "INT8 dynamic",
    400.0,
    row("ConvInteger", 300.0, "conv_quant", "conv_quant"),
    row("Mul", 10.0, "conv_quant_scales_mul", "conv_quant_scales_mul"),
    row("Relu", 10.0, "relu", "relu"),
    row("DynamicQuantizeLinear", 40.0, "x_QuantizeLinear", "x_QuantizeLinear"),
    row("Gemm", 16.0, "fc", "fc"),
)
