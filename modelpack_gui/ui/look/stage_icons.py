"""The icon of each stage, the same wherever it is named."""

from __future__ import annotations

from modelpack_gui.core.pipeline import Stage

ICONS = {
    Stage.SOURCE: "source",
    Stage.EXPORT: "export",
    Stage.GRAPH: "graph",
    Stage.CHECK: "check",
    Stage.PARITY: "parity",
    Stage.QUANTIZE: "quantize",
    Stage.BENCH: "benchmark",
}
