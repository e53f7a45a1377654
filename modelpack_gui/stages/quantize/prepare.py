"""Make an artifact ready for the quantising tools: pre-processed, with names, at an opset that they can use."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.quantize.facts import PER_CHANNEL_OPSET, raises_opset
from modelpack_gui.core.records import Artifact, QuantizeSpec
from modelpack_gui.stages.export.external_data import save_with_data
from modelpack_gui.stages.inspection.onnx_types import dtype_name
from modelpack_gui.stages.quantize.graph_file import read_graph_only
from modelpack_gui.stages.quantize.quiet import quiet
from modelpack_gui.stages.quantize.tools import quantizable_ops

IN_ONE_FILE_BYTES = 1_500_000_000
"""Larger models are written with a data file: a protobuf message ends at 2 GiB."""


_WHOLE = ("int", "uint", "bool")


@dataclass(frozen=True)
class Prepared:
    """A float32 model that the tools can take.

    Attributes:
        path: In a temporary folder.
        has_data: Whether results are written with a data file beside them.
        names: Name here of each node of the artifact that is still here, or of the one that it went into.
        originals: The other way round: the node of the artifact that each node here stands for.
        op_types: Of the nodes here, by name.
        counting: Names here of the nodes that give whole numbers or booleans, such as those that compute shapes.
    """

    path: Path
    has_data: bool
    names: Mapping[str, str]
    originals: Mapping[str, str]
    op_types: Mapping[str, str]
    counting: frozenset[str] = frozenset()

    def excluded(self, names: Iterable[str]) -> list[str]:
        """The nodes here that some nodes of the artifact stand for; dynamic quantising renames what was Gemm."""
        found = {self.names.get(name, name) for name in names}
        return sorted({*found, *(f"{name}_MatMul" for name in found if self.op_types.get(name) == "Gemm")})

    def quantizable(self, spec: QuantizeSpec) -> list[str]:
        """Names here of the nodes that the tool may quantise as `spec` says."""
        ops, excluded = quantizable_ops(spec), set(self.excluded(spec.exclude_nodes))
        return [name for name, op_type in self.op_types.items() if op_type in ops and name not in excluded]


def prepare(artifact: Artifact, spec: QuantizeSpec, folder: Path, context: Context) -> Prepared:
    """Write the artifact as the tools need it into an empty folder.

    Raises:
        UserError: `quantize-not-prepared`.
    """
    import onnx

    path = folder / "model.onnx"
    has_data = bool(artifact.external_files) or artifact.size_bytes > IN_ONE_FILE_BYTES
    original = read_graph_only(artifact.path)
    if spec.preprocess:
        context.progress("Inferring shapes and optimising the graph")
        _preprocess(artifact, path, context, has_data=has_data)
    else:
        _copy(artifact, path)
    context.check_cancelled()
    model = onnx.load(str(path))
    is_changed = _raise_opset(model, spec, artifact)
    if is_changed is not None:
        model = is_changed
    if _name_nodes(model) or is_changed is not None:
        _save(model, path, has_data=has_data)
    names = _fates(original.graph, model.graph)
    op_types = {node.name: node.op_type for node in model.graph.node}
    kept = {node.name for node in original.graph.node}
    originals = {here: name for name, here in names.items() if name not in op_types}
    originals |= {name: name for name in op_types if name in kept}
    return Prepared(path, has_data, names, originals, op_types, _counting(model.graph))


def _counting(graph: Any) -> frozenset[str]:
    """See Prepared; a node of which the dtype is not known is none."""
    values = (*graph.value_info, *graph.output)
    dtypes = {value.name: dtype_name(value.type.tensor_type.elem_type) for value in values}
    return frozenset(
        node.name for node in graph.node if node.output and (dtypes.get(node.output[0]) or "float").startswith(_WHOLE)
    )


def _preprocess(artifact: Artifact, path: Path, context: Context, *, has_data: bool) -> None:
    """By onnxruntime's own pre-processing; without symbolic shape inference where that fails, or sympy is missing."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    attempts: tuple[tuple[str, dict[str, bool]], ...] = (
        ("", {}),
        ("symbolic shape inference", {"skip_symbolic_shape": True}),
        ("symbolic shape inference and optimisation", {"skip_symbolic_shape": True, "skip_optimization": True}),
    )
    errors: list[str] = []
    for lacking, attempt in attempts:
        context.check_cancelled()
        for stray in path.parent.iterdir():
            stray.unlink()
        options: dict[str, Any] = dict(attempt)
        if has_data:
            options |= {
                "save_as_external_data": True,
                "all_tensors_to_one_file": True,
                "external_data_location": f"{path.name}.data",
            }
        try:
            with quiet(context):
                quant_pre_process(artifact.path, str(path), **options)
        except Exception as error:  # noqa: BLE001 (it fails in many ways; each is told in the log, the last to the user)
            errors.append(f"{type(error).__name__}: {error}")
            continue
        if errors:
            context.log("info", f"Pre-processing did without {lacking}, which failed: {errors[-1].splitlines()[0]}")
        return
    raise UserError(
        "quantize-not-prepared",
        f"onnxruntime could not pre-process {Path(artifact.path).name}: {errors[-1].splitlines()[0]}",
        "Try it without pre-processing, or look at the Check page.",
        "\n\n".join(errors),
    )


