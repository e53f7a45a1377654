"""What does ONNX Runtime make of a file? The job `graph.optimized`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.compare.align import align
from modelpack_gui.core.graph.compare.fusions import fusions_of, single_origins, trimmed
from modelpack_gui.core.graph.compare.model_facts import fact_changes
from modelpack_gui.core.records import OPTIMIZER_LEVELS, GraphComparison, GraphOptimizedRequest
from modelpack_gui.stages.bench.profile.originals import Originals
from modelpack_gui.stages.common.collector import without_collection
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.compare.digests import digests_of, stored_kinds
from modelpack_gui.stages.compare.stage import domains_of, read_side, written
from modelpack_gui.stages.export.external_data import FROM_BYTES
from modelpack_gui.stages.inspection.onnx_walk import node_numbers

_LEVELS = {"basic": "ORT_ENABLE_BASIC", "extended": "ORT_ENABLE_EXTENDED", "all": "ORT_ENABLE_ALL"}


def run(request: GraphOptimizedRequest, context: Context) -> GraphComparison:
    """Have ONNX Runtime optimise a file for this machine's processor, and compare.

    Raises:
        UserError: `not-onnx`, `import-missing`, `optimizer-refused`, or what reading the file raises.
    """
    started = time.perf_counter()
    path = resolve(context, request.path)
    context.progress("Reading the graph", 0.0)
    before, left = read_side(request.path, request.index, request.folder, context)
    if before.artifact.format != "onnx":
        raise UserError(
            "not-onnx",
            f"{path} is no ONNX file: ONNX Runtime optimises only those.",
            "Export the model to ONNX, or compare two files.",
        )
    context.progress("ONNX Runtime optimises it", 0.2)
    target = Path(request.folder or context.scratch) / f"optimised-{uuid.uuid4().hex[:12]}.onnx"
    optimize(path, target, request.level, has_data=bool(before.artifact.external_files))
    context.check_cancelled()
    context.progress("Reading the optimised graph", 0.5)
    after, right = read_side(str(target), None, request.folder, context)
    context.progress("Finding which node became what", 0.7)
    kinds = stored_kinds(left) & stored_kinds(right)
    digests = [digests_of(index.artifact, graph, kinds, context) for index, graph in ((before, left), (after, right))]
    origins = trimmed(left, _origins(path, target, len(right.nodes)))
    with without_collection():
        aligned = align(left, right, digests[0], digests[1], context.check_cancelled, single_origins(origins))
        found, patterns = fusions_of(aligned, origins)
    return GraphComparison(
        before=before,
        after=after,
        columns=written(found, request.folder, context),
        counts=found.counts,
        clutter=found.clutter(left, right),
        aspects=found.aspect_counts,
        facts=fact_changes(before, after, domains_of(left) | domains_of(right)),
        patterns=patterns,
        level=request.level,
        notes=_notes(request.level),
        duration_s=time.perf_counter() - started,
    )


def optimize(path: Path, target: Path, level: str, *, has_data: bool) -> None:
    """Write what ONNX Runtime makes of a file at a level.

    Raises:
        UserError: `import-missing`, `optimizer-refused`.
    """
    if level not in _LEVELS:
        raise UserError("level-unknown", f"There is no level {level!r}.", f"Known: {', '.join(OPTIMIZER_LEVELS)}.")
    try:
        import onnxruntime as ort
    except ImportError as error:
        raise UserError(
            "import-missing",
            "The interpreter has no package onnxruntime, which is what optimises.",
            "Install it: python -m pip install onnxruntime.",
        ) from error
    target.parent.mkdir(parents=True, exist_ok=True)
    options = ort.SessionOptions()
    options.log_severity_level = 3  # it warns that a saved model is for one kind of machine
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, _LEVELS[level])
    options.optimized_model_filepath = str(target)
    if has_data:
        entry = "session.optimized_model_external_initializers_"
        options.add_session_config_entry(f"{entry}file_name", f"{target.name}.data")
        options.add_session_config_entry(f"{entry}min_size_in_bytes", str(FROM_BYTES))
    try:
        ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own exception types share no base
        raise UserError(
            "optimizer-refused",
            f"ONNX Runtime does not take {path.name}, so there is nothing to compare with.",
            "Check the artifact: it says what the runtime lacks.",
            str(error),
        ) from error
    if not target.is_file():
        raise UserError(
            "optimizer-refused",
            f"ONNX Runtime loaded {path.name} and wrote nothing.",
            "Update onnxruntime, or choose another level.",
        )


def _origins(path: Path, target: Path, count: int) -> list[Sequence[int]]:
    """For each node of the optimised graph those of the file that it stands for; of the main graphs only."""
    import onnx

    models = [onnx.load(str(file), load_external_data=False) for file in (path, target)]
    original, optimised = (list(model.graph.node) for model in models)
    numbers = node_numbers(models[0].graph)
    constants = frozenset(tensor.name for tensor in models[0].graph.initializer)
    finder = Originals(original, optimised, constants)
    found: list[Sequence[int]] = [()] * count
    for node, number in zip(optimised, node_numbers(models[1].graph), strict=True):
        found[number] = [numbers[place] for place in finder.of_node(node)]
    return found


def _notes(level: str) -> tuple[str, ...]:
    if level != "all":
        return ()
    return ("At this level the result fits this machine's processor; another one may get other nodes.",)
