"""The jobs a worker can run: name to function, imported only when asked for."""

from __future__ import annotations

import importlib

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.explain.attach import StageFunction, explaining

STAGES = {
    "hello": "modelpack_gui.stages.hello:run",
    "scan": "modelpack_gui.stages.source.scan:run",
    "scan-checkpoint": "modelpack_gui.stages.source.checkpoint_scan:run",
    "suggest-inputs": "modelpack_gui.stages.source.suggest:run",
    "describe-input": "modelpack_gui.stages.source.input_files:run",
    "draft-factory": "modelpack_gui.stages.source.factory:run",
    "load": "modelpack_gui.stages.source.load:run",
    "lint": "modelpack_gui.stages.lint.stage:run",
    "probe": "modelpack_gui.stages.probe.stage:run",
    "export": "modelpack_gui.stages.export.stage:run",
    "inspect": "modelpack_gui.stages.inspection.stage:run",
    "graph.costs": "modelpack_gui.stages.inspection.costs.stage:run",
    "graph.layout": "modelpack_gui.stages.inspection.layout:run",
    "tensor-stats": "modelpack_gui.stages.inspection.tensors.stats:run",
    "tensor-values": "modelpack_gui.stages.inspection.tensors.values:run",
    "graph.node-data": "modelpack_gui.stages.inspection.node_data:run",
    "operator-docs": "modelpack_gui.stages.inspection.operator_docs:run",
    "graph.checks": "modelpack_gui.stages.inspection.checks.stage:run",
    "graph.details": "modelpack_gui.stages.inspection.details:run",
    "graph.compare": "modelpack_gui.stages.compare.stage:run",
    "graph.weights": "modelpack_gui.stages.compare.weights:run",
    "graph.optimized": "modelpack_gui.stages.compare.optimized:run",
    "check": "modelpack_gui.stages.check.stage:run",
    "parity": "modelpack_gui.stages.parity.stage:run",
    "repro": "modelpack_gui.stages.repro.stage:run",
    "layers": "modelpack_gui.stages.layers.stage:run",
    "matrix.cell": "modelpack_gui.stages.matrix.cell:run",
    "matrix.latency": "modelpack_gui.stages.matrix.latency:run",
    "quantize": "modelpack_gui.stages.quantize.stage:run",
    "quantize.advise": "modelpack_gui.stages.quantize.advise:run",
    "quantize.sensitivity": "modelpack_gui.stages.quantize.sensitivity:run",
    "bench.prepare": "modelpack_gui.stages.bench.prepare:run",
    "bench.turn": "modelpack_gui.stages.bench.turn:run",
    "bench.outputs": "modelpack_gui.stages.bench.outputs:run",
    "bench.traffic": "modelpack_gui.stages.bench.traffic:run",
    "profile": "modelpack_gui.stages.bench.profile.stage:run",
    "bench.calibrate": "modelpack_gui.stages.bench.calibrate:run",
}

_BROUGHT_LATER = {"inspect": ("modelpack_gui.stages.inspection.onnx_graph", "onnx")}
"""What a stage imports once it has seen the file: of an ONNX file, which most of those are that are waited for."""


def resolve(stage: str) -> StageFunction:
    """The function that runs a stage; its failures are explained where they are of a known kind.

    Raises:
        UserError: `stage-unknown`.
    """
    if stage not in STAGES:
        raise UserError("stage-unknown", f"There is no stage {stage!r}.", f"Known: {', '.join(STAGES)}.")
    module, _, name = STAGES[stage].partition(":")
    return explaining(getattr(importlib.import_module(module), name))


def prepare(stage: str) -> None:
    """Import what a stage needs, so that its first job is not kept waiting for it.

    Raises:
        UserError: `stage-unknown`.
        ImportError: The interpreter lacks a package.
    """
    resolve(stage)
    for module in _BROUGHT_LATER.get(stage, ()):
        importlib.import_module(module)
