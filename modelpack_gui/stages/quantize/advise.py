"""The job quantize.advise: what is known before anything is run."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.quantize.advice import advise
from modelpack_gui.core.records import QuantizeAdviceReport, QuantizeAdviceRequest
from modelpack_gui.stages.quantize.facts import facts_of, read_float_artifact
from modelpack_gui.stages.quantize.tools import import_tools


def run(request: QuantizeAdviceRequest, context: Context) -> QuantizeAdviceReport:
    """Look at the artifact, the settings and the machine. Takes no longer than reading the file without its weights.

    Raises:
        UserError: `artifact-missing`, `artifact-not-onnx`, `import-missing`, and those of `read_artifact`.
    """
    artifact = read_float_artifact(request.artifact_path, context)
    import_tools()
    spec = request.quantize
    facts, graph = facts_of(artifact, spec, context, request.inputs, request.input_sets)
    is_all = spec.method == "float16"
    types = [op for op in facts.op_counts if is_all or op in facts.quantizable]
    chosen = set(types)
    return QuantizeAdviceReport(
        advice=advise(spec, facts),
        op_counts=facts.op_counts,
        quantizable=tuple(types),
        node_names=tuple(node.name for node in graph.node if node.name and node.op_type in chosen),
    )
