"""The graph optimisations of ONNX Runtime, done once and written down."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.records import ArtifactFormat, ParitySpec
from modelpack_gui.stages.export.external_data import FROM_BYTES
from modelpack_gui.stages.export.post.base import has_data_files
from modelpack_gui.stages.inspection.onnx_walk import graphs_of


class OnnxruntimeOfflineStep:
    """Loads the file at the basic level, whose result has standard operators only, and saves what came of it."""

    id = "onnxruntime-offline"
    format: ArtifactFormat = "onnx"
    title = "ONNX Runtime, offline"
    packages: tuple[str, ...] = ("onnx", "onnxruntime")
    note = (
        "Does the basic graph optimisations ahead of loading; the extended ones are left to the runtime, for their"
        " result fits this machine's kind only."
    )
    rtol, atol = ParitySpec.rtol, ParitySpec.atol

    def apply(self, source: Path, target: Path) -> None:
        """See `PostStep.apply`."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = 3  # it warns that a saved model is for one kind of machine, basic or not
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(target)
        if has_data_files(source):
            entry = "session.optimized_model_external_initializers_"
            options.add_session_config_entry(f"{entry}file_name", f"{target.name}.data")
            options.add_session_config_entry(f"{entry}min_size_in_bytes", str(FROM_BYTES))
        ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
        _drop_unused_domains(target)


def _drop_unused_domains(path: Path) -> None:
    """ONNX Runtime writes down every domain it knows; another runtime may refuse one that it does not know."""
    import onnx

    model = onnx.load(str(path), load_external_data=False)
    nodes = [node for graph in graphs_of(model.graph) for node in graph.node]
    used = {node.domain for node in (*nodes, *(node for function in model.functions for node in function.node))}
    kept = [entry for entry in model.opset_import if entry.domain in {*used, ""}]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    path.write_bytes(model.SerializeToString())