def _copy(artifact: Artifact, path: Path) -> None:
    """As it is; data files keep their names, for the file refers to them."""
    shutil.copyfile(artifact.path, path)
    for name in artifact.external_files:
        shutil.copyfile(name, path.parent / Path(name).name)


def _raise_opset(model: Any, spec: QuantizeSpec, artifact: Artifact) -> Any | None:
    """The model at an opset that has a scale per channel; None if it need not be raised."""
    import onnx

    if not raises_opset(spec, artifact.opset_version):
        return None
    try:
        return onnx.version_converter.convert_version(model, PER_CHANNEL_OPSET)
    except Exception as error:  # C++ raises several types
        raise UserError(
            "quantize-not-prepared",
            f"A scale per channel needs opset {PER_CHANNEL_OPSET}, and the artifact could not be raised to it from "
            f"opset {artifact.opset_version}: {error}",
            f"Export at opset {PER_CHANNEL_OPSET} or above, or quantise per tensor.",
            str(error),
        ) from error


def _name_nodes(model: Any) -> bool:
    """Give nodes without a name of their own one: nodes are excluded by name. Whether any lacked one."""
    taken: set[str] = set()
    changed = False
    for number, node in enumerate(model.graph.node):
        if not node.name or node.name in taken:
            name = f"{node.name or node.op_type}_{number}"
            while name in taken:
                name += "_"
            node.name = name
            changed = True
        taken.add(node.name)
    return changed


def _save(model: Any, path: Path, *, has_data: bool) -> None:
    import onnx

    for stray in path.parent.iterdir():
        stray.unlink()
    if has_data:
        save_with_data(model, path)
    else:
        onnx.save_model(model, str(path))


def _fates(original: Any, now: Any) -> dict[str, str]:
    """What became of each named node: it is still there, or an optimisation put it into another.

    Followed along the first reader of each output, as fusions go; what leads nowhere was folded away.
    """
    here = {node.name for node in now.node}
    maker = {output: node.name for node in now.node for output in node.output if output}
    reader: dict[str, Any] = {}
    for node in original.node:
        for name in node.input:
            reader.setdefault(name, node)
    fates: dict[str, str] = {}
    for node in original.node:
        if node.name in here:
            fates[node.name] = node.name
            continue
        at, steps = node, 0
        while at is not None and steps < 8 and node.name:
            output = next((name for name in at.output if name), "")
            if output in maker:
                fates[node.name] = maker[output]
                break
            at, steps = reader.get(output), steps + 1
    return fates
